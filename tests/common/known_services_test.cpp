// The list of services: each fact is said there once, and programs read it.

#include "common/known_services.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <stdexcept>

#include "common/service_names.hpp"

using namespace portlab;

BOOST_AUTO_TEST_CASE(each_service_has_a_name_a_port_and_a_transport_of_its_own) {
  std::set<std::string_view> names;
  std::set<std::uint16_t> ports;
  for (const auto& service : known_services()) {
    BOOST_TEST(names.insert(service.name).second, service.name);
    BOOST_TEST(ports.insert(service.default_port).second, service.name);
    BOOST_TEST((service.tcp || service.udp), service.name);
    BOOST_TEST(service.specification.starts_with("RFC "), service.name);
  }
}

BOOST_AUTO_TEST_CASE(iana_has_registered_each_default_port_for_each_transport) {
  for (const auto& service : known_services()) {
    if (service.tcp) BOOST_TEST(!service_name(service.default_port, "tcp").empty(), service.name);
    if (service.udp) BOOST_TEST(!service_name(service.default_port, "udp").empty(), service.name);
  }
}

BOOST_AUTO_TEST_CASE(the_four_servers_have_the_ports_of_their_rfcs) {
  BOOST_TEST(default_port_of("http") == 80);
  BOOST_TEST(default_port_of("ftp") == 21);
  BOOST_TEST(default_port_of("dns") == 53);
  BOOST_TEST(default_port_of("echo") == 7);
  BOOST_TEST((known_service("dns").tcp && known_service("dns").udp));
  BOOST_TEST(!known_service("http").udp);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_in_the_list_has_no_port) {
  BOOST_TEST((find_known_service("gopher") == nullptr));
  BOOST_TEST((find_known_service("") == nullptr));
  BOOST_CHECK_THROW(default_port_of("gopher"), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(a_sentence_names_services_and_ports) {
  BOOST_TEST(services_and_ports() == "http 80, ftp 21, dns 53 and echo 7");
  BOOST_TEST(services_and_ports(8000) == "http 8080, ftp 8021, dns 8053 and echo 8007");
}
