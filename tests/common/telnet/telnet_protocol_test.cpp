#include "common/telnet/telnet_protocol.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab::telnet;
using namespace std::string_literals;

namespace {

std::string encoded(std::string_view text, std::size_t piece_bytes) {
  NvtEncoder encoder;
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(piece_bytes, text.size())))
    out += encoder.encode(text.substr(0, piece_bytes));
  return out + encoder.finish();
}

}  // namespace

BOOST_AUTO_TEST_CASE(commands_and_options_have_the_names_of_the_rfcs) {
  BOOST_TEST(to_string(Command::subnegotiation_end) == "SE");
  BOOST_TEST(to_string(Command::are_you_there) == "AYT");
  BOOST_TEST(to_string(Command::go_ahead) == "GA");
  BOOST_TEST(to_string(Command::dont) == "DONT");
  BOOST_TEST(to_string(Command{239}) == "command 239");
  BOOST_TEST(to_string(Command{255}) == "command 255");
  BOOST_TEST(to_string(Option::window_size) == "NAWS");
  BOOST_TEST(to_string(Option{39}) == "NEW-ENVIRON");
  BOOST_TEST(to_string(Option{200}) == "option 200");
}

BOOST_AUTO_TEST_CASE(iac_is_doubled_in_data_and_in_parameters) {
  BOOST_TEST(escaped("a\xff"
                     "b\xff") ==
             "a\xff\xff"
             "b\xff\xff");
  BOOST_TEST(subnegotiation_bytes(Option::window_size, window_size_parameters({255, 24})) ==
             "\xff\xfa\x1f\0\xff\xff\0\x18\xff\xf0"s);
}

BOOST_AUTO_TEST_CASE(a_window_has_four_bytes) {
  BOOST_TEST((parse_window_size("\0\x50\0\x18"s) == WindowSize{80, 24}));
  BOOST_TEST((parse_window_size(window_size_parameters({65535, 0})) == WindowSize{65535, 0}));
  BOOST_TEST(!parse_window_size(""));
  BOOST_TEST(!parse_window_size("\0\x50\0"s));
  BOOST_TEST(!parse_window_size("\0\x50\0\x18\0"s));
}

BOOST_AUTO_TEST_CASE(line_ends_are_those_of_the_network_virtual_terminal) {
  for (const std::size_t piece_bytes : {1U, 2U, 100U}) {
    BOOST_TEST(encoded("a\nb\r\nc\r\n", piece_bytes) == "a\r\nb\r\nc\r\n");
    BOOST_TEST(encoded("a\rb\r\r\n", piece_bytes) == "a\r\0b\r\0\r\n"s);
    BOOST_TEST(encoded("a\r", piece_bytes) == "a\r\0"s);
    BOOST_TEST(encoded("\n\n", piece_bytes) == "\r\n\r\n");
    BOOST_TEST(encoded("\xff", piece_bytes) == "\xff\xff");
  }
}
