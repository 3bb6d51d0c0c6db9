#pragma once
// How a command ends when it cannot do what it was asked: what was tried, why it failed, what to do
// next, and the exit status.

#include <boost/json/value.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "clients/net/net_error.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// The exit status of every command.
enum class Exit : int {
  done = 0,
  /// HTTP >= 400, NXDOMAIN, FTP 4xx and 5xx, an answer that breaks its protocol. Also: what the
  /// peer said could not be written (a full disk).
  peer_said_no = 1,
  bad_usage = 2,      ///< the command line makes no sense
  no_connection = 3,  ///< refused, timed out, unreachable, or broken off in the middle
};

/// Ends a command. Prints as
///   portlab: WHAT: WHY
///     try: ADVICE
///     why: portlab why ERROR PLACE
class CommandError : public std::exception {
 public:
  CommandError(Exit exit, std::string reason, std::string advice = {});

  Exit exit() const { return exit_; }
  const std::string& reason() const { return reason_; }
  const std::string& advice() const { return advice_; }
  /// "portlab why refused 127.0.0.1:83": what explains it here and now; empty where nothing does.
  const std::string& why() const { return why_; }
  const char* what() const noexcept override { return reason_.c_str(); }

  /// The same, explained by portlab why.
  CommandError explained_by(NetError net_error, const Endpoint& where) const;
  /// The same, of a host.
  CommandError explained_by(NetError net_error, const std::string& host) const;
  /// The same, explained as the failure that is behind it.
  CommandError caused_by(const CommandError& other) const;

  /// The two or three lines that people see, each ending with a newline.
  std::string text() const;
  /// {"error": {"exit": 3, "reason": "…", "try": "…", "why": "…"}}: what --json prints instead.
  boost::json::value to_json() const;

 private:
  CommandError with_why(NetError net_error, const std::string& place) const;

  Exit exit_;
  std::string reason_;
  std::string advice_;
  std::string why_;
};

/// Shows it on stderr, in lines that fit the terminal.
void complain(const CommandError& failure);

/// Bad usage: exit status 2.
CommandError usage_failure(std::string reason, std::string advice);

/// What the client was doing when the system said no: the same errno has different causes.
enum class Operation : unsigned char {
  choosing_source,  ///< socket and bind
  connecting,
  waiting,  ///< for the peer's next bytes
  sending,
};

/// A system error (an errno) at an endpoint, explained: exit status 3. `endpoint` is the source for
/// Operation::choosing_source, else the peer. `also` is put in parentheses behind the endpoint
/// ("www.lab.test"); `waited` is told where the error is ETIMEDOUT.
CommandError connection_failure(const Endpoint& endpoint, int system_error, Operation doing,
                                std::string_view also = {}, std::chrono::milliseconds waited = {});

/// The two ends of this session, and that there can be only one such session: exit status 3.
CommandError taken_four_tuple(const Endpoint& source, const Endpoint& peer);

/// How to look at what an endpoint says, raw: "portlab connect 127.0.0.1:80 (what does it say?)".
std::string connect_advice(const Endpoint& peer);

/// "5 s", "0.25 s".
std::string in_seconds(std::chrono::milliseconds duration);

}  // namespace portlab
