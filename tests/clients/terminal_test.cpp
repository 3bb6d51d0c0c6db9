#include "clients/cli/terminal.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

BOOST_AUTO_TEST_CASE(printable_text_stays_and_other_bytes_are_made_visible) {
  BOOST_TEST(printable("plain, grün, \u2192") == "plain, grün, \u2192");
  BOOST_TEST(printable("a\033[2Jb\n") == "a\\x1b[2Jb\\x0a");
  BOOST_TEST(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
  BOOST_TEST(printable("\xc2\x9b") == "\\xc2\\x9b");               // C1's CSI
  BOOST_TEST(printable("\xc0\xaf") == "\\xc0\\xaf");               // overlong
  BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");      // a surrogate
  BOOST_TEST(printable("\xf4\x90\x80\x80").starts_with("\\xf4"));  // beyond U+10FFFF
  BOOST_TEST(printable("\xe2\x86") == "\\xe2\\x86");               // cut off
}

BOOST_AUTO_TEST_CASE(utf8_is_distinguished_from_other_bytes) {
  BOOST_TEST(is_utf8(""));
  BOOST_TEST(is_utf8("a\n\033"));
  BOOST_TEST(is_utf8("\xf4\x8f\xbf\xbf"));
  BOOST_TEST(!is_utf8("\xff"));
  BOOST_TEST(!is_utf8("ok\xe2\x82"));
}

BOOST_AUTO_TEST_CASE(lines_and_tabs_may_be_shown_and_control_characters_not) {
  BOOST_TEST(is_showable(as_bytes("a\tb\r\n\f")));
  BOOST_TEST(is_showable(as_bytes("\xe4 latin")));
  BOOST_TEST(!is_showable(as_bytes("\033")));
  BOOST_TEST(!is_showable(as_bytes(std::string_view("\0", 1))));
  BOOST_TEST(showable("a\033\n\xc3\xbc") == "a\\x1b\n\xc3\xbc");
}

BOOST_AUTO_TEST_CASE(long_lines_are_broken_between_words) {
  BOOST_TEST(wrap("aaa bbb ccc", 7, 2) == "aaa bbb\n  ccc");
  BOOST_TEST(wrap("aaa bbb ccc", 11, 2) == "aaa bbb ccc");
  BOOST_TEST(wrap("  try: a b\n", 7, 4) == "  try:\n    a b\n");
  BOOST_TEST(wrap("averylongword b", 5, 2) == "averylongword\n  b");
  BOOST_TEST(wrap("", 5, 2) == "");
  BOOST_TEST(wrap("one\ntwo\n", 80, 2) == "one\ntwo\n");
}
