#include "common/ftp/mlst_facts.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::ftp;

namespace {

FileFacts hello() { return {"file", 14, 1'704'164'645, "r", "8U1234", "hello.txt"}; }

}  // namespace

BOOST_AUTO_TEST_CASE(facts_are_written_as_rfc_3659_section_7_shows) {
  BOOST_TEST(format_facts(hello(), {}) ==
             "type=file;size=14;modify=20240102030405;perm=r;unique=8U1234; hello.txt");
  BOOST_TEST(format_facts(hello(), {false, true, false, false, false}) == "size=14; hello.txt");
  BOOST_TEST(format_facts(hello(), {false, false, false, false, false}) == " hello.txt");
}

BOOST_AUTO_TEST_CASE(facts_are_read_back_in_any_case_and_order) {
  BOOST_TEST((parse_facts(format_facts(hello(), {})) == hello()));
  const auto other = parse_facts("Size=5;UNIX.mode=0644;Type=OS.unix=slink:/x; a name");
  BOOST_REQUIRE(other);
  BOOST_TEST(other->size.value() == 5);
  BOOST_TEST(other->type == "os.unix=slink:/x");
  BOOST_TEST(other->name == "a name");
  BOOST_TEST(parse_facts(" only a name")->name == "only a name");
  BOOST_TEST(!parse_facts("no-facts.txt"));
  BOOST_TEST(!parse_facts("type=file;size=5 hello.txt"));
  BOOST_TEST(!parse_facts("type; hello.txt"));
  BOOST_TEST(!parse_facts(""));
}

BOOST_AUTO_TEST_CASE(opts_mlst_chooses_facts_and_feat_shows_the_choice) {
  BOOST_TEST(format_fact_names({}) == "type*;size*;modify*;perm*;unique*;");
  BOOST_TEST(format_fact_names(parse_fact_names("Type;size;colour;")) ==
             "type*;size*;modify;perm;unique;");
  BOOST_TEST(format_fact_names(parse_fact_names("")) == "type;size;modify;perm;unique;");
  BOOST_TEST(format_fact_names(parse_fact_names("unique")) == "type;size;modify;perm;unique*;");
}

BOOST_AUTO_TEST_CASE(times_are_utc_and_are_read_back) {
  BOOST_TEST(format_time(0) == "19700101000000");
  BOOST_TEST(format_time(-1) == "19691231235959");
  for (const std::int64_t time : {0L, 951'782'400L, 1'704'164'645L, 4'102'444'799L})
    BOOST_TEST(parse_time(format_time(time)).value() == time);
  BOOST_TEST(parse_time("20240102030405.123").value() == 1'704'164'645);
  for (const auto* wrong :
       {"", "2024", "20241302030405", "20240230030405", "20240102240405", "20240102036005",
        "20240102030461", "2024010203040x", "20240102030405Z"})
    BOOST_TEST(!parse_time(wrong), "'" << wrong << "' was accepted as a time");
}
