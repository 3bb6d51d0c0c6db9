#include "clients/net/control_client.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "clients/net/client_session.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/control_path.hpp"
#include "common/system/peer_credentials.hpp"
#include "common/system/private_network.hpp"

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
          .explained_by(NetError::no_socket, shell_word(path));
    }
    throw connection_failure({local_endpoint(path), error, Operation::connecting});
  }
  if (!S_ISSOCK(info.st_mode))
    throw CommandError(Exit::no_connection, path + ": this is not a socket", start_advice);
  if (const auto safe = check_control_folder(path); !safe)
    throw CommandError(Exit::no_connection, safe.error().text);
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
          .explained_by(NetError::closed, shell_word(path));
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

std::unique_ptr<LocalServer> ask_local_server() try {
  constexpr std::chrono::milliseconds limit{500};
  const auto path = find_control_path();
  auto answer = ask_server(path, {ControlCommand::listeners, {}}, limit);
  return std::make_unique<LocalServer>(
      LocalServer{std::move(answer.reply.listeners), is_in_our_network(path, answer.server_pid)});
} catch (const CommandError&) {
  return nullptr;
}

/// The path of a listening Unix socket, from a line of /proc/net/unix; empty for other sockets. An
/// accepted socket has the path of the server, but may be in the network of its client.
std::string listening_path(const std::string& line) {
  constexpr const char* accepts = "00010000";  // __SO_ACCEPTCON
  std::istringstream fields(line);
  std::string number, references, protocol, flags, type, state, inode, path;
  fields >> number >> references >> protocol >> flags >> type >> state >> inode >> std::ws;
  std::getline(fields, path);
  return flags == accepts ? path : std::string();
}

/// Whether a Unix socket was made in this network namespace: the kernel lists it only there, though
/// its path can be used from every namespace. True when there is no list.
bool is_listed_here(const std::string& socket_path) {
  std::ifstream sockets("/proc/self/net/unix");
  std::string line;
  if (!std::getline(sockets, line)) return true;  // the heading
  std::error_code failed;
  const auto wanted = std::filesystem::weakly_canonical(socket_path, failed);
  while (std::getline(sockets, line)) {
    const auto path = listening_path(line);
    if (path.empty()) continue;
    if (path == socket_path || std::filesystem::weakly_canonical(path, failed) == wanted)
      return true;
  }
  return false;
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
  if (!reply) throw ControlRefusal(reply.error());
  answer.reply = std::move(*reply);
  if (const auto peer = peer_credentials(server.descriptor())) answer.server_pid = peer->pid;
  if (request.command == ControlCommand::stop) wait_until_closed(server);
  return answer;
}

const LocalServer* local_server() {
  static const auto server = ask_local_server();
  return server.get();
}

std::span<const ListenerRow> local_listeners() {
  if (local_server() == nullptr || !local_server()->here) return {};
  return local_server()->listeners;
}

const ListenerRow* local_listener_at(const Endpoint& at) {
  for (const auto& row : local_listeners())
    if (reaches(at, row)) return &row;
  return nullptr;
}

const ListenerRow* moved_listener(const Endpoint& wanted) {
  for (const auto& row : local_listeners())
    if (row.endpoint.transport == wanted.transport && row.default_port == wanted.port &&
        row.endpoint.port != wanted.port)
      return &row;
  return nullptr;
}

bool reaches(const Endpoint& at, const ListenerRow& listener) {
  const auto& where = listener.endpoint;
  if (where.transport != at.transport || where.port != at.port) return false;
  return where.address == at.address ||
         (where.address.is_unspecified() && where.address.is_v6() == at.address.is_v6());
}

std::string enter_advice() {
  return "portlab enter (your portlabd is in a private network, which has its own 127.0.0.1)";
}

bool is_in_our_network(const std::string& control_path, std::int64_t server_pid) {
  if (const auto shared = shares_network_with(server_pid)) return *shared;
  return is_listed_here(control_path);
}

}  // namespace portlab
