#include "clients/cli/net_error.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>

#include "clients/net/connection_failure.hpp"
#include "clients/why/why.hpp"

using namespace portlab;

namespace {

Endpoint at(Transport transport, const char* address, std::uint16_t port) {
  return {transport, parse_address(address).value(), port, {}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_error_is_found_by_its_own_name_and_means_something) {
  std::set<std::string_view> names;
  for (const auto& each : net_errors()) {
    BOOST_TEST(names.insert(each.name).second, each.name);
    BOOST_TEST((find_net_error(each.name) == each.net_error), each.name);
    BOOST_TEST((names_of(each.net_error).name == each.name));
    BOOST_TEST(each.summary.size() <= 62, each.name << " and its line fit 80 columns");
    BOOST_TEST(!meaning_of(each.net_error).empty(), each.name);
  }
}

BOOST_AUTO_TEST_CASE(words_are_read_as_people_and_programs_write_them) {
  BOOST_TEST((find_net_error("Connection refused") == NetError::refused));
  BOOST_TEST((find_net_error("Address already in use.") == NetError::in_use));
  BOOST_TEST((find_net_error("EAI_NONAME") == NetError::name));
  BOOST_TEST(!find_net_error(""));
  BOOST_TEST(!find_net_error("-"));
  BOOST_TEST(!find_net_error("refused:"));
  BOOST_TEST(!find_net_error("connection refused connection refused"));
}

BOOST_AUTO_TEST_CASE(an_errno_means_different_things_at_bind_and_at_connect) {
  BOOST_TEST((net_error_of(EADDRNOTAVAIL, true) == NetError::not_available));
  BOOST_TEST((net_error_of(EADDRNOTAVAIL, false) == NetError::taken));
  BOOST_TEST((net_error_of(EADDRINUSE, true) == NetError::in_use));
  BOOST_TEST(!net_error_of(EIO, false));
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_written_as_a_shell_word) {
  BOOST_TEST(place_text(at(Transport::tcp, "127.0.0.1", 83)) == "127.0.0.1:83");
  BOOST_TEST(place_text(at(Transport::udp, "::1", 53)) == "[::1]:53/udp");
  BOOST_TEST(place_text(at(Transport::tcp, "192.0.2.1", 0)) == "192.0.2.1");
  BOOST_TEST(place_text(local_endpoint("/run/portlab/control")) == "/run/portlab/control");
  BOOST_TEST(place_text(local_endpoint("/tmp/it's mine")) == R"('/tmp/it'\''s mine')");
}

BOOST_AUTO_TEST_CASE(a_failure_names_what_explains_it_in_text_and_json) {
  const auto peer = at(Transport::tcp, "127.0.0.1", 83);
  const auto failure = connection_failure({peer, ECONNRESET, Operation::exchanging});
  BOOST_TEST(failure.why() == "portlab why reset 127.0.0.1:83");
  BOOST_TEST(failure.text().ends_with("\n  why: portlab why reset 127.0.0.1:83\n"));
  const auto json = boost::json::serialize(failure.to_json());
  BOOST_TEST(json.find(R"("why":"portlab why reset 127.0.0.1:83")") != std::string::npos);
  const auto above = CommandError(Exit::no_connection, "no answer").caused_by(failure);
  BOOST_TEST(above.why() == failure.why());
  const auto rejected = connection_failure({peer, ENOPROTOOPT, Operation::connecting});
  BOOST_TEST(rejected.why() == "portlab why unreachable 127.0.0.1:83");
  BOOST_TEST(usage_failure("x", "y").why().empty());
  BOOST_TEST(taken_four_tuple(peer, peer).why() == "portlab why taken 127.0.0.1:83");
}
