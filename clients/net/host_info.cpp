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

#include "clients/net/port_owner.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/interfaces.hpp"
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

}  // namespace

std::vector<OwnAddress> own_addresses() {
  std::vector<OwnAddress> found;
  for (const auto& row : interface_addresses())
    if (row.is_up) found.push_back({row.interface, row.address, row.broadcast});
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
  const bool alone = std::all_of(addresses.begin(), addresses.end(),
                                 [](const OwnAddress& each) { return each.interface == "lo"; });
  return alone && is_in_users_namespace();
}

std::uint16_t first_port_allowed() {
  const auto first = first_unprivileged_port();
  if (first == 0) return 0;
  // bind(2) checks privileges before it looks for a free port, so one port shows it for all below.
  const auto below = static_cast<std::uint16_t>(first - 1);
  if (below == 0) return 0;
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

RoomForServices room_for_services(std::uint16_t shift) {
  std::vector<std::pair<Transport, std::uint16_t>> default_ports;
  for (const auto& service : known_services()) {
    if (service.tcp) default_ports.emplace_back(Transport::tcp, service.default_port);
    if (service.udp) default_ports.emplace_back(Transport::udp, service.default_port);
  }
  RoomForServices room;
  std::map<std::string, std::string> ports_of;
  for (const auto& [transport, default_port] : default_ports) {
    const auto port = static_cast<std::uint16_t>(default_port + shift);
    const auto name = std::string(to_string(transport)) + " " + std::to_string(port);
    const auto tried = try_to_bind({transport, asio::ip::address_v4::loopback(), port, {}});
    if (tried == Bindable::forbidden) room.forbidden.push_back(name);
    if (tried != Bindable::in_use && tried != Bindable::unknown) continue;
    const auto owner = port_owner(transport, port);
    auto& ports = ports_of[owner.empty() ? "another program" : owner];
    ports += (ports.empty() ? "" : ", ") + name;
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
  std::istringstream folders(path == nullptr ? "" : path);
  // sbin, too, which has tcpdump and nft: on Debian, it is not in the PATH of users.
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  for (const char* folder : {"/usr/sbin", "/sbin"})
    if (is_program(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  return {};
}

}  // namespace portlab
