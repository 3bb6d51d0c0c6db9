#include "servers/echo/echo_service.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

BOOST_AUTO_TEST_CASE(what_goes_in_comes_out_over_tcp) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/tcp=0"));
  client.send("hello");
  BOOST_TEST(client.receive_exactly(5) == "hello");
}

BOOST_AUTO_TEST_CASE(after_half_close_everything_said_before_is_still_echoed) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/tcp=0"));
  const std::string said(200'000, 'x');
  client.send(said);
  client.finish();
  BOOST_TEST(client.receive_all().size() == said.size());
}

BOOST_AUTO_TEST_CASE(the_largest_udp_datagram_is_echoed) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/udp=0"));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{512}, std::size_t{65'506}, std::size_t{65'507}}) {
    const std::string said(size, 'u');
    client.send(said);
    BOOST_TEST(client.receive_exactly(size) == said);
  }
}

BOOST_AUTO_TEST_CASE(ipv6_is_served_like_ipv4) {
  RunningCore running(make_echo_service());
  const auto tcp = running.listen("echo=[::1]:0");
  TestClient over_tcp(tcp);
  over_tcp.send("six");
  BOOST_TEST(over_tcp.receive_exactly(3) == "six");
  TestClient over_udp(udp_endpoint(tcp.address, tcp.port));
  over_udp.send("six");
  BOOST_TEST(over_udp.receive() == "six");
}

BOOST_AUTO_TEST_CASE(a_datagram_from_a_small_services_port_is_not_answered) {
  const auto service = make_echo_service();
  const auto here = udp_endpoint(asio::ip::make_address("127.0.0.1"), 7000);
  std::string note;
  std::array<std::uint8_t, 64> scratch{};
  const auto answers = [&](std::uint16_t from) {
    const auto there = udp_endpoint(here.address, from);
    const Datagram query{as_bytes("ping"), here, there, false};
    return service.datagram->reply(query, scratch, note).has_value();
  };
  BOOST_TEST(answers(40'000));
  for (const int port : {0, 7, 13, 17, 19, 37, 53, 7000})
    BOOST_TEST(!answers(static_cast<std::uint16_t>(port)));
}

BOOST_AUTO_TEST_CASE(an_empty_datagram_is_echoed_like_any_other) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/udp=0"));
  BOOST_REQUIRE(::send(client.descriptor(), "", 0, 0) == 0);
  pollfd readable{client.descriptor(), POLLIN, 0};
  BOOST_TEST(::poll(&readable, 1, 10'000) == 1);
  char byte = 0;
  BOOST_TEST(::recv(client.descriptor(), &byte, 1, MSG_DONTWAIT) == 0);
}

BOOST_AUTO_TEST_CASE(a_datagram_from_an_own_listener_is_not_echoed) {
  // Between two echo ports of one server, one forged datagram would be echoed for ever.
  RunningCore running(make_echo_service());
  const auto one = running.listen("echo/udp=127.0.0.1:0");
  auto two = running.listen("echo/udp=127.0.0.2:0");
  TestClient forger(one, {Transport::udp, asio::ip::make_address("127.0.0.3"), two.port, {}});
  forger.send("bounce");
  TestClient honest(one);
  honest.send("after");
  BOOST_TEST(honest.receive() == "after");
  BOOST_TEST(forger.nothing_arrived());
}
