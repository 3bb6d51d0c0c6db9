// Adding a protocol takes less than 30 lines: daytime (RFC 867), over TCP and UDP, from outside
// servers/.

#include <boost/test/unit_test.hpp>
#include <ctime>

#include "servers/listener/service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

// daytime begins
std::string daytime() {
  const std::time_t now = std::time(nullptr);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%A, %B %e, %Y %T-%Z\r\n", std::gmtime(&now))};
}

struct DaytimeStream : StreamService {
  Task<void> serve(Connection& client) override {
    const std::string now = daytime();
    co_await client.write(now);
  }
};

struct DaytimeDatagram : DatagramService {
  std::optional<Bytes> reply(const Datagram&, MutableBytes scratch, std::string&) override {
    ByteWriter writer(scratch);
    writer.bytes(as_bytes(daytime()));
    return writer.written();
  }
};

Service make_daytime_service() {
  return {{"daytime", 13}, std::make_unique<DaytimeStream>(), std::make_unique<DaytimeDatagram>()};
}
// daytime ends

BOOST_AUTO_TEST_CASE(a_protocol_of_30_lines_answers_over_tcp_and_udp) {
  RunningCore running(make_daytime_service());
  const auto tcp = running.listen("daytime=0");
  const auto udp = udp_endpoint(tcp.address, tcp.port);  // "any free port" is one number for both

  TestClient over_tcp(tcp);
  const auto answer = over_tcp.receive_all();
  BOOST_TEST(answer.ends_with("\r\n"), answer);

  TestClient over_udp(udp);
  over_udp.send("\n");
  BOOST_TEST(over_udp.receive().ends_with("\r\n"));
}

BOOST_AUTO_TEST_CASE(its_sessions_are_rows_like_all_others) {
  RunningCore running(make_daytime_service());
  const auto udp = running.listen("daytime/udp=0");
  TestClient client(udp);
  client.send("\n");
  client.receive();
  const auto rows = running.sessions();
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].service == "daytime");
  BOOST_TEST(rows[0].remote.to_string() == client.local().to_string());
}
