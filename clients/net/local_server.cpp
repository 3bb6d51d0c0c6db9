#include "clients/net/local_server.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "clients/cli/command_error.hpp"
#include "clients/net/control_client.hpp"

namespace portlab {

namespace {

std::unique_ptr<LocalServer> ask_local_server() try {
  constexpr std::chrono::milliseconds limit{500};
  const auto path = find_control_path();
  auto answer = ask_server(path, {ControlCommand::listeners, {}}, limit);
  return std::make_unique<LocalServer>(
      LocalServer{std::move(answer.reply.listeners), is_in_our_network(path, answer.server_pid)});
} catch (const CommandError&) {
  return nullptr;
}

/// Whether the process is in the network namespace of this one; nothing when /proc does not show
/// it, as for a process with more privileges. network_namespaces(7).
std::optional<bool> shares_namespace(std::int64_t pid) {
  struct stat own {};
  struct stat other {};
  const auto path = "/proc/" + std::to_string(pid) + "/ns/net";
  if (pid <= 0 || ::stat("/proc/self/ns/net", &own) != 0 || ::stat(path.c_str(), &other) != 0)
    return std::nullopt;
  return own.st_ino == other.st_ino && own.st_dev == other.st_dev;
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

/// Whether a packet to this endpoint reaches the listener.
bool meets(const ListenerRow& listener, const Endpoint& at) {
  const auto& where = listener.endpoint;
  if (where.transport != at.transport || where.port != at.port) return false;
  return where.address == at.address ||
         (where.address.is_unspecified() && where.address.is_v6() == at.address.is_v6());
}

}  // namespace

const LocalServer* local_server() {
  static const auto server = ask_local_server();
  return server.get();
}

const ListenerRow* local_server_listener(const Endpoint& at) {
  if (local_server() == nullptr || !local_server()->here) return nullptr;
  const auto& rows = local_server()->listeners;
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ListenerRow& row) { return meets(row, at); });
  return found == rows.end() ? nullptr : &*found;
}

bool is_in_our_network(const std::string& control_path, std::int64_t server_pid) {
  if (const auto shared = shares_namespace(server_pid)) return *shared;
  return is_listed_here(control_path);
}

}  // namespace portlab
