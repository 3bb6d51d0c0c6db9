#pragma once
// How a command ends when it cannot do its work: what was tried, why it failed, what to do next,
// and the exit status.
//
// Making an error opens no socket and reads no table of the kernel. What this machine can add (which
// program has the port, where portlabd has the service) is looked up once, when run_portlab() shows
// the error: see clients/net/connection_failure.hpp.

#include <boost/json/value.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>

#include "clients/cli/net_error.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// The exit status of every command.
enum class Exit : int {
  done = 0,
  /// The peer answered with an error (HTTP >= 400, NXDOMAIN, FTP 4xx and 5xx) or broke its protocol;
  /// also output that cannot be written (a full disk).
  failed = 1,
  bad_usage = 2,      ///< an error in the command line
  no_connection = 3,  ///< refused, timed out, unreachable, or ended too early
};

/// What a client was doing when a system call failed: the same errno has different causes.
enum class Operation : unsigned char {
  choosing_source,  ///< socket(2) and bind(2)
  connecting,
  exchanging,  ///< send(2) and recv(2)
};

/// A system call that failed.
struct SystemError {
  Endpoint endpoint;  ///< for Operation::choosing_source the source, else the peer
  int error = 0;      ///< errno(3)
  Operation operation = Operation::connecting;
  std::string name = {};               ///< shown in parentheses after the endpoint: "www.lab.test"
  std::chrono::milliseconds waited{};  ///< shown for ETIMEDOUT
};

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
  const char* what() const noexcept override { return reason_.c_str(); }

  /// A copy whose why() is "portlab why ERROR PLACE": place_text() of an endpoint, or a host.
  CommandError explained_by(NetError net_error, const std::string& place) const;
  /// The system call whose failure this is; nothing for other errors.
  const std::optional<SystemError>& system_error() const { return system_error_; }
  CommandError caused_by_system(SystemError error) const;
  /// A copy with the explanation of the error that caused this one.
  CommandError caused_by(const CommandError& other) const;

  /// The lines of the message, each with its newline.
  std::string text() const;
  /// {"error": {"exit": 3, "reason": "…", "try": "…", "why": "…"}}: the document of --json.
  boost::json::value to_json() const;

 private:
  Exit exit_;
  std::string reason_;
  std::string advice_;
  std::string why_;
  std::optional<SystemError> system_error_;
};

/// Prints the error on stderr, in lines that fit the terminal.
void complain(const CommandError& failure);

/// Bad usage: exit status 2.
CommandError usage_failure(std::string reason, std::string advice);

}  // namespace portlab
