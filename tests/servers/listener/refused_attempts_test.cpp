// Which packets refuse an attempt, and how attempts become refusals and sweeps.

#include "servers/listener/refused_attempts.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace portlab;

namespace {

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

/// "client -> closed port"; "none" where the packet refuses no attempt.
std::string refused(std::string_view hex) {
  const auto bytes = from_hex(hex);
  const auto found = refused_by(bytes);
  if (!found) return "none";
  return found->client.to_string() + " -> " + found->server.address_and_port();
}

// Captured on loopback: RST ACK from port 81 to the port of a SYN, over IPv4 and IPv6.
constexpr std::string_view tcp4 =
    "450000280000400040063cce7f0000017f0000010051b4c200000000c2ffdd5a501400005c600000";
constexpr std::string_view tcp6 =
    "6008dc7500140640000000000000000000000000000000010000000000000000000000000000000"
    "10051d1e600000000580b91d650140000001c0000";
// Port unreachable, about a datagram to port 81.
constexpr std::string_view udp4 =
    "45c00039ff1f000040017ce27f0000017f0000010303cc05000000004500001d8adf40004011b1ee7f0000017f"
    "000001ba7f00510009fe1c78";
constexpr std::string_view udp6 =
    "600534fe00393a4000000000000000000000000000000001000000000000000000000000000000010104131a00"
    "000000600738a5000911400000000000000000000000000000000100000000000000000000000000000001c8fe00"
    "510009001c78";

std::string changed(std::string_view hex, std::size_t byte, std::string_view to) {
  std::string text(hex);
  return text.replace(2 * byte, to.size(), to);
}

RefusedAttempt attempt(std::uint16_t port, std::uint16_t client_port = 40000,
                       const char* client = "198.51.100.7") {
  return {tcp_endpoint(asio::ip::make_address(client), client_port),
          tcp_endpoint(asio::ip::make_address("192.168.1.10"), port)};
}

const Clock::time_point start = Clock::now();

}  // namespace

BOOST_AUTO_TEST_CASE(the_answer_to_a_syn_refuses_it) {
  BOOST_TEST(refused(tcp4) == "tcp 127.0.0.1:46274 -> 127.0.0.1:81");
  BOOST_TEST(refused(tcp6) == "tcp [::1]:53734 -> [::1]:81");
}

BOOST_AUTO_TEST_CASE(port_unreachable_refuses_a_datagram) {
  BOOST_TEST(refused(udp4) == "udp 127.0.0.1:47743 -> 127.0.0.1:81");
  BOOST_TEST(refused(udp6) == "udp [::1]:51454 -> [::1]:81");
}

BOOST_AUTO_TEST_CASE(the_reset_of_a_connection_refuses_nothing) {
  const std::size_t sequence = 24;
  const std::size_t acknowledgment = 28;
  const std::size_t flags = 33;
  BOOST_TEST(refused(changed(tcp4, sequence, "00000001")) == "none");
  BOOST_TEST(refused(changed(tcp4, acknowledgment, "00000000")) == "none");
  for (const auto* other : {"04", "10", "12", "11", "02", "15"})  // RST alone answers an ACK
    BOOST_TEST(refused(changed(tcp4, flags, other)) == "none", other);
}

BOOST_AUTO_TEST_CASE(other_errors_of_icmp_refuse_nothing) {
  const std::size_t type = 20;
  BOOST_TEST(refused(changed(udp4, type, "0301")) == "none");  // host unreachable
  BOOST_TEST(refused(changed(udp4, type, "0b00")) == "none");  // time exceeded
  // From a router, about another machine's port.
  BOOST_TEST(refused(changed(udp4, 12, "0a000001")) == "none");
  // About TCP: a firewall that rejects.
  BOOST_TEST(refused(changed(udp4, 28 + 9, "06")) == "none");
}

BOOST_AUTO_TEST_CASE(a_packet_that_is_cut_anywhere_is_read_within_its_bounds) {
  for (const auto packet : {tcp4, tcp6, udp4, udp6})
    for (std::size_t size = 0; size <= packet.size(); size += 2) refused(packet.substr(0, size));
}

BOOST_AUTO_TEST_CASE(attempts_at_one_port_are_one_refusal) {
  RefusalBatches batches;
  batches.add(attempt(80, 40000));
  batches.add(attempt(81));
  batches.add(attempt(80, 40001));
  const auto refusals = batches.take(start);
  BOOST_REQUIRE(refusals.list.size() == 2U);
  BOOST_TEST(refusals.list[0].server.port == 80);
  BOOST_TEST(refusals.list[0].times == 2U);
  BOOST_TEST(refusals.list[0].client.port == 40001);
  BOOST_TEST(!refusals.list[0].sweep.has_value());
  BOOST_TEST(batches.take(start).list.empty());
}

