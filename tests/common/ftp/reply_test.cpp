#include "common/ftp/reply.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::ftp;
using namespace std::string_literals;

namespace {

/// The reply of these lines as text, or "error" or "unfinished".
std::string read(std::initializer_list<std::string_view> lines) {
  ReplyReader reader;
  std::string out;
  for (const auto line : lines) {
    const auto step = reader.add_line(line);
    if (!step) return "error";
    if (!*step) continue;
    out += std::to_string((*step)->code);
    for (const auto& text : (*step)->lines) out += "|" + text;
  }
  return out.empty() ? "unfinished" : out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_reply_is_three_digits_and_a_text) {
  BOOST_TEST(format_reply(200, "Fine.") == "200 Fine.\r\n");
  BOOST_TEST(format_reply(211, "Features:\nEPSV\nEnd") == "211-Features:\r\n EPSV\r\n211 End\r\n");
  BOOST_TEST(format_reply(211, "Features:\nEnd") == "211-Features:\r\n211 End\r\n");
}

BOOST_AUTO_TEST_CASE(control_characters_are_replaced_and_a_byte_255_is_doubled) {
  BOOST_TEST(format_reply(550,
                          "a\rb\0c\x1b"
                          "d"s) == "550 a?b?c?d\r\n");
  BOOST_TEST(format_reply(550, "\xff") == "550 \xff\xff\r\n");
  BOOST_TEST(format_reply(257, "\"/\xc3\xa9t\xc3\xa9\"") == "257 \"/\xc3\xa9t\xc3\xa9\"\r\n");
}

BOOST_AUTO_TEST_CASE(replies_are_read_line_by_line) {
  BOOST_TEST(read({"220 Hello"}) == "220|Hello");
  BOOST_TEST(read({"220"}) == "220|");
  BOOST_TEST(read({"211-Features:", " EPSV", "211 End"}) == "211|Features:| EPSV|End");
  BOOST_TEST(read({"220-", "", "220 End"}) == "220|||End");
}

BOOST_AUTO_TEST_CASE(only_the_same_code_and_a_space_end_a_reply_of_many_lines) {
  // This example is in RFC 959 section 4.2.
  BOOST_TEST(read({"123-First line", "Second line", "  234 A line beginning with numbers",
                   "234 another", "123-again", "123 The last line"}) ==
             "123|First line|Second line|  234 A line beginning with numbers|234 another|123-again|"
             "The last line");
  BOOST_TEST(read({"123-First line", "12"}) == "unfinished");
}

BOOST_AUTO_TEST_CASE(a_line_without_a_code_is_an_error) {
  for (const auto* wrong :
       {"", "12", "HTTP/1.1 400 Bad Request", "2a0 x", "099 x", "700 x", "220x"})
    BOOST_TEST(read({wrong}) == "error", "'" << wrong << "' was accepted as a reply");
}

BOOST_AUTO_TEST_CASE(a_reply_has_a_maximum_number_of_lines) {
  const auto lines_taken = [](std::size_t count) {
    ReplyReader reader;
    auto ok = reader.add_line("211-begin").has_value();
    for (std::size_t i = 2; i < count; ++i) ok = ok && reader.add_line(" more").has_value();
    return ok && reader.add_line("211 end").has_value();
  };
  BOOST_TEST(lines_taken(ReplyReader::lines_max - 1));
  BOOST_TEST(lines_taken(ReplyReader::lines_max));
  BOOST_TEST(!lines_taken(ReplyReader::lines_max + 1));
}

BOOST_AUTO_TEST_CASE(quotes_in_a_path_are_doubled_and_read_back) {
  BOOST_TEST(quote_path("/a \"b\"") == "\"/a \"\"b\"\"\"");
  for (const auto* path : {"/", "", "\"", "/a\"\"b", "/plain"})
    BOOST_TEST(unquote_path(quote_path(path) + " is here").value() == path);
  BOOST_TEST(!unquote_path("no quotes"));
  BOOST_TEST(!unquote_path("\"no end"));
  BOOST_TEST(!unquote_path("\"no end\"\""));
}
