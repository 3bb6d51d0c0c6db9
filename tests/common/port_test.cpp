#include "common/port.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(categories_change_at_the_ports_of_rfc_6335) {
  BOOST_TEST((category_of(0) == PortCategory::well_known));
  BOOST_TEST((category_of(1023) == PortCategory::well_known));
  BOOST_TEST((category_of(1024) == PortCategory::registered));
  BOOST_TEST((category_of(49151) == PortCategory::registered));
  BOOST_TEST((category_of(49152) == PortCategory::dynamic));
  BOOST_TEST((category_of(65535) == PortCategory::dynamic));
}

BOOST_AUTO_TEST_CASE(a_category_contains_exactly_its_own_ports) {
  for (std::uint32_t port = 0; port <= 65535; ++port) {
    const auto number = static_cast<std::uint16_t>(port);
    BOOST_REQUIRE(range_of(category_of(number)).contains(number));
  }
  BOOST_TEST(range_of(PortCategory::well_known).size() + range_of(PortCategory::registered).size() +
                 range_of(PortCategory::dynamic).size() ==
             65536U);
}

BOOST_AUTO_TEST_CASE(port_numbers_end_at_65535) {
  BOOST_TEST(parse_port("0").value() == 0);
  BOOST_TEST(parse_port("83").value() == 83);
  BOOST_TEST(parse_port("65535").value() == 65535);
  for (const auto* wrong : {"65536", "533369", "99999999999999999999", "-1", "+80", "", " 80",
                            "80 ", "8o", "0x50", "8.0"})
    BOOST_TEST(parse_port(wrong).has_error(), "'" << wrong << "' was taken for a port");
}

BOOST_AUTO_TEST_CASE(the_error_quotes_the_input_and_names_the_limit) {
  const auto error = parse_port("533369").error().text;
  BOOST_TEST(error.find("'533369'") != std::string::npos);
  BOOST_TEST(error.find("65535") != std::string::npos);
}
