// What is kept of the conversations in a capture is bounded: the oldest ones are forgotten.

#include "clients/capture/conversations.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab;

namespace {

/// A segment with data from this port of a client to port 80, which no capture has to show.
PacketEvent send(Conversations& conversations, std::uint16_t port, std::string_view text) {
  const auto address = asio::ip::address_v4::loopback();
  Packet packet;
  packet.protocol = PacketProtocol::tcp;
  packet.source = tcp_endpoint(address, port);
  packet.destination = tcp_endpoint(address, 80);
  packet.tcp.flags.bits = TcpFlags::ack;
  packet.transport_header = {0, 20};
  packet.data = {0, text.size()};
  packet.data_bytes_sent = text.size();
  return conversations.add(std::chrono::seconds(port), packet, as_bytes(text));
}

ConversationLimits limits(std::size_t conversations, std::size_t kept_bytes) {
  return {.conversations = conversations, .kept_bytes = kept_bytes};
}

std::string no_service(const Endpoint&) { return {}; }

const std::string half_a_head = "GET / HTTP/1.1\r\nX: " + std::string(4000, 'x');

}  // namespace

BOOST_AUTO_TEST_CASE(the_oldest_conversation_is_forgotten_when_there_are_too_many) {
  Conversations conversations(no_service, limits(3, 1'000'000));
  std::vector<std::uint16_t> forgotten;
  conversations.on_forget = [&](const Conversation& each) {
    forgotten.push_back(each.client.port);
  };
  for (std::uint16_t port = 50'001; port <= 50'005; ++port) send(conversations, port, "hello");
  BOOST_TEST(conversations.all().size() == 3U);
  BOOST_TEST(conversations.forgotten() == 2U);
  BOOST_TEST(forgotten == (std::vector<std::uint16_t>{50'001, 50'002}));
}

BOOST_AUTO_TEST_CASE(what_all_conversations_keep_together_has_a_ceiling) {
  constexpr std::size_t ceiling = 64 * 1024;
  Conversations conversations(no_service, limits(20'000, ceiling));
  std::uint64_t told = 0;
  conversations.on_forget = [&](const Conversation&) { ++told; };
  for (std::uint16_t port = 40'000; port < 41'000; ++port) {
    const auto event = send(conversations, port, half_a_head);
    BOOST_REQUIRE(event.conversation != nullptr);
    BOOST_REQUIRE(event.conversation->client.port == port);  // the one of this packet stays
    BOOST_REQUIRE(conversations.kept_bytes() <= ceiling);
  }
  const auto left = conversations.all().size();
  BOOST_TEST(left > 5U);
  BOOST_TEST(left * half_a_head.size() <= ceiling);
  BOOST_TEST(conversations.forgotten() == 1000 - left);
  BOOST_TEST(told == conversations.forgotten());
  BOOST_TEST(conversations.all().back().client.port == 40'999);
}

BOOST_AUTO_TEST_CASE(what_was_complete_is_not_kept) {
  Conversations conversations(no_service, limits(20'000, 1'000'000));
  send(conversations, 40'000, "GET / HTTP/1.1\r\n\r\n");
  const auto before = conversations.kept_bytes();
  for (int i = 0; i < 100; ++i) send(conversations, 40'000, "");
  BOOST_TEST(conversations.kept_bytes() == before);
}

BOOST_AUTO_TEST_CASE(a_conversation_alone_is_not_forgotten) {
  Conversations conversations(no_service, limits(20'000, 100));
  send(conversations, 40'000, half_a_head);
  BOOST_TEST(conversations.all().size() == 1U);
  send(conversations, 40'001, half_a_head);
  BOOST_TEST(conversations.all().size() == 1U);
  BOOST_TEST(conversations.all().front().client.port == 40'001);
}
