#include "labs/runner/model/markdown.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::labs;

BOOST_AUTO_TEST_CASE(of_a_link_only_the_words_are_shown) {
  BOOST_TEST(render_markdown("The [SYN](glossary.md#syn) opens a [TCP\nconnection](x.md).") ==
             "The SYN opens a TCP connection.\n");
  BOOST_TEST(render_markdown("`a[1](2)` and [::1](x) and [1] (2)") ==
             "'a[1](2)' and ::1 and [1] (2)\n");
  BOOST_TEST(render_markdown("```\n[a](b)\n```") == "    [a](b)\n");
}
