#pragma once
// The addresses of this machine's network interfaces (getifaddrs(3)).

#include <optional>
#include <string>
#include <vector>

#include "common/net.hpp"

namespace portlab {

/// An IPv4 or IPv6 address of an interface. A link-local IPv6 address has the interface's number as
/// its scope.
struct InterfaceAddress {
  std::string interface;  ///< "lo", "eth0"
  bool is_up = false;
  asio::ip::address address;
  std::optional<asio::ip::address> broadcast;  ///< IPv4 only
};

/// All of them, in this network namespace; empty where the kernel does not say.
std::vector<InterfaceAddress> interface_addresses();

/// fe80::/10 (RFC 4291 section 2.5.6): valid on one link only.
inline bool is_link_local(const asio::ip::address& address) {
  return address.is_v6() && address.to_v6().is_link_local();
}

}  // namespace portlab
