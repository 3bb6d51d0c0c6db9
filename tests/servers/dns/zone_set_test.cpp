// Several zones, DNAME records, and the names of addresses.
#include "servers/dns/zone_set.hpp"

#include <boost/test/unit_test.hpp>

#include "common/dns/rdata.hpp"
#include "common/dns/reverse_name.hpp"
#include "servers/dns/zone_lookup.hpp"
#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

const std::string head = "@ 60 SOA ns.elsewhere. root 1 2 3 4 5\n@ NS ns.elsewhere.\n";

LoadedZones load(const std::vector<std::pair<std::string, std::string>>& zones) {
  std::vector<ZoneSource> sources;
  for (const auto& [origin, text] : zones)
    sources.push_back({Name::from_text(origin).value(), origin + ".zone"});
  return load_zones(sources,
                    [&](const std::filesystem::path& path) -> Result<std::string> {
                      for (const auto& [origin, text] : zones)
                        if (path == origin + ".zone") return head + text;
                      return Error{"No such file"};
                    })
      .value();
}

std::string answers(const ZoneSet& zones, std::string_view name, std::string_view type) {
  const auto message = response_to(zones, question(name, type));
  return to_string(message.rcode()) + (message.header.authoritative ? " aa" : "") +
         to_text(message.answers);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_most_specific_zone_answers) {
  const auto loaded = load({{"example.org",
                             "a A 192.0.2.1\na.sub A 192.0.2.2\nsub NS ns.elsewhere.\n"
                             "sub DS 1 8 2 00\n"},
                            {"sub.example.org", "a A 192.0.2.3\n"},
                            {"test", "lab A 192.0.2.4\n"}});
  const ZoneSet& zones = *loaded.zones;
  BOOST_TEST(answers(zones, "a.example.org.", "A") == "NOERROR aa\na.example.org. 60 A 192.0.2.1");
  BOOST_TEST(answers(zones, "a.SUB.example.org.", "A") ==
             "NOERROR aa\na.SUB.example.org. 60 A 192.0.2.3");
  BOOST_TEST(answers(zones, "b.sub.example.org.", "A") == "NXDOMAIN aa");
  BOOST_TEST(answers(zones, "lab.test.", "A") == "NOERROR aa\nlab.test. 60 A 192.0.2.4");
  BOOST_TEST(answers(zones, "xexample.org.", "A") == "REFUSED");
  BOOST_TEST(answers(zones, "org.", "A") == "REFUSED");
  // A DS record belongs to the parent.
  BOOST_TEST(answers(zones, "sub.example.org.", "DS") ==
             "NOERROR aa\nsub.example.org. 60 DS 1 8 2 00");
  BOOST_TEST(answers(zones, "example.org.", "DS") == "NOERROR aa");
  BOOST_TEST(loaded.files.size() == 3U);
}

BOOST_AUTO_TEST_CASE(two_files_of_one_zone_are_an_error) {
  const std::vector<ZoneSource> sources{
      {std::nullopt, "a"}, {std::nullopt, "b"}, {std::nullopt, "c"}};
  const auto text_of = [](const std::filesystem::path& path) -> Result<std::string> {
    return "$ORIGIN " + (path == "b" ? "other"s : "lab.TEST"s) + ".\n" + head;
  };
  BOOST_TEST(load_zones(sources, text_of).error().text ==
             "zone lab.TEST. is in two files: a and c: name one of them");
  std::vector<ZoneSource> many;
  const auto own_name = [](const std::filesystem::path& path) -> Result<std::string> {
    return "$ORIGIN " + path.string() + ".\n" + head;
  };
  for (std::size_t i = 0; i < zones_max; ++i)
    many.push_back({std::nullopt, "z" + std::to_string(i)});
  BOOST_TEST(load_zones(many, own_name).has_value());
  many.push_back({std::nullopt, "last"});
  BOOST_TEST(load_zones(many, own_name).has_error());
}

