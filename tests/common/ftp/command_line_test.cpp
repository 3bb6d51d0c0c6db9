#include "common/ftp/command_line.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::ftp;
using namespace std::string_literals;

BOOST_AUTO_TEST_CASE(a_command_is_a_verb_in_any_case_and_an_argument_after_one_space) {
  BOOST_TEST((parse_command("retr hello.txt") == Command{"RETR", "hello.txt"}));
  BOOST_TEST((parse_command("RETR two words.txt") == Command{"RETR", "two words.txt"}));
  BOOST_TEST((parse_command("RETR  leading") == Command{"RETR", " leading"}));
  BOOST_TEST((parse_command("PASV") == Command{"PASV", ""}));
  BOOST_TEST((parse_command("PASV ") == Command{"PASV", ""}));
  BOOST_TEST((parse_command("") == Command{"", ""}));
  BOOST_TEST((parse_command(" NOOP") == Command{"", "NOOP"}));
}

BOOST_AUTO_TEST_CASE(a_command_is_written_with_its_line_end) {
  BOOST_TEST(format_command({"NOOP", ""}).value() == "NOOP\r\n");
  BOOST_TEST(format_command({"RETR", "a b"}).value() == "RETR a b\r\n");
}

BOOST_AUTO_TEST_CASE(telnet_bytes_in_a_command_are_escaped) {
  BOOST_TEST(format_command({"RETR",
                             "a\xff"
                             "b"})
                 .value() ==
             "RETR a\xff\xff"
             "b\r\n");
  BOOST_TEST(format_command({"RETR", "a\rb"}).value() == "RETR a\r\0b\r\n"s);
}

BOOST_AUTO_TEST_CASE(a_command_with_a_line_end_or_a_nul_is_not_formatted) {
  BOOST_TEST(!format_command({"RETR", "a\nDELE b"}));
  BOOST_TEST(!format_command({"RETR", "a\r\nDELE b"}));
  BOOST_TEST(!format_command({"RETR", "a\0b"s}));
}
