#pragma once
// Which ports this machine picks for clients, and which need a privilege (ip(7)).

#include <cstdint>
#include <optional>

#include "common/port.hpp"

namespace portlab {

/// The range from which this machine picks ephemeral ports, for IPv4 and IPv6:
/// net.ipv4.ip_local_port_range (ip(7)). Nothing where /proc does not have it.
std::optional<PortRange> ephemeral_range();

/// The lowest port that an unprivileged process may bind: net.ipv4.ip_unprivileged_port_start
/// (ip(7)); 1024 where /proc does not have it.
std::uint16_t first_unprivileged_port();

}  // namespace portlab
