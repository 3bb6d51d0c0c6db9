#include "common/system/socket_address.hpp"

#include <sys/un.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstring>

namespace portlab {

namespace {

SocketAddress local_address(const std::string& path) {
  SocketAddress out;
  auto& un = reinterpret_cast<sockaddr_un&>(out.storage);
  un.sun_family = AF_UNIX;
  const auto length = std::min(path.size(), sizeof un.sun_path - 1);
  std::memcpy(un.sun_path, path.data(), length);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + 1);
  return out;
}

}  // namespace

SocketAddress to_socket_address(const Endpoint& endpoint) {
  if (endpoint.transport == Transport::local) return local_address(endpoint.path);
  const asio::ip::udp::endpoint address(endpoint.address, endpoint.port);
  SocketAddress out;
  std::memcpy(&out.storage, address.data(), address.size());
  out.size = static_cast<socklen_t>(address.size());
  return out;
}

Endpoint to_endpoint(Transport transport, const SocketAddress& address) {
  const auto family = address.storage.ss_family;
  if (family == AF_INET || family == AF_INET6) {
    asio::ip::udp::endpoint known;
    std::memcpy(known.data(), &address.storage,
                std::min<std::size_t>(address.size, known.capacity()));
    return {transport, known.address(), known.port(), {}};
  }
  Endpoint out;
  out.transport = transport;
  if (address.size > offsetof(sockaddr_un, sun_path)) {
    const auto& un = reinterpret_cast<const sockaddr_un&>(address.storage);
    const auto room = address.size - offsetof(sockaddr_un, sun_path);
    out.path.assign(un.sun_path, ::strnlen(un.sun_path, room));
  }
  return out;
}

Endpoint local_endpoint_of(int descriptor, Transport transport) {
  SocketAddress address;
  if (::getsockname(descriptor, address.data(), &address.size) != 0) address.size = 0;
  return to_endpoint(transport, address);
}

Endpoint remote_endpoint_of(int descriptor, Transport transport) {
  SocketAddress address;
  if (::getpeername(descriptor, address.data(), &address.size) != 0) address.size = 0;
  return to_endpoint(transport, address);
}

}  // namespace portlab
