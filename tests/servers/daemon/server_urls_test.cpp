// The URLs for clients here and on other machines.
#include "servers/daemon/server_urls.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

namespace {

asio::ip::address address(const char* text) { return parse_address(text).value(); }

std::vector<InterfaceAddress> interfaces() {
  return {{"lo", true, address("127.0.0.1"), {}},      {"lo", true, address("::1"), {}},
          {"eth0", true, address("192.168.1.10"), {}}, {"eth0", true, address("fe80::1"), {}},
          {"eth0", true, address("fd00:1::10"), {}},   {"eth1", false, address("10.0.0.1"), {}}};
}

ListenerRow row(std::string service, Transport transport, const char* at, std::uint16_t port,
                std::uint16_t default_port) {
  return {std::move(service), {transport, address(at), port, {}}, default_port, 0};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += text + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_listener_at_all_addresses_has_a_url_for_each) {
  const auto urls = server_urls({row("http", Transport::tcp, "0.0.0.0", 8080, 80),
                                 row("dns", Transport::udp, "0.0.0.0", 53, 53),
                                 row("dns", Transport::tcp, "0.0.0.0", 53, 53)},
                                interfaces(), {});
  BOOST_TEST(joined(urls.here.urls) == "http://127.0.0.1:8080/ ");
  BOOST_TEST(joined(urls.others.urls) == "http://192.168.1.10:8080/ ");
  BOOST_TEST(joined(urls.others.dns_servers) == "192.168.1.10:53 ");
  BOOST_TEST(lines_for_other_machines(urls) ==
             "On other machines: http://192.168.1.10:8080/\n"
             "Names on other machines: export PORTLAB_DNS=192.168.1.10:53\n");
}

BOOST_AUTO_TEST_CASE(default_ports_are_left_out_and_ipv6_addresses_have_brackets) {
  const auto urls = server_urls({row("http", Transport::tcp, "::", 80, 80),
                                 row("ftp", Transport::tcp, "fd00:1::10", 2121, 21)},
                                interfaces(), {});
  BOOST_TEST(joined(urls.here.urls) == "http://[::1]/ ");
  BOOST_TEST(joined(urls.others.urls) == "http://[fd00:1::10]/ ftp://[fd00:1::10]:2121/ ");
}

BOOST_AUTO_TEST_CASE(https_has_a_url_of_its_own) {
  const auto urls = server_urls({row("http", Transport::tcp, "192.168.1.10", 80, 80),
                                 row("https", Transport::tcp, "192.168.1.10", 443, 443),
                                 row("https", Transport::tcp, "192.168.1.10", 8443, 443)},
                                interfaces(), {});
  BOOST_TEST(joined(urls.others.urls) ==
             "http://192.168.1.10/ https://192.168.1.10/ https://192.168.1.10:8443/ ");
  BOOST_TEST(lines_for_other_machines(urls) ==
             "On other machines: http://192.168.1.10/\n"
             "On other machines: https://192.168.1.10/\n"
             "On other machines: https://192.168.1.10:8443/\n");
}

BOOST_AUTO_TEST_CASE(at_loopback_only_this_machine_has_urls) {
  const auto urls = server_urls({row("http", Transport::tcp, "127.0.0.1", 80, 80)}, interfaces(),
                                {address("203.0.113.1")});
  BOOST_TEST(joined(urls.here.urls) == "http://127.0.0.1/ ");
  BOOST_TEST(urls.others.urls.empty());
  BOOST_TEST(lines_for_other_machines(urls).empty());
}

BOOST_AUTO_TEST_CASE(the_public_address_comes_first) {
  const auto urls = server_urls({row("http", Transport::tcp, "0.0.0.0", 80, 80)}, interfaces(),
                                {address("203.0.113.1")});
  BOOST_TEST(joined(urls.others.urls) == "http://203.0.113.1/ http://192.168.1.10/ ");
}
