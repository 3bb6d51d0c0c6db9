#include "servers/dns/zone_file.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "servers/dns/zone.hpp"
#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const std::string soa_line = "@ 60 SOA ns1 root 1 2 3 4 5\n";
const std::string head = soa_line + "@ NS ns.elsewhere.\n";

std::string warning_of(const std::string& text) {
  std::string all;
  for (const auto& warning : parse_zone(text, lab_test("z")).value().warnings)
    all += warning + "\n";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_zone_of_the_lab_has_no_warnings) {
  const auto loaded = load_zone({{}, PORTLAB_LAB_ZONE});
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  BOOST_TEST(loaded->warnings.empty());
  const Zone& zone = *loaded->zone;
  BOOST_TEST(zone.apex().to_text() == "lab.test.");
  for (const auto* name : {"www", "ftp", "server1", "ns1"})
    BOOST_TEST(records_of(zone, std::string(name) + ".lab.test.") ==
               "300 A 127.0.0.1\n300 AAAA ::1\n");
  BOOST_TEST(records_of(zone, "pc1.lab.test.") == "300 A 127.0.0.11\n");
  BOOST_TEST(records_of(zone, "pc3.lab.test.") == "300 A 127.0.0.13\n");
  const auto big = question("big.lab.test.", "TXT");
  BOOST_TEST(response_to(zone, big, {Transport::udp, 0, {}}).header.truncated);
  BOOST_TEST(!response_to(zone, big, {Transport::udp, 1232, {}}).header.truncated);
  BOOST_TEST(response_to(zone, question("huge.lab.test.", "TXT")).header.truncated);
}

BOOST_AUTO_TEST_CASE(owner_ttl_and_class_may_be_omitted) {
  const auto zone = zone_from(
      "$TTL 1h\n$ORIGIN lab.test.\n" + head +
      "a 5 IN A 127.0.0.1\nb IN 5 A 127.0.0.2\nc 5 A 127.0.0.3\nd IN A 127.0.0.4\ne A 127.0.0.5\n"
      "f in 1m a 127.0.0.6\n  TXT again\n\t7 IN TXT twice\n@ TXT apex\nlab.test. TXT absolute\n");
  BOOST_TEST(records_of(zone, "a.lab.test.") == "5 A 127.0.0.1\n");
  BOOST_TEST(records_of(zone, "b.lab.test.") == "5 A 127.0.0.2\n");
  BOOST_TEST(records_of(zone, "c.lab.test.") == "5 A 127.0.0.3\n");
  BOOST_TEST(records_of(zone, "d.lab.test.") == "3600 A 127.0.0.4\n");
  BOOST_TEST(records_of(zone, "e.lab.test.") == "3600 A 127.0.0.5\n");
  BOOST_TEST(records_of(zone, "f.lab.test.") ==
             "60 A 127.0.0.6\n7 TXT \"again\"\n7 TXT \"twice\"\n");
  BOOST_TEST(records_of(zone, "lab.test.").ends_with("3600 TXT \"apex\"\n3600 TXT \"absolute\"\n"));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_dns_server_of_windows_is_read) {
  const auto loaded = parse_zone(head +
                                     "@ WINS L2 C900 ( 10.0.0.1 )\n"
                                     "host1 [AGE:3642480] 1200 A 10.0.0.5\n"
                                     "host2 [AGE:3642480] A 10.0.0.6\n",
                                 lab_test("z"));
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  BOOST_TEST(records_of(*loaded->zone, "host1.lab.test.") == "1200 A 10.0.0.5\n");
  BOOST_TEST(records_of(*loaded->zone, "host2.lab.test.") == "1200 A 10.0.0.6\n");
  BOOST_TEST(loaded->warnings.size() == 1U);  // WINS is left out
}

BOOST_AUTO_TEST_CASE(origin_and_ttl_apply_until_the_next_ones) {
  const auto zone = zone_from(head +
                              "$TTL 10\na TXT x\n$ORIGIN sub.lab.test.\na TXT y\n$ORIGIN deeper\n"
                              "@ TXT z\n$TTL 1h\n$ORIGIN lab.test.\nb TXT x\n");
  BOOST_TEST(records_of(zone, "a.lab.test.") == "10 TXT \"x\"\n");
  BOOST_TEST(records_of(zone, "a.sub.lab.test.") == "10 TXT \"y\"\n");
  BOOST_TEST(records_of(zone, "deeper.sub.lab.test.") == "10 TXT \"z\"\n");
  BOOST_TEST(records_of(zone, "b.lab.test.") == "3600 TXT \"x\"\n");
  BOOST_TEST(records_of(zone, "sub.lab.test.").empty());  // an empty non-terminal
}

