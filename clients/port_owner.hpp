#pragma once
// Which program has a port of this machine.

#include <cstdint>
#include <string>

#include "common/endpoint.hpp"

namespace portlab {

/// "python3 (pid 4711)": the program that listens on this port, or else uses it. Empty where no
/// program has it (TIME_WAIT), or one that this user may not look into.
std::string port_owner(Transport transport, std::uint16_t port);

}  // namespace portlab
