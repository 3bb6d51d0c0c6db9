// Targets as ssh -L writes them, and which of them a listener may have.

#include "servers/forward/forward_target.hpp"

#include <boost/test/unit_test.hpp>

#include "servers/forward/forward_targets.hpp"

using namespace portlab;

namespace {

Endpoint tcp(const char* address, std::uint16_t port) {
  return tcp_endpoint(asio::ip::make_address(address), port);
}

Result<std::vector<asio::ip::address>> one_name(const std::string& name) {
  if (name != "server1.lab.test") return Error{"no such name"};
  return std::vector{asio::ip::make_address("192.168.1.10"), asio::ip::make_address("fd00::10")};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_target_is_a_host_and_a_port_or_a_path) {
  const auto address = parse_forward_target("192.168.1.10:80").value();
  BOOST_TEST(address.address->to_string() == "192.168.1.10");
  BOOST_TEST(address.port == 80);
  BOOST_TEST(parse_forward_target("[::1]:80").value().address->to_string() == "::1");
  const auto name = parse_forward_target("server1.lab.test:65535").value();
  BOOST_TEST(!name.address.has_value());
  BOOST_TEST(name.host == "server1.lab.test");
  BOOST_TEST(parse_forward_target("unix:/run/a:b").value().path == "/run/a:b");
}

BOOST_AUTO_TEST_CASE(what_is_no_target_is_an_error_that_shows_the_form) {
  for (const auto* wrong :
       {"", "80", ":80", "host", "host:", "host:0", "host:65536", "host:80:90", "::1:80", "[::1]",
        "0.0.0.0:80", "[::]:80", "224.0.0.1:80", "192.168.1:80", "192.168.1.256:80", "ho st:80",
        "-x:80", "unix:", "http://host:80"})
    BOOST_TEST(parse_forward_target(wrong).has_error(), wrong);
  BOOST_TEST(parse_forward_target("unix:/" + std::string(106, 'x')).has_value());
  BOOST_TEST(parse_forward_target("unix:/" + std::string(107, 'x')).has_error());
  BOOST_TEST(parse_forward_target(std::string(253, 'a') + ":80").has_value());
  BOOST_TEST(parse_forward_target(std::string(254, 'a') + ":80").has_error());
}

BOOST_AUTO_TEST_CASE(the_port_of_a_target_is_a_number_from_1_to_65535) {
  for (const auto* wrong : {"host:0", "host:65536", "host:99999", "host:-1", "host:80x",
                            "host:", "[::1]:65536", "192.168.1.10:65536"}) {
    const auto text = parse_forward_target(wrong).error().text;
    BOOST_TEST(text.find("from 1 to 65535") != std::string::npos, text);
    BOOST_TEST(text.find("write HOST:PORT") != std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(udp_behind_a_target_is_an_error_that_shows_where_it_belongs) {
  BOOST_TEST(parse_forward_target("192.168.1.10:53/udp").error().text ==
             "'192.168.1.10:53/udp': /udp is a part of the service: write "
             "forward/udp=PORT:192.168.1.10:53");
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_at_the_start_only_and_then_stays_known) {
  ForwardTargets targets(one_name);
  const auto at = tcp("127.0.0.1", 8080);
  const std::string name = "server1.lab.test:80";
  BOOST_TEST(targets.check({at, name, false}).has_error());
  BOOST_TEST(targets.check({at, name, true}).has_value());
  BOOST_TEST(targets.check({at, name, false}).has_value());
  const auto found = targets.endpoints(name, Transport::tcp);
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0].to_string() == "tcp 192.168.1.10:80");
  BOOST_TEST(found[1].to_string() == "tcp [fd00::10]:80");
  BOOST_TEST(targets.check({at, "nobody.lab.test:80", true}).error().text.find("no such name") !=
             std::string::npos);
  BOOST_TEST(targets.check({at, "localhost:80", false}).has_value());
}

BOOST_AUTO_TEST_CASE(a_listener_does_not_lead_to_itself) {
  ForwardTargets targets(one_name);
  const auto may = [&](const Endpoint& at, const char* to) {
    return targets.check({at, to, false}).has_value();
  };
  BOOST_TEST(!may(tcp("127.0.0.1", 8080), "127.0.0.1:8080"));
  BOOST_TEST(!may(tcp("0.0.0.0", 8080), "127.0.0.1:8080"));
  BOOST_TEST(!may(tcp("::", 8080), "[::1]:8080"));
  BOOST_TEST(!may(tcp("::1", 8080), "localhost:8080"));
  BOOST_TEST(may(tcp("127.0.0.1", 8080), "127.0.0.1:8081"));
  BOOST_TEST(may(tcp("127.0.0.1", 8080), "127.0.0.2:8080"));
  BOOST_TEST(may(tcp("0.0.0.0", 8080), "192.0.2.1:8080"));
  BOOST_TEST(!may(local_endpoint("/run/a"), "unix:/run/a"));
  BOOST_TEST(may(local_endpoint("/run/a"), "unix:/run/b"));
  const auto udp = udp_endpoint(asio::ip::make_address("127.0.0.1"), 53);
  BOOST_TEST(!may(udp, "127.0.0.1:53"));
  BOOST_TEST(!may(udp, "unix:/run/a"));
}
