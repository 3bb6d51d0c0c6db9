// Records that are computed for each response: the client's endpoint, and the ports of services.
#include "servers/dns/dynamic_records.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const Zone& zone() {
  static const Zone made = zone_from(R"(
@ 60 SOA ns1 root 1 2 3 4 5
@ NS ns1
ns1 A 127.0.0.1
www A 127.0.0.1
whoami 300 TXT "{asker}"
_http._tcp   300 SRV 0 0 0 www
_ftp._tcp    300 SRV 0 0 21 www
_domain._udp 300 SRV 0 0 0 ns1
_http._udp   300 SRV 0 0 0 www
_ldap._tcp   300 SRV 1 2 389 www
_echo._tcp   300 SRV 1 0 7 www
             300 SRV 2 0 0 www
_echo._udp   300 SRV 0 0 0 .
*.w          300 SRV 1 2 3 www
)");
  return made;
}

ListenerRow row(std::string service, Transport transport, std::uint16_t port) {
  return {std::move(service), {transport, parse_address("127.0.0.1").value(), port, {}}, 80, 0};
}

QueryOptions with(std::vector<ListenerRow> rows) {
  return {Transport::tcp, 1232, [rows] { return rows; }};
}

std::string answers(std::string_view name, std::string_view type, const QueryOptions& options) {
  const auto message = response_to(zone(), question(name, type), options);
  BOOST_TEST(message.header.authoritative);
  return to_text(message.answers);
}

}  // namespace

BOOST_AUTO_TEST_CASE(whoami_is_the_endpoint_of_the_client) {
  BOOST_TEST(answers("whoami.lab.test.", "TXT", {}) ==
             "\nwhoami.lab.test. 0 TXT \"udp 127.0.0.11:49876\"");
  BOOST_TEST(answers("whoami.lab.test.", "TXT", with({})) ==
             "\nwhoami.lab.test. 0 TXT \"tcp 127.0.0.11:49876\"");
  BOOST_TEST(answers("whoami.lab.test.", "ANY", {}) ==
             "\nwhoami.lab.test. 0 TXT \"udp 127.0.0.11:49876\"");
  BOOST_TEST(answers("whoami.lab.test.", "A", {}) == "\nwhoami.lab.test. 0 A 127.0.0.11");
  const auto other_family = response_to(zone(), question("whoami.lab.test.", "AAAA"));
  BOOST_TEST(other_family.answers.empty());
  BOOST_TEST((other_family.authorities.at(0).type == Type::SOA));
}

BOOST_AUTO_TEST_CASE(srv_has_the_port_on_which_the_service_listens) {
  const auto moved = with({row("dns", Transport::udp, 5353), row("http", Transport::tcp, 83)});
  BOOST_TEST(answers("_http._tcp.lab.test.", "SRV", moved) ==
             "\n_http._tcp.lab.test. 0 SRV 0 0 83 www.lab.test.");
  BOOST_TEST(answers("_HTTP._TCP.lab.test.", "SRV", moved) ==
             "\n_HTTP._TCP.lab.test. 0 SRV 0 0 83 www.lab.test.");
  BOOST_TEST(answers("_domain._udp.lab.test.", "SRV", moved) ==
             "\n_domain._udp.lab.test. 0 SRV 0 0 5353 ns1.lab.test.");
  const auto message = response_to(zone(), question("_http._tcp.lab.test.", "SRV"), moved);
  BOOST_TEST(to_text(message.additionals) == "\nwww.lab.test. 60 A 127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_port_that_the_zone_states_stays) {
  const auto moved = with({row("ftp", Transport::tcp, 2121), row("echo", Transport::tcp, 1007),
                           row("echo", Transport::udp, 1007)});
  for (const auto* type : {"SRV", "ANY"})
    BOOST_TEST(answers("_ftp._tcp.lab.test.", type, moved) ==
               "\n_ftp._tcp.lab.test. 300 SRV 0 0 21 www.lab.test.");
  // In a set with port 0 only that record follows the service.
  BOOST_TEST(answers("_echo._tcp.lab.test.", "SRV", moved) ==
             "\n_echo._tcp.lab.test. 0 SRV 1 0 7 www.lab.test."
             "\n_echo._tcp.lab.test. 0 SRV 2 0 1007 www.lab.test.");
  BOOST_TEST(answers("_echo._tcp.lab.test.", "SRV", with({})) ==
             "\n_echo._tcp.lab.test. 0 SRV 1 0 7 www.lab.test.");
  // The zone says that this service is not available.
  BOOST_TEST(answers("_echo._udp.lab.test.", "SRV", moved) ==
             "\n_echo._udp.lab.test. 300 SRV 0 0 0 .");
}

BOOST_AUTO_TEST_CASE(each_port_of_a_service_is_one_record) {
  const auto two = with({row("http", Transport::tcp, 80), row("http", Transport::tcp, 83),
                         row("http", Transport::tcp, 80)});
  BOOST_TEST(answers("_http._tcp.lab.test.", "SRV", two) ==
             "\n_http._tcp.lab.test. 0 SRV 0 0 80 www.lab.test."
             "\n_http._tcp.lab.test. 0 SRV 0 0 83 www.lab.test.");
}

BOOST_AUTO_TEST_CASE(a_service_without_listener_has_the_target_root) {
  const auto only_dns = with({row("dns", Transport::udp, 53)});
  BOOST_TEST(answers("_http._tcp.lab.test.", "SRV", only_dns) ==
             "\n_http._tcp.lab.test. 0 SRV 0 0 0 .");
  // A port on the other transport is another port.
  BOOST_TEST(answers("_http._udp.lab.test.", "SRV", with({row("http", Transport::tcp, 80)})) ==
             "\n_http._udp.lab.test. 0 SRV 0 0 0 .");
}

BOOST_AUTO_TEST_CASE(the_ports_of_other_services_are_not_changed) {
  const auto only_http = with({row("http", Transport::tcp, 80)});
  BOOST_TEST(answers("_ldap._tcp.lab.test.", "SRV", only_http) ==
             "\n_ldap._tcp.lab.test. 300 SRV 1 2 389 www.lab.test.");
  BOOST_TEST(answers("_ftp._tcp.lab.test.", "SRV", only_http) ==
             "\n_ftp._tcp.lab.test. 300 SRV 0 0 21 www.lab.test.");
  BOOST_TEST(answers("x.w.lab.test.", "SRV", only_http) ==
             "\nx.w.lab.test. 300 SRV 1 2 3 www.lab.test.");
}

BOOST_AUTO_TEST_CASE(listeners_are_read_for_srv_only) {
  int calls = 0;
  const QueryOptions counting{Transport::udp, 1232, [&] {
                                ++calls;
                                return std::vector<ListenerRow>{};
                              }};
  response_to(zone(), question("www.lab.test.", "A"), counting);
  response_to(zone(), question("whoami.lab.test.", "TXT"), counting);
  response_to(zone(), question("www.lab.test.", "SRV"), counting);
  BOOST_TEST(calls == 0);
  response_to(zone(), question("_http._tcp.lab.test.", "SRV"), counting);
  BOOST_TEST(calls == 1);
}
