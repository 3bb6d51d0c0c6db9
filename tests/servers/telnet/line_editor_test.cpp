#include "servers/telnet/line_editor.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab::telnet;
using namespace portlab::telnet::server;
using namespace std::string_literals;

namespace {

/// The lines and other inputs in these bytes: "[whoami][cancel]".
std::string inputs(std::string_view bytes) {
  LineEditor editor;
  std::string output;
  std::string text;
  for (const char byte : bytes) {
    switch (editor.read_data(static_cast<std::uint8_t>(byte), Echo::all, output)) {
      case Input::none:
        break;
      case Input::line:
        text += "[" + editor.take_line() + "]";
        break;
      case Input::cancel:
        text += "[cancel]";
        break;
      case Input::end:
        text += "[end]";
        break;
      default:
        text += "[other]";
    }
  }
  return text;
}

std::string shown(std::string_view bytes, Echo echo) {
  LineEditor editor;
  std::string output;
  for (const char byte : bytes) editor.read_data(static_cast<std::uint8_t>(byte), echo, output);
  return output;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_kind_of_line_end_is_one) {
  BOOST_TEST(inputs("a\r\nb\r\n") == "[a][b]");
  BOOST_TEST(inputs("a\r\0b\r\0"s) == "[a][b]");
  BOOST_TEST(inputs("a\nb\n") == "[a][b]");
  BOOST_TEST(inputs("a\rb\r") == "[a][b]");
  BOOST_TEST(inputs("a\r\n\r\n\n\r\0\r"s) == "[a][][][][]");
}

BOOST_AUTO_TEST_CASE(keys_edit_the_line) {
  BOOST_TEST(inputs("whoo\x7f\r\n") == "[who]");
  BOOST_TEST(inputs("x\b\b\bwho\r") == "[who]");
  BOOST_TEST(inputs("nonsense\x15who\r") == "[who]");
  BOOST_TEST(inputs("nonsense\x03who\r") == "[cancel][who]");
  BOOST_TEST(inputs("\x04") == "[end]");
  BOOST_TEST(inputs("a\x04\r") == "[a]");
  BOOST_TEST(inputs("\xc3\xa9\x7fx\r") == "[x]");  // one character of two bytes
  BOOST_TEST(inputs("\xa9\xa9\x7fx\r") == "[x]");  // and bytes that are none
}

BOOST_AUTO_TEST_CASE(keys_without_a_meaning_leave_the_line_as_it_is) {
  BOOST_TEST(inputs("w\x1b[Ah\x1b[3~\x1bOPo\x1b"
                    "b\t\x01\r") == "[who]");
  BOOST_TEST(inputs("who\x1b\r") == "[who]");
  BOOST_TEST(inputs("who\x1b[1;\r") == "[who]");
}

BOOST_AUTO_TEST_CASE(commands_of_telnet_edit_the_line_too) {
  LineEditor editor;
  std::string output;
  const auto type = [&](std::string_view text) {
    for (const char byte : text)
      editor.read_data(static_cast<std::uint8_t>(byte), Echo::all, output);
  };
  type("whoo");
  BOOST_TEST((editor.read_command(Command::erase_character, Echo::all, output) == Input::none));
  BOOST_TEST(editor.line() == "who");
  BOOST_TEST(
      (editor.read_command(Command::are_you_there, Echo::all, output) == Input::are_you_there));
  BOOST_TEST(editor.line() == "who");
  BOOST_TEST((editor.read_command(Command::erase_line, Echo::all, output) == Input::none));
  BOOST_TEST(editor.line() == "");
  for (const auto command : {Command::interrupt_process, Command::break_key}) {
    type("who");
    BOOST_TEST((editor.read_command(command, Echo::all, output) == Input::cancel));
    BOOST_TEST(editor.line() == "");
  }
  BOOST_TEST((editor.read_command(Command::data_mark, Echo::all, output) == Input::none));
}

BOOST_AUTO_TEST_CASE(the_echo_is_what_the_terminal_shows) {
  BOOST_TEST(shown("who\r", Echo::all) == "who\r\n");
  BOOST_TEST(shown("whx\x7fo\r", Echo::all) == "whx\b \bo\r\n");
  BOOST_TEST(shown("ab\x15", Echo::all) == "ab\b \b\b \b");
  BOOST_TEST(shown("\x7f", Echo::all) == "");
  BOOST_TEST(shown("a\xff", Echo::all) == "a\xff\xff");
  BOOST_TEST(shown("\x1b[A\x07\t", Echo::all) == "");  // nothing that a terminal would obey
}

BOOST_AUTO_TEST_CASE(a_password_is_not_echoed_but_its_line_end_is) {
  BOOST_TEST(shown("secret\x7f\x15\r", Echo::line_ends) == "\r\n");
  BOOST_TEST(shown("secret\r\n", Echo::nothing) == "");
}

BOOST_AUTO_TEST_CASE(a_line_has_a_limit) {
  const auto max = LineEditor::line_bytes_max;
  for (const auto size : {max - 1, max, max + 1, std::size_t{100'000}})
    BOOST_TEST(inputs(std::string(size, 'x') + "\r") ==
               "[" + std::string(std::min(size, max), 'x') + "]");
  BOOST_TEST(shown(std::string(max + 1, 'x'), Echo::all) == std::string(max, 'x') + "\a");
}
