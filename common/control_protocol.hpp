#pragma once
// The control protocol between portlabd and `portlab server`, over a Unix stream socket. A request
// is a line with one JSON object, and so is its reply. A connection may carry any number of them.
//
//   {"command": "listeners"}                      {"listeners": [ListenerRow …],
//                                                  "confinement": {Confinement}}
//   {"command": "sessions"}                       {"sessions": [SessionRow …],
//                                                  "ended": [SessionRow …]}
//   {"command": "listen", "argument": "http=83"}  {"done": "…", "listeners": [ListenerRow …]}
//     close and move likewise
//   {"command": "stop"}                           {"done": "…"}
//   {"command": "status"}                         {"pid": 4711, "version": "0.1.0", "workers": 1,
//                                                  "refused_sessions": 0, "private": false,
//                                                  "uptime_seconds": 12.5,
//                                                  "confinement": {Confinement}}
//   {"command": "url"}                            {"here": {"urls": ["http://127.0.0.1:83/"],
//                                                           "dns": ["127.0.0.1:53"]},
//                                                  "others": {"urls": [], "dns": []}}
//   {"command": "authority"}                      {"authority": "-----BEGIN CERTIFICATE-----…"}
//   any command that fails                        {"error": "…"}
//     because it can't listen                     {"error": "…", "cause": "EADDRINUSE",
//                                                  "endpoint": {Endpoint}}
//
// Where its socket is: common/control_path.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/session_row.hpp"

namespace portlab {

enum class ControlCommand : std::uint8_t {
  listeners,
  sessions,
  listen,
  close,
  move,
  stop,
  status,
  url,
  authority,
};

/// The command's name on the wire and on the command line: "listeners".
std::string_view to_string(ControlCommand command);
/// The command with this name. The error lists all names.
Result<ControlCommand> parse_control_command(std::string_view name);
/// Whether the command needs an argument such as "http=83".
bool takes_argument(ControlCommand command);

struct ControlRequest {
  ControlCommand command = ControlCommand::status;
  std::string argument;
};

/// The restrictions of a portlabd whose listeners are open.
struct Confinement {
  bool wanted = true;                     ///< false: --confine no
  std::string user;                       ///< its effective user
  std::vector<std::string> capabilities;  ///< those that it kept: "CAP_NET_BIND_SERVICE"
  int landlock = 0;                       ///< Landlock's version; 0: files are not restricted
  std::vector<std::string> reads;         ///< files that it may read; folders with all below them
  std::vector<std::string> sockets;       ///< folders in which it may make and remove sockets
};

/// Facts about a portlabd process.
struct ServerStatus {
  std::int64_t pid = 0;
  std::string version;
  int workers = 1;
  bool private_network = false;  ///< it runs in its own network namespace (--private)
  double uptime_seconds = 0;
  Confinement confinement;
  std::uint64_t refused = 0;  ///< sessions refused so far, because there were too many
};

/// Where clients find the services.
struct ServerUrls {
  struct Places {
    std::vector<std::string> urls;         ///< "http://192.168.1.10:8080/", "ftp://…"
    std::vector<std::string> dns_servers;  ///< "192.168.1.10:8053": for --dns and $PORTLAB_DNS
  };
  Places here;    ///< at loopback addresses
  Places others;  ///< at all other addresses; empty: only this machine can reach the server
};

/// A reply. Members that the command does not ask for are empty.
struct ControlReply {
  std::string done;  ///< a sentence to show: "moved to: tcp 127.0.0.1:83"
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;
  std::vector<SessionRow> ended;  ///< FTP's data connections of the last minute
  ServerStatus status;            ///< after `listeners`: only its confinement
  ServerUrls urls;
  std::string authority;  ///< the certificate of the server's own authority, PEM (RFC 7468)
};

/// The cause of a ControlError: a listener of the server itself overlaps with the endpoint.
inline constexpr const char* control_own_listener = "own_listener";

/// The error in a reply.
struct ControlError : Error {
  /// The errno's name (errno(3)) of the reason why the server can't listen at `endpoint`:
  /// "EADDRINUSE"; or control_own_listener. Empty: it is another error.
  std::string cause = {};
  Endpoint endpoint = {};
};

/// The longest request line, without its newline. A server refuses a longer one and closes.
constexpr std::size_t control_request_bytes_max = 4096;
/// The longest reply line that a client reads: room for more than 100,000 sessions.
constexpr std::size_t control_reply_bytes_max = std::size_t{64} * 1024 * 1024;

// The lines. The functions that write a line end it with a newline; those that parse a line expect
// it without.

std::string control_request_line(const ControlRequest& request);
/// The error is for control_error_line.
Result<ControlRequest> parse_control_request(std::string_view line);

std::string control_listeners_line(std::span<const ListenerRow> rows,
                                   const Confinement& confinement);
std::string control_sessions_line(std::span<const SessionRow> rows,
                                  std::span<const SessionRow> ended = {});
std::string control_status_line(const ServerStatus& status);
std::string control_url_line(const ServerUrls& urls);
std::string control_authority_line(std::string_view certificate);
/// The reply to `stop`.
std::string control_done_line(std::string_view sentence);
/// The reply to `listen`, `close` and `move`, with all listeners after the change.
std::string control_done_line(std::string_view sentence, std::span<const ListenerRow> rows);
std::string control_error_line(const ControlError& error);
/// The error is the one that the server sent, or says that the line is no reply.
boost::system::result<ControlReply, ControlError> parse_control_reply(std::string_view line);

}  // namespace portlab
