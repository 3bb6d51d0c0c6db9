#include "common/ftp/data_address.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::ftp;

namespace {

Endpoint at(std::string_view address, std::uint16_t port) {
  return tcp_endpoint(parse_address(address).value(), port);
}

std::string read_six(std::string_view text) {
  const auto found = parse_six_numbers(text);
  return found ? found->address_and_port() : "none";
}

std::string read_eprt(std::string_view text) {
  const auto found = parse_extended_port(text);
  if (found) return found->address_and_port();
  return found.error() == ExtendedPortError::family ? "family" : "syntax";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_port_is_p1_times_256_plus_p2) {
  BOOST_TEST(format_six_numbers(at("127.0.0.1", 50'000)) == "127,0,0,1,195,80");
  BOOST_TEST(read_six("127,0,0,1,195,80") == "127.0.0.1:50000");
  BOOST_TEST(read_six("255,255,255,255,255,255") == "255.255.255.255:65535");
  BOOST_TEST(read_six("0,0,0,0,0,0") == "0.0.0.0:0");
  BOOST_TEST(port_arithmetic(50'000) == "195*256+80 = 50000");
}

BOOST_AUTO_TEST_CASE(port_takes_exactly_six_numbers_of_one_byte) {
  for (const auto* wrong :
       {"", "127,0,0,1,195", "127,0,0,1,195,80,1", "256,0,0,1,195,80", "127,0,0,1,195,256",
        "127,0,0,1,-1,80", "127,0,0,1,195,80 ", " 127,0,0,1,195,80", "127.0.0.1,195,80",
        "127,0,0,1,195,", ",,,,,", "1,2,3,4,5,6,", "a,b,c,d,e,f", "000001,0,0,1,195,80"})
    BOOST_TEST(read_six(wrong) == "none", "'" << wrong << "' was accepted as six numbers");
}

BOOST_AUTO_TEST_CASE(the_endpoint_is_found_in_a_227_with_any_text_around_it) {
  const auto read = [](std::string_view text) {
    const auto found = parse_passive_text(text);
    return found ? found->address_and_port() : "none";
  };
  BOOST_TEST(read(format_passive_text(at("127.0.0.1", 50'000))) == "127.0.0.1:50000");
  BOOST_TEST(read("Entering Passive Mode (127,0,0,1,195,80)") == "127.0.0.1:50000");
  BOOST_TEST(read("Entering Passive Mode. 127,0,0,1,195,80") == "127.0.0.1:50000");
  BOOST_TEST(read("=127,0,0,1,195,80") == "127.0.0.1:50000");
  BOOST_TEST(read("(127, 0, 0, 1, 195, 80)") == "127.0.0.1:50000");
  BOOST_TEST(read("127 , 0,\t0,1,195,80.") == "127.0.0.1:50000");
  BOOST_TEST(read("(127,000,000,001,195,080)") == "127.0.0.1:50000");
  BOOST_TEST(read("listen socket created\n(127,0,0,1,195,80)") == "127.0.0.1:50000");
  BOOST_TEST(read("2 ports: (127,0,0,1,195,80)") == "127.0.0.1:50000");
  BOOST_TEST(read("(127,0,0,1,195,80,)") == "127.0.0.1:50000");
  BOOST_TEST(read("(127,0,0,1,195,80,0)") == "127.0.0.1:50000");
  BOOST_TEST(read("1,2,3 (127,0,0,1,195,80)") == "127.0.0.1:50000");
  BOOST_TEST(read("256,127,0,0,1,195,80") == "127.0.0.1:50000");
  BOOST_TEST(read("Entering Passive Mode (127,0,0,1,195)") == "none");
  BOOST_TEST(read("Entering Passive Mode (1127,0,0,1,195,80)") == "none");
  BOOST_TEST(read("") == "none");
}

BOOST_AUTO_TEST_CASE(the_port_is_found_in_a_229) {
  BOOST_TEST(format_extended_passive_text(50'000) == "Entering Extended Passive Mode (|||50000|)");
  BOOST_TEST(parse_extended_passive_text("Entering Extended Passive Mode (|||50000|)").value() ==
             50'000);
  BOOST_TEST(parse_extended_passive_text("ok (!!!65535!)").value() == 65'535);
  BOOST_TEST(parse_extended_passive_text("(as you wish)\n(|||50000|)").value() == 50'000);
  for (const auto* wrong :
       {"", "(", "()", "(|||)", "(||||)", "(|||0|)", "(|||65536|)", "(|||x|)", "(||50000|)",
        "(|||50000)", "(|1||50000|)", "(111500001)", "((((((", "(|||50000"})
    BOOST_TEST(!parse_extended_passive_text(wrong), "'" << wrong << "' was accepted as a 229");
}

BOOST_AUTO_TEST_CASE(eprt_names_family_address_and_port) {
  BOOST_TEST(format_extended_port(at("127.0.0.1", 50'000)) == "|1|127.0.0.1|50000|");
  BOOST_TEST(format_extended_port(at("::1", 50'000)) == "|2|::1|50000|");
  BOOST_TEST(format_extended_port(at("fe80::1%1", 50'000)) == "|2|fe80::1|50000|");
  BOOST_TEST(read_eprt("|1|127.0.0.1|50000|") == "127.0.0.1:50000");
  BOOST_TEST(read_eprt("|2|::1|50000|") == "[::1]:50000");
  BOOST_TEST(read_eprt("!2!::1!65535!") == "[::1]:65535");
  BOOST_TEST(read_eprt("|2|::1|1|") == "[::1]:1");
}

BOOST_AUTO_TEST_CASE(an_unknown_family_in_eprt_is_a_different_error_from_bad_syntax) {
  BOOST_TEST(read_eprt("|0|127.0.0.1|50000|") == "family");
  BOOST_TEST(read_eprt("|3|whatever|50000|") == "family");
  for (const auto* wrong :
       {"", "|", "||||", "|1|127.0.0.1|50000", "|1|127.0.0.1|50000||", "|1|127.0.0.1|0|",
        "|1|127.0.0.1|65536|", "|1|::1|50000|", "|2|127.0.0.1|50000|", "|1|localhost|50000|",
        "|2|fe80::1%lo|50000|", "|1|127.0.0.1||", "|x|127.0.0.1|50000|", "1", " 1 127.0.0.1 5 "})
    BOOST_TEST(read_eprt(wrong) == "syntax", "'" << wrong << "' was accepted as an EPRT");
}
