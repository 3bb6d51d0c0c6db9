#include "clients/net/port_owner.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "clients/net/local_server.hpp"
#include "clients/net/sock_diag.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

std::string name_in_proc(const SocketRow& row) {
  return "socket:[" + std::to_string(row.inode) + "]";
}

/// The sockets at this port, listeners first, as /proc/PID/fd shows them: proc(5).
std::vector<std::string> sockets_at(Transport transport, std::uint16_t port) {
  SocketQuery query;
  query.tcp = transport == Transport::tcp;
  query.udp = transport == Transport::udp;
  auto rows = read_sockets(query);
  std::vector<std::string> names;
  if (!rows) return names;
  std::stable_partition(rows->begin(), rows->end(),
                        [](const SocketRow& row) { return row.is_listener(); });
  for (const auto& row : *rows)
    if (row.local.port == port && row.inode != 0) names.push_back(name_in_proc(row));
  return names;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

bool has_open(const fs::path& process, const std::string& socket) {
  std::error_code failed;
  for (fs::directory_iterator each(process / "fd", failed), end; !failed && each != end;
       each.increment(failed)) {
    std::error_code gone;
    if (fs::read_symlink(each->path(), gone) == socket) return true;
  }
  return false;
}

std::string name_of(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  std::getline(file, name);
  return printable(name) + " (pid " + process.filename().string() + ")";
}

std::string process_with(const std::string& socket) {
  std::error_code failed;
  for (fs::directory_iterator each("/proc", failed), end; !failed && each != end;
       each.increment(failed))
    if (is_number(each->path().filename().string()) && has_open(each->path(), socket))
      return name_of(each->path());
  return {};
}

/// /proc hides the files of a portlabd with privileges; its control socket reports its listeners.
std::string local_server_at(Transport transport, std::uint16_t port) {
  if (local_server() == nullptr || !local_server()->here) return {};
  for (const auto& row : local_server()->listeners)
    if (row.endpoint.transport == transport && row.endpoint.port == port)
      return "your portlabd (" + printable(row.service) + ")";
  return {};
}

}  // namespace

std::string port_owner(Transport transport, std::uint16_t port) {
  for (const auto& socket : sockets_at(transport, port))
    if (auto process = process_with(socket); !process.empty()) return process;
  return local_server_at(transport, port);
}

std::string socket_owner(const SocketRow& socket) {
  if (socket.inode == 0) return {};
  auto process = process_with(name_in_proc(socket));
  return process.empty() ? local_server_at(socket.transport, socket.local.port) : process;
}

}  // namespace portlab
