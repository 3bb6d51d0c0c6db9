// The origin of a zone file, and the settings that name zone files.
#include "servers/dns/zone_origin.hpp"

#include <boost/test/unit_test.hpp>

#include "servers/dns/zone_file.hpp"
#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const std::string body = "@ 60 SOA ns root 1 2 3 4 5\n@ 60 NS ns.elsewhere.\n";

struct Outcome {
  std::string apex;  // or the error
  std::string warnings;
};

Outcome outcome(const std::string& text, const std::string& file, const std::string& origin = "") {
  ZoneSource source{std::nullopt, file};
  if (!origin.empty()) source.origin = Name::from_text(origin).value();
  const auto loaded = parse_zone(text, source);
  if (!loaded) return {loaded.error().text, ""};
  std::string warnings;
  for (const auto& warning : loaded->warnings) warnings += warning + "\n";
  return {loaded->zone->apex().to_text(), warnings};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_origin_of_the_settings_comes_first) {
  const auto found = outcome(body, "db.other.org", "example.org");
  BOOST_TEST(found.apex == "example.org.");
  BOOST_TEST(found.warnings.empty());
  BOOST_TEST(outcome("$ORIGIN other.org.\n" + body, "z", "example.org").apex ==
             "z:2: the SOA is at other.org., but the settings say that this is the zone "
             "example.org.");
}

BOOST_AUTO_TEST_CASE(then_that_of_the_file) {
  const auto found = outcome("$TTL 1h\n$ORIGIN example.org.\n" + body, "db.other.org");
  BOOST_TEST(found.apex == "example.org.");
  BOOST_TEST(found.warnings.empty());
}

BOOST_AUTO_TEST_CASE(an_origin_without_a_dot_at_its_end_is_understood_with_a_warning) {
  const auto found = outcome("$ORIGIN example.org\n" + body, "z");
  BOOST_TEST(found.apex == "example.org.");
  BOOST_TEST(found.warnings.starts_with("z:1: warning: example.org has no dot at its end"));
}

BOOST_AUTO_TEST_CASE(then_the_owner_of_the_soa) {
  const auto found = outcome(
      "; comment\n\nexample.org. 60 IN SOA ns root 1 2 3 4 5\n 60 NS ns.elsewhere.\nwww A "
      "192.0.2.1\n$ORIGIN sub.example.org.\nx A 192.0.2.1\n",
      "db.other.org");
  BOOST_TEST(found.apex == "example.org.");
  BOOST_TEST(found.warnings.starts_with("db.other.org:3: warning: there is no $ORIGIN"));
  BOOST_TEST(found.warnings.find("example.org., the owner of the SOA") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(then_the_name_of_the_file) {
  for (const auto* file : {"example.org.zone", "/etc/db.example.org", "example.org",
                           "example.org.db", "DB.example.org", "a/example.org.zone.signed"}) {
    const auto found = outcome(body, file);
    BOOST_TEST(found.apex == "example.org.", file << ": " << found.apex);
    BOOST_TEST(found.warnings.starts_with(std::string(file) + ":1: warning: there is no $ORIGIN"));
    BOOST_TEST(found.warnings.find("example.org., the name in the file's name") !=
               std::string::npos);
  }
  for (const auto* file : {"db.192.168.1", "my zone", ".zone", "a..b"})
    BOOST_TEST(outcome(body, file).apex.find(":1: there is no $ORIGIN") != std::string::npos, file);
}

BOOST_AUTO_TEST_CASE(a_zone_is_given_as_file_or_as_origin_and_file) {
  const auto source = [](std::string_view text) {
    const auto parsed = parse_zone_source(text);
    if (!parsed) return std::string("error");
    return (parsed->origin ? parsed->origin->to_text() : "-") + " " + parsed->file.string();
  };
  BOOST_TEST(source("my.zone") == "- my.zone");
  BOOST_TEST(source("example.org=my.zone") == "example.org. my.zone");
  BOOST_TEST(source("example.org.=/a/b=c") == "example.org. /a/b=c");
  BOOST_TEST(source("./a=b.zone") == "- ./a=b.zone");
  BOOST_TEST(source(".=root.zone") == ". root.zone");
  for (const auto* wrong : {"=my.zone", "a..b=my.zone", "example.org="})
    BOOST_TEST(source(wrong) == "error", wrong);
}
