#include "common/packet/packet.hpp"

#include <boost/test/unit_test.hpp>
#include <span>
#include <string>
#include <vector>

using namespace portlab;

namespace {

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

const std::string ethernet = "020000000002 020000000001 0800";
// 192.168.1.11 to 192.168.1.10, TCP, 44 bytes with 4 bytes of data.
const std::string ipv4_tcp = "45 00 002c 0001 4000 40 06 0000 c0a8010b c0a8010a";
const std::string segment = "9cb1 0053 00000064 000000c8 50 18 0200 0000 0000";
const std::string data = "47 45 54 20";

}  // namespace

BOOST_AUTO_TEST_CASE(a_tcp_segment_in_ethernet_has_its_ends_flags_and_data) {
  const auto bytes = from_hex(ethernet + ipv4_tcp + segment + data);
  const auto packet = read_packet(LinkType::ethernet, bytes);
  BOOST_TEST((packet.protocol == PacketProtocol::tcp));
  BOOST_TEST(packet.source.to_string() == "tcp 192.168.1.11:40113");
  BOOST_TEST(packet.destination.to_string() == "tcp 192.168.1.10:83");
  BOOST_TEST(packet.tcp.sequence == 100U);
  BOOST_TEST(packet.tcp.acknowledgment == 200U);
  BOOST_TEST(packet.tcp.window == 512);
  BOOST_TEST(packet.tcp.flags.to_string() == "ACK");
  BOOST_TEST(packet.tcp.flags.to_string(true) == "PSH ACK");
  BOOST_TEST(as_text(packet.data.of(bytes)) == "GET ");
  BOOST_TEST(packet.link_header.size == 14U);
  BOOST_TEST(packet.network_header.offset == 14U);
  BOOST_TEST(packet.transport_header.offset == 34U);
  BOOST_TEST(packet.problem == "");
}

BOOST_AUTO_TEST_CASE(the_padding_of_a_short_ethernet_frame_is_no_data) {
  const auto bytes = from_hex(ethernet + "45 00 0028 0001 4000 40 06 0000 c0a8010b c0a8010a" +
                              segment + "00 00 00 00 00 00");
  const auto packet = read_packet(LinkType::ethernet, bytes);
  BOOST_TEST(packet.data.size == 0U);
  BOOST_TEST(packet.data_bytes_sent == 0U);
}

BOOST_AUTO_TEST_CASE(a_cut_packet_says_how_much_was_sent) {
  const auto bytes = from_hex(ethernet + ipv4_tcp + segment + data);
  const auto packet = read_packet(LinkType::ethernet, std::span(bytes).first(bytes.size() - 3));
  BOOST_TEST(packet.data.size == 1U);
  BOOST_TEST(packet.data_bytes_sent == 4U);
}

BOOST_AUTO_TEST_CASE(a_vlan_tag_is_skipped) {
  const auto bytes =
      from_hex("020000000002 020000000001 8100 0005 0800" + ipv4_tcp + segment + data);
  BOOST_TEST(read_packet(LinkType::ethernet, bytes).destination.port == 83);
}

BOOST_AUTO_TEST_CASE(udp_in_ipv6_with_an_extension_header) {
  const auto bytes = from_hex(
      "60000000 0015 00 40"
      "00000000000000000000000000000001 00000000000000000000000000000001"
      "11 00 0104 00000000"  // hop-by-hop options, 8 bytes; then UDP
      "e000 0035 000d 0000 68656c6c6f");
  const auto packet = read_packet(LinkType::raw, bytes);
  BOOST_TEST((packet.protocol == PacketProtocol::udp));
  BOOST_TEST(packet.source.to_string() == "udp [::1]:57344");
  BOOST_TEST(packet.destination.port == 53);
  BOOST_TEST(as_text(packet.data.of(bytes)) == "hello");
}

BOOST_AUTO_TEST_CASE(a_later_fragment_has_no_ports) {
  const auto bytes = from_hex("45 00 001c 0001 0010 40 11 0000 c0a8010b c0a8010a 0102030405060708");
  const auto packet = read_packet(LinkType::ipv4, bytes);
  BOOST_TEST(packet.is_later_fragment);
  BOOST_TEST(!packet.has_ports());
  BOOST_TEST(packet.data.size == 8U);
}

BOOST_AUTO_TEST_CASE(an_icmp_error_names_the_packet_that_it_is_about) {
  // Port unreachable from .10 to .11, about a datagram from .11:40000 to .10:9999.
  const auto bytes = from_hex(
      "45 00 0038 0001 0000 40 01 0000 c0a8010a c0a8010b"
      "03 03 0000 00000000"
      "45 00 0021 0001 4000 40 11 0000 c0a8010b c0a8010a 9c40 270f 000d 0000");
  const auto packet = read_packet(LinkType::ipv4, bytes);
  BOOST_REQUIRE(packet.icmp.has_value());
  BOOST_TEST(packet.icmp->to_string() == "port unreachable");
  BOOST_REQUIRE(packet.icmp->about.has_value());
  BOOST_TEST(packet.icmp->about->source.to_string() == "udp 192.168.1.11:40000");
  BOOST_TEST(packet.icmp->about->destination.to_string() == "udp 192.168.1.10:9999");
}

BOOST_AUTO_TEST_CASE(a_packet_that_is_cut_anywhere_is_read_within_its_bounds) {
  const auto all = from_hex(ethernet + ipv4_tcp + segment + data);
  for (std::size_t size = 0; size < all.size(); ++size) {
    // An allocation of its own, so that AddressSanitizer sees each byte too many.
    const std::vector<std::uint8_t> bytes(all.begin(), all.begin() + static_cast<long>(size));
    const auto packet = read_packet(LinkType::ethernet, bytes);
    BOOST_TEST(packet.data.offset + packet.data.size <= size);
    if (size < 54) BOOST_TEST(packet.problem != "", "nothing is said about " << size << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(a_header_length_that_is_too_small_is_named) {
  const auto packet =
      read_packet(LinkType::ipv4, from_hex("41 00 002c 0001 4000 40 06 0000 c0a8010b c0a8010a"));
  BOOST_TEST(packet.problem != "");
  BOOST_TEST(!packet.has_ports());
}
