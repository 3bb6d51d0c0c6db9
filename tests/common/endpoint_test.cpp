#include "common/endpoint.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(endpoints_are_written_with_brackets_around_ipv6) {
  BOOST_TEST(tcp_endpoint(parse_address("127.0.0.1").value(), 83).to_string() ==
             "tcp 127.0.0.1:83");
  BOOST_TEST(udp_endpoint(parse_address("::1").value(), 53).to_string() == "udp [::1]:53");
  BOOST_TEST(local_endpoint("/run/x").to_string() == "unix /run/x");
}

BOOST_AUTO_TEST_CASE(a_host_may_carry_a_port) {
  const auto both = [](std::string_view text) {
    const auto parsed = parse_host_and_port(text).value();
    return parsed.host + " " + (parsed.port ? std::to_string(*parsed.port) : "none");
  };
  BOOST_TEST(both("www.lab.test") == "www.lab.test none");
  BOOST_TEST(both("www.lab.test:83") == "www.lab.test 83");
  BOOST_TEST(both("127.0.0.1:0") == "127.0.0.1 0");
  BOOST_TEST(both("::1") == "::1 none");
  BOOST_TEST(both("[::1]") == "::1 none");
  BOOST_TEST(both("[::1]:83") == "::1 83");
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_host_has_an_error) {
  for (const auto* wrong : {"", ":80", "host:", "host:65536", "[::1", "[::1]80", "[nonsense]:80",
                            "1:2:3", "[]:80", "::1:8007", "http://127.0.0.1:80"})
    BOOST_TEST(parse_host_and_port(wrong).has_error(), "'" << wrong << "' was taken for a host");
}
