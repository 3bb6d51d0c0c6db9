#pragma once
// What this machine is and allows, looked up now: for portlab why and portlab doctor.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/net.hpp"

namespace portlab {

/// An address of one of this network's interfaces.
struct OwnAddress {
  std::string interface;  ///< "lo", "eth0"
  asio::ip::address address;
  std::optional<asio::ip::address> broadcast;
};

/// All addresses of the interfaces that are up.
std::vector<OwnAddress> own_addresses();

/// Whether a program here can talk over ::1.
bool has_ipv6_loopback();

/// Whether this process is in a private network: a network namespace that a user made, or that
/// portlab enter led into. Root's own are seen only by the mark that portlab enter leaves.
bool is_in_private_network();

/// The lowest port that this process may bind, tried out. 0: all of them.
std::uint16_t first_port_allowed();

/// The way to another address, as the kernel would take it now. Nothing is sent.
struct Route {
  int error = 0;  ///< an errno: there is none
  asio::ip::address source;
  std::string interface;  ///< that has this source; empty where none is known
};
Route route_to(const asio::ip::address& address);

/// Where all services would find free ports on loopback.
struct RoomForServices {
  std::vector<std::string> taken;      ///< "tcp 80, tcp 21: nginx (pid 4711)"
  std::vector<std::string> forbidden;  ///< "tcp 80"
  bool complete() const { return taken.empty() && forbidden.empty(); }
};
/// Tries the default ports of all services, moved up by `shift`.
RoomForServices room_for_services(std::uint16_t shift);

/// Where a program is found: beside this one, or in $PATH; empty where it is not.
std::string program_beside_us(const std::string& name);
std::string program_in_path(const std::string& name);

}  // namespace portlab
