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

std::unique_ptr<LocalServer> ask_neighbour() try {
  constexpr std::chrono::milliseconds patience{500};
  const auto path = control_path_to_visit();
  auto answer = ask_server(path, {ControlCommand::listeners, {}}, patience);
  return std::make_unique<LocalServer>(
      LocalServer{std::move(answer.reply.listeners), is_in_our_network(path, answer.server_pid)});
} catch (const CommandError&) {
  return nullptr;
}

/// Nothing where the system does not tell: a process with more privileges is none of our business.
std::optional<bool> shares_namespace(std::int64_t pid) {
  struct stat mine {};
  struct stat theirs {};
  const auto path = "/proc/" + std::to_string(pid) + "/ns/net";
  if (pid <= 0 || ::stat("/proc/self/ns/net", &mine) != 0 || ::stat(path.c_str(), &theirs) != 0)
    return std::nullopt;
  return mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
}

/// The path of a listening Unix socket, from a line of /proc/net/unix; empty for all others. An
/// accepted one has the server's path as well, but lives in its client's network.
std::string listening_path(const std::string& line) {
  constexpr const char* accepts = "00010000";  // __SO_ACCEPTCON
  std::istringstream fields(line);
  std::string number, references, protocol, flags, type, state, inode, path;
  fields >> number >> references >> protocol >> flags >> type >> state >> inode >> std::ws;
  std::getline(fields, path);
  return flags == accepts ? path : std::string();
}

/// The kernel lists a Unix socket in the network where it was made, though its path leads to it
/// from everywhere. True, too, where there is no such list.
bool is_listed_here(const std::string& socket_path) {
  std::ifstream sockets("/proc/self/net/unix");
  std::string line;
  if (!std::getline(sockets, line)) return true;  // its head
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

bool meets(const ListenerRow& listener, const Endpoint& at) {
  const auto& where = listener.endpoint;
  if (where.transport != at.transport || where.port != at.port) return false;
  return where.address == at.address ||
         (where.address.is_unspecified() && where.address.is_v6() == at.address.is_v6());
}

std::string place_of(const ListenerRow& listener, const Endpoint& refused) {
  auto place = listener.endpoint;
  if (place.address.is_unspecified()) place.address = refused.address;
  return place.address_and_port();
}

}  // namespace

const LocalServer* local_server() {
  static const auto asked = ask_neighbour();
  return asked.get();
}

const ListenerRow* local_server_listener(const Endpoint& at) {
  if (local_server() == nullptr || !local_server()->here) return nullptr;
  const auto& rows = local_server()->listeners;
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ListenerRow& row) { return meets(row, at); });
  return found == rows.end() ? nullptr : &*found;
}

std::string local_server_advice(const Endpoint& refused) {
  if (local_server() == nullptr) return {};
  if (!local_server()->here) return enter_advice();
  for (const auto& row : local_server()->listeners)
    if (row.endpoint.transport == refused.transport && row.default_port == refused.port &&
        row.endpoint.port != refused.port)
      return place_of(row, refused) + ", where your portlabd has " + row.service;
  return {};
}

std::string enter_advice() {
  return "portlab enter (your portlabd is in a private network, where 127.0.0.1 is a machine of "
         "its own)";
}

bool is_in_our_network(const std::string& control_path, std::int64_t server_pid) {
  if (const auto shared = shares_namespace(server_pid)) return *shared;
  return is_listed_here(control_path);
}

}  // namespace portlab
