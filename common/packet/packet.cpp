#include "common/packet/packet.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace portlab {

namespace {

// EtherTypes (IEEE 802, RFC 7042 appendix B).
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_vlan = 0x8100;
constexpr std::uint16_t ethertype_provider_vlan = 0x88a8;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

// Protocol numbers of IANA, in the IPv4 header and in "next header" of IPv6.
constexpr std::uint8_t number_hop_by_hop = 0;
constexpr std::uint8_t number_icmp = 1;
constexpr std::uint8_t number_tcp = 6;
constexpr std::uint8_t number_udp = 17;
constexpr std::uint8_t number_routing = 43;
constexpr std::uint8_t number_fragment = 44;
constexpr std::uint8_t number_icmpv6 = 58;
constexpr std::uint8_t number_destination_options = 60;

constexpr std::size_t udp_header_bytes = 8;
constexpr std::size_t tcp_header_bytes_min = 20;
constexpr std::size_t ipv4_header_bytes_min = 20;
constexpr std::size_t ipv6_header_bytes = 40;
/// A packet has few extension headers; a chain that is longer is an attack.
constexpr int extension_headers_max = 16;

/// Reads one packet from the outside to the inside.
class PacketReader {
 public:
  PacketReader(Bytes bytes, Packet& packet)
      : bytes_(bytes), end_(bytes.size()), packet_(packet), reader_(bytes) {}

  void read_link(LinkType type);
  void read_ip();
  /// Only the ports, which the eight bytes in an ICMP error contain (RFC 792).
  void ports_only() { ports_only_ = true; }

 private:
  void read_ethertype(std::uint16_t type);
  void read_ipv4();
  void read_ipv6();
  void read_arp();
  void read_transport();
  void read_tcp();
  void read_udp();
  void read_icmp(bool v6);
  void read_data();
  bool read_extension_header(std::uint8_t& number);
  void cut(std::string_view what);
  std::size_t left_sent() const { return sent_end_ - std::min(sent_end_, reader_.position()); }

