// The address of this server as clients on other machines must use it.
#include "servers/dns/server_address.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

asio::ip::address address(const char* text) { return parse_address(text).value(); }

std::vector<InterfaceAddress> interfaces() {
  return {{"lo", true, address("127.0.0.1"), {}},      {"lo", true, address("::1"), {}},
          {"eth0", true, address("192.168.1.10"), {}}, {"eth0", true, address("fe80::1"), {}},
          {"eth0", true, address("fd00:1::10"), {}},   {"eth1", true, address("10.0.0.1"), {}}};
}

std::vector<ListenerRow> http_at(std::initializer_list<const char*> addresses) {
  std::vector<ListenerRow> rows;
  for (const auto* text : addresses)
    rows.push_back({"http", tcp_endpoint(address(text), 80), 80, 0});
  return rows;
}

std::string found(const ServerAddresses& addresses) {
  return (addresses.v4 ? addresses.v4->to_string() : "-") + " " +
         (addresses.v6 ? addresses.v6->to_string() : "-");
}

std::string beside(const char* arrived_at, std::initializer_list<const char*> listeners) {
  return found(addresses_beside(address(arrived_at), http_at(listeners), interfaces()));
}

/// "-": the addresses in the zone stay.
std::string for_question(const ServerAddressFinder& finder, const char* from, const char* to) {
  const auto client = udp_endpoint(address(from), 40000);
  const auto server = udp_endpoint(address(to), 53);
  const auto addresses = finder.find({client, server});
  return addresses ? found(*addresses) : "-";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_address_at_which_the_question_arrived) {
  BOOST_TEST(beside("192.168.1.10", {"0.0.0.0"}) == "192.168.1.10 -");
  BOOST_TEST(beside("192.168.1.10", {"192.168.1.10"}) == "192.168.1.10 -");
  BOOST_TEST(beside("fd00:1::10", {"::"}) == "- fd00:1::10");
}

BOOST_AUTO_TEST_CASE(the_other_family_only_where_a_listener_answers_on_the_same_interface) {
  BOOST_TEST(beside("192.168.1.10", {"0.0.0.0", "::"}) == "192.168.1.10 fd00:1::10");
  BOOST_TEST(beside("fd00:1::10", {"0.0.0.0", "::"}) == "192.168.1.10 fd00:1::10");
  BOOST_TEST(beside("10.0.0.1", {"0.0.0.0", "::"}) == "10.0.0.1 -");
  BOOST_TEST(beside("192.168.1.10", {"192.168.1.10", "::1"}) == "192.168.1.10 -");
}

BOOST_AUTO_TEST_CASE(a_link_local_address_is_not_given) {
  BOOST_TEST(beside("fe80::1", {"0.0.0.0", "::"}) == "192.168.1.10 fd00:1::10");
}

BOOST_AUTO_TEST_CASE(questions_from_this_machine_keep_the_loopback_addresses) {
  const ServerAddressFinder finder(
      {}, [] { return http_at({"0.0.0.0"}); }, interfaces);
  BOOST_TEST(for_question(finder, "127.0.0.1", "127.0.0.1") == "-");
  BOOST_TEST(for_question(finder, "::1", "::1") == "-");
  BOOST_TEST(for_question(finder, "192.168.1.10", "192.168.1.10") == "192.168.1.10 -");
  BOOST_TEST(for_question(finder, "192.168.1.11", "192.168.1.10") == "192.168.1.10 -");
}

BOOST_AUTO_TEST_CASE(behind_nat_only_the_public_addresses_are_given) {
  const ServerAddressFinder finder(
      {address("203.0.113.1")},
      [] {
        return http_at({"0.0.0.0", "::"});
      },
      interfaces);
  BOOST_TEST(for_question(finder, "198.51.100.7", "172.17.0.2") == "203.0.113.1 -");
  BOOST_TEST(for_question(finder, "198.51.100.7", "127.0.0.1") == "203.0.113.1 -");
  BOOST_TEST(for_question(finder, "127.0.0.1", "127.0.0.1") == "-");
}

BOOST_AUTO_TEST_CASE(each_loopback_address_in_the_response_is_replaced) {
  const Zone zone = zone_from(R"(
@ 60 SOA ns1 root 1 2 3 4 5
@ NS ns1
@ MX 1 www
ns1 A 127.0.0.1
www A 127.0.0.1
www A 127.0.0.2
www A 192.0.2.1
www AAAA ::1
alias CNAME www
_http._tcp SRV 0 0 81 www
)");
  const ServerAddresses only_v4{address("192.168.1.10"), {}};
  const QueryOptions from_lan{Transport::udp, 1232, {}, only_v4};
  const auto response = [&](const char* name, const char* type) {
    return to_text(response_to(zone, question(name, type), from_lan));
  };
  const std::string a = "\nwww.lab.test. 60 A 192.168.1.10\nwww.lab.test. 60 A 192.0.2.1";
  BOOST_TEST(response("www.lab.test.", "A") == "NOERROR aa" + a);
  BOOST_TEST(response("alias.lab.test.", "A") ==
             "NOERROR aa\nalias.lab.test. 60 CNAME www.lab.test." + a);
  BOOST_TEST(response("_http._tcp.lab.test.", "SRV").ends_with("-- additional" + a));
  BOOST_TEST(response("lab.test.", "MX").ends_with("-- additional" + a));
  const auto no_v6 = response_to(zone, question("www.lab.test.", "AAAA"), from_lan);
  BOOST_TEST(no_v6.answers.empty());
  BOOST_TEST((no_v6.rcode() == Rcode::NOERROR));
  BOOST_TEST((no_v6.authorities.at(0).type == Type::SOA));
}
