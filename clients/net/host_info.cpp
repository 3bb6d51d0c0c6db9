#include "clients/net/host_info.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/process_sockets.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/known_services.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/own_path.hpp"
#include "common/system/port_settings.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

/// Whether the user namespace was made by a user: the initial one maps all users, "0 0 4294967295".
bool is_in_users_namespace() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  return map >> first >> outside >> count && count == 1;
}

bool is_program(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed) && ::access(path.c_str(), X_OK) == 0;
}

/// The process that has this socket open; empty as in processes_with().
std::string process_with(const SocketRow& row) { return processes_with({&row, 1}).front(); }

/// /proc hides the files of a portlabd with privileges; its control socket reports its listeners.
std::string local_server_at(Transport transport, std::uint16_t port) {
  for (const auto& row : local_listeners())
    if (row.endpoint.transport == transport && row.endpoint.port == port)
      return "your portlabd (" + printable(row.service) + ")";
  return {};
}

}  // namespace

std::vector<InterfaceAddress> own_addresses() {
  auto found = interface_addresses();
  std::erase_if(found, [](const InterfaceAddress& row) { return !row.is_up; });
  return found;
}

std::string_view to_string(Bindable bindable) {
  switch (bindable) {
    case Bindable::free:
      return "free";
    case Bindable::in_use:
      return "in use";
    case Bindable::forbidden:
      return "forbidden";
    case Bindable::unknown:
      return "unknown";
  }
  return "unknown";
}

Bindable try_to_bind(const Endpoint& where) {
  const bool tcp = where.transport == Transport::tcp;
  const FileDescriptor socket(::socket(where.address.is_v6() ? AF_INET6 : AF_INET,
                                       (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!socket) return Bindable::unknown;
  const int on = 1;  // as servers do: sessions in TIME_WAIT do not block the port
  if (tcp) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.address.is_v6()) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const auto address = to_socket_address(where);
  if (::bind(socket.get(), address.data(), address.size) == 0) return Bindable::free;
  const int error = errno;
  return error == EADDRINUSE                 ? Bindable::in_use
         : error == EACCES || error == EPERM ? Bindable::forbidden
                                             : Bindable::unknown;
}

bool has_ipv6_loopback() {
  return try_to_bind(udp_endpoint(asio::ip::address_v6::loopback(), 0)) == Bindable::free;
}

bool is_in_private_network() {
  if (std::getenv("PORTLAB_PRIVATE") != nullptr) return true;
  const auto addresses = own_addresses();
  const bool alone =
      std::all_of(addresses.begin(), addresses.end(),
                  [](const InterfaceAddress& each) { return each.interface == "lo"; });
  return alone && is_in_users_namespace();
}

std::uint16_t first_port_allowed() {
  const auto first = first_unprivileged_port();
  if (first <= 1) return 0;
  // bind(2) checks privileges before it looks for a free port, so one port shows it for all below.
  const auto below = static_cast<std::uint16_t>(first - 1);
  const auto tried = try_to_bind(tcp_endpoint(asio::ip::address_v4::loopback(), below));
  return tried == Bindable::forbidden ? first : std::uint16_t{0};
}

Route route_to(const asio::ip::address& address) {
  const FileDescriptor socket(
      ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return {errno, {}, {}};
  constexpr std::uint16_t any_port = 9;  // connecting a udp socket sends nothing
  const auto peer = to_socket_address(udp_endpoint(address, any_port));
  if (::connect(socket.get(), peer.data(), peer.size) != 0) return {errno, {}, {}};
  Route route;
  route.source = local_endpoint_of(socket.get(), Transport::udp).address;
  for (const auto& own : own_addresses())
    if (own.address == route.source) route.interface = own.interface;
  return route;
}

bool loopback_is_down() { return route_to(asio::ip::address_v4::loopback()).error == ENETUNREACH; }

RoomForServices room_for_services(std::uint16_t shift) {
  RoomForServices room;
  std::map<std::string, std::string> ports_of;
  for (const auto& service : known_services()) {
    if (!service.is_default()) continue;
    const auto port = static_cast<std::uint16_t>(service.default_port + shift);
    for (const auto transport : {Transport::tcp, Transport::udp}) {
      if (!(transport == Transport::tcp ? service.tcp : service.udp)) continue;
      const auto name = std::string(to_string(transport)) + " " + std::to_string(port);
      const auto tried = try_to_bind({transport, asio::ip::address_v4::loopback(), port, {}});
      if (tried == Bindable::forbidden) room.forbidden.push_back(name);
      if (tried != Bindable::in_use && tried != Bindable::unknown) continue;
      const auto owner = port_owner(transport, port);
      auto& ports = ports_of[owner.empty() ? "another program" : owner];
      ports += (ports.empty() ? "" : ", ") + name;
    }
  }
  for (const auto& [owner, ports] : ports_of) room.taken.push_back(ports + ": " + owner);
  return room;
}

std::string program_beside_us(const std::string& name) {
  const auto path = own_folder() / name;
  return is_program(path) ? path.string() : std::string();
}

std::string program_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  // sbin, too, which has tcpdump and nft: on Debian, it is not in the PATH of users.
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  return {};
}

std::string port_owner(Transport transport, std::uint16_t port) {
  SocketQuery query;
  query.tcp = transport == Transport::tcp;
  query.udp = transport == Transport::udp;
  auto rows = read_sockets(query);
  if (!rows) return local_server_at(transport, port);
  std::erase_if(*rows, [&](const SocketRow& row) { return row.local.port != port; });
  // Not std::ranges::stable_partition: clang 14 can't compile the one of g++ 12.
  std::stable_partition(rows->begin(), rows->end(),
                        [](const SocketRow& row) { return row.is_listener(); });
  for (const auto& row : *rows)
    if (auto process = process_with(row); !process.empty()) return process;
  return local_server_at(transport, port);
}

std::string socket_owner(const SocketRow& socket) {
  if (socket.inode == 0) return {};
  auto process = process_with(socket);
  return process.empty() ? local_server_at(socket.transport, socket.local.port) : process;
}

}  // namespace portlab
