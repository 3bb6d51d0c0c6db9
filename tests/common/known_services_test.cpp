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
    const bool has_port = service.default_port != 0;
    if (has_port) BOOST_TEST(ports.insert(service.default_port).second, service.name);
    BOOST_TEST(service.argument.empty() == has_port, service.name);
    BOOST_TEST((has_port || !service.is_default()), service.name);
    BOOST_TEST((service.tcp || service.udp), service.name);
    BOOST_TEST(service.specification.starts_with("RFC "), service.name);
  }
}

BOOST_AUTO_TEST_CASE(iana_has_registered_each_default_port_for_each_transport) {
  for (const auto& service : known_services()) {
    if (service.default_port == 0) continue;
    if (service.tcp) BOOST_TEST(!service_name(service.default_port, "tcp").empty(), service.name);
    if (service.udp) BOOST_TEST(!service_name(service.default_port, "udp").empty(), service.name);
  }
}

BOOST_AUTO_TEST_CASE(the_servers_have_the_ports_of_their_rfcs) {
  BOOST_TEST(default_port_of("http") == 80);
  BOOST_TEST(default_port_of("ftp") == 21);
  BOOST_TEST(default_port_of("dns") == 53);
  BOOST_TEST(default_port_of("echo") == 7);
  BOOST_TEST(default_port_of("telnet") == 23);
  BOOST_TEST(default_port_of("https") == 443);
  BOOST_TEST((known_service("dns").tcp && known_service("dns").udp));
  BOOST_TEST(!known_service("http").udp);
}

BOOST_AUTO_TEST_CASE(four_services_listen_without_being_named) {
  std::string names;
  for (const auto& service : known_services())
    if (service.is_default()) names += std::string(service.name) + " ";
  BOOST_TEST(names == "http ftp dns echo ");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_in_the_list_has_no_port) {
  BOOST_TEST((find_known_service("gopher") == nullptr));
  BOOST_TEST((find_known_service("") == nullptr));
  BOOST_CHECK_THROW(default_port_of("gopher"), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(a_sentence_names_services_and_ports) {
  BOOST_TEST(services_and_ports().starts_with("http 80, "));
  BOOST_TEST(services_and_ports(8000).starts_with("http 8080, "));
  std::string with_commas = services_and_ports();
  with_commas.replace(with_commas.find(" and "), 5, ", ");
  std::string expected;
  for (const auto& service : known_services())
    if (service.is_default())
      expected += (expected.empty() ? "" : ", ") + std::string(service.name) + " " +
                  std::to_string(service.default_port);
  BOOST_TEST(with_commas == expected);
}

BOOST_AUTO_TEST_CASE(each_service_has_a_command_that_names_its_host) {
  const auto address = asio::ip::make_address("127.0.0.1");
  BOOST_TEST(client_command("http", tcp_endpoint(address, 83)) ==
             "portlab http http://127.0.0.1:83/");
  BOOST_TEST(client_command("dns", tcp_endpoint(address, 54)) ==
             "portlab dns --tcp www.lab.test @127.0.0.1:54");
  BOOST_TEST(client_command("dns", udp_endpoint(address, 54)) ==
             "portlab dns www.lab.test @127.0.0.1:54");
  BOOST_TEST(client_command("forward", tcp_endpoint(address, 80)) ==
             "portlab connect 127.0.0.1:80");
  BOOST_TEST(client_command("gopher", udp_endpoint(address, 70)) ==
             "portlab connect -u 127.0.0.1:70");
  for (const auto& service : known_services())
    for (const auto command : {service.tcp_command, service.udp_command}) {
      if (command.empty()) continue;
      const auto client = service.name == "https" ? "http" : service.name;
      BOOST_TEST(command.starts_with("portlab " + std::string(client) + " "));
      BOOST_TEST(command.find(host_in_command) != command.npos, command);
    }
}
