#pragma once
// Which program has a port of this machine.

#include <cstdint>
#include <string>

#include "clients/netstat/socket_row.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// "python3 (pid 4711)": the program that listens on this port, or else uses it. Empty where no
/// program has it (TIME_WAIT), or one that this user may not look into.
std::string port_owner(Transport transport, std::uint16_t port);

/// The same of one socket: "python3 (pid 4711)"; empty where this user may not look into it.
std::string socket_owner(const SocketRow& socket);

}  // namespace portlab
