#pragma once
// Which addresses may be scanned without --yes-i-may: those that are this machine, its links, and
// private networks.

#include "common/net.hpp"

namespace portlab {

/// Why an address may be scanned.
enum class ScanPermission : unsigned char {
  this_machine,     ///< loopback, or an address of an interface
  private_network,  ///< RFC 1918, unique local (RFC 4193), link-local; or all addresses of a network
                    ///< namespace that a user made, which leads to no other machine
  needs_consent,    ///< any other: it may belong to somebody else
};

/// Judges an address. An IPv4-mapped IPv6 address is judged as the IPv4 address that it is.
ScanPermission permission_to_scan(const asio::ip::address& address);

/// The same without this machine's interfaces and namespace: by the number alone.
ScanPermission permission_by_number(const asio::ip::address& address);

/// The IPv4 address of an IPv4-mapped one (RFC 4291 section 2.5.5.2); others unchanged.
asio::ip::address without_mapping(const asio::ip::address& address);

}  // namespace portlab
