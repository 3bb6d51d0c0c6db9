#include "common/text_table.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

namespace {

TextTable netstat_like() {
  return TextTable(
      {{.title = "Proto"}, {.title = "Local"}, {.title = "Foreign"}, {.title = "State"}});
}

constexpr const char* long_address = "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:50123";  // 44 columns

std::size_t widest_line(std::string_view text) {
  std::size_t widest = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    widest = std::max(widest, display_width(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return widest;
}

}  // namespace

BOOST_AUTO_TEST_CASE(width_is_counted_in_columns_not_in_bytes) {
  BOOST_TEST(display_width("") == 0U);
  BOOST_TEST(display_width("http *") == 6U);
  BOOST_TEST(display_width("→ — … ü") == 7U);
  BOOST_TEST(display_width("日本") == 4U);
  BOOST_TEST(display_width("e\u0301") == 1U);
  BOOST_TEST(display_width("\xff\xc3") == 2U);  // no UTF-8: a column for each byte
}

BOOST_AUTO_TEST_CASE(shortening_keeps_what_fits_and_marks_the_cut) {
  BOOST_TEST(shorten("GET /", 5) == "GET /");
  BOOST_TEST(shorten("GET /x", 5) == "GET …");
  BOOST_TEST(shorten("GET /x", 5, false) == "GET ~");
  BOOST_TEST(shorten("日本語", 5) == "日本…");
  BOOST_TEST(shorten("日本語", 4) == "日…");
  BOOST_TEST(shorten("x", 0) == "");
  BOOST_TEST(shorten("xy", 1) == "…");
}

BOOST_AUTO_TEST_CASE(columns_line_up_by_display_width) {
  TextTable table({{.title = "Client"}, {.title = ""}, {.title = "Server"}});
  table.cells({"a", "→", "b"});
  table.cells({"über", "→", "c"});
  BOOST_TEST(table.rows() == 2U);
  BOOST_TEST(table.to_string({}) ==
             "Client     Server\n"
             "a       →  b\n"
             "über    →  c\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_aligned_at_the_right) {
  TextTable table({{.title = "Bytes", .right_aligned = true}, {.title = "Name"}});
  table.cells({"7", "a"});
  table.cells({"1234567", "b"});
  BOOST_TEST(table.to_string({}) ==
             "  Bytes  Name\n"
             "      7  a\n"
             "1234567  b\n");
}

BOOST_AUTO_TEST_CASE(the_wide_gaps_are_used_exactly_when_they_fit) {
  TextTable table({{.title = "A", .width_min = 5}, {.title = "B", .gap = 4, .tight_gap = 1}});
  table.cells({"a", "b"});
  BOOST_TEST(table.to_string({.columns = 10}) == "A        B\na        b\n");
  BOOST_TEST(table.to_string({.columns = 9}) == "A B\na b\n");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_an_overlong_row_continues_in_its_columns) {
  auto table = netstat_like();
  table.cells({"tcp", "127.0.0.1:80", "127.0.0.1:49876", "ESTABLISHED"});
  table.cells({"tcp6", long_address, long_address, "ESTABLISHED"});
  const auto text = table.to_string({.columns = 80, .overlong = Overlong::wrap});
  BOOST_TEST(widest_line(text) <= 80U);
  BOOST_TEST(text ==
             "Proto  Local                          Foreign                        State\n"
             "tcp    127.0.0.1:80                   127.0.0.1:49876                ESTABLISHED\n"
             "tcp6   [2001:db8:85a3:8d3:1319:8a2e:370:7348]:50123\n"
             "                                    [2001:db8:85a3:8d3:1319:8a2e:370:7348]:50123\n"
             "                                                                     ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(in_a_pipe_an_overlong_row_stays_one_line_and_the_others_stay_aligned) {
  auto table = netstat_like();
  table.cells({"tcp6", long_address, "[::1]:80", "ESTABLISHED"});
  table.cells({"tcp", "127.0.0.1:80", "127.0.0.1:49876", "ESTABLISHED"});
  const auto text = table.to_string({.columns = 72});
  BOOST_TEST(text ==
             "Proto  Local                                Foreign          State\n"
             "tcp6   [2001:db8:85a3:8d3:1319:8a2e:370:7348]:50123  [::1]:80  ESTABLISHED\n"
             "tcp    127.0.0.1:80                         127.0.0.1:49876  ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(a_column_that_may_be_shortened_never_wraps) {
  TextTable table({{.title = "Id"}, {.title = "Last", .shortened = Shortened::at_end}});
  table.cells({"1", "GET /a/very/long/path 200"});
  BOOST_TEST(table.to_string({.columns = 16, .overlong = Overlong::wrap}) ==
             "Id  Last\n"
             "1   GET /a/very…\n");
  BOOST_TEST(table.to_string({.columns = 16}) ==
             "Id  Last\n"
             "1   GET /a/very/long/path 200\n");
}

BOOST_AUTO_TEST_CASE(even_a_terminal_narrower_than_a_cell_gets_every_character) {
  auto table = netstat_like();
  table.cells({"tcp6", long_address, long_address, "ESTABLISHED"});
  const auto text = table.to_string({.columns = 20, .overlong = Overlong::wrap});
  BOOST_TEST(text.find(long_address) != std::string::npos);
  BOOST_TEST(text.rfind(long_address) != text.find(long_address));
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_cut_in_its_middle) {
  BOOST_TEST(shorten_middle("[2001:db8::1:2:3]:40003", 15) == "[2001:d…]:40003");
  BOOST_TEST(shorten_middle("[2001:db8::1:2:3]:40003", 15, false) == "[2001:d~]:40003");
  BOOST_TEST(shorten_middle("127.0.0.1:80", 12) == "127.0.0.1:80");
}

BOOST_AUTO_TEST_CASE(a_style_is_used_only_with_colour) {
  TextTable table({{.title = "State"}});
  table.cell("LISTEN", "36");
  BOOST_TEST(table.to_string({.columns = 80}) == "State\nLISTEN\n");
  BOOST_TEST(table.to_string({.columns = 80, .colour = true}) ==
             "\x1b[1mState\x1b[0m\n\x1b[36mLISTEN\x1b[0m\n");
}
