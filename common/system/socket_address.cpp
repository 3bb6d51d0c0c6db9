#include "common/system/socket_address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
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
  SocketAddress out;
  if (endpoint.address.is_v6()) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(out.storage);
    const auto v6 = endpoint.address.to_v6();
    const auto bytes = v6.to_bytes();
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(endpoint.port);
    in6.sin6_scope_id = static_cast<std::uint32_t>(v6.scope_id());
    std::memcpy(&in6.sin6_addr, bytes.data(), bytes.size());
    out.size = sizeof in6;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(out.storage);
    const auto bytes = endpoint.address.to_v4().to_bytes();
    in4.sin_family = AF_INET;
    in4.sin_port = htons(endpoint.port);
    std::memcpy(&in4.sin_addr, bytes.data(), bytes.size());
    out.size = sizeof in4;
  }
  return out;
}

Endpoint to_endpoint(Transport transport, const SocketAddress& address) {
  Endpoint out;
  out.transport = transport;
  if (address.storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    asio::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
    out.address = asio::ip::address_v6(bytes, in6.sin6_scope_id);
    out.port = ntohs(in6.sin6_port);
  } else if (address.storage.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    out.address = asio::ip::address_v4(ntohl(in4.sin_addr.s_addr));
    out.port = ntohs(in4.sin_port);
  } else if (address.size > offsetof(sockaddr_un, sun_path)) {
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
