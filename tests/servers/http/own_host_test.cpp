// Which Host fields name this machine.

#include "servers/http/own_host.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using portlab::http::OwnNames;

namespace {

bool names_this_machine(std::string_view host, const char* host_name,
                        std::string_view hosts_file = {}) {
  return OwnNames(host_name, hosts_file).contain(host);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(own_host)

BOOST_AUTO_TEST_CASE(addresses_localhost_and_the_labs_names_do) {
  for (const auto* host :
       {"127.0.0.1", "192.168.1.10:8080", "[::1]", "[fe80::1]:80", "localhost", "LocalHost:80",
        "a.localhost", "lab.test", "www.LAB.test.", "localhost."})
    BOOST_TEST(names_this_machine(host, ""), host);
}

BOOST_AUTO_TEST_CASE(the_machines_own_name_does_with_and_without_its_domain) {
  for (const auto* host : {"server1", "Server1:80", "server1.school.example", "server1.local"})
    BOOST_TEST(names_this_machine(host, "server1.school.example"), host);
  BOOST_TEST(!names_this_machine("server1.other.example", "server1.school.example"));
  BOOST_TEST(!names_this_machine("school.example", "server1.school.example"));
}

BOOST_AUTO_TEST_CASE(other_names_do_not) {
  for (const auto* host : {"evil.example", "lab.test.evil.example", "notlab.test", "xlocalhost",
                           "127.0.0.1.evil.example", "local", ".local", "test"})
    BOOST_TEST(!names_this_machine(host, ""), host);
}

BOOST_AUTO_TEST_CASE(names_that_etc_hosts_gives_to_this_machine_do) {
  constexpr auto hosts =
      "# comment\n127.0.1.1\tmypc.example mypc # not this\n::1 six\n192.0.2.1 other.example\n"
      "0.0.0.0 blocked.example\nnonsense\n127.0.0.1\n";
  for (const auto* host : {"mypc.example", "MyPC", "mypc:8080", "mypc.", "six"})
    BOOST_TEST(names_this_machine(host, "", hosts), host);
  for (const auto* host : {"other.example", "blocked.example", "example", "not", "this", "comment",
                           "x.mypc.example", "nonsense", "#"})
    BOOST_TEST(!names_this_machine(host, "", hosts), host);
}

BOOST_AUTO_TEST_CASE(of_a_long_file_the_first_names_count) {
  std::string hosts;
  for (std::size_t i = 0; i <= OwnNames::entries_max; ++i)
    hosts += "127.0.0.1 name" + std::to_string(i) + "\n";
  const auto last = OwnNames::entries_max - 1;
  BOOST_TEST(names_this_machine("name" + std::to_string(last), "", hosts));
  BOOST_TEST(!names_this_machine("name" + std::to_string(last + 1), "", hosts));
}

BOOST_AUTO_TEST_SUITE_END()
