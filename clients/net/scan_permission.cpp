#include "clients/net/scan_permission.hpp"

#include <algorithm>

#include "clients/net/host_info.hpp"

namespace portlab {

namespace {

bool is_private(const asio::ip::address_v4& address) {
  const auto bytes = address.to_bytes();
  return bytes[0] == 10 || (bytes[0] == 172 && bytes[1] >= 16 && bytes[1] <= 31) ||
         (bytes[0] == 192 && bytes[1] == 168) ||  // RFC 1918: 10/8, 172.16/12, 192.168/16
         (bytes[0] == 169 && bytes[1] == 254);    // RFC 3927: 169.254/16, link-local
}

bool is_private(const asio::ip::address_v6& address) {
  return address.is_link_local() || (address.to_bytes()[0] & 0xfe) == 0xfc;  // RFC 4193: fc00::/7
}

}  // namespace

asio::ip::address without_mapping(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

ScanPermission permission_by_number(const asio::ip::address& given) {
  const auto address = without_mapping(given);
  if (address.is_loopback()) return ScanPermission::this_machine;
  const bool is_private_address =
      address.is_v4() ? is_private(address.to_v4()) : is_private(address.to_v6());
  return is_private_address ? ScanPermission::private_network : ScanPermission::needs_consent;
}

ScanPermission permission_to_scan(const asio::ip::address& given) {
  const auto address = without_mapping(given);
  const auto own = own_addresses();
  if (std::any_of(own.begin(), own.end(),
                  [&](const InterfaceAddress& each) { return each.address == address; }))
    return ScanPermission::this_machine;
  const auto by_number = permission_by_number(address);
  if (by_number == ScanPermission::needs_consent && is_in_private_network())
    return ScanPermission::private_network;
  return by_number;
}

}  // namespace portlab
