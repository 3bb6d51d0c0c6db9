#pragma once
// The router's table of connections (conntrack): reads it by netlink (ctnetlink), as the program
// conntrack(8) does, which a plain Debian does not have.
//
// A row has two directions. With NAT, the reply is not the original direction reversed:
//   original  192.168.1.12:40000 → 203.0.113.80:80
//   reply     203.0.113.80:80    → 203.0.113.1:42302      the router's address and port

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab::office {

/// The ends of a packet. ICMP has no ports: `port` is the identifier of echo at both ends.
struct PacketEnds {
  SocketEnd source, destination;
  bool operator==(const PacketEnds&) const = default;
};

struct TrackedConnection {
  std::uint8_t protocol = 0;  ///< IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP …
  PacketEnds original, reply;
  std::string_view tcp_state{};  ///< "ESTABLISHED"; empty for others than TCP
  bool answered = false;         ///< a reply was seen
  bool assured = false;          ///< is not forgotten early when the table is full
  std::uint32_t seconds = 0;     ///< until it is forgotten, unless a packet comes

  /// Whether the router translates an address or a port of it.
  bool is_translated() const {
    return reply.source != original.destination || reply.destination != original.source;
  }
  /// Its state as `conntrack -L` shows it: "ESTABLISHED", "UNREPLIED", "ASSURED".
  std::string state() const;
  /// "tcp", "udp", "icmp", or the number.
  std::string protocol_name() const;
};

/// Reads one message of the kernel (nfgenmsg and attributes). Nothing: it is malformed, or not IPv4.
std::optional<TrackedConnection> parse_tracked_connection(Bytes message);

/// The IPv4 connections that the kernel tracks in this network namespace, sorted.
Result<std::vector<TrackedConnection>> read_conntrack();

}  // namespace portlab::office
