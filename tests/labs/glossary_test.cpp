// The glossary of the labs: its format, and how a term is found.

#include <boost/test/unit_test.hpp>

#include "labs/runner/model/glossary.hpp"

using namespace portlab::labs;

namespace {

const auto terms = parse_glossary(
    "# Glossary\n\nAn introduction.\n\n"
    "## port\n\nA number.\nIt names a service.\n\n"
    "## 4-tuple, four-tuple\n\nTwo endpoints.\n\n"
    "## TIME_WAIT\n\nA state.\n\n## address\n\nIt names a machine.\n");

std::string found(std::string_view name) {
  const auto* term = find_term(terms, name);
  return term == nullptr ? "" : term->names.front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_heading_has_a_term_and_its_other_names) {
  BOOST_REQUIRE(terms.size() == 4U);
  BOOST_TEST(terms[0].text == "A number.\nIt names a service.");
  BOOST_TEST(terms[1].names.size() == 2U);
  BOOST_TEST(parse_glossary("no heading").empty());
}

BOOST_AUTO_TEST_CASE(a_term_is_found_however_it_is_written) {
  for (const auto* name : {"port", "PORT", "Ports", " port "}) BOOST_TEST(found(name) == "port");
  for (const auto* name : {"4-tuple", "four-tuple", "4 tuples", "Four_Tuple"})
    BOOST_TEST(found(name) == "4-tuple");
  for (const auto* name : {"TIME_WAIT", "time-wait", "Time Wait"})
    BOOST_TEST(found(name) == "TIME_WAIT");
  for (const auto* name : {"address", "addresses"}) BOOST_TEST(found(name) == "address");
  for (const auto* name : {"", "s", "es", "por", "SYN"}) BOOST_TEST(found(name) == "");
}
