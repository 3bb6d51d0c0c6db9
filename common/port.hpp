#pragma once
// Port numbers: 16 bits, three categories (RFC 6335 section 6). common/system/port_settings.hpp has
// what this machine does with them.

#include <cstdint>
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

/// Whether a UDP service at this port usually replies to any datagram. One datagram with a forged
/// source address and such a source port would make two of them reply to each other for ever (CERT
/// advisory CA-1996-01).
bool replies_to_any_datagram(std::uint16_t port);

/// Reads a decimal number from 0 to 65535. The error says what a port number is.
Result<std::uint16_t> parse_port(std::string_view text);

}  // namespace portlab