BOOST_AUTO_TEST_CASE(a_dname_redirects_the_names_below_it) {
  const auto loaded =
      load({{"lab.test",
             "old DNAME new\nold TXT \"itself\"\nnew A 192.0.2.1\nwww.new A 192.0.2.2\n"
             "out DNAME example.com.\nfar 9 DNAME old\nlink 60 CNAME www.old\n"
             "loop DNAME loop.loop\n"}});
  const ZoneSet& zones = *loaded.zones;
  const auto old = "\nold.lab.test. 60 DNAME new.lab.test."s;
  BOOST_TEST(answers(zones, "www.old.lab.test.", "A") ==
             "NOERROR aa" + old +
                 "\nwww.old.lab.test. 60 CNAME www.new.lab.test.\n"
                 "www.new.lab.test. 60 A 192.0.2.2");
  BOOST_TEST(answers(zones, "old.lab.test.", "TXT") ==
             "NOERROR aa\nold.lab.test. 60 TXT \"itself\"");
  BOOST_TEST(answers(zones, "old.lab.test.", "DNAME") == "NOERROR aa" + old);
  BOOST_TEST(answers(zones, "old.lab.test.", "A") == "NOERROR aa");
  BOOST_TEST(answers(zones, "www.old.lab.test.", "CNAME") ==
             "NOERROR aa" + old + "\nwww.old.lab.test. 60 CNAME www.new.lab.test.");
  BOOST_TEST(answers(zones, "X.y.OLD.lab.test.", "A") ==
             "NXDOMAIN aa\nOLD.lab.test. 60 DNAME new.lab.test.\nX.y.OLD.lab.test. 60 CNAME "
             "X.y.new.lab.test.");
  BOOST_TEST(
      answers(zones, "a.out.lab.test.", "A") ==
      "NOERROR aa\nout.lab.test. 60 DNAME example.com.\na.out.lab.test. 60 CNAME a.example.com.");
  BOOST_TEST(
      answers(zones, "www.far.lab.test.", "A") ==
      "NOERROR aa\nfar.lab.test. 9 DNAME old.lab.test.\nwww.far.lab.test. 9 CNAME "
      "www.old.lab.test." +
          old + "\nwww.old.lab.test. 60 CNAME www.new.lab.test.\nwww.new.lab.test. 60 A 192.0.2.2");
  BOOST_TEST(
      answers(zones, "link.lab.test.", "A") ==
      "NOERROR aa\nlink.lab.test. 60 CNAME www.old.lab.test." + old +
          "\nwww.old.lab.test. 60 CNAME www.new.lab.test.\nwww.new.lab.test. 60 A 192.0.2.2");
  // A loop ends, and the DNAME is written once.
  const auto loop =
      response_to(zones, question("a.loop.lab.test.", "A"), {Transport::tcp, 1232, {}});
  BOOST_TEST(loop.answers.size() == cname_chain_max + 1);
}

BOOST_AUTO_TEST_CASE(a_dname_may_be_at_the_apex) {
  const auto loaded = load({{"lab.test", "@ DNAME example.com.\n"}});
  BOOST_TEST(answers(*loaded.zones, "a.lab.test.", "A") ==
             "NOERROR aa\nlab.test. 60 DNAME example.com.\na.lab.test. 60 CNAME a.example.com.");
  BOOST_TEST(answers(*loaded.zones, "lab.test.", "NS") ==
             "NOERROR aa\nlab.test. 60 NS ns.elsewhere.");
}

BOOST_AUTO_TEST_CASE(a_name_that_a_dname_makes_too_long_is_yxdomain) {
  const std::string label(63, 'a');
  const std::string target = label + "." + label + "." + label + ".";  // 193 bytes
  const auto loaded = load({{"lab.test", "d DNAME " + target + "\n"}});
  const auto rcode = [&](std::size_t size) {
    return answers(*loaded.zones, std::string(size, 'b') + ".d.lab.test.", "A");
  };
  // 193 bytes and a label of 61 with its length are 255.
  const std::string dname = "\nd.lab.test. 60 DNAME " + target;
  BOOST_TEST(rcode(61).starts_with("NOERROR aa" + dname + "\n"));
  BOOST_TEST(rcode(62) == "YXDOMAIN aa" + dname);
}

