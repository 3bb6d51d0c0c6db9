#include "clients/capture/packet_bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace portlab {

namespace {

constexpr std::size_t bytes_per_line = 16;
constexpr std::size_t data_lines_max = 64;
constexpr std::string_view indent = "         ";

std::string hex(std::uint8_t byte) {
  std::array<char, 3> text{};
  std::snprintf(text.data(), text.size(), "%02x", static_cast<unsigned>(byte));
  return text.data();
}

/// "45 00 00 3c …": lines of 16 bytes, and with `characters` the bytes as ASCII.
std::string dump(Bytes bytes, bool characters, std::size_t lines_max) {
  std::string text;
  for (std::size_t at = 0, line = 0; at < bytes.size(); at += bytes_per_line, ++line) {
    if (line == lines_max) {
      text += std::string(indent) + "(" + std::to_string(bytes.size() - at) + " more bytes)\n";
      break;
    }
    const auto part = bytes.subspan(at, std::min(bytes_per_line, bytes.size() - at));
    std::string row(indent);
    for (const auto byte : part) row += hex(byte) + " ";
    row.pop_back();
    if (characters) {
      row.append(indent.size() + bytes_per_line * 3 + 1 - row.size(), ' ');
      for (const auto byte : part)
        row += ' ' <= byte && byte <= '~' ? static_cast<char>(byte) : '.';
    }
    text += row + "\n";
  }
  return text;
}

std::string layer(std::string_view name, const std::string& says, const TextStyle& style) {
  std::string head(name);
  head.append(head.size() < 8 ? 8 - head.size() : 1, ' ');
  return " " + style.paint(head, "1") + says + "\n";
}

std::string mac(Bytes bytes) {
  std::string text;
  for (const auto byte : bytes) text += (text.empty() ? "" : ":") + hex(byte);
  return text;
}

std::string link_says(const Packet& packet, Bytes header, LinkType type) {
  const auto contains = packet.network.empty() ? "another protocol" : std::string(packet.network);
  if (type == LinkType::ethernet && header.size() >= 14)
    return "from " + mac(header.subspan(6, 6)) + " to " + mac(header.subspan(0, 6)) +
           "; in it: " + contains;
  return "what the kernel notes about the packet, which is not on the wire; in it: " + contains;
}

std::string_view link_name(LinkType type) {
  return type == LinkType::ethernet ? "Ethernet" : "link";
}

std::string protocol_name(const Packet& packet) {
  switch (packet.protocol) {
    case PacketProtocol::tcp:
      return "TCP";
    case PacketProtocol::udp:
      return "UDP";
    case PacketProtocol::icmp:
      return "ICMP";
    case PacketProtocol::arp:
      return "ARP";
    case PacketProtocol::other:
      break;
  }
  return "protocol " + std::to_string(packet.next_protocol);
}

/// The line that marks the first four bytes of the transport header.
std::string marked_ports(const Packet& packet, bool unicode) {
  std::string text(indent);
  text += unicode ? "└───┘ └───┘\n" : "----- -----\n";
  std::string source = std::to_string(packet.source.port);
  source.resize(std::max<std::size_t>(source.size(), 5), ' ');
  return text + std::string(indent) + source + " " + std::to_string(packet.destination.port) +
         "   source port and destination port: 16 bits each\n";
}

}  // namespace

std::string packet_bytes(const Packet& packet, const CapturedPacket& captured, LinkType link_type,
                         const TextStyle& style) {
  constexpr std::size_t all_lines = 1000;
  std::string text;
  const auto bytes = captured.bytes;
  if (packet.link_header.size > 0) {
    const auto header = packet.link_header.of(bytes);
    text += layer(link_name(link_type), link_says(packet, header, link_type), style) +
            dump(header, false, all_lines);
  }
  if (packet.network_header.size > 0) {
    std::string says = "from " + packet.source.address.to_string() + " to " +
                       packet.destination.address.to_string();
    if (packet.protocol != PacketProtocol::arp) says += "; in it: " + protocol_name(packet);
    text += layer(packet.network, says, style) +
            dump(packet.network_header.of(bytes), false, all_lines);
  }
  if (packet.transport_header.size > 0) {
    const auto header = packet.transport_header.of(bytes);
    std::string says;
    if (packet.protocol == PacketProtocol::tcp)
      says = "from port " + std::to_string(packet.source.port) + " to port " +
             std::to_string(packet.destination.port) + "; " + packet.tcp.flags.to_string(true);
    else if (packet.protocol == PacketProtocol::udp)
      says = "from port " + std::to_string(packet.source.port) + " to port " +
             std::to_string(packet.destination.port);
    else if (packet.icmp)
      says = packet.icmp->to_string();
    text += layer(protocol_name(packet), says, style);
    const auto first = std::min(bytes_per_line, header.size());
    text += dump(header.first(first), false, all_lines);
    if (packet.has_ports()) text += marked_ports(packet, style.unicode);
    text += dump(header.subspan(first), false, all_lines);
  }
  if (packet.data.size > 0) {
    std::string says =
        std::to_string(packet.data_bytes_sent) + (packet.data_bytes_sent == 1 ? " byte" : " bytes");
    if (packet.data_bytes_sent > packet.data.size)
      says += ", of which " + std::to_string(packet.data.size) + " were captured";
    text += layer("data", says, style) + dump(packet.data.of(bytes), true, data_lines_max);
  }
  if (!packet.problem.empty()) text += layer("note", packet.problem, style);
  return text;
}

}  // namespace portlab
