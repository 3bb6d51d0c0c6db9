// $INCLUDE and $GENERATE in zone files; the encodings of a text.
#include <boost/test/unit_test.hpp>
#include <map>

#include "common/dns/rdata.hpp"
#include "servers/dns/zone_generate.hpp"
#include "servers/dns/zone_parser.hpp"
#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

const std::string head = "@ 60 SOA ns1 root 1 2 3 4 5\n@ NS ns.elsewhere.\n";

using Files = std::map<std::string, std::string>;

Result<LoadedZone> load(const Files& files, const std::string& first = "/zones/lab.zone") {
  return load_zone(lab_test(first), [&](const std::filesystem::path& path) -> Result<std::string> {
    const auto found = files.find(path.string());
    if (found == files.end()) return Error{"No such file"};
    return found->second;
  });
}

std::string error_of(const Files& files) {
  const auto loaded = load(files);
  return loaded ? "no error" : loaded.error().text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_included_file_is_read_in_its_place) {
  const auto loaded = load({{"/zones/lab.zone", head + "a TXT x\n$INCLUDE hosts/pcs.inc pcs\n"
                                                       "  TXT after\nb TXT y\n"},
                            {"/zones/hosts/pcs.inc",
                             "one A 192.0.2.1\n$INCLUDE \"more.inc\"\n"
                             "$ORIGIN elsewhere.lab.test.\n"},
                            {"/zones/hosts/more.inc", "two 5 A 192.0.2.2\n@ A 192.0.2.3"}});
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  const Zone& zone = *loaded->zone;
  BOOST_TEST(records_of(zone, "one.pcs.lab.test.") == "60 A 192.0.2.1\n");
  BOOST_TEST(records_of(zone, "two.pcs.lab.test.") == "5 A 192.0.2.2\n");
  BOOST_TEST(records_of(zone, "pcs.lab.test.") == "5 A 192.0.2.3\n");
  BOOST_TEST(records_of(zone, "a.lab.test.") == "5 TXT \"x\"\n5 TXT \"after\"\n"s);
  BOOST_TEST(records_of(zone, "b.lab.test.") == "5 TXT \"y\"\n");  // the origin is that before it
  BOOST_TEST(loaded->files == (std::vector{"/zones/lab.zone"s, "/zones/hosts/pcs.inc"s,
                                           "/zones/hosts/more.inc"s}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mistake_in_an_included_file_is_reported_with_its_name) {
  BOOST_TEST(error_of({{"/zones/lab.zone", head + "$INCLUDE a.inc\nb A x\n"},
                       {"/zones/a.inc", "\na A y\n"}}) ==
             "/zones/lab.zone:4: 'x' is not an IPv4 address like 127.0.0.1, which A needs here\n"
             "/zones/a.inc:2: 'y' is not an IPv4 address like 127.0.0.1, which A needs here");
  BOOST_TEST(error_of({{"/zones/lab.zone", head + "$INCLUDE /etc/a.inc\n"}}) ==
             "/zones/lab.zone:3: $INCLUDE /etc/a.inc: No such file");
  for (const auto* wrong : {"$INCLUDE", "$INCLUDE a b c", "$INCLUDE a b..c", "$INCLUDE \"\""})
    BOOST_TEST(
        error_of({{"/zones/lab.zone", head + wrong + "\n"}}).starts_with("/zones/lab.zone:3: "),
        wrong);
}

BOOST_AUTO_TEST_CASE(files_that_include_each_other_are_an_error) {
  BOOST_TEST(
      error_of({{"/zones/lab.zone", head + "$INCLUDE ../zones/./lab.zone\n"}})
          .starts_with("/zones/lab.zone:3: $INCLUDE /zones/lab.zone: this file includes itself"));
  BOOST_TEST(
      error_of({{"/zones/lab.zone", head + "$INCLUDE a\n"}, {"/zones/a", "$INCLUDE lab.zone\n"}})
          .starts_with("/zones/a:1: $INCLUDE /zones/lab.zone: this file includes itself"));
  // The same file twice is no loop.
  const auto twice = load({{"/zones/lab.zone", head + "$INCLUDE a x\n$INCLUDE a y\n"},
                           {"/zones/a", "@ A 192.0.2.1\n"}});
  BOOST_TEST(records_of(*twice->zone, "y.lab.test.") == "60 A 192.0.2.1\n");
}

BOOST_AUTO_TEST_CASE(the_depth_and_the_size_of_included_files_are_limited) {
  const auto chain = [](std::size_t depth) {
    Files files{{"/zones/lab.zone", head + "$INCLUDE 1\n"}};
    for (std::size_t i = 1; i < depth; ++i)
      files["/zones/" + std::to_string(i)] =
          i + 1 < depth ? "$INCLUDE " + std::to_string(i + 1) + "\n" : "a A 192.0.2.1\n";
    return files;
  };
  BOOST_TEST(error_of(chain(include_depth_max)) == "no error");
  BOOST_TEST(error_of(chain(include_depth_max + 1)).find("more than 10 files") !=
             std::string::npos);
  const Files large{{"/zones/lab.zone", head + "$INCLUDE a\n$INCLUDE a\n$INCLUDE a\n"},
                    {"/zones/a", ";" + std::string(zone_file_bytes_max / 2 - 1, 'x')}};
  BOOST_TEST(error_of(large).starts_with("/zones/lab.zone:5: "));
}

BOOST_AUTO_TEST_CASE(generate_makes_a_record_for_each_number) {
  const auto zone =
      zone_from(head +
                "$GENERATE 1-3 host$ 7 IN A 192.0.2.$\n$GENERATE 8-10/2 $ PTR h$.x.\n"
                "$GENERATE 1-2 m MX \"$ mail$\"\n$GENERATE 9-10 p${0,3} CNAME h${1,4,x}\n");
  BOOST_TEST(records_of(zone, "host1.lab.test.") == "7 A 192.0.2.1\n");
  BOOST_TEST(records_of(zone, "host3.lab.test.") == "7 A 192.0.2.3\n");
  BOOST_TEST(records_of(zone, "10.lab.test.") == "7 PTR h10.x.\n");
  BOOST_TEST(records_of(zone, "9.lab.test.") == "no such name");
  BOOST_TEST(records_of(zone, "m.lab.test.") == "7 MX 1 mail1.lab.test.\n7 MX 2 mail2.lab.test.\n");
  BOOST_TEST(records_of(zone, "p010.lab.test.") == "7 CNAME h000b.lab.test.\n");
  for (const auto* wrong :
       {"$GENERATE 1-3 a A", "$GENERATE 3-1 a$ A 192.0.2.$", "$GENERATE 1-2/0 a$ A 192.0.2.$",
        "$GENERATE x a$ A 192.0.2.$", "$GENERATE 1-3 a${x} A 192.0.2.$",
        "$GENERATE 0-100000 a$ TXT x", "$GENERATE 254-300 a$ A 192.0.2.$"}) {
    const auto error = error_of_text(head + wrong + "\n");
    BOOST_TEST(error.starts_with("z:3: "), error);
    BOOST_TEST(error.find('\n') == std::string::npos, error);
  }
  BOOST_TEST(error_of_text(head + "$GENERATE 1-100 a TXT $\n$GENERATE 1-99901 b TXT $\n")
                 .starts_with("z:4: "));
}

BOOST_AUTO_TEST_CASE(numbers_are_formatted_as_in_bind) {
  const auto text = [](std::string_view pattern, std::int64_t number) {
    const auto done = substitute_number(pattern, number);
    return done ? *done : "error";
  };
  BOOST_TEST(text("a$b$", 7) == "a7b7");
  BOOST_TEST(text("$$\\$$", 7) == "\\$\\$7");
  BOOST_TEST(text("${-5}", 7) == "2");
  BOOST_TEST(text("${0,4,d}", 7) == "0007");
  BOOST_TEST(text("${0,0,X}", 255) == "FF");
  BOOST_TEST(text("${0,3,o}", 8) == "010");
  BOOST_TEST(text("${0,8,n}", 26) == "a.1.0.0.");
  BOOST_TEST(text("${0,7,N}", 26) == "A.1.0.0");
  for (const auto* wrong : {"${", "${0", "${-8}", "${0,65}", "${0,1,q}", "${0,1,d,2}"})
    BOOST_TEST(text(wrong, 7) == "error", wrong);
}

BOOST_AUTO_TEST_CASE(a_text_in_utf_16_is_named) {
  const auto utf_16 = [](const std::string& text, bool low_first) {
    std::string out;
    for (const char c : text) out += low_first ? std::string{c, '\0'} : std::string{'\0', c};
    return out;
  };
  for (const auto& text : {"\xFF\xFE" + utf_16(head, true), "\xFE\xFF" + utf_16(head, false),
                           utf_16(head, true), utf_16(head, false)}) {
    const auto error = error_of_text(text);
    BOOST_TEST(error.starts_with("z:1: this text is in UTF-16"), error);
    BOOST_TEST(error.find("save it as UTF-8") != std::string::npos, error);
    BOOST_TEST(error.find('\n') == std::string::npos, error);
  }
  BOOST_TEST(error_of({{"/zones/lab.zone", head + "$INCLUDE a\n"},
                       {"/zones/a",
                        "\xFF\xFE"
                        "a"}})
                 .starts_with("/zones/a:1: this text is in UTF-16"));
}

BOOST_AUTO_TEST_CASE(the_habits_of_windows_editors_are_accepted) {
  const auto zone = zone_from(
      "\xEF\xBB\xBF$TTL 1h\r\n@\tSOA\tns1 root (\r\n 1 2\t3 4 5 )\r\n@ IN 5 NS "
      "ns.elsewhere.\r\n\r\n"
      "a\t\tIN\t1h30m\tA\t192.0.2.1 ; comment\r\n\tTXT\t\"x y\"\r\n_s._tcp SRV 0 0 5 srv\r\n"
      "b TXT end");
  BOOST_TEST(records_of(zone, "a.lab.test.") == "5400 A 192.0.2.1\n3600 TXT \"x y\"\n");
  BOOST_TEST(records_of(zone, "_s._tcp.lab.test.") == "3600 SRV 0 0 5 srv.lab.test.\n");
  BOOST_TEST(records_of(zone, "b.lab.test.") == "3600 TXT \"end\"\n");
}

BOOST_AUTO_TEST_CASE(a_record_of_an_unknown_type_is_left_out_with_a_warning) {
  const auto loaded =
      parse_zone(head +
                     "a A6 0 ::1\na ATMA +1\na NIMLOC x\na NEWTYPE some data\na TYPE1234 "
                     "abc\na NIMLOC \\# 0\na TYPE1234 \\# 1 00\nb A 192.0.2.1\n",
                 lab_test("z"));
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  BOOST_TEST(loaded->warnings.size() == 5U);
  for (std::size_t i = 0; i < loaded->warnings.size(); ++i)
    BOOST_TEST(loaded->warnings[i].starts_with("z:" + std::to_string(i + 3) +
                                               ": warning: this server does not know the format"));
  BOOST_TEST(records_of(*loaded->zone, "a.lab.test.") == "60 NIMLOC \\# 0\n60 TYPE1234 \\# 1 00\n");
  BOOST_TEST(records_of(*loaded->zone, "b.lab.test.") == "60 A 192.0.2.1\n");
  std::string many = head;
  for (std::size_t i = 0; i < problems_max + 5; ++i) many += "a A6 0\n";
  const auto limited = parse_zone(many, lab_test("z")).value().warnings;
  BOOST_TEST(limited.size() == problems_max + 1);
  BOOST_TEST(limited.back() == "z: … and 5 more warnings");
}

BOOST_AUTO_TEST_CASE(a_signed_zone_is_served_with_one_warning) {
  const auto loaded = parse_zone(
      head +
          "@ DNSKEY 256 3 8 AQIDBA==\n@ RRSIG SOA 8 2 60 20300101000000 20200101000000 1 @ AQID\n"
          "@ 5 RRSIG NS 8 2 5 20300101000000 20200101000000 1 @ AQID\n@ 60 NSEC a NS SOA\n"
          "a CNAME b\na RRSIG CNAME 8 3 60 20300101000000 20200101000000 1 @ AQID\n"
          "a NSEC b CNAME RRSIG NSEC\n",
      lab_test("z"));
  BOOST_REQUIRE_MESSAGE(loaded, loaded.error().text);
  BOOST_TEST(loaded->warnings.size() == 1U);
  BOOST_TEST(loaded->warnings.at(0).starts_with("z:3: warning: this zone is signed"));
  const auto& zone = *loaded->zone;
  BOOST_TEST(to_text(response_to(zone, question("a.lab.test.", "NSEC")).answers) ==
             "\na.lab.test. 60 NSEC b.lab.test. CNAME RRSIG NSEC");
  BOOST_TEST(response_to(zone, question("lab.test.", "RRSIG")).answers.size() == 2U);
}