BOOST_AUTO_TEST_CASE(an_omitted_ttl_is_the_last_one_or_the_minimum_of_the_soa) {
  const auto zone = zone_from(
      "@ SOA ns1 root 1 2 3 4 99\n@ NS ns.elsewhere.\na TXT x\n"
      "b 7 TXT x\nc TXT x\n");
  BOOST_TEST(records_of(zone, "a.lab.test.") == "99 TXT \"x\"\n");
  BOOST_TEST(records_of(zone, "c.lab.test.") == "7 TXT \"x\"\n");
  BOOST_TEST(error_of_text("a TXT x\n" + head) ==
             "z:1: no TTL: add one here, or a line like '$TTL 1h' at the top");
}

BOOST_AUTO_TEST_CASE(parentheses_quotes_comments_and_escapes_are_read) {
  const auto zone = zone_from(
      "@ 60 SOA ns1 root ( 1 ; serial ) \"\n\n 2 3\n4 )( 5 ) ; done\n@ NS ns.elsewhere.\n"
      "a TXT \"semi;colon (and) \\\"quotes\\\" \\065\" plain;comment\n"
      "b TXT ( one\n\"two\" )\nc TXT a\\;b\n\n ; nothing\n   \nd\\.e TXT x\nf TXT \"\"\r\n");
  BOOST_TEST(
      records_of(zone, "lab.test.").starts_with("60 SOA ns1.lab.test. root.lab.test. 1 2 3 4 5"));
  BOOST_TEST(records_of(zone, "a.lab.test.") ==
             "60 TXT \"semi;colon (and) \\\"quotes\\\" A\" \"plain\"\n");
  BOOST_TEST(records_of(zone, "b.lab.test.") == "60 TXT \"one\" \"two\"\n");
  BOOST_TEST(records_of(zone, "c.lab.test.") == "60 TXT \"a;b\"\n");
  BOOST_TEST(records_of(zone, "d\\.e.lab.test.") == "60 TXT \"x\"\n");
  BOOST_TEST(records_of(zone, "f.lab.test.") == "60 TXT \"\"\n");
}

BOOST_AUTO_TEST_CASE(a_file_may_start_with_a_byte_order_mark_and_end_without_newline) {
  BOOST_TEST(records_of(zone_from("\xEF\xBB\xBF" + head + "a TXT x"), "a.lab.test.") ==
             "60 TXT \"x\"\n");
}

