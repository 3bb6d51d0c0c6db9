#include "common/ftp/telnet.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace portlab::ftp;
using namespace std::string_literals;

namespace {

constexpr std::size_t limit = 16;

/// All lines in these bytes, and what is to be answered.
struct Heard {
  std::vector<ControlLine> lines;
  std::string answers;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view bytes, std::size_t piece_bytes = 1'000) {
  Heard heard;
  ControlReader reader(limit);
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      piece.remove_prefix(reader.read(piece));
      heard.answers += reader.take_answers();
      if (auto line = reader.take_line()) heard.lines.push_back(std::move(*line));
    }
  }
  return heard;
}

std::string texts(std::string_view bytes) {
  std::string out;
  for (const auto& line : hear(bytes).lines) out += "[" + line.text + "]";
  return out;
}

ControlLine::Fault fault(std::string_view bytes) { return hear(bytes).lines.at(0).fault; }

}  // namespace

BOOST_AUTO_TEST_CASE(lines_end_with_crlf_or_leniently_lf) {
  BOOST_TEST(texts("NOOP\r\nPWD\nQUIT\r\n") == "[NOOP][PWD][QUIT]");
  BOOST_TEST(texts("NOOP\r\nhalf") == "[NOOP]");
  BOOST_TEST(texts("\r\n\n") == "[][]");
}

BOOST_AUTO_TEST_CASE(telnet_commands_are_no_part_of_a_line) {
  BOOST_TEST(texts("NO\xff\xf1OP\r\n") == "[NOOP]");  // NOP
  BOOST_TEST(texts("\xff\xf4\xff\xf2"
                   "ABOR\r\n") == "[ABOR]");              // Interrupt Process, Data Mark
  BOOST_TEST(texts("\xff\xfb\x0aNOOP\r\n") == "[NOOP]");  // option 10 is no line end
  BOOST_TEST(texts("\xff\xfa\x18\r\n\xff\xff\xff\xf0NOOP\r\n") == "[NOOP]");  // SB … SE
  BOOST_TEST(texts("a\xff\xff"
                   "b\r\n") ==
             "[a\xff"
             "b]");  // IAC IAC is one byte 255
}

BOOST_AUTO_TEST_CASE(every_telnet_option_is_refused_and_no_refusal_is_answered) {
  BOOST_TEST(hear("\xff\xfd\x01\r\n").answers == "\xff\xfc\x01");  // DO ECHO: WONT
  BOOST_TEST(hear("\xff\xfb\x18\r\n").answers == "\xff\xfe\x18");  // WILL TTYPE: DONT
  BOOST_TEST(hear("\xff\xfc\x01\xff\xfe\x01\r\n").answers == "");  // WONT, DONT
  BOOST_TEST(hear("\xff\xf6\r\n").answers == "");                  // Are You There
}

BOOST_AUTO_TEST_CASE(cr_nul_is_a_cr_and_another_nul_is_a_fault) {
  BOOST_TEST(texts("a\r\0b\r\n"s) == "[a\rb]");
  BOOST_TEST((fault("a\r\0b\r\n"s) == ControlLine::Fault::none));
  BOOST_TEST(texts("a\rb\r\n") == "[a\rb]");
  BOOST_TEST((fault("NO\0OP\r\n"s) == ControlLine::Fault::has_nul));
  BOOST_TEST(hear("\0\r\nNOOP\r\n"s).lines.size() == 2);
  BOOST_TEST((hear("\0\r\nNOOP\r\n"s).lines.at(1).fault == ControlLine::Fault::none));
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_read_to_its_end_and_marked) {
  BOOST_TEST((fault(std::string(limit - 1, 'a') + "\r\n") == ControlLine::Fault::none));
  BOOST_TEST((fault(std::string(limit, 'a') + "\r\n") == ControlLine::Fault::none));
  BOOST_TEST((fault(std::string(limit + 1, 'a') + "\r\n") == ControlLine::Fault::too_long));
  const auto heard = hear(std::string(100'000, 'a') + "\r\nNOOP\r\n");
  BOOST_TEST(heard.lines.at(0).text.size() == limit);
  BOOST_TEST(heard.lines.at(1).text == "NOOP");
  BOOST_TEST((heard.lines.at(1).fault == ControlLine::Fault::none));
}

BOOST_AUTO_TEST_CASE(the_same_lines_come_out_however_the_bytes_are_cut) {
  const auto bytes =
      "USER a\r\n\xff\xfd\x06\xff\xfa\x01\x02\xff\xf0PASS \xff\xff\r\0x\r\n\0\r\nNOOP\r\n"s;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    BOOST_TEST((hear(bytes, piece) == hear(bytes)), "cut into pieces of " << piece);
}

BOOST_AUTO_TEST_CASE(what_is_escaped_for_telnet_is_read_as_it_was) {
  const std::string path = "a\xff\xff\r\rb\r";
  BOOST_TEST(texts(telnet_escaped(path) + "\r\n") == "[" + path + "]");
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_reader_looks_ahead_without_harm) {
  ControlReader reader(limit);
  reader.read("NO");
  ControlReader ahead = reader;
  ahead.read("PE\r\n");
  BOOST_TEST(ahead.take_line()->text == "NOPE");
  BOOST_TEST(!reader.take_line());
  reader.read("OP\r\n");
  BOOST_TEST(reader.take_line()->text == "NOOP");
}
