// Response rate limiting: what one network gets in a second, and what is left for the others.
#include "servers/dns/response_rate_limit.hpp"

#include <boost/test/unit_test.hpp>

#include "ask.hpp"

using namespace portlab;
using namespace portlab::dns;
using Verdict = ResponseRateLimit::Verdict;

namespace {

constexpr int limit = ResponseRateLimit::answers_per_second_max;

int answered(ResponseRateLimit& rate, const char* from, std::uint32_t second, int questions) {
  int count = 0;
  for (int i = 0; i < questions; ++i)
    count += rate.ask(asio::ip::make_address(from), second) == Verdict::answer ? 1 : 0;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_network_gets_its_rate_and_no_more) {
  auto rate = std::make_unique<ResponseRateLimit>();
  BOOST_TEST(answered(*rate, "203.0.113.1", 1, limit) == limit);
  BOOST_TEST((rate->ask(asio::ip::make_address("203.0.113.1"), 1) != Verdict::answer));
  BOOST_TEST((rate->ask(asio::ip::make_address("203.0.113.200"), 1) != Verdict::answer));
  BOOST_TEST(answered(*rate, "203.0.113.1", 2, limit + 1) == limit);
}

BOOST_AUTO_TEST_CASE(others_are_answered_meanwhile) {
  auto rate = std::make_unique<ResponseRateLimit>();
  answered(*rate, "203.0.113.1", 1, 10 * limit);
  BOOST_TEST(answered(*rate, "198.51.100.1", 1, limit) == limit);
  BOOST_TEST(answered(*rate, "2001:db8::1", 1, limit) == limit);
  BOOST_TEST((rate->ask(asio::ip::make_address("2001:db8:0:ff::9"), 1) != Verdict::answer),
             "its /56");
  BOOST_TEST(answered(*rate, "2001:db8:0:100::1", 1, limit) == limit);
}

BOOST_AUTO_TEST_CASE(of_the_questions_beyond_every_second_one_slips_through_truncated) {
  auto rate = std::make_unique<ResponseRateLimit>();
  const auto from = asio::ip::make_address("203.0.113.1");
  answered(*rate, "203.0.113.1", 7, limit);
  int truncated = 0, silent = 0;
  for (int i = 0; i < 100; ++i) {
    const auto verdict = rate->ask(from, 7);
    truncated += verdict == Verdict::truncate ? 1 : 0;
    silent += verdict == Verdict::silence ? 1 : 0;
  }
  BOOST_TEST(truncated == 50);
  BOOST_TEST(silent == 50);
}

BOOST_AUTO_TEST_CASE(the_truncated_answer_is_no_larger_than_its_question) {
  const std::string query(make_query(7, question("big.lab.test.", "TXT"), 1232));
  const auto zone = zone_from("@ 5 SOA ns1 root 1 2 3 4 60\n@ 5 NS ns.elsewhere.\n");
  std::array<std::uint8_t, 512> scratch;
  std::string note;
  const auto response = answer_truncated(zone, as_bytes(query), scratch, note);
  const auto message = read_message(response).value();
  BOOST_TEST(message.header.truncated);
  BOOST_TEST(message.answers.empty());
  BOOST_TEST(response.size() == query.size());
}
