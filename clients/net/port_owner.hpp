#pragma once
// Which process has a port of this machine, from the socket table and /proc.

#include <cstdint>
#include <string>

#include "clients/net/socket_row.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// The process that listens on this port, or else uses it: "python3 (pid 4711)". Empty when no
/// process has it (TIME_WAIT), or when /proc hides it from this user.
std::string port_owner(Transport transport, std::uint16_t port);

/// The same for one socket.
std::string socket_owner(const SocketRow& socket);

}  // namespace portlab