BOOST_AUTO_TEST_CASE(a_mistake_is_reported_with_file_line_and_reason) {
  const auto at_line_3 = [](const std::string& line) {
    const auto error = error_of_text(head + line + "\nwww A 127.0.0.1\n");
    BOOST_TEST(error.starts_with("z:3: "), line << " gave " << error);
    BOOST_TEST(error.find('\n') == std::string::npos, error);
    return error;
  };
  at_line_3("www A 127.0.0");
  at_line_3("www A");
  at_line_3("www");
  at_line_3("www IN");
  at_line_3("www 60 60 A 127.0.0.1");
  at_line_3("www IN IN A 127.0.0.1");
  at_line_3("www CH A 127.0.0.1");
  at_line_3("www 2147483648 A 127.0.0.1");
  at_line_3("www..x A 127.0.0.1");
  at_line_3("www A 127.0.0.1 extra");
  at_line_3("www MX mail");
  at_line_3("www SRV 0 0 99999 www");
  at_line_3("www TXT \"open");
  at_line_3("www TXT \"" + std::string(256, 'x') + "\"");
  at_line_3("www A 127.0.0.1 )");
  at_line_3("$TTL");
  at_line_3("$TTL soon");
  at_line_3("$ORIGIN");
  at_line_3("$ORIGIN a..b");
  at_line_3("$FOO bar");
  at_line_3("www ANY \\# 0");
  at_line_3("www OPT \\# 0");
  at_line_3("www TYPE255 \\# 0");
  at_line_3("www 60 60 XYZ 1");
  at_line_3("www IN IN XYZ 1");
  at_line_3("www TYPE65536 \\# 0");
  at_line_3("www CAA 0 iss-ue \"ca.test\"");
  at_line_3("www TYPE1234 \\# 1");
  at_line_3("www.elsewhere. A 127.0.0.1");
  at_line_3("sub SOA ns1 root 1 2 3 4 5");
  at_line_3("@ SOA ns2 root 1 2 3 4 5");
  at_line_3("*.x NS ns.elsewhere.");
  BOOST_TEST(at_line_3("$INCLUDE other.zone").find("cannot include") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_record_of_several_lines_is_reported_near_it) {
  BOOST_TEST(
      error_of_text("@ SOA ns1 root (\n1\n2\n3\nfour\n5 )\n").starts_with("z:6: 'four' is not"));
  BOOST_TEST(error_of_text(head + "a TXT ( open\nb TXT x\n")
                 .starts_with("z:3: the ( on this line is not closed"));
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_reported_at_once) {
  BOOST_TEST(error_of_text(head + "a A x\nb A 127.0.0.1\nc A y\n") ==
             "z:3: 'x' is not an IPv4 address like 127.0.0.1, which A needs here\n"
             "z:5: 'y' is not an IPv4 address like 127.0.0.1, which A needs here");
  std::string many = head;
  for (std::size_t i = 0; i < problems_max + 5; ++i) many += "a A x\n";
  BOOST_TEST(error_of_text(many).ends_with("z: … and 5 more"));
}

BOOST_AUTO_TEST_CASE(a_zone_must_have_an_soa_and_an_ns) {
  BOOST_TEST(error_of_text("").starts_with("z:1: there is no SOA"));
  BOOST_TEST(error_of_text("$TTL 5\nwww A 127.0.0.1\n").starts_with("z:2: there is no SOA"));
  BOOST_TEST(error_of_text(soa_line).starts_with("z:1: lab.test. has no NS"));
}

BOOST_AUTO_TEST_CASE(a_cname_is_the_only_record_of_its_name) {
  BOOST_TEST(error_of_text(head + "a CNAME b\na A 127.0.0.1\n")
                 .starts_with("z:3: a.lab.test. has a CNAME"));
  BOOST_TEST(error_of_text(head + "a A 127.0.0.1\na CNAME b\n")
                 .starts_with("z:4: a.lab.test. has a CNAME"));
  BOOST_TEST(
      error_of_text(head + "a CNAME b\na CNAME c\n").starts_with("z:4: a.lab.test. has two"));
  BOOST_TEST(error_of_text(head + "@ CNAME b\n").starts_with("z:3: lab.test. has a CNAME"));
  BOOST_TEST(error_of_text(head + "a CNAME b\na CNAME b\n") == "no error");
}

BOOST_AUTO_TEST_CASE(doubtful_data_is_served_with_a_warning) {
  BOOST_TEST(warning_of(head).empty());
  BOOST_TEST(
      warning_of(head + "a A 127.0.0.1\na A 127.0.0.1\n").starts_with("z:4: warning: a.lab"));
  BOOST_TEST(warning_of(head + "a 5 TXT x\na 6 TXT y\n").starts_with("z:4: warning: a.lab"));
  BOOST_TEST(records_of(zone_from(head + "a 5 TXT x\na 6 TXT y\n"), "a.lab.test.") ==
             "5 TXT \"x\"\n5 TXT \"y\"\n");
  BOOST_TEST(warning_of(head + "a MX 1 b\n").starts_with("z:3: warning: MX names b.lab.test."));
  BOOST_TEST(warning_of(head + "a MX 1 b\nb CNAME c\n").starts_with("z:3: warning: MX names b"));
  BOOST_TEST(warning_of(head + "a MX 1 b.w\n*.w A 127.0.0.1\n").empty());
  BOOST_TEST(warning_of(head + "a MX 1 .\n").empty());
  BOOST_TEST(warning_of(soa_line + "@ NS ns1\n").starts_with("z:2: warning: NS names ns1"));
}

BOOST_AUTO_TEST_CASE(a_name_may_have_tens_of_thousands_of_records_of_one_type) {
  const auto loaded =
      parse_zone(head + "$GENERATE 1-50000 many TXT $\nMANY TXT 7\n", lab_test("z"));
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  const auto* node = loaded->zone->find(Name::from_text("many.lab.test.").value().wire_text());
  BOOST_REQUIRE(node != nullptr);
  BOOST_REQUIRE(node->rrsets.size() == 1U);
  BOOST_TEST(node->rrsets[0].rdata.size() == 50'000U);
  BOOST_REQUIRE(loaded->warnings.size() == 1U);
  BOOST_TEST(loaded->warnings[0].find("duplicate") != std::string::npos, loaded->warnings[0]);
}

BOOST_AUTO_TEST_CASE(a_zone_that_cannot_be_read_is_named) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto missing = folder / "portlab-no-such.zone";
  for (const auto& path : {missing, folder}) {
    const auto loaded = load_zone({{}, path});
    BOOST_REQUIRE(loaded.has_error());
    BOOST_TEST(loaded.error().text.starts_with("zone " + path.string() + ": "));
  }
}