BOOST_AUTO_TEST_CASE(mistakes_about_dnames_are_reported) {
  const auto problem = [](const std::string& text) {
    const auto loaded = parse_zone(head + text, lab_test("z"));
    return loaded ? (loaded->warnings.empty() ? "" : loaded->warnings.at(0)) : loaded.error().text;
  };
  BOOST_TEST(problem("d DNAME a.\nd DNAME b.\n").find("two DNAMEs") != std::string::npos);
  BOOST_TEST(problem("d DNAME a.\nd NS b.\n").starts_with("z:3: d.lab.test. has a DNAME and NS"));
  BOOST_TEST(problem("d DNAME a.\nd CNAME b.\n").find("has a CNAME and other data") !=
             std::string::npos);
  BOOST_TEST(problem("d DNAME a.\nx.d A 192.0.2.1\ny.d A 192.0.2.1\n")
                 .starts_with("z:4: warning: x.d.lab.test. is below the DNAME"));
}

BOOST_AUTO_TEST_CASE(the_names_of_addresses_in_the_zones_are_answered) {
  const auto loaded = load({{"lab.test",
                             "b A 192.0.2.1\na A 192.0.2.1\na A 192.0.2.1\na AAAA 2001:db8::1\n"
                             "*.w A 192.0.2.9\nttl 7 A 192.0.2.7\n"},
                            {"example.org", "c A 192.0.2.1\n"},
                            {"3.2.0.192.in-addr.arpa", "@ PTR from.file.\n"},
                            {"8.b.d.0.1.0.0.2.ip6.arpa", ""}});
  const ZoneSet& zones = *loaded.zones;
  BOOST_TEST(
      answers(zones, "1.2.0.192.in-addr.arpa.", "PTR") ==
      "NOERROR aa\n1.2.0.192.in-addr.arpa. 60 PTR b.lab.test.\n1.2.0.192.in-addr.arpa. 60 PTR "
      "a.lab.test.\n1.2.0.192.in-addr.arpa. 60 PTR c.example.org.");
  BOOST_TEST(answers(zones, "7.2.0.192.IN-ADDR.arpa.", "ANY") ==
             "NOERROR aa\n7.2.0.192.IN-ADDR.arpa. 7 PTR ttl.lab.test.");
  BOOST_TEST(answers(zones, "1.2.0.192.in-addr.arpa.", "A") == "NOERROR aa");
  BOOST_TEST(answers(zones, "2.2.0.192.in-addr.arpa.", "PTR") == "REFUSED");
  BOOST_TEST(answers(zones, "9.2.0.192.in-addr.arpa.", "PTR") == "REFUSED");  // a wildcard
  BOOST_TEST(answers(zones, "2.0.192.in-addr.arpa.", "PTR") == "REFUSED");
  BOOST_TEST(answers(zones, "in-addr.arpa.", "PTR") == "REFUSED");
  // A reverse zone from a file comes first.
  BOOST_TEST(answers(zones, "3.2.0.192.in-addr.arpa.", "PTR") ==
             "NOERROR aa\n3.2.0.192.in-addr.arpa. 60 PTR from.file.");
  const auto ipv6 = reverse_name(parse_address("2001:db8::1").value()).to_text();
  BOOST_TEST(answers(zones, ipv6, "PTR") == "NXDOMAIN aa");
  const auto without = load({{"lab.test", "a AAAA 2001:db8::1\n"}});
  BOOST_TEST(answers(*without.zones, ipv6, "PTR") == "NOERROR aa\n" + ipv6 + " 60 PTR a.lab.test.");
}

BOOST_AUTO_TEST_CASE(too_many_names_of_an_address_set_tc) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "a-long-name-of-a-host-" + std::to_string(i) + " A 192.0.2.1\n";
  const auto loaded = load({{"lab.test", text}});
  const auto asked = question("1.2.0.192.in-addr.arpa.", "PTR");
  const auto over_udp = response_to(*loaded.zones, asked);
  BOOST_TEST(over_udp.header.truncated);
  BOOST_TEST(over_udp.answers.empty());
  BOOST_TEST(response_to(*loaded.zones, asked, {Transport::tcp, 0, {}}).answers.size() == 100U);
}

BOOST_AUTO_TEST_CASE(the_lab_has_names_for_its_addresses) {
  const auto zone = *load_lab_zone().zone;
  BOOST_TEST(to_text(response_to(zone, question("11.0.0.127.in-addr.arpa.", "PTR")).answers) ==
             "\n11.0.0.127.in-addr.arpa. 300 PTR pc1.lab.test.");
}
