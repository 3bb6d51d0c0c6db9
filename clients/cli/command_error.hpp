#pragma once
// How a command ends when it cannot do its work: what was tried, why it failed, what to do next,
// and the exit status.
//
// Making an error opens no socket and reads no table of the kernel; what this machine
// can add (which program has the port, where portlabd serves instead) is looked up once, when the
// error is shown, by the Advisor that main() passes to run_portlab().

#include <boost/json/value.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "clients/cli/net_error.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// The exit status of every command.
enum class Exit : int {
  done = 0,
  /// HTTP >= 400, NXDOMAIN, FTP 4xx and 5xx, a reply that breaks its protocol; also output that
  /// cannot be written (a full disk).
  peer_said_no = 1,
  bad_usage = 2,      ///< an error in the command line
  no_connection = 3,  ///< refused, timed out, unreachable, or ended too early
};

/// What a client was doing when a system call failed: the same errno has different causes.
enum class Operation : unsigned char {
  choosing_source,  ///< socket(2) and bind(2)
  connecting,
  receiving,
  sending,
};

/// A system call that failed.
struct SystemError {
  Endpoint endpoint;  ///< for Operation::choosing_source the source, else the peer
  int error = 0;      ///< errno(3)
  Operation operation = Operation::connecting;
  std::string name = {};               ///< shown in parentheses after the endpoint: "www.lab.test"
  std::chrono::milliseconds waited{};  ///< shown for ETIMEDOUT

  // Set by the Advisor, when the error is shown:
  std::string port_owner = {};  ///< the program that has the source port
  std::string elsewhere = {};   ///< where the service is, when it is not at the endpoint
};

/// Completes an error with what this machine can say about it now.
using Advisor = void(SystemError& error);

/// Ends a command. Prints as
///   portlab: WHAT: WHY
///     try: ADVICE
///     why: portlab why ERROR HOST:PORT
class CommandError : public std::exception {
 public:
  CommandError(Exit exit, std::string reason, std::string advice = {});

  Exit exit() const { return exit_; }
  const std::string& reason() const { return reason_; }
  const std::string& advice() const { return advice_; }
  /// The command that explains this error: "portlab why refused 127.0.0.1:83"; may be empty.
  const std::string& why() const { return why_; }
  /// Set when a system call failed: see connection_failure().
  const std::optional<SystemError>& system_error() const { return system_error_; }
  const char* what() const noexcept override { return reason_.c_str(); }

  /// A copy whose why() is "portlab why ERROR ENDPOINT" (or HOST).
  CommandError explained_by(NetError net_error, const Endpoint& where) const;
  CommandError explained_by(NetError net_error, const std::string& host) const;
  /// A copy with the explanation of the error that caused this one.
  CommandError caused_by(const CommandError& other) const;

  /// The lines of the message, each with its newline.
  std::string text() const;
  /// {"error": {"exit": 3, "reason": "…", "try": "…", "why": "…"}}: the document of --json.
  boost::json::value to_json() const;

 private:
  friend CommandError connection_failure(SystemError error);
  CommandError with_why(NetError net_error, const std::string& where) const;

  Exit exit_;
  std::string reason_;
  std::string advice_;
  std::string why_;
  std::optional<SystemError> system_error_;
};

/// A failed system call as an error with its cause and advice: exit status 3.
CommandError connection_failure(SystemError error);

/// Sets the Advisor that complain() and advised() call; null: none. run_portlab() calls this.
void set_advisor(Advisor* advisor);
/// The error with what the Advisor adds to it.
CommandError advised(const CommandError& failure);
/// Prints the error, advised, on stderr, in lines that fit the terminal.
void complain(const CommandError& failure);

/// Bad usage: exit status 2.
CommandError usage_failure(std::string reason, std::string advice);

/// A session with these two endpoints exists, and there can be only one: exit status 3.
CommandError taken_four_tuple(const Endpoint& source, const Endpoint& peer);

/// The command that shows what a server sends: "portlab connect 127.0.0.1:80 (shows what …)".
std::string connect_advice(const Endpoint& peer);

}  // namespace portlab
