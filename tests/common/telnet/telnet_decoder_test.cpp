#include "common/telnet/telnet_decoder.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab::telnet;
using namespace std::string_literals;

namespace {

/// The events as text: data as it is, and "<WILL ECHO>", "<AYT>", "<SB NAWS 4>".
std::string decoded(std::string_view bytes) {
  Decoder decoder;
  std::string text;
  for (const char byte : bytes) {
    const auto event = decoder.read(static_cast<std::uint8_t>(byte));
    if (!event) continue;
    switch (event->kind) {
      case Event::Kind::data:
        text += static_cast<char>(event->byte);
        break;
      case Event::Kind::command:
        text += "<" + to_string(event->command) + ">";
        break;
      case Event::Kind::negotiation:
        text += "<" + to_string(event->command) + " " + to_string(event->option) + ">";
        break;
      case Event::Kind::subnegotiation:
        text += "<SB " + to_string(event->option) + " " + std::string(decoder.parameters()) + ">";
        break;
    }
  }
  return text;
}

const std::string sb_naws = "\xff\xfa\x1f";
const std::string se = "\xff\xf0";

}  // namespace

BOOST_AUTO_TEST_CASE(data_and_commands_are_told_apart) {
  BOOST_TEST(decoded("hello\r\n") == "hello\r\n");
  BOOST_TEST(decoded("a\xff\xff"
                     "b") ==
             "a\xff"
             "b");
  BOOST_TEST(decoded("\xff\xfb\x01"
                     "a\xff\xfe\x1f"
                     "b") == "<WILL ECHO>a<DONT NAWS>b");
  BOOST_TEST(decoded("a\xff\xf6"
                     "b\xff\xf4") == "a<AYT>b<IP>");
  BOOST_TEST(decoded("a\r\xff\xf1\0b"s) == "a\r<NOP>\0b"s);
  BOOST_TEST(decoded("\xff\x01"
                     "a") == "<command 1>a");
  BOOST_TEST(decoded("\xff\xf0"
                     "a") == "<SE>a");  // without SB
}

BOOST_AUTO_TEST_CASE(a_command_that_is_not_complete_is_no_event) {
  for (const auto* bytes : {"a\xff", "a\xff\xfb", "a\xff\xfa", "a\xff\xfa\x1f",
                            "a\xff\xfa\x1f"
                            "bc",
                            "a\xff\xfa\x1f"
                            "bc\xff"})
    BOOST_TEST(decoded(bytes) == "a");
}

BOOST_AUTO_TEST_CASE(parameters_may_hold_every_byte) {
  BOOST_TEST(decoded(sb_naws + "1234" + se + "a") == "<SB NAWS 1234>a");
  BOOST_TEST(decoded(sb_naws +
                     "1\xff\xff"
                     "2\r\n" +
                     se) ==
             "<SB NAWS 1\xff"
             "2\r\n>");
  BOOST_TEST(decoded(sb_naws + se) == "<SB NAWS >");
  BOOST_TEST(decoded("\xff\xfa\xff"
                     "1" +
                     se) == "<SB option 255 1>");
}

BOOST_AUTO_TEST_CASE(parameters_end_at_another_command) {
  BOOST_TEST(decoded(sb_naws + "12\xff\xfb\x01"
                               "ab") == "<WILL ECHO>ab");
  BOOST_TEST(decoded(sb_naws + "12" + sb_naws + "34" + se + "ab") == "<SB NAWS 34>ab");
}

BOOST_AUTO_TEST_CASE(parameters_that_are_too_long_are_dropped) {
  const auto max = Decoder::parameter_bytes_max;
  for (const auto size : {max - 1, max}) {
    const std::string parameters(size, 'p');
    BOOST_TEST(decoded(sb_naws + parameters + se + "a") == "<SB NAWS " + parameters + ">a");
  }
  BOOST_TEST(decoded(sb_naws + std::string(max + 1, 'p') + se + "a") == "a");
  BOOST_TEST(decoded(sb_naws + std::string(1'000'000, 'p') + se + "a") == "a");
  BOOST_TEST(decoded(sb_naws + std::string(max + 1, 'p') + se + sb_naws + "1" + se) ==
             "<SB NAWS 1>");
}
