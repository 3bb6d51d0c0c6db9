// Mutated messages and zone files, the same in every run. There must be no crash and no report of a
// sanitizer, and every response must be a valid message within its size limit.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

constexpr auto time_max = std::chrono::milliseconds(700);  // for each case
constexpr int rounds_min = 100, rounds_max = 20'000;

class Mutator {
 public:
  std::string mutate(std::string bytes) {
    for (auto count = below(4) + 1; count > 0; --count) {
      if (bytes.empty()) return bytes;
      const auto at = below(bytes.size());
      switch (below(7)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes[at] = interesting[below(interesting.size())];
          break;
        case 2:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 3:
          bytes.erase(at, below(8) + 1);
          break;
        case 4:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
          break;
        case 5:
          bytes.resize(at);
          break;
        default:
          bytes.insert(at, 1, interesting[below(interesting.size())]);
      }
    }
    return bytes;
  }

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

 private:
  const std::string interesting = "\0\1\x0c\x29\x3f\x40\x7f\x80\xc0\xff\"\\();$@\n .*"s;
  std::mt19937 random_{53};
};

template <class Round>
int repeat(Round round) {
  const auto end = std::chrono::steady_clock::now() + time_max;
  int rounds = 0;
  while (rounds < rounds_min || (rounds < rounds_max && std::chrono::steady_clock::now() < end)) {
    round();
    ++rounds;
  }
  return rounds;
}

std::string lab_zone() {
  std::ifstream file(PORTLAB_LAB_ZONE);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(mutated_queries_get_valid_responses) {
  const auto zone = *load_lab_zone().zone;
  std::vector<std::string> seeds;
  for (const auto* name : {"lab.test.", "start.lab.test.", "huge.lab.test.", "x.wild.lab.test.",
                           "_http._tcp.lab.test.", "whoami.lab.test.", "elsewhere."})
    for (const auto* type : {"A", "TXT", "SRV", "MX", "NS", "ANY"})
      for (const std::uint16_t udp_bytes : std::initializer_list<std::uint16_t>{0, 512, 4096})
        seeds.push_back(make_query(1, question(name, type), udp_bytes));
  Mutator mutator;
  int replies = 0;
  const int rounds = repeat([&] {
    const auto query = mutator.mutate(seeds[mutator.below(seeds.size())]);
    const bool udp = mutator.below(2) == 0;
    const auto reply = response_bytes(zone, query, {udp ? Transport::udp : Transport::tcp, 0, {}});
    if (reply.empty()) return;
    ++replies;
    const auto message = read_message(as_bytes(reply));
    BOOST_REQUIRE_MESSAGE(message, message.error().text);
    BOOST_REQUIRE(message->header.response);
    BOOST_REQUIRE(reply.substr(0, 2) == query.substr(0, 2));
    BOOST_REQUIRE(reply.size() <= (udp ? udp_bytes_default : message_bytes_max));
  });
  BOOST_TEST_MESSAGE(rounds << " queries, " << replies << " replies");
  BOOST_TEST(replies > 0);
}

BOOST_AUTO_TEST_CASE(mutated_responses_are_parsed_or_refused) {
  const auto zone = *load_lab_zone().zone;
  std::vector<std::string> seeds;
  for (const auto* type : {"SOA", "NS", "MX", "TXT", "A"})
    seeds.push_back(response_bytes(zone, make_query(1, question("lab.test.", type), 1232)));
  Mutator mutator;
  int read = 0;
  const int rounds = repeat([&] {
    const auto message = read_message(as_bytes(mutator.mutate(seeds[mutator.below(seeds.size())])));
    if (message && !to_text(*message).empty()) ++read;
  });
  BOOST_TEST(read > 0);
  BOOST_TEST(read < rounds);
}

BOOST_AUTO_TEST_CASE(mutated_zone_files_are_loaded_or_refused_with_a_line_number) {
  const auto seed = lab_zone();
  Mutator mutator;
  repeat([&] {
    const auto loaded = parse_zone(mutator.mutate(seed), lab_test("z"));
    if (loaded) {
      response_to(*loaded->zone, {loaded->zone->apex(), Type::NS, Class::IN});
    } else {
      BOOST_REQUIRE_MESSAGE(loaded.error().text.starts_with("z:"), loaded.error().text);
    }
  });
}

BOOST_AUTO_TEST_CASE(names_and_texts_are_read_back_from_their_text) {
  Mutator mutator;
  repeat([&] {
    std::string bytes(mutator.below(60) + 1, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(mutator.below(256));
    Name name;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = std::min(mutator.below(20) + 1, bytes.size() - at);
      name.append_label(std::string_view(bytes).substr(at, size));
      at += size;
    }
    BOOST_REQUIRE(Name::from_text(name.to_text()).value().wire_text() == name.wire_text());
    const auto string = character_string(bytes).value();
    const std::vector<Word> words{{rdata_to_text(Type::TXT, as_bytes(string)).substr(1), true, 1}};
    auto word = words.front();
    word.text.pop_back();  // the lexer removes the quotes
    BOOST_REQUIRE(rdata_from_words(Type::TXT, {{word}}, Name()).value() == string);
  });
}
