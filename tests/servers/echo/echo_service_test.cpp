#include "servers/echo/echo_service.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "tests/support/ipv6.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

BOOST_AUTO_TEST_CASE(bytes_are_echoed_over_tcp) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/tcp=0"));
  client.send("hello");
  BOOST_TEST(client.receive_exactly(5) == "hello");
}

BOOST_AUTO_TEST_CASE(after_a_half_close_all_bytes_are_still_echoed) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/tcp=0"));
  const std::string sent(200'000, 'x');
  client.send(sent);
  client.finish();
  BOOST_TEST(client.receive_all().size() == sent.size());
}

BOOST_AUTO_TEST_CASE(the_largest_udp_datagram_is_echoed) {
  RunningCore running(make_echo_service());
  TestClient client(running.listen("echo/udp=0"));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{512}, std::size_t{65'506}, std::size_t{65'507}}) {
    const std::string sent(size, 'u');
    client.send(sent);
    BOOST_TEST(client.receive_exactly(size) == sent);
  }
}

BOOST_AUTO_TEST_CASE(echo_works_over_ipv6, *boost::unit_test::precondition(ipv6_is_there)) {
  RunningCore running(make_echo_service());
  const auto tcp = running.listen("echo=[::1]:0");
  TestClient over_tcp(tcp);
  over_tcp.send("six");
  BOOST_TEST(over_tcp.receive_exactly(3) == "six");
  TestClient over_udp(udp_endpoint(tcp.address, tcp.port));
  over_udp.send("six");
  BOOST_TEST(over_udp.receive() == "six");
}

BOOST_AUTO_TEST_CASE(a_datagram_from_the_port_of_a_replying_service_gets_no_reply) {
  const auto service = make_echo_service();
  const auto local = udp_endpoint(asio::ip::make_address("127.0.0.1"), 7000);
  std::string note;
  std::array<std::uint8_t, 64> scratch{};
  const auto gets_reply = [&](std::uint16_t from) {
    const auto remote = udp_endpoint(local.address, from);
    const Datagram query{as_bytes("ping"), local, remote, false};
    return service.datagram->reply(query, scratch, note).has_value();
  };
  BOOST_TEST(gets_reply(40'000));
  for (const int port : {0, 7, 13, 17, 19, 37, 53, 7000})
    BOOST_TEST(!gets_reply(static_cast<std::uint16_t>(port)));
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

BOOST_AUTO_TEST_CASE(a_datagram_from_a_listener_of_the_same_server_gets_no_reply) {
  // Two echo ports of one server: a forged datagram would start an endless loop between them.
  RunningCore running(make_echo_service());
  const auto one = running.listen("echo/udp=127.0.0.1:0");
  auto two = running.listen("echo/udp=127.0.0.2:0");
  TestClient forger(one, {Transport::udp, asio::ip::make_address("127.0.0.3"), two.port, {}});
  forger.send("bounce");
  TestClient client(one);
  client.send("after");
  BOOST_TEST(client.receive() == "after");
  BOOST_TEST(forger.nothing_arrived());
}
