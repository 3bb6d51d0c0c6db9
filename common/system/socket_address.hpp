#pragma once
// Socket addresses of the kernel (sockaddr) and endpoints, converted both ways.

#include <sys/socket.h>

#include "common/endpoint.hpp"

namespace portlab {

/// A socket address of any family, as the kernel takes and gives it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Endpoint& endpoint);
/// The endpoint of an address that the kernel gave for a socket of this transport.
Endpoint to_endpoint(Transport transport, const SocketAddress& address);

/// The endpoint that a socket is bound to (getsockname(2)), and the one that it is connected to
/// (getpeername(2)). When the kernel reports none: an endpoint without an address.
Endpoint local_endpoint_of(int descriptor, Transport transport);
Endpoint remote_endpoint_of(int descriptor, Transport transport);

}  // namespace portlab
