#pragma once
// The rows of the kernel's socket table: every TCP and UDP socket.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "common/endpoint.hpp"

namespace portlab {

/// The states of TCP (RFC 9293 section 3.3.2) with the kernel's numbers. A UDP socket is
/// `established` when connect(2) gave it a peer, else `close`.
enum class TcpState : std::uint8_t {
  established = 1,
  syn_sent = 2,
  syn_recv = 3,
  fin_wait1 = 4,
  fin_wait2 = 5,
  time_wait = 6,
  close = 7,
  close_wait = 8,
  last_ack = 9,
  listen = 10,
  closing = 11,
};

/// "ESTABLISHED", "TIME_WAIT", …: as netstat(8) spells them.
std::string_view to_string(TcpState state);

/// An address and a port. IPv4 is kept as ::ffff:a.b.c.d, so that the two ends of a session are
/// equal even when one of them is an IPv6 socket that uses IPv4.
struct SocketEnd {
  std::array<std::uint8_t, 16> address{};  ///< in network order
  std::uint16_t port = 0;

  auto operator<=>(const SocketEnd&) const = default;

  bool is_ipv4() const;
  /// IPv4 as IPv4.
  asio::ip::address to_address() const;
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const { return to_address().is_loopback(); }
  /// Whether it is 0.0.0.0 or ::, the unspecified address.
  bool is_any() const { return to_address().is_unspecified(); }
};

/// The end with this address and port.
SocketEnd socket_end(const asio::ip::address& address, std::uint16_t port);
/// The same as an endpoint, IPv4 as IPv4.
Endpoint to_endpoint(Transport transport, const SocketEnd& end);
/// Appends the address without the port: "127.0.0.1", "[::1]".
void append_address(std::string& out, const SocketEnd& end);

/// One socket. Small, since a busy machine has tens of thousands.
struct SocketRow {
  Transport transport = Transport::tcp;
  TcpState state = TcpState::close;
  bool ipv6_socket = false;     ///< "tcp6": it may still use IPv4
  bool ipv6_only = false;       ///< IPV6_V6ONLY is set
  std::uint32_t interface = 0;  ///< the interface it is bound to; 0: none
  std::uint32_t user_id = 0;
  std::uint32_t inode = 0;
  std::uint32_t receive_queue = 0;
  std::uint32_t send_queue = 0;
  SocketEnd local;
  SocketEnd remote;

  /// Whether it is a TCP listener, or a UDP socket without a peer.
  bool is_listener() const {
    return transport == Transport::tcp ? state == TcpState::listen : state != TcpState::established;
  }
  /// Whether a packet to this address reaches the listener. A socket at [::] accepts IPv4, too,
  /// unless IPV6_V6ONLY is set: ipv6(7).
  bool accepts(const SocketEnd& to) const {
    if (!local.is_any()) return local.address == to.address;
    return local.is_ipv4() ? to.is_ipv4() : !to.is_ipv4() || !ipv6_only;
  }

  /// What does not change while a session or listener exists.
  auto identity() const { return std::tie(transport, ipv6_socket, local, remote); }
  auto states() const { return state; }
};

}  // namespace portlab
