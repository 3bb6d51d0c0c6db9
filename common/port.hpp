#pragma once
// Port numbers: 16 bits, three categories (RFC 6335 section 6), and the range from which this
// machine picks ephemeral ports.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace portlab {

enum class PortCategory {
  well_known,  ///< 0 to 1023, also "system": IANA assigns them to services
  registered,  ///< 1024 to 49151, also "user": registered with IANA on request
  dynamic,     ///< 49152 to 65535, also "private": IANA assigns none of them
};

/// The category of this port.
PortCategory category_of(std::uint16_t port);

/// "well-known", "registered" or "dynamic".
std::string_view to_string(PortCategory category);

/// A range of ports, from `first` to `last`, both included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  bool contains(std::uint16_t port) const { return first <= port && port <= last; }
  std::uint32_t size() const { return last < first ? 0U : 1U + last - first; }
};

/// All the ports of a category.
PortRange range_of(PortCategory category);

/// Reads a decimal number from 0 to 65535. The error says what a port number is.
Result<std::uint16_t> parse_port(std::string_view text);

/// The range from which this machine picks ephemeral ports, for IPv4 and IPv6:
/// net.ipv4.ip_local_port_range (ip(7)). Nothing where /proc does not have it.
std::optional<PortRange> ephemeral_range();

/// The lowest port that an unprivileged process may bind: net.ipv4.ip_unprivileged_port_start
/// (ip(7)); 1024 where /proc does not have it.
std::uint16_t first_unprivileged_port();

}  // namespace portlab
