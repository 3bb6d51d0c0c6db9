#pragma once
// Commands that open a port on all addresses of this machine (0.0.0.0, [::]). In a network that is
// not private, other machines could connect to it: there a lab only shows these commands.

#include <cstdint>
#include <set>
#include <string>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The ports that this command opens on all addresses, or closes there; 0 stands for ports whose
/// numbers it does not say (--bind 0.0.0.0).
std::set<std::uint16_t> ports_on_all_addresses(const std::string& command);

/// For Activity::missing.
inline constexpr const char* private_network_missing =
    "a private network, which this machine does not allow";

/// Sets Activity::missing for the activities that open a port on all addresses, and for those after
/// them that use this port.
void forbid_ports_on_all_addresses(Lab& lab);

}  // namespace portlab::labs
