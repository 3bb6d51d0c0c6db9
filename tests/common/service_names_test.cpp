#include "common/service_names.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

using namespace portlab;

namespace {

int order_of(std::string_view transport) {
  constexpr std::array order{"tcp", "udp", "sctp", "dccp"};
  return static_cast<int>(std::find(order.begin(), order.end(), transport) - order.begin());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_default_ports_of_the_lab_are_those_of_iana) {
  BOOST_TEST(service_name(80, "tcp") == "http");
  BOOST_TEST(service_name(53, "tcp") == "domain");
  BOOST_TEST(service_name(53, "udp") == "domain");
  BOOST_TEST(service_name(21, "tcp") == "ftp");
  BOOST_TEST(service_name(20, "tcp") == "ftp-data");
  BOOST_TEST(service_name(7, "tcp") == "echo");
  BOOST_TEST(service_name(7, "udp") == "echo");
  BOOST_TEST(service_name(8080, "tcp") == "http-alt");
}

BOOST_AUTO_TEST_CASE(a_port_of_one_transport_says_nothing_about_another) {
  BOOST_TEST(service_name(22, "sctp") == "ssh");
  BOOST_TEST(service_name(53, "sctp") == "");
  BOOST_TEST(service_name(6514, "dccp") == "syslog-tls");
  BOOST_TEST(service_name(80, "unix") == "");
}

BOOST_AUTO_TEST_CASE(an_unassigned_port_has_no_name) {
  BOOST_TEST(service_name(0, "tcp") == "");
  BOOST_TEST(service_name(4, "tcp") == "");  // unassigned among the well-known
  BOOST_TEST(service_name(65535, "udp") == "");
  BOOST_TEST(services_at(60000).empty());
}

BOOST_AUTO_TEST_CASE(a_name_is_found_in_upper_and_lower_case) {
  const auto domain = services_named("Domain");
  BOOST_REQUIRE(domain.size() == 2U);
  BOOST_TEST(domain[0].port == 53);
  BOOST_TEST(domain[0].transport == "tcp");
  BOOST_TEST(domain[1].transport == "udp");
  BOOST_TEST(services_named("www").front().port == 80);
  BOOST_TEST(services_named("http").front().description == "World Wide Web HTTP");
  BOOST_TEST(services_named("no-such-service").empty());
  BOOST_TEST(services_named("").empty());
}

BOOST_AUTO_TEST_CASE(each_port_of_a_range_has_its_name) {
  struct Range {
    std::uint16_t first, last;
    std::string_view name;
  };
  constexpr Range ranges[] = {{6000, 6063, "x11"},
                              {3322, 3325, "active-net"},
                              {3367, 3371, "satvid-datalnk"},
                              {4200, 4299, "vrml-multi-use"},
                              {6665, 6669, "ircu"},
                              {7300, 7359, "swx"},
                              {27000, 27009, "flex-lm"},
                              {225, 241, ""},
                              {249, 255, ""},
                              {1011, 1020, ""}};
  for (const auto& range : ranges) {
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      const auto entries = services_at(static_cast<std::uint16_t>(port));
      BOOST_REQUIRE_EQUAL(entries.size(), 2U);
      BOOST_TEST(entries[0].name == range.name);
      BOOST_TEST(entries[0].range.first == range.first);
      BOOST_TEST(entries[0].range.last == range.last);
      BOOST_TEST(entries[0].transport == "tcp");
      BOOST_TEST(entries[1].transport == "udp");
    }
  }
  BOOST_TEST(services_at(6064).front().name == "ndl-ahp-svc");
  BOOST_TEST(services_at(80).front().range.size() == 1U);
  BOOST_TEST(services_at(5999).front().name == "cvsup");
  BOOST_TEST(services_named("x11").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_usual_name_leads_to_that_of_the_registry) {
  BOOST_TEST(registered_name("RDP") == "ms-wbt-server");
  BOOST_TEST(registered_name("ms-sql") == "ms-sql-s");
  BOOST_TEST(registered_name("lpd") == "printer");
  BOOST_TEST(registered_name("ipsec") == "isakmp");
  BOOST_TEST(registered_name("smb") == "microsoft-ds");
  BOOST_TEST(registered_name("dns") == "domain");
  BOOST_TEST(registered_name("postgres") == "postgresql");
  BOOST_TEST(registered_name("http") == "");
  for (const auto& each : usual_names()) {
    BOOST_TEST(!services_named(each.registered).empty(), each.registered);
    BOOST_TEST(services_named(each.usual).empty(), each.usual);
  }
}

BOOST_AUTO_TEST_CASE(the_registry_is_complete_and_sorted) {
  const auto all = service_registry();
  BOOST_TEST(all.size() > 12'000U);
  BOOST_TEST(all.size() < 20'000U);
  BOOST_TEST(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.port, order_of(a.transport)) < std::pair(b.port, order_of(b.transport));
  }));
  for (const auto& entry : all) {
    BOOST_REQUIRE(order_of(entry.transport) < 4);
    BOOST_REQUIRE(entry.name.size() <= 15U);  // RFC 6335 section 5.1
    BOOST_REQUIRE(entry.description.find('\t') == std::string_view::npos);
    BOOST_REQUIRE(entry.port < 49152);  // dynamic ports are never assigned
  }
}

BOOST_AUTO_TEST_CASE(the_registry_has_a_date) {
  BOOST_TEST(registry_date().size() == 10U);
  BOOST_TEST(registry_date().starts_with("20"));
}
