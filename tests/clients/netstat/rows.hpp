#pragma once
// Rows as a test writes them.

#include <string_view>

#include "clients/net/socket_row.hpp"

namespace portlab::test {

inline SocketEnd end(std::string_view address_and_port) {
  const auto parsed = parse_host_and_port(address_and_port).value();
  return socket_end(parse_address(parsed.host).value(), parsed.port.value_or(0));
}

inline SocketRow row(Transport transport, std::string_view local, std::string_view remote,
                     TcpState state) {
  SocketRow row;
  row.transport = transport;
  row.state = state;
  row.local = end(local);
  row.remote = end(remote);
  return row;
}

inline SocketRow tcp(std::string_view local, std::string_view remote,
                     TcpState state = TcpState::established) {
  return row(Transport::tcp, local, remote, state);
}

inline SocketRow listener(std::string_view local) {
  return row(Transport::tcp, local, "0.0.0.0:0", TcpState::listen);
}

inline SocketRow udp(std::string_view local, std::string_view remote) {
  return row(Transport::udp, local, remote, TcpState::established);
}

inline SocketRow bound_udp(std::string_view local) {
  return row(Transport::udp, local, "0.0.0.0:0", TcpState::close);
}

inline SocketRow on_ipv6_socket(SocketRow row, bool only = false) {
  row.ipv6_socket = true;
  row.ipv6_only = only;
  return row;
}

}  // namespace portlab::test
