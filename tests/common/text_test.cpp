#include "common/text.hpp"

#include <boost/test/unit_test.hpp>

using portlab::displayable;
using namespace std::string_literals;

BOOST_AUTO_TEST_CASE(text_that_can_be_shown_stays) {
  BOOST_TEST(displayable("GET /caf\xc3\xa9 200", 100) == "GET /caf\xc3\xa9 200");
  BOOST_TEST(displayable("", 100).empty());
  BOOST_TEST(displayable("\xed\x9f\xbf\xf4\x8f\xbf\xbf", 100) == "\xed\x9f\xbf\xf4\x8f\xbf\xbf");
}

BOOST_AUTO_TEST_CASE(a_question_mark_replaces_what_is_not_text) {
  BOOST_TEST(displayable("a\tb\x1b\x7f", 100) == "a?b??");
  BOOST_TEST(displayable("\0"s, 100) == "?");
  BOOST_TEST(displayable("\x80", 100) == "?");
  BOOST_TEST(displayable("\xc3", 100) == "?", "cut off");
  BOOST_TEST(displayable("\xc0\xaf", 100) == "??", "overlong");
  BOOST_TEST(displayable("\xe0\x80\xaf", 100) == "???", "overlong");
  BOOST_TEST(displayable("\xf0\x80\x80\xaf", 100) == "????", "overlong");
  BOOST_TEST(displayable("\xed\xa0\x80", 100) == "???", "a surrogate");
  BOOST_TEST(displayable("\xf4\x90\x80\x80", 100) == "????", "beyond Unicode");
  BOOST_TEST(displayable("\xc2\x9b", 100) == "?", "a control character of 8 bits");
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_between_two_characters) {
  BOOST_TEST(displayable("abcdef", 6) == "abcdef");
  BOOST_TEST(displayable("abcdef", 5) == "abcde");
  BOOST_TEST(displayable("ab\xc3\xa9", 4) == "ab\xc3\xa9");
  BOOST_TEST(displayable("ab\xc3\xa9", 3) == "ab");
}

BOOST_AUTO_TEST_CASE(a_labelled_text_stays_in_its_columns) {
  BOOST_TEST(portlab::labelled("way", "a b", 80, 8) == "  way   a b\n");
  BOOST_TEST(portlab::labelled("way", "aa bb", 11, 8) == "  way   aa\n        bb\n");
  BOOST_TEST(portlab::labelled("a long label", "x", 80, 8) == "  a long label x\n");
}
