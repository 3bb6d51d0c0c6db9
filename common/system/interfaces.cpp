#include "common/system/interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

/// Nothing for an address that is neither IPv4 nor IPv6 (an interface has one of AF_PACKET, too).
std::optional<asio::ip::address> to_address(const sockaddr* from) {
  if (from == nullptr) return std::nullopt;
  const bool is_ipv4 = from->sa_family == AF_INET;
  if (!is_ipv4 && from->sa_family != AF_INET6) return std::nullopt;
  SocketAddress address;
  address.size = is_ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::memcpy(address.data(), from, address.size);
  return to_endpoint(Transport::udp, address).address;
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  std::vector<InterfaceAddress> found;
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const auto address = to_address(entry->ifa_addr);
    if (!address) continue;
    InterfaceAddress row{entry->ifa_name, (entry->ifa_flags & IFF_UP) != 0, *address, {}};
    if ((entry->ifa_flags & IFF_BROADCAST) != 0) row.broadcast = to_address(entry->ifa_broadaddr);
    found.push_back(std::move(row));
  }
  return found;
}

}  // namespace portlab