  Bytes bytes_;
  std::size_t end_;           // of what belongs to the packet: without Ethernet's padding
  std::size_t sent_end_ = 0;  // where the packet ended when it was sent
  Packet& packet_;
  ByteReader reader_;
  bool ports_only_ = false;
};

/// The packet ends in the middle of a header.
void PacketReader::cut(std::string_view what) {
  if (packet_.problem.empty())
    packet_.problem = "its " + std::string(what) + " is not complete: the packet ends after " +
                      std::to_string(bytes_.size()) + " bytes";
}

void PacketReader::read_ethertype(std::uint16_t type) {
  constexpr int tags_max = 4;
  for (int tag = 0; type == ethertype_vlan || type == ethertype_provider_vlan; ++tag) {
    const auto control = reader_.u16();
    const auto inner = reader_.u16();
    if (!control || !inner || tag == tags_max) return cut("Ethernet header");
    type = *inner;
  }
  packet_.link_header = {0, reader_.position()};
  if (type == ethertype_arp) return read_arp();
  if (type == ethertype_ipv4 || type == ethertype_ipv6) return read_ip();
  packet_.data = {reader_.position(), reader_.left()};
  packet_.data_bytes_sent = reader_.left();
}

void PacketReader::read_link(LinkType type) {
  switch (type) {
    case LinkType::ethernet: {
      constexpr std::size_t two_addresses = 12;
      const auto addresses = reader_.take(two_addresses);
      const auto ethertype = reader_.u16();
      if (!addresses || !ethertype) return cut("Ethernet header");
      return read_ethertype(*ethertype);
    }
    case LinkType::linux_sll: {
      constexpr std::size_t before_protocol = 14;
      const auto head = reader_.take(before_protocol);
      const auto protocol = reader_.u16();
      if (!head || !protocol) return cut("link header");
      return read_ethertype(*protocol);
    }
    case LinkType::linux_sll2: {
      constexpr std::size_t after_protocol = 18;
      const auto protocol = reader_.u16();
      const auto rest = reader_.take(after_protocol);
      if (!protocol || !rest) return cut("link header");
      return read_ethertype(*protocol);
    }
    case LinkType::null:
    case LinkType::loop: {
      if (!reader_.take(4)) return cut("link header");  // the IP header says the family again
      packet_.link_header = {0, 4};
      return read_ip();
    }
    case LinkType::raw_bsd:
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return read_ip();
  }
}

void PacketReader::read_ip() {
  if (reader_.left() == 0) return cut("IP header");
  const auto version = bytes_[reader_.position()] >> 4;
  if (version == 4) return read_ipv4();
  if (version == 6) return read_ipv6();
  packet_.problem = "its IP header has the version " + std::to_string(version);
}

asio::ip::address_v4 address_v4(Bytes bytes) {
  asio::ip::address_v4::bytes_type value{};
  std::ranges::copy(bytes, value.begin());
  return asio::ip::address_v4(value);
}

asio::ip::address_v6 address_v6(Bytes bytes) {
  asio::ip::address_v6::bytes_type value{};
  std::ranges::copy(bytes, value.begin());
  return asio::ip::address_v6(value);
}

// RFC 791 section 3.1.
void PacketReader::read_ipv4() {
  const auto start = reader_.position();
  packet_.network = "IPv4";
  const auto head = reader_.take(ipv4_header_bytes_min);
  if (!head) return cut("IPv4 header");
  const auto at = [&](std::size_t i) { return std::size_t{(*head)[i]}; };
  const std::size_t header_bytes = (at(0) & 0x0f) * 4;
  const std::size_t total_bytes = at(2) << 8 | at(3);
  packet_.source.address = address_v4(head->subspan(12, 4));
  packet_.destination.address = address_v4(head->subspan(16, 4));
  packet_.next_protocol = static_cast<std::uint8_t>(at(9));
  if (header_bytes < ipv4_header_bytes_min || !reader_.seek(start + header_bytes))
    return cut("IPv4 header");
  packet_.network_header = {start, header_bytes};
  // Segmentation offload: the card gets one large packet, whose length does not fit, and is 0.
  sent_end_ = total_bytes == 0 ? bytes_.size() : start + total_bytes;
  if (sent_end_ < start + header_bytes) {
    packet_.problem = "its IPv4 header says a length of " + std::to_string(total_bytes) +
                      ", which is less than the header";
    return;
  }
  end_ = std::min(bytes_.size(), sent_end_);
  const auto fragment = at(6) << 8 | at(7);
  packet_.is_later_fragment = (fragment & 0x1fff) != 0;
  packet_.has_later_fragments = (fragment & 0x2000) != 0;
  read_transport();
}

/// Skips an extension header of IPv6 and sets `number` to what follows (RFC 8200 section 4). False:
/// it is none, or incomplete.
bool PacketReader::read_extension_header(std::uint8_t& number) {
  const bool fragment = number == number_fragment;
  if (!fragment && number != number_hop_by_hop && number != number_routing &&
      number != number_destination_options)
    return false;
  const auto head = reader_.take(8);
  if (!head) {
    cut("IPv6 extension header");
    return false;
  }
  if (fragment) {
    const auto offset = (*head)[2] << 8 | (*head)[3];
    packet_.is_later_fragment = (offset & 0xfff8) != 0;
    packet_.has_later_fragments = (offset & 1) != 0;
  } else if (!reader_.take(std::size_t{(*head)[1]} * 8)) {
    cut("IPv6 extension header");
    return false;
  }
  number = (*head)[0];
  return true;
}

// RFC 8200 section 3.
void PacketReader::read_ipv6() {
  const auto start = reader_.position();
  packet_.network = "IPv6";
  const auto head = reader_.take(ipv6_header_bytes);
  if (!head) return cut("IPv6 header");
  const std::size_t payload_bytes = std::size_t{(*head)[4]} << 8 | (*head)[5];
  packet_.source.address = address_v6(head->subspan(8, 16));
  packet_.destination.address = address_v6(head->subspan(24, 16));
  sent_end_ = payload_bytes == 0 ? bytes_.size() : start + ipv6_header_bytes + payload_bytes;
  end_ = std::min(bytes_.size(), sent_end_);
  auto number = (*head)[6];
  for (int i = 0; i < extension_headers_max && read_extension_header(number); ++i) {
  }
  packet_.next_protocol = number;
  packet_.network_header = {start, reader_.position() - start};
  if (packet_.problem.empty()) read_transport();
}

void PacketReader::read_transport() {
  if (!packet_.is_later_fragment) {
    switch (packet_.next_protocol) {
      case number_tcp:
        return read_tcp();
      case number_udp:
        return read_udp();
      case number_icmp:
      case number_icmpv6:
        if ((packet_.network == "IPv6") == (packet_.next_protocol == number_icmpv6))
          return read_icmp(packet_.next_protocol == number_icmpv6);
        break;
      default:
        break;
    }
  }
  read_data();
}

/// The rest of the packet.
void PacketReader::read_data() {
  const auto start = std::min(reader_.position(), end_);
  packet_.data = {start, end_ - start};
  packet_.data_bytes_sent = std::max(left_sent(), packet_.data.size);
}

// RFC 9293 section 3.1.
void PacketReader::read_tcp() {
  packet_.protocol = PacketProtocol::tcp;
  const auto start = reader_.position();
  const auto source = reader_.u16();
  const auto destination = reader_.u16();
  if (!source || !destination || reader_.position() > end_) return cut("TCP header");
  packet_.source.port = *source;
  packet_.destination.port = *destination;
  packet_.transport_header = {start, 4};
  if (ports_only_) return;
  const auto sequence = reader_.u32();
  const auto acknowledgment = reader_.u32();
  const auto offset = reader_.u8();
  const auto flags = reader_.u8();
  const auto window = reader_.u16();
  const auto header_bytes = offset ? std::size_t{*offset} / 16 * 4 : 0;
  if (!sequence || !acknowledgment || !flags || !window || header_bytes < tcp_header_bytes_min ||
      start + header_bytes > end_) {
    packet_.transport_header = {};
    return cut("TCP header");
  }
  packet_.tcp = {*sequence, *acknowledgment, {*flags}, *window};
  packet_.transport_header = {start, header_bytes};
  reader_.seek(start + header_bytes);
  read_data();
}

// RFC 768.
void PacketReader::read_udp() {
  packet_.protocol = PacketProtocol::udp;
  packet_.source.transport = packet_.destination.transport = Transport::udp;
  const auto start = reader_.position();
  const auto source = reader_.u16();
  const auto destination = reader_.u16();
  if (!source || !destination || reader_.position() > end_) return cut("UDP header");
  packet_.source.port = *source;
  packet_.destination.port = *destination;
  packet_.transport_header = {start, 4};
  if (ports_only_) return;
  const auto length = reader_.u16();
  const auto checksum = reader_.u16();
  if (!length || !checksum || reader_.position() > end_) {
    packet_.transport_header = {};
    return cut("UDP header");
  }
  packet_.transport_header = {start, udp_header_bytes};
  if (*length >= udp_header_bytes && !packet_.has_later_fragments) {
    sent_end_ = std::min(sent_end_, start + *length);
    end_ = std::min(end_, sent_end_);
  }
  read_data();
}

// RFC 792, RFC 4443. An error contains the packet that it is about, from the IP header on.
void PacketReader::read_icmp(bool v6) {
  packet_.protocol = PacketProtocol::icmp;
  const auto start = reader_.position();
  const auto type = reader_.u8();
  const auto code = reader_.u8();
  const auto rest = reader_.take(6);  // checksum and four bytes whose meaning depends on the type
  if (!type || !code || !rest || reader_.position() > end_) return cut("ICMP header");
  packet_.transport_header = {start, reader_.position() - start};
  packet_.icmp = IcmpMessage{*type, *code, v6, std::nullopt};
  read_data();
  if (!packet_.icmp->is_error()) return;
  Packet inner;
  PacketReader reader(packet_.data.of(bytes_), inner);
  reader.ports_only();
  reader.read_ip();
  if (inner.has_ports()) packet_.icmp->about = IcmpMessage::About{inner.source, inner.destination};
}

// RFC 826: for Ethernet and IPv4 only, as there is no other in use.
void PacketReader::read_arp() {
  constexpr std::size_t arp_bytes = 28;
  packet_.network = "ARP";
  packet_.protocol = PacketProtocol::arp;
  const auto start = reader_.position();
  const auto message = reader_.take(arp_bytes);
  if (!message) return cut("ARP message");
  packet_.network_header = {start, arp_bytes};
  packet_.source.address = address_v4(message->subspan(14, 4));
  packet_.destination.address = address_v4(message->subspan(24, 4));
  packet_.next_protocol = (*message)[7];  // 1: request, 2: reply
}

}  // namespace

bool is_readable(int link_type) {
  constexpr std::array readable{LinkType::null, LinkType::ethernet, LinkType::raw_bsd,
                                LinkType::raw,  LinkType::loop,     LinkType::linux_sll,
                                LinkType::ipv4, LinkType::ipv6,     LinkType::linux_sll2};
  return std::ranges::any_of(readable,
                             [&](LinkType each) { return static_cast<int>(each) == link_type; });
}

Packet read_packet(LinkType link_type, Bytes bytes) {
  Packet packet;
  PacketReader(bytes, packet).read_link(link_type);
  return packet;
}

}  // namespace portlab
