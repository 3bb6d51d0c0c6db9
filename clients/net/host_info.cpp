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

#include "clients/net/system_address.hpp"
#include "clients/port/port_facts.hpp"
#include "clients/port/port_owner.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/interfaces.hpp"
#include "common/system/own_path.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

/// The first user namespace knows every user: "0 0 4294967295".
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
  // The kernel looks at privileges before it looks for a free port (bind(2)): the answer is the
  // same for all ports below.
  const auto below = static_cast<std::uint16_t>(first - 1);
  if (below == 0) return 0;
  const auto tried = try_to_bind(tcp_endpoint(asio::ip::address_v4::loopback(), below));
  return tried == Bindable::forbidden ? first : std::uint16_t{0};
}

Route route_to(const asio::ip::address& address) {
  const int probe = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return {errno, {}, {}};
  constexpr std::uint16_t any_port = 9;  // connecting a udp socket sends nothing
  auto there = to_system(udp_endpoint(address, any_port));
  SystemAddress here;
  Route way;
  if (::connect(probe, there.get(), there.size) != 0 ||
      ::getsockname(probe, here.get(), &here.size) != 0)
    way.error = errno;
  ::close(probe);
  if (way.error != 0) return way;
  way.source = from_system(here, Transport::udp).address;
  for (const auto& own : own_addresses())
    if (own.address == way.source) way.interface = own.interface;
  return way;
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
  // sbin, too: a user's PATH leaves it out on Debian, where tcpdump and nft live.
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  for (const char* folder : {"/usr/sbin", "/sbin"})
    if (is_program(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  return {};
}

}  // namespace portlab
