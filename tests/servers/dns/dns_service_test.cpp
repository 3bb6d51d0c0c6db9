// The DNS service over real sockets.
#include <boost/test/unit_test.hpp>

#include "servers/dns/dns_service.hpp"
#include "tests/servers/dns/dns_test_query.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

struct Lab {
  Lab() : zones(std::make_shared<ZoneStore>(load_zones(lab_zone).value().zones)) {
    running.core.add(make_dns_service(zones, running.core));
    running.start();
    tcp = running.listen("dns=0");
    udp = tcp;
    udp.transport = Transport::udp;
  }

  const std::vector<ZoneSource> lab_zone{{{}, PORTLAB_LAB_ZONE}};
  std::shared_ptr<ZoneStore> zones;
  RunningCore running;
  Endpoint tcp;
  Endpoint udp;
};

std::string query(std::string_view name, std::string_view type, std::uint16_t id = 1) {
  return make_query(id, question(name, type), 0);
}

std::string framed(const std::string& message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} +
         message;
}

std::string receive_framed(TestClient& client) {
  const auto length = client.receive_exactly(2);
  ByteReader in(as_bytes(length));
  return client.receive_exactly(*in.u16());
}

Message parse(const std::string& bytes) { return read_message(as_bytes(bytes)).value(); }

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_datagram_gets_a_datagram, Lab) {
  TestClient client(udp);
  client.send(query("www.lab.test.", "A", 0xBEEF));
  const auto message = parse(client.receive());
  BOOST_TEST(message.header.id == 0xBEEF);
  BOOST_TEST(to_text(message) == "NOERROR aa\nwww.lab.test. 300 A 127.0.0.1");
}

BOOST_FIXTURE_TEST_CASE(whoami_is_the_endpoint_of_the_socket, Lab) {
  TestClient over_udp(udp);
  over_udp.send(query("whoami.lab.test.", "TXT"));
  BOOST_TEST(to_text(parse(over_udp.receive()).answers) ==
             "\nwhoami.lab.test. 0 TXT \"" + over_udp.local().to_string() + "\"");
  TestClient over_tcp(tcp);
  over_tcp.send(framed(query("whoami.lab.test.", "TXT")));
  BOOST_TEST(to_text(parse(receive_framed(over_tcp)).answers) ==
             "\nwhoami.lab.test. 0 TXT \"" + over_tcp.local().to_string() + "\"");
}

BOOST_FIXTURE_TEST_CASE(srv_follows_the_listeners, Lab) {
  TestClient client(udp);
  const auto found = [&] {
    client.send(query("_domain._tcp.lab.test.", "SRV"));
    return to_text(parse(client.receive()).answers);
  };
  const auto line = [](std::uint16_t port) {
    return "\n_domain._tcp.lab.test. 0 SRV 0 0 " + std::to_string(port) + " ns1.lab.test.";
  };
  BOOST_TEST(found() == line(tcp.port));
  const auto second = running.listen("dns/tcp=0");
  BOOST_TEST(found() == line(tcp.port) + line(second.port));
  client.send(query("_http._tcp.lab.test.", "SRV"));
  BOOST_TEST(to_text(parse(client.receive()).answers) == "\n_http._tcp.lab.test. 0 SRV 0 0 0 .");
}

BOOST_FIXTURE_TEST_CASE(several_queries_in_one_segment_are_answered_in_order, Lab) {
  TestClient client(tcp);
  std::string all;
  for (std::uint16_t id = 1; id <= 20; ++id)
    all += framed(query(id % 2 == 0 ? "huge.lab.test." : "www.lab.test.", "TXT", id));
  client.send(all);
  for (std::uint16_t id = 1; id <= 20; ++id) {
    const auto message = parse(receive_framed(client));
    BOOST_TEST(message.header.id == id);
    BOOST_TEST(message.answers.empty() == (id % 2 == 1));
  }
}

BOOST_FIXTURE_TEST_CASE(a_query_may_come_in_one_byte_pieces, Lab) {
  TestClient client(tcp);
  for (int i = 0; i < 2; ++i) {
    client.send_in_pieces(framed(query("www.lab.test.", "A")));
    BOOST_TEST(parse(receive_framed(client)).answers.size() == 1U);
  }
}

BOOST_FIXTURE_TEST_CASE(after_a_half_close_the_responses_are_still_sent, Lab) {
  TestClient client(tcp);
  client.send(framed(query("www.lab.test.", "A", 1)) + framed(query("ftp.lab.test.", "A", 2)));
  client.finish();
  const auto all = client.receive_all();
  BOOST_TEST(all.size() > 2 * (header_bytes + 2));
  BOOST_TEST(client.is_closed_by_peer());
}

BOOST_FIXTURE_TEST_CASE(the_longest_message_is_read_completely, Lab) {
  TestClient client(tcp);
  auto message = query("www.lab.test.", "A");
  message.resize(message_bytes_max, 'x');  // bytes after the question are ignored
  client.send(framed(message) + framed(query("www.lab.test.", "A", 2)));
  BOOST_TEST((parse(receive_framed(client)).rcode() == Rcode::NOERROR));
  BOOST_TEST(parse(receive_framed(client)).header.id == 2);
}

BOOST_FIXTURE_TEST_CASE(a_response_sent_over_tcp_is_skipped, Lab) {
  TestClient client(tcp);
  auto response = query("www.lab.test.", "A", 1);
  response[2] = '\x80';
  client.send(framed(response) + framed(query("www.lab.test.", "A", 2)));
  BOOST_TEST(parse(receive_framed(client)).header.id == 2);
}

BOOST_FIXTURE_TEST_CASE(a_message_shorter_than_a_header_ends_the_session, Lab) {
  for (const std::size_t size : {0U, 1U, 11U}) {
    TestClient client(tcp);
    client.send(framed(std::string(size, 'x')));
    BOOST_TEST(client.is_closed_by_peer());
  }
}

BOOST_FIXTURE_TEST_CASE(responses_before_an_invalid_message_are_sent, Lab) {
  TestClient client(tcp);
  client.send(framed(query("www.lab.test.", "A", 5)) + framed("x"));
  BOOST_TEST(parse(receive_framed(client)).header.id == 5);
  BOOST_TEST(client.is_closed_by_peer());
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_not_a_query_get_no_datagram, Lab) {
  TestClient client(udp);
  auto response = query("www.lab.test.", "A", 1);
  response[2] = '\x80';
  client.send(response);
  client.send("short");
  client.send(query("www.lab.test.", "A", 2));
  BOOST_TEST(parse(client.receive()).header.id == 2);
}

BOOST_FIXTURE_TEST_CASE(a_new_zone_is_served_at_once, Lab) {
  TestClient client(udp);
  const auto answers = [&] {
    client.send(query("new.lab.test.", "TXT"));
    return to_text(parse(client.receive()).answers);
  };
  BOOST_TEST(answers().empty());
  const auto zone = zone_from("@ 60 SOA ns1 root 1 2 3 4 5\n@ NS ns.elsewhere.\nnew TXT \"new\"\n");
  zones->replace(std::make_shared<ZoneSet>(
      std::vector<std::shared_ptr<const Zone>>{std::make_shared<Zone>(zone)}));
  BOOST_TEST(answers() == "\nnew.lab.test. 60 TXT \"new\"");
}
