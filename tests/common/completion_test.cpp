// What a shell offers next, from a manual page's options and operands.

#include "common/completion.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace portlab;

namespace {

const ManualPage page{
    .name = "tool",
    .summary = "for the tests",
    .operands = {"[options] listeners|stop", "[options] listen|move SERVICE[=[ADDRESS:]PORT] ..."},
    .commands = {},
    .examples = {},
    .groups = {{"Options",
                {{"quiet", "q", "", "no card"},
                 {"log", "", "none|sessions", "what is logged"},
                 {"private", "", "[=yes|no]", "in a new network"},
                 {"output", "o", "FILE", "the file"},
                 {"root", "", "DIR", "the folder"},
                 {"zone", "", "[ORIGIN=]FILE", "a zone"},
                 {"timeout", "", "SECONDS", "the time-out"}}}},
    .notes = {},
    .exit_statuses = {},
    .see_also = {}};

std::vector<TermText> words_for(std::string_view word) {
  if (word == "SERVICE") return {{"http", "80"}, {"ftp", "21"}};
  return {};
}

/// The candidates, separated by blanks.
std::string offered(const std::vector<std::string>& words, const ManualPage& of = page) {
  std::string all;
  for (const auto& each : complete(of, words, words_for))
    all += (all.empty() ? "" : " ") + each.term;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_operand_is_a_word_of_any_form) {
  BOOST_TEST(offered({""}) == "listeners stop listen move");
  BOOST_TEST(offered({"li"}) == "listeners listen");
  BOOST_TEST(offered({"--quiet", "s"}) == "stop");
}

BOOST_AUTO_TEST_CASE(the_next_operand_is_that_of_the_form_that_was_begun) {
  BOOST_TEST(offered({"move", ""}) == "http ftp");
  BOOST_TEST(offered({"move", "http=83", "f"}) == "ftp");
  BOOST_TEST(offered({"stop", ""}) == "");
}

BOOST_AUTO_TEST_CASE(options_are_offered_after_a_dash) {
  BOOST_TEST(offered({"--"}) == "--quiet --log --private --output --root --zone --timeout");
  BOOST_TEST(offered({"move", "--l"}) == "--log");
  BOOST_TEST(offered({"--", "--l"}) == "");
}

BOOST_AUTO_TEST_CASE(values_that_are_the_only_ones_are_offered) {
  BOOST_TEST(offered({"--log", ""}) == "none sessions");
  BOOST_TEST(offered({"--log=s"}) == "--log=sessions");
  BOOST_TEST(offered({"--private="}) == "--private=yes --private=no");
  BOOST_TEST(offered({"--private", "st"}) == "stop");
  BOOST_TEST(offered({"--timeout", ""}) == "");
  BOOST_TEST(offered({"--no-such=", ""}) == "listeners stop listen move");
}

BOOST_AUTO_TEST_CASE(the_shell_completes_files_and_folders) {
  BOOST_TEST(offered({"-o", "x"}) == ":files");
  BOOST_TEST(offered({"--output=x"}) == ":files");
  BOOST_TEST(offered({"--root", ""}) == ":folders");
  BOOST_TEST(offered({"--zone", ""}) == ":files");
  BOOST_TEST(offered({"-o", "x", "s"}) == "stop");
}

BOOST_AUTO_TEST_CASE(brackets_and_alternatives_of_operands_are_read) {
  auto other = page;
  other.operands = {"[next | FILE]"};
  BOOST_TEST(offered({""}, other) == "next :files");
  BOOST_TEST(offered({"next", ""}, other) == "");
  other.operands = {"NUMBER[/tcp|/udp]|all ..."};
  BOOST_TEST(offered({"80", ""}, other) == "all");
  other.operands = {"[SERVICE[/tcp|/udp][=[ADDRESS:]PORT | =unix:PATH] ...]"};
  BOOST_TEST(offered({"http", ""}, other) == "http ftp");
  other.operands = {""};
  BOOST_TEST(offered({""}, other) == "");
}

BOOST_AUTO_TEST_CASE(without_a_word_nothing_is_offered) { BOOST_TEST(offered({}) == ""); }
