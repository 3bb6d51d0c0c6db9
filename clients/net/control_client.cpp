#include "clients/net/control_client.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/net/client_session.hpp"
#include "common/system/peer_credentials.hpp"

namespace portlab {

namespace {

constexpr const char* start_advice =
    "portlabd --private (in another terminal; no root needed), or --control PATH of one that runs";
// portlabd waits up to 5 s for its sessions when it stops.
constexpr std::chrono::milliseconds stop_limit{7000};

/// Throws unless the path is a socket in a safe folder: check_control_folder().
void expect_socket(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      const std::string yours = ::geteuid() == 0 ? "" : " of yours";
      const std::string roots = ::geteuid() == 0 ? "" : "; sudo, if root runs one";
      throw CommandError(Exit::no_connection,
                         "no portlabd" + yours + " is running (there is no " + path + ")",
                         start_advice + roots)
          .explained_by(NetError::no_socket, local_endpoint(path));
    }
    throw connection_failure({local_endpoint(path), error, Operation::connecting});
  }
  if (!S_ISSOCK(info.st_mode))
    throw CommandError(Exit::no_connection, path + ": this is not a socket", start_advice);
  if (const auto safe = check_control_folder(path); !safe)
    throw CommandError(Exit::no_connection, safe.error().text);
}

std::int64_t pid_of_peer(int descriptor) {
  const auto peer = peer_credentials(descriptor);
  return peer ? peer->pid : 0;
}

/// The next line, without the newline.
std::string read_line(ClientSession& server, const std::string& path) {
  std::string line;
  std::vector<std::uint8_t> buffer(std::size_t{64} * 1024);
  for (;;) {
    const auto text = as_text(server.read_some(buffer));
    const auto end = text.find('\n');
    line += text.substr(0, end);
    if (end != std::string_view::npos) return line;
    if (text.empty())
      throw CommandError(Exit::no_connection,
                         path + ": the server closed the connection without an answer",
                         "its log for the reason; portlab server status (is it still running?)")
          .explained_by(NetError::closed, local_endpoint(path));
    if (line.size() > control_reply_bytes_max)
      throw CommandError(Exit::no_connection,
                         path + ": the answer is too long: this is not a portlabd");
  }
}

void wait_until_closed(ClientSession& server) try {
  server.set_timeout(stop_limit);
  std::vector<std::uint8_t> buffer(1024);
  while (!server.read_some(buffer).empty()) continue;
} catch (const CommandError&) {
  // The server has confirmed the stop: a time-out or a reset here is no error.
}

}  // namespace

ControlAnswer ask_server(const std::string& path, const ControlRequest& request,
                         std::chrono::milliseconds timeout) {
  expect_socket(path);
  ClientOptions options;
  options.timeout = timeout;
  auto server = connect_to({Transport::local, path, 0}, options);
  server.write(control_request_line(request));
  ControlAnswer answer;
  answer.line = read_line(server, path);
  auto reply = parse_control_reply(answer.line);
  if (!reply) throw CommandError(Exit::peer_said_no, reply.error().text);
  answer.reply = std::move(*reply);
  answer.server_pid = pid_of_peer(server.descriptor());
  if (request.command == ControlCommand::stop) wait_until_closed(server);
  return answer;
}

}  // namespace portlab
