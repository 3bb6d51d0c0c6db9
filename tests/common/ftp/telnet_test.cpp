#include "common/ftp/telnet.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace portlab::ftp;
using namespace std::string_literals;

namespace {

constexpr std::size_t limit = 16;

/// All lines in these bytes, and the telnet replies.
struct ReadResult {
  std::vector<ControlLine> lines;
  std::string replies;
  bool operator==(const ReadResult&) const = default;
};

ReadResult read_all(std::string_view bytes, std::size_t piece_bytes = 1'000) {
  ReadResult result;
  ControlReader reader(limit);
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      piece.remove_prefix(reader.read(piece));
      result.replies += reader.take_telnet_replies();
      if (auto line = reader.take_line()) result.lines.push_back(std::move(*line));
    }
  }
  return result;
}

std::string texts(std::string_view bytes) {
  std::string out;
  for (const auto& line : read_all(bytes).lines) out += "[" + line.text + "]";
  return out;
}

ControlLine::Fault fault(std::string_view bytes) { return read_all(bytes).lines.at(0).fault; }

}  // namespace

BOOST_AUTO_TEST_CASE(lines_end_with_crlf_or_lf) {
  BOOST_TEST(texts("NOOP\r\nPWD\nQUIT\r\n") == "[NOOP][PWD][QUIT]");
  BOOST_TEST(texts("NOOP\r\nhalf") == "[NOOP]");
  BOOST_TEST(texts("\r\n\n") == "[][]");
}

BOOST_AUTO_TEST_CASE(telnet_commands_are_not_part_of_a_line) {
  BOOST_TEST(texts("NO\xff\xf1OP\r\n") == "[NOOP]");  // NOP
  BOOST_TEST(texts("\xff\xf4\xff\xf2"
                   "ABOR\r\n") == "[ABOR]");              // Interrupt Process, Data Mark
  BOOST_TEST(texts("\xff\xfb\x0aNOOP\r\n") == "[NOOP]");  // option 10 is not a line end
  BOOST_TEST(texts("\xff\xfa\x18\r\n\xff\xff\xff\xf0NOOP\r\n") == "[NOOP]");  // SB … SE
  BOOST_TEST(texts("a\xff\xff"
                   "b\r\n") ==
             "[a\xff"
             "b]");  // IAC IAC is one byte 255
}

BOOST_AUTO_TEST_CASE(every_telnet_option_is_refused_and_refusals_get_no_reply) {
  BOOST_TEST(read_all("\xff\xfd\x01\r\n").replies == "\xff\xfc\x01");  // DO ECHO: WONT
  BOOST_TEST(read_all("\xff\xfb\x18\r\n").replies == "\xff\xfe\x18");  // WILL TTYPE: DONT
  BOOST_TEST(read_all("\xff\xfc\x01\xff\xfe\x01\r\n").replies == "");  // WONT, DONT
  BOOST_TEST(read_all("\xff\xf6\r\n").replies == "");                  // Are You There
}

BOOST_AUTO_TEST_CASE(cr_nul_is_a_cr_and_any_other_nul_is_a_fault) {
  BOOST_TEST(texts("a\r\0b\r\n"s) == "[a\rb]");
  BOOST_TEST((fault("a\r\0b\r\n"s) == ControlLine::Fault::none));
  BOOST_TEST(texts("a\rb\r\n") == "[a\rb]");
  BOOST_TEST((fault("NO\0OP\r\n"s) == ControlLine::Fault::has_nul));
  BOOST_TEST(read_all("\0\r\nNOOP\r\n"s).lines.size() == 2);
  BOOST_TEST((read_all("\0\r\nNOOP\r\n"s).lines.at(1).fault == ControlLine::Fault::none));
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_read_to_its_end_and_marked) {
  BOOST_TEST((fault(std::string(limit - 1, 'a') + "\r\n") == ControlLine::Fault::none));
  BOOST_TEST((fault(std::string(limit, 'a') + "\r\n") == ControlLine::Fault::none));
  BOOST_TEST((fault(std::string(limit + 1, 'a') + "\r\n") == ControlLine::Fault::too_long));
  const auto result = read_all(std::string(100'000, 'a') + "\r\nNOOP\r\n");
  BOOST_TEST(result.lines.at(0).text.size() == limit);
  BOOST_TEST(result.lines.at(1).text == "NOOP");
  BOOST_TEST((result.lines.at(1).fault == ControlLine::Fault::none));
}

BOOST_AUTO_TEST_CASE(the_lines_are_the_same_for_every_cut_of_the_bytes) {
  const auto bytes =
      "USER a\r\n\xff\xfd\x06\xff\xfa\x01\x02\xff\xf0PASS \xff\xff\r\0x\r\n\0\r\nNOOP\r\n"s;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    BOOST_TEST((read_all(bytes, piece) == read_all(bytes)), "cut into pieces of " << piece);
}

BOOST_AUTO_TEST_CASE(text_escaped_for_telnet_is_read_back) {
  const std::string path = "a\xff\xff\r\rb\r";
  BOOST_TEST(texts(telnet_escaped(path) + "\r\n") == "[" + path + "]");
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_reader_does_not_change_the_original) {
  ControlReader reader(limit);
  reader.read("NO");
  ControlReader ahead = reader;
  ahead.read("PE\r\n");
  BOOST_TEST(ahead.take_line()->text == "NOPE");
  BOOST_TEST(!reader.take_line());
  reader.read("OP\r\n");
  BOOST_TEST(reader.take_line()->text == "NOOP");
}
