#include "common/ftp/ascii.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::ftp;

BOOST_AUTO_TEST_CASE(text_is_encoded_with_crlf_for_every_cut) {
  const std::string text = "one\ntwo\r\nthree\r\r\n\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    AsciiEncoder encoder;
    std::string out = encoder.encode(text.substr(0, cut));
    out += encoder.encode(text.substr(cut));
    BOOST_TEST(out == "one\r\ntwo\r\nthree\r\r\n\r\n");
  }
}

BOOST_AUTO_TEST_CASE(text_is_decoded_with_lf_for_every_cut) {
  const std::string text = "one\r\ntwo\rthree\r\r\n\nlast\r";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    AsciiDecoder decoder;
    std::string out = decoder.decode(text.substr(0, cut));
    out += decoder.decode(text.substr(cut));
    BOOST_TEST(out + decoder.finish() == "one\ntwo\rthree\r\n\nlast\r");
  }
}
