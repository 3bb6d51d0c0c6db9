// Response rate limiting: how many responses one network gets in a second.
#include "servers/dns/response_rate_limit.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using Action = ResponseRateLimit::Action;

namespace {

constexpr int limit = ResponseRateLimit::default_per_second;

int answered(ResponseRateLimit& rate, const char* from, std::uint32_t second, int questions) {
  int count = 0;
  for (int i = 0; i < questions; ++i)
    count += rate.count_query(asio::ip::make_address(from), second) == Action::answer ? 1 : 0;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_network_gets_its_rate) {
  auto rate = std::make_unique<ResponseRateLimit>();
  BOOST_TEST(answered(*rate, "203.0.113.1", 1, limit) == limit);
  BOOST_TEST((rate->count_query(asio::ip::make_address("203.0.113.1"), 1) != Action::answer));
  BOOST_TEST((rate->count_query(asio::ip::make_address("203.0.113.200"), 1) != Action::answer));
  BOOST_TEST(answered(*rate, "203.0.113.1", 2, limit + 1) == limit);
}

BOOST_AUTO_TEST_CASE(other_networks_are_not_limited) {
  auto rate = std::make_unique<ResponseRateLimit>();
  answered(*rate, "203.0.113.1", 1, 10 * limit);
  BOOST_TEST(answered(*rate, "198.51.100.1", 1, limit) == limit);
  BOOST_TEST(answered(*rate, "2001:db8::1", 1, limit) == limit);
  BOOST_TEST((rate->count_query(asio::ip::make_address("2001:db8:0:ff::9"), 1) != Action::answer),
             "its /56");
  BOOST_TEST(answered(*rate, "2001:db8:0:100::1", 1, limit) == limit);
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_every_second_query_gets_a_truncated_response) {
  auto rate = std::make_unique<ResponseRateLimit>();
  const auto from = asio::ip::make_address("203.0.113.1");
  answered(*rate, "203.0.113.1", 7, limit);
  int truncated = 0, dropped = 0;
  for (int i = 0; i < 100; ++i) {
    const auto action = rate->count_query(from, 7);
    truncated += action == Action::truncate ? 1 : 0;
    dropped += action == Action::drop ? 1 : 0;
  }
  BOOST_TEST(truncated == 50);
  BOOST_TEST(dropped == 50);
}

BOOST_AUTO_TEST_CASE(the_rate_can_be_chosen) {
  auto rate = std::make_unique<ResponseRateLimit>(3);
  BOOST_TEST(answered(*rate, "203.0.113.1", 1, 10) == 3);
  auto none = std::make_unique<ResponseRateLimit>(0);
  BOOST_TEST(answered(*none, "203.0.113.1", 1, 100'000) == 100'000);
}

BOOST_AUTO_TEST_CASE(the_truncated_response_says_why_and_is_hardly_larger_than_the_query) {
  const std::string query(make_query(7, question("big.lab.test.", "TXT"), 1232));
  std::array<std::uint8_t, 512> scratch;
  std::string note;
  const auto response = make_truncated_response(as_bytes(query), scratch, note);
  const auto message = read_message(response).value();
  BOOST_TEST(message.header.truncated);
  BOOST_TEST(message.answers.empty());
  BOOST_TEST(response.size() <= query.size() + 20);
  BOOST_TEST(message.extended_errors.at(0).text == "rate limited");
  const std::string plain(make_query(7, question("big.lab.test.", "TXT"), 0));
  BOOST_TEST(make_truncated_response(as_bytes(plain), scratch, note).size() == plain.size());
}
