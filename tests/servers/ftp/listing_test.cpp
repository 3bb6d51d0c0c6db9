#include "servers/ftp/listing.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::ftp::server;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t jan_2_2024 = 1'704'164'645;  // 03:04:05 UTC

SiteEntry file(std::string name, std::uint64_t size, std::int64_t seconds) {
  SiteEntry entry;
  entry.name = std::move(name);
  entry.size = size;
  entry.modified_ns = seconds * second;
  return entry;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_of_list_has_the_nine_columns_of_ls) {
  BOOST_TEST(format_list_line(file("two words", 14, jan_2_2024), jan_2_2024) ==
             "-r--r--r--    1 ftp      ftp                14 Jan  2 03:04 two words\r\n");
  auto directory = file("docs", 0, jan_2_2024);
  directory.kind = SiteEntry::Kind::directory;
  BOOST_TEST(format_list_line(directory, jan_2_2024) ==
             "dr-xr-xr-x    2 ftp      ftp                 0 Jan  2 03:04 docs\r\n");
}

BOOST_AUTO_TEST_CASE(older_than_half_a_year_or_in_the_future_the_year_is_shown) {
  constexpr std::int64_t half_a_year = 182 * 24 * 3600;
  const auto line = [](std::int64_t now) {
    return format_list_line(file("x", 1, jan_2_2024), now);
  };
  BOOST_TEST(line(jan_2_2024 + half_a_year - 1).find("Jan  2 03:04 x") != std::string::npos);
  BOOST_TEST(line(jan_2_2024 + half_a_year).find("Jan  2  2024 x") != std::string::npos);
  BOOST_TEST(line(jan_2_2024 - 1).find("Jan  2  2024 x") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_with_a_line_end_does_not_end_the_line) {
  BOOST_TEST(format_list_line(file("a\r\nb\x1b[31m", 1, 0), 0).ends_with(" a??b?[31m\r\n"));
  BOOST_TEST(!fits_a_line("a\nb"));
  BOOST_TEST(!fits_a_line("a\rb"));
  BOOST_TEST(fits_a_line("a\x1b[31m"));
  BOOST_TEST(printable_name("\xc3\xa9t\xc3\xa9") == "\xc3\xa9t\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(times_before_1970_are_rounded_down) {
  auto entry = file("x", 1, 0);
  entry.modified_ns = -1;
  BOOST_TEST(facts_of(entry, "x").modified_seconds.value() == -1);
}

BOOST_AUTO_TEST_CASE(patterns_match_with_star_and_question_mark) {
  BOOST_TEST(matches("hello.txt", "*"));
  BOOST_TEST(matches("hello.txt", "*.txt"));
  BOOST_TEST(matches("hello.txt", "h?llo.*"));
  BOOST_TEST(matches("hello.txt", "***t"));
  BOOST_TEST(matches("", "*"));
  BOOST_TEST(matches("aXbXc", "a*X*c"));
  BOOST_TEST(!matches("hello.txt", "*.html"));
  BOOST_TEST(!matches("hello.txt", "hello"));
  BOOST_TEST(!matches("hello.txt", "?"));
  BOOST_TEST(!matches("", "?"));
  BOOST_TEST(!matches("hello.txt", "Hello.txt"));
}

BOOST_AUTO_TEST_CASE(a_pattern_of_many_stars_does_not_take_exponential_time) {
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) pattern += "*a";
  BOOST_TEST(!matches(std::string(255, 'a') + "b", pattern + "c"));
}
