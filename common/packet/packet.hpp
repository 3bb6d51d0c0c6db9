#pragma once
// Captured packets: their layers, and the endpoints of sender and receiver.
//
//   link       Ethernet, Linux "cooked" (any interface), loopback, or none
//   network    IPv4 (RFC 791), IPv6 (RFC 8200), ARP (RFC 826)
//   transport  TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, RFC 4443)
//   data       what the application sent
//
// A packet is bytes of anybody: each field is read within bounds, and what is missing is said.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// The formats of the link layer that are read here, with the numbers of pcap-linktype(7).
enum class LinkType : std::uint16_t {
  null = 0,          ///< BSD's loopback: the address family in the writer's byte order
  ethernet = 1,      ///< Ethernet II, also with VLAN tags (IEEE 802.1Q)
  raw_bsd = 12,      ///< starts with the IP header
  raw = 101,         ///< starts with the IP header
  loop = 108,        ///< OpenBSD's loopback: the address family in network byte order
  linux_sll = 113,   ///< Linux, interface "any"
  ipv4 = 228,        ///< starts with the IPv4 header
  ipv6 = 229,        ///< starts with the IPv6 header
  linux_sll2 = 276,  ///< Linux, interface "any", with the number of the interface
};

/// Whether packets of this link type can be read.
bool is_readable(int link_type);

/// Where a header or the data is in the captured bytes.
struct PacketPart {
  std::size_t offset = 0;
  std::size_t size = 0;  ///< 0: the packet has no such part

  Bytes of(Bytes packet) const { return packet.subspan(offset, size); }
};

/// The flags of a TCP segment (RFC 9293 section 3.1).
struct TcpFlags {
  static constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32;

  std::uint8_t bits = 0;

  bool has(std::uint8_t flag) const { return (bits & flag) != 0; }
  /// "SYN ACK"; PSH and URG only with `all`, since they matter to few readers.
  std::string to_string(bool all = false) const;
};

/// The fields of a TCP header that are shown.
struct TcpHeader {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  TcpFlags flags;
  std::uint16_t window = 0;
};

/// A packet's protocol above IP, or instead of it.
enum class PacketProtocol : std::uint8_t { tcp, udp, icmp, arp, other };

/// An ICMP message. An error carries the beginning of the packet that it is about.
struct IcmpMessage {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  bool v6 = false;
  /// The packet that the error is about, from its sender to its destination; nothing for messages
  /// that are no error, and where the packet is neither TCP nor UDP.
  struct About {
    Endpoint source;
    Endpoint destination;
  };
  std::optional<About> about;

  /// Whether it says that a packet did not arrive.
  bool is_error() const { return v6 ? type < 128 : type == 3 || type == 11 || type == 12; }
  /// "port unreachable", "echo request (ping)"; "type 42, code 0" for others.
  std::string to_string() const;
};

/// What the bytes of a packet say.
struct Packet {
  PacketProtocol protocol = PacketProtocol::other;
  /// The ends. Ports are 0 for protocols other than TCP and UDP; the transport is then tcp, which
  /// means nothing.
  Endpoint source;
  Endpoint destination;
  TcpHeader tcp;  ///< PacketProtocol::tcp only
  std::optional<IcmpMessage> icmp;
  std::string_view network;        ///< "IPv4", "IPv6", "ARP"; empty: another protocol, or none
  std::uint8_t next_protocol = 0;  ///< the number in the IP header: 6 for TCP
  bool is_later_fragment = false;  ///< it has no transport header: the first fragment has it
  bool has_later_fragments = false;

  PacketPart link_header, network_header, transport_header;
  /// The data: of TCP and UDP what the application sent; of others all that follows.
  PacketPart data;
  /// The bytes of data that were sent: more than data.size where the capture has cut the packet.
  std::size_t data_bytes_sent = 0;

  /// Why a part of it can't be read: "the TCP header ends at byte 40 of 54"; empty: all was read.
  std::string problem;

  bool has_ports() const {
    return (protocol == PacketProtocol::tcp || protocol == PacketProtocol::udp) &&
           transport_header.size != 0;
  }
};

/// Reads the headers. A damaged or cut packet is read as far as possible; `problem` says why not
/// further.
Packet read_packet(LinkType link_type, Bytes bytes);

}  // namespace portlab