BOOST_AUTO_TEST_CASE(many_ports_of_one_client_are_a_sweep) {
  constexpr auto limit = RefusalBatches::single_ports_max;
  for (const std::size_t count : {limit - 1, limit, limit + 1}) {
    RefusalBatches batches;
    for (std::size_t i = 0; i < count; ++i)
      batches.add(attempt(static_cast<std::uint16_t>(100 + i)));
    const auto refusals = batches.take(start);
    BOOST_TEST(refusals.list.size() == (count > limit ? 1 : count));
    BOOST_TEST(refusals.list[0].sweep.has_value() == (count > limit));
  }
}

BOOST_AUTO_TEST_CASE(a_sweep_goes_on_in_later_batches) {
  RefusalBatches batches;
  for (std::uint16_t port = 1; port <= 20; ++port)
    if (port != 7) batches.add(attempt(port));
  const auto first = batches.take(start).list.at(0);
  BOOST_TEST(first.sweep->ports == 19U);
  BOOST_REQUIRE(first.sweep->new_ports.size() == 2U);  // 1 to 6, 8 to 20
  BOOST_TEST(first.sweep->new_ports[0].last == 6);
  BOOST_TEST(first.sweep->new_ports[1].first == 8);
  batches.add(attempt(20));  // once more
  batches.add(attempt(30));
  const auto second = batches.take(start + RefusalBatches::sweep_silence).list.at(0);
  BOOST_TEST(second.sweep->id == first.sweep->id);
  BOOST_TEST(second.sweep->ports == 20U);
  BOOST_TEST(second.times == 2U);
  BOOST_TEST(second.sweep->range.first == 1);
  BOOST_TEST(second.sweep->range.last == 30);
  BOOST_REQUIRE(second.sweep->new_ports.size() == 1U);
  BOOST_TEST(second.sweep->new_ports[0].first == 30);
  // After the silence an attempt is one by itself again.
  batches.add(attempt(31));
  const auto later = start + 2 * RefusalBatches::sweep_silence + std::chrono::milliseconds(1);
  BOOST_TEST(!batches.take(later).list.at(0).sweep.has_value());
}

BOOST_AUTO_TEST_CASE(a_scan_of_all_ports_is_one_refusal_in_each_batch) {
  RefusalBatches batches;
  std::size_t batches_made = 0;
  std::uint32_t ports = 0;
  for (std::uint32_t port = 1; port <= 65535; ++port) {
    batches.add(attempt(static_cast<std::uint16_t>(port)));
    if (port % RefusalBatches::attempts_max != 0 && port != 65535) continue;
    const auto refusals = batches.take(start);
    BOOST_REQUIRE(refusals.list.size() == 1U);
    BOOST_TEST(refusals.missed == 0U);
    ports = refusals.list[0].sweep->ports;
    ++batches_made;
  }
  BOOST_TEST(ports == 65535U);
  BOOST_TEST(batches_made == 16U);
}

BOOST_AUTO_TEST_CASE(what_is_too_much_is_counted) {
  constexpr auto limit = RefusalBatches::attempts_max;
  for (const std::size_t count : {limit - 1, limit, limit + 1}) {
    RefusalBatches batches;
    for (std::size_t i = 0; i < count; ++i) batches.add(attempt(80));
    const auto refusals = batches.take(start);
    BOOST_TEST(refusals.list.at(0).times == std::min(count, limit));
    BOOST_TEST(refusals.missed == count - std::min(count, limit));
  }
  // Many clients, whose addresses may be forged.
  RefusalBatches batches;
  constexpr std::size_t clients = 300;
  for (std::size_t i = 0; i < clients; ++i)
    batches.add(attempt(80, 40000, ("198.51.100." + std::to_string(i % 250)).c_str()));
  for (std::size_t i = 0; i < clients; ++i)
    for (std::uint16_t port = 1; port <= 10; ++port)
      batches.add(attempt(port, 40000, ("203.0.113." + std::to_string(i % 250)).c_str()));
  const auto refusals = batches.take(start);
  BOOST_TEST(refusals.list.size() == RefusalBatches::list_max);
  std::uint64_t shown = 0;
  for (const auto& refusal : refusals.list) shown += refusal.times;
  BOOST_TEST(shown + refusals.missed == clients * 11);
}

BOOST_AUTO_TEST_CASE(ports_in_any_order_make_a_limited_list) {
  RefusalBatches batches;
  for (std::uint16_t port = 2; port <= 2000; port += 2) batches.add(attempt(port));
  const auto refusals = batches.take(start);
  BOOST_TEST(refusals.list.at(0).sweep->ports == 1000U);
  BOOST_TEST(refusals.list.at(0).sweep->new_ports.size() == RefusalBatches::sweep_ranges_max);
}
