#pragma once
// The control protocol between portlabd and `portlab server`: over a Unix stream socket, a line
// with one JSON object in, a line with one JSON object out, as often as the client likes.
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
//   anything that fails                           {"error": "…"}
//
// The socket is for its owner alone: mode 0600, in a folder that nobody else can write to.

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

/// "listeners", "listen", …: its name on the wire and on the command line.
std::string_view to_string(ControlCommand command);
/// Reads such a name. The error names those that there are.
Result<ControlCommand> parse_control_command(std::string_view name);
/// Whether the command needs an argument such as "http=83".
bool takes_argument(ControlCommand command);

/// What a client asks.
struct ControlRequest {
  ControlCommand command = ControlCommand::status;
  std::string argument;
};

/// What a portlabd may still do, once its listeners are open.
struct Confinement {
  bool wanted = true;                     ///< false: --confine no
  std::string user;                       ///< the user whose rights it has
  std::vector<std::string> capabilities;  ///< what it may do beyond that: "CAP_NET_BIND_SERVICE"
  int landlock = 0;                       ///< the version that holds the paths; 0: nothing does
  std::vector<std::string> reads;         ///< files, and folders with all that is below them
  std::vector<std::string> sockets;       ///< folders where it may make and remove sockets
};

/// What a portlabd says about itself.
struct ServerStatus {
  std::int64_t pid = 0;
  std::string version;
  int workers = 1;
  bool private_network = false;  ///< it has a network namespace of its own
  double uptime_seconds = 0;
  Confinement confinement;
};

/// What a server answered; what the command does not ask for is empty.
struct ControlReply {
  std::string done;  ///< a sentence for a person
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;
  ServerStatus status;  ///< for listeners: its confinement alone
};

/// The longest request line, without its newline; a server hangs up on a longer one.
constexpr std::size_t control_request_bytes_max = 4096;
/// The longest reply line that a client reads: a hundred thousand sessions and more.
constexpr std::size_t control_reply_bytes_max = std::size_t{64} * 1024 * 1024;

// Lines. Those that are written end with a newline, those that are read come without it.

std::string control_request_line(const ControlRequest& request);
/// The error is a sentence for control_error_line.
Result<ControlRequest> parse_control_request(std::string_view line);

std::string control_listeners_line(std::span<const ListenerRow> rows,
                                   const Confinement& confinement);
std::string control_sessions_line(std::span<const SessionRow> rows);
std::string control_status_line(const ServerStatus& status);
/// For stop: without listeners.
std::string control_done_line(std::string_view sentence);
/// For listen, close and move: with the listeners that there are now.
std::string control_done_line(std::string_view sentence, std::span<const ListenerRow> rows);
std::string control_error_line(std::string_view sentence);
/// The error is the server's own sentence, or says that the reply makes no sense.
Result<ControlReply> parse_control_reply(std::string_view line);

// The place.

/// Where the control socket is unless --control says otherwise: $PORTLAB_CONTROL; else
/// $XDG_RUNTIME_DIR/portlab/control where that folder is this user's; else /run/portlab/control for
/// root (where it may write there) and /tmp/portlab-UID/control for everybody else.
std::string default_control_path();

/// Where a client looks for a server: at its own default path; where nothing is there, at that of a
/// server which this user started with sudo.
std::string control_path_to_visit();

/// Whom the socket is for.
enum class ControlFor : std::uint8_t {
  me,
  somebody_else,  ///< root's socket, for who called sudo
};

/// Makes the socket's folder where it is missing (mode 0700; 0711 for somebody else's sake), and
/// checks it: a real folder, this user's or root's, that nobody else can write to (a sticky one
/// such as /tmp is good enough for a path that somebody chose). The error says what is wrong. For
/// the server, before it binds.
Result<void> prepare_control_folder(const std::string& path, ControlFor whom = ControlFor::me);

/// Whether only root decides what stands at this path: all folders that lead to it are root's, and
/// nobody else can write to them, or they are sticky.
bool is_roots_alone(const std::string& path);

/// The same check, nothing made. For the client, before it connects. Root may visit everybody.
Result<void> check_control_folder(const std::string& path);

}  // namespace portlab
