#pragma once
// Endpoints as Berkeley sockets write them.

#include <sys/socket.h>

#include "common/endpoint.hpp"

namespace portlab {

/// A socket address as the kernel wants it.
struct SystemAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// Throws a CommandError (exit status 2) where a Unix socket's path is too long.
SystemAddress to_system(const Endpoint& endpoint);

Endpoint from_system(const SystemAddress& address, Transport transport);

}  // namespace portlab
