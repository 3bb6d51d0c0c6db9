// A manual page as text for --help and in mdoc(7).

#include "common/manual_page.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab;

namespace {

const ManualPage page{
    .name = "tool fetch",
    .summary = "fetch a file",
    .operands = {"URL", "--again"},
    .commands = {},
    .examples = {{".tool fetch -o \"a\\b\" x", "writes a file"}},
    .groups = {{"Options",
                {{"quiet", "q", "", "no card"},
                 {"private", "", "[=yes|no]", "in a new network. Without root, too"},
                 {"output", "", "FILE", "the file"}}}},
    .notes = {"One sentence. Another one with --quiet in it."},
    .exit_statuses = {{"0", "done"}, {"2", "bad usage"}},
    .see_also = {"tool", "tool list"}};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(help_has_all_parts_in_order) {
  BOOST_TEST(to_help(page, 80) ==
             "tool fetch: fetch a file\n\n"
             "Usage: tool fetch URL\n"
             "       tool fetch --again\n\n"
             "Examples:\n"
             "  .tool fetch -o \"a\\b\" x\n"
             "      writes a file\n\n"
             "Options:\n"
             "  -q, --quiet         no card\n"
             "  --private[=yes|no]  in a new network. Without root, too\n"
             "  --output FILE       the file\n\n"
             "One sentence. Another one with --quiet in it.\n\n"
             "Exit status: 0 done, 2 bad usage.\n");
}

BOOST_AUTO_TEST_CASE(on_a_narrow_terminal_an_option_is_above_its_text) {
  BOOST_TEST(contains(to_help(page, 40), "  -q, --quiet\n      no card\n"));
}

BOOST_AUTO_TEST_CASE(the_page_escapes_what_troff_would_read_as_its_own) {
  const auto mdoc = to_mdoc(page, "May 1, 2026");
  BOOST_TEST(contains(mdoc, ".Dd May 1, 2026\n.Dt TOOL-FETCH 1\n.Os\n"));
  BOOST_TEST(contains(mdoc, "\n\\&.tool fetch \\-o \"a\\eb\" x\n"));
  BOOST_TEST(contains(mdoc, "One sentence.\nAnother one with \\-\\-quiet in it.\n"));
}

BOOST_AUTO_TEST_CASE(the_page_refers_to_others) {
  const auto mdoc = to_mdoc(page, "May 1, 2026");
  BOOST_TEST(contains(mdoc, ".Sh SEE ALSO\n.Xr tool 1 ,\n.Xr tool-list 1\n"));
}
