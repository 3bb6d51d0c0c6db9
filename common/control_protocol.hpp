#pragma once
// The control protocol between portlabd and `portlab server`, over a Unix stream socket. A request
// is a line with one JSON object, and so is its reply. A connection may carry any number of them.
//
//   {"command": "listeners"}                      {"listeners": [ListenerRow …],
//                                                  "confinement": {Confinement}}
//   {"command": "sessions"}                       {"sessions": [SessionRow …]}
//   {"command": "listen", "argument": "http=83"}  {"done": "…", "listeners": [ListenerRow …]}
//     close and move likewise
//   {"command": "stop"}                           {"done": "…"}
//   {"command": "status"}                         {"pid": 4711, "version": "0.1.0", "workers": 1,
//                                                  "private": false, "uptime_seconds": 12.5,
//                                                  "confinement": {Confinement}}
//   any command that fails                        {"error": "…"}
//
// Only the owner of the socket and root may use it: mode 0600, in a folder that no other user can
// write to.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/session_row.hpp"

namespace portlab {

enum class ControlCommand : std::uint8_t { listeners, sessions, listen, close, move, stop, status };

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
};

/// A reply. Members that the command does not ask for are empty.
struct ControlReply {
  std::string done;  ///< a sentence to show: "moved to: tcp 127.0.0.1:83"
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;
  ServerStatus status;  ///< after `listeners`: only its confinement
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
std::string control_sessions_line(std::span<const SessionRow> rows);
std::string control_status_line(const ServerStatus& status);
/// The reply to `stop`.
std::string control_done_line(std::string_view sentence);
/// The reply to `listen`, `close` and `move`, with all listeners after the change.
std::string control_done_line(std::string_view sentence, std::span<const ListenerRow> rows);
std::string control_error_line(std::string_view sentence);
/// The error is the one that the server sent, or says that the line is no reply.
Result<ControlReply> parse_control_reply(std::string_view line);

// The path of the socket.

/// The path without --control: $PORTLAB_CONTROL; else $XDG_RUNTIME_DIR/portlab/control if this user
/// owns that folder; else /run/portlab/control for root (if it may write there), and
/// /tmp/portlab-UID/control for all other users.
std::string default_control_path();

/// The path at which a client expects a server: its own default path; if there is no file, the path
/// of a server that this user started with sudo.
std::string find_control_path();

/// Which user connects to the socket.
enum class ControlAccess : std::uint8_t {
  this_user,
  other_user,  ///< root makes the socket, for the user who called sudo
};

/// For a server, before it binds: makes the socket's folder where it is missing (mode 0700, or 0711
/// for another user), and checks that it is a folder and no link, that this user or root owns it,
/// and that no other user can write to it (sticky folders such as /tmp are allowed). The error is
/// "what: why: what to do".
Result<void> prepare_control_folder(const std::string& path,
                                    ControlAccess access = ControlAccess::this_user);

/// Whether only root can replace the file at this path: root owns all folders of the path, and no
/// other user can write to them, or they are sticky.
bool only_root_can_replace(const std::string& path);

/// For a client, before it connects: the same checks; makes nothing. Root may use the folders of all
/// users.
Result<void> check_control_folder(const std::string& path);

}  // namespace portlab
