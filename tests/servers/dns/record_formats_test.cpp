// The record types with a format of their own: text of a zone file -> wire format -> text -> wire
// format, with the examples of their RFCs.
#include "common/dns/record_formats.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "common/dns/rdata.hpp"
#include "common/dns/text_encodings.hpp"
#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;

namespace {

const std::string head = "@ 60 SOA ns1 root 1 2 3 4 5\n@ NS ns.elsewhere.\n";

// The rdata that a zone has for one record of the name x.
Result<std::string> wire_of(const std::string& type, const std::string& data) {
  const auto loaded = parse_zone(head + "x " + type + " " + data + "\n", lab_test("z"));
  if (!loaded) return loaded.error();
  const Node* const node =
      loaded->zone->find(Name::from_text("x.lab.test.").value().lowered().wire_text());
  if (node == nullptr) return Error{"left out: " + loaded->warnings.at(0)};
  return node->rrsets.at(0).rdata.at(0);
}

struct Example {
  std::string type;
  std::string text;     // as the RFC writes it
  std::string printed;  // as it is printed; empty: the same as text
  std::string hex;      // the wire format where the RFC or its fields make it certain
};

const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {"A", "192.0.2.1", "", "C0000201"},
      {"NS", "ns1", "ns1.lab.test.", "036E7331036C6162047465737400"},
      {"CNAME", "www.example.", "",
       "0377777707"
       "6578616D706C6500"},
      {"SOA", "ns1 root 1 1h 10m 1w 1m", "ns1.lab.test. root.lab.test. 1 3600 600 604800 60", ""},
      {"MB", "host.test.", "", ""},
      {"MG", "member.test.", "", ""},
      {"MR", "renamed.test.", "", ""},
      {"WKS", "10.0.0.1 tcp ( smtp 80 )", "10.0.0.1 6 25 80",
       "0A0000010600000040000000000000"
       "80"},
      {"PTR", "@", "lab.test.", ""},
      {"HINFO", "PDP-11 \"UNIX V7\"", "\"PDP-11\" \"UNIX V7\"", "065044502D313107554E4958205637"},
      {"MINFO", "owner.test. errors.test.", "", ""},
      {"MX", "10 mail", "10 mail.lab.test.", ""},
      {"TXT", "two \"a;b \\\"c\\\"\"", "\"two\" \"a;b \\\"c\\\"\"", ""},
      {"RP", "louie.trantor.umd.edu. LAM1.people.umd.edu.", "", ""},
      {"AFSDB", "1 jack.toaster.com.", "", ""},
      {"RT", "10 relay.prime.com.", "", ""},
      {"AAAA", "2001:DB8::1", "2001:db8::1", "20010DB8000000000000000000000001"},
      // RFC 1876 section 4
      {"LOC", "42 21 54 N 71 06 18 W -24m 30m",
       "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m",
       "00331613"
       "89172DD0"
       "70BE15F0"
       "00988D20"},
      {"LOC", "42 21 43.952 N 71 5 6.344 W -24m 1m 200m",
       "42 21 43.952 N 71 5 6.344 W -24.00m 1m 200m 10m", ""},
      {"LOC", "52 14 05 N 00 08 50 E 10m", "52 14 5.000 N 0 8 50.000 E 10.00m 1m 10000m 10m", ""},
      {"LOC", "32 7 19 S 116 2 25 E 10m", "32 7 19.000 S 116 2 25.000 E 10.00m 1m 10000m 10m", ""},
      {"LOC", "0 N 0 E 0 0.05m 0 90000000m", "0 0 0.000 N 0 0 0.000 E 0.00m 0.05m 0.00m 90000000m",
       ""},
      {"SRV", "0 5 83 www", "0 5 83 www.lab.test.", ""},
      // RFC 3403 section 6, RFC 2915
      {"NAPTR", "100 50 \"s\" \"http+I2L+I2C+I2R\" \"\" _http._tcp.gatech.edu.", "", ""},
      {"NAPTR", "100 10 \"\" \"\" \"!^urn:cid:.+@([^\\\\.]+\\\\.)(.*)$!\\\\2!i\" .", "", ""},
      {"KX", "10 kx", "10 kx.lab.test.", ""},
      {"CERT", "PGP 0 0 AQIDBA==", "3 0 0 AQIDBA==",
       "0003000000"
       "01020304"},
      {"CERT", "PKIX 12345 RSASHA256 ( AQ ID\nBA== )", "1 12345 8 AQIDBA==", ""},
      {"DNAME", "frobozz-division.acme.example.", "", ""},
      // RFC 4034 section 5.4
      {"DS", "60485 5 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )",
       "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
       "EC4505012BB183AF5F22588179A53B0A98631FAD1A292118"},
      {"SSHFP", "2 1 123456789abcdef67890123456789abcdef67890",
       "2 1 123456789ABCDEF67890123456789ABCDEF67890",
       "0201123456789ABCDEF67890123456789ABCDEF67890"},
      // RFC 4034 section 3.3
      {"RRSIG",
       "A 5 3 86400 20030322173103 ( 20030220173103 2642 example.com.\n"
       "oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr PYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6o )",
       "A 5 3 86400 20030322173103 20030220173103 2642 example.com. "
       "oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6o",
       ""},
      {"RRSIG", "TYPE1234 ECDSAP256SHA256 1 1h 4294967295 0 1 . AA==",
       "TYPE1234 13 1 3600 21060207062815 19700101000000 1 . AA==",
       "04D20D0100000E10FFFFFFFF0000000000010000"},
      // RFC 4034 section 4.3
      {"NSEC", "host.example.com. ( A MX RRSIG NSEC TYPE1234 )",
       "host.example.com. A MX RRSIG NSEC TYPE1234",
       std::string("04686F7374076578616D706C6503636F6D0000064001000000"
                   "03041B") +
           std::string(52, '0') + "20"},
      {"DNSKEY", "256 3 RSASHA1 ( AQPSKmynfzW4kyBv015MUG2DeIQ3 Cbl+BBZH4b/0PY1k )",
       "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1k", ""},
      {"DHCID", "( AAIBY2/AuCccgoJbsaxcQc9TUapptP69l OjxfNuVAA2kjEA= )",
       "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
       "000201636FC0B8271C82825BB1AC5C41CF5351AA69B4FEBD94E8F17CDB95000DA48C40"},
      {"X25", "\"311061700956\"", "", "0C333131303631373030393536"},
      {"ISDN", "\"150862028003217\" \"004\"", "", "0F31353038363230323830303332313703303034"},
      {"ISDN", "150862028003217", "\"150862028003217\"", "0F313530383632303238303033323137"},
      {"SIG",
       "A 5 2 3600 20030322173103 20030220173103 2642 example.org. AQPSKmynfzW4kyBv015MUG2DeIQ3",
       "", ""},
      {"KEY", "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3", "",
       "010003050103D22A6CA77F35B893206FD35E4C506D83788437"},
      {"PX", "10 ab.net2.it. O-ab.PRMD-net2.ADMDb.C-it.", "", ""},
      {"GPOS", "-32.6882 116.8652 10.0", "\"-32.6882\" \"116.8652\" \"10.0\"",
       "082D33322E36383832083131362E383635320431302E30"},
      {"NINFO", "\"status: ok\"", "", ""},
      {"TALINK", "h0.example. h2.example.", "", "026830076578616D706C6500026832076578616D706C6500"},
      {"AVC", "\"app-name:WOLFGANG|app-class:OAM\"", "", ""},
      // RFC 5155 appendix A
      {"NSEC3",
       "1 1 12 aabbccdd ( 2t7b4g4vsa5smi47k61mv5bv1a22bojr\n MX DNSKEY NS SOA NSEC3PARAM RRSIG )",
       "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM", ""},
      {"NSEC3", "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s",
       "1 0 0 - 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S", ""},
      {"NSEC3PARAM", "1 0 12 aabbccdd", "1 0 12 AABBCCDD", "0100000C04AABBCCDD"},
      {"NSEC3PARAM", "1 0 0 -", "", "0100000000"},
      {"TLSA", "0 0 1 ( d2abde240d7cd3ee6b4b28c54df034b9\n 7983a1d16e8a410e4561cb106618e971 )",
       "0 0 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971", ""},
      {"SMIMEA", "3 0 0 00FF", "", "03000000FF"},
      {"CDS", "0 0 0 00", "", "0000000000"},
      {"CDNSKEY", "0 3 0 AA==", "", "0000030000"},
      {"OPENPGPKEY", "mQINBFit2jsBEADrbl5v", "", ""},
      // RFC 7477 section 2.1.1.2.1
      {"CSYNC", "66 3 A NS AAAA", "", "000000420003000460000008"},
      {"CSYNC", "66 3", "", "000000420003"},
      {"ZONEMD", "2018031900 1 1 ( c68090d90a7aed71 6bc459f9340e3d7c )",
       "2018031900 1 1 C68090D90A7AED716BC459F9340E3D7C",
       "7848B91C0101C68090D90A7AED716BC459F9340E3D7C"},
      // RFC 9460 appendix D
      {"HTTPS", "0 foo.example.com.", "", "000003666F6F076578616D706C6503636F6D00"},
      {"SVCB", "1 .", "", "000100"},
      {"SVCB", "16 foo.example.com. port=53", "",
       "001003666F6F076578616D706C6503636F6D00000300020035"},
      {"SVCB", "1 foo.example.com. key667=hello", "1 foo.example.com. key667=\"hello\"",
       "000103666F6F076578616D706C6503636F6D00029B000568656C6C6F"},
      {"SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", "",
       "000103666F6F076578616D706C6503636F6D00029B000968656C6C6FD2716F6F"},
      {"SVCB", "1 foo.example.com. ( ipv6hint=\"2001:db8::1,2001:db8::53:1\" )",
       "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
       "000103666F6F076578616D706C6503636F6D000006002020010DB800000000000000000000000120010DB800000"
       "0000000000000530001"},
      {"SVCB", "1 example.com. ( ipv6hint=\"2001:db8:122:344::192.0.2.33\" )",
       "1 example.com. ipv6hint=2001:db8:122:344::c000:221",
       "0001076578616D706C6503636F6D000006001020010DB80122034400000000C0000221"},
      {"SVCB", "16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )",
       "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
       "001003666F6F076578616D706C65036F72670000000004000100040001000902683205"
       "68332D313900040004C0000201"},
      {"SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "",
       "001003666F6F076578616D706C65036F7267000001000C08665C6F6F2C626172026832"},
      {"SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
       "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
       "001003666F6F076578616D706C65036F7267000001000C08665C6F6F2C626172026832"},
      {"HTTPS", "1 . alpn=h3 no-default-alpn ech=AQIDBA== dohpath=/dns-query{?dns} ohttp key65000",
       "1 . alpn=\"h3\" no-default-alpn ech=AQIDBA== dohpath=\"/dns-query{?dns}\" ohttp key65000",
       ""},
      {"SPF", "\"v=spf1 -all\"", "", ""},
      // RFC 6742
      {"NID", "10 0014:4fff:ff20:ee64", "", "000A00144FFFFF20EE64"},
      {"NID", "10 14:4fff:0:4", "10 0014:4fff:0000:0004", "000A00144FFF00000004"},
      {"L32", "10 10.1.2.0", "", "000A0A010200"},
      {"L64", "10 2001:0DB8:1140:1000", "10 2001:0db8:1140:1000", "000A20010DB811401000"},
      {"LP", "10 l64-subnet1.example.com.", "", ""},
      // RFC 7043
      {"EUI48", "00-00-5e-00-53-2a", "", "00005E00532A"},
      {"EUI64", "00-00-5e-ef-10-00-00-2a", "", "00005EEF1000002A"},
      // RFC 7553 section 4.4
      {"URI", "10 1 \"ftp://ftp1.example.com/public\"", "",
       "000A00016674703A2F2F667470312E6578616D706C652E636F6D2F7075626C6963"},
      // RFC 8659 section 4
      {"CAA", "0 issue \"ca1.example.net\"", "",
       "00056973737565636131"
       "2E6578616D706C652E6E6574"},
      {"CAA", "0 issue \";\"", "", "000569737375653B"},
      {"CAA", "128 tbs \"Unknown\"", "", "8003746273556E6B6E6F776E"},
      {"TYPE1234", "\\# 3 616263", "", "616263"},
      // RFC 3123 section 7
      {"APL", "1:192.168.32.0/21 !1:192.168.38.0/28", "",
       "00011503C0A8200001"
       "1C83C0A826"},
      {"APL", "1:224.0.0.0/4 2:FF00:0:0:0:0:0:0:0/8", "1:224.0.0.0/4 2:ff00::/8",
       "00010401E0000208"
       "01FF"},
      {"APL", "", "", ""},
      // RFC 4025 section 3.2
      {"IPSECKEY", "10 1 2 192.0.2.38 ( AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6 BSGvgqt4AQ== )",
       "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
       "0A0102C0000226"
       "010351537986ED35533B6064478EEEB27B5BD74DAE149B6E81BA3A0521AF82AB7801"},
      {"IPSECKEY", "10 0 2 . AQNRU3mG", "", "0A0002010351537986"},
      {"IPSECKEY", "10 3 2 mygateway.example.com. AQNRU3mG", "", ""},
      {"IPSECKEY", "10 2 2 2001:0DB8:0:8002:0:0:2000:1 AQNRU3mG",
       "10 2 2 2001:db8:0:8002::2000:1 AQNRU3mG", ""},
      {"IPSECKEY", "10 1 0 192.0.2.38", "", "0A0100C0000226"},
      // RFC 8005 section 6
      {"HIP",
       "2 200100107B1A74DF365639CC39F1D578 ( AwEAAbdxyhNuSutc5EMzxTs9LBPC rvs1.example.com. rvs2 )",
       "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPC rvs1.example.com. "
       "rvs2.lab.test.",
       ""},
      // RFC 8777 section 4.3
      {"AMTRELAY", "10 0 1 203.0.113.15", "", "0A01CB00710F"},
      {"AMTRELAY", "10 1 2 2001:db8::15", "", "0A8220010DB8000000000000000000000015"},
      {"AMTRELAY", "128 1 3 amtrelays.example.com.", "", ""},
      {"AMTRELAY", "10 0 0 .", "", "0A00"},
      {"RESINFO", "\"qnamemin\" \"exterr=15,17\"", "", ""},
      {"WALLET", "\"BTC\" \"x\"", "", ""},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_type_is_read_and_printed_and_read_again) {
  for (const auto& example : examples()) {
    const auto what = example.type + " " + example.text;
    const auto type = type_from_text(example.type).value();
    if (type == Type::SOA) continue;  // a zone has one, at its apex
    const auto wire = wire_of(example.type, example.text);
    BOOST_REQUIRE_MESSAGE(wire, what << ": " << wire.error().text);
    if (!example.hex.empty()) BOOST_TEST(to_hex(as_bytes(*wire)) == example.hex, what);
    const auto printed = rdata_to_text(type, as_bytes(*wire));
    BOOST_TEST(printed == (example.printed.empty() ? example.text : example.printed), what);
    const auto again = wire_of(example.type, printed);
    BOOST_REQUIRE_MESSAGE(again, printed << ": " << again.error().text);
    BOOST_TEST(to_hex(as_bytes(*again)) == to_hex(as_bytes(*wire)), printed);
    // The unknown format of RFC 3597 is read for every type, by name and by number.
    const auto number = "TYPE" + std::to_string(static_cast<std::uint16_t>(type));
    const auto unknown = "\\# " + std::to_string(wire->size()) + " " + to_hex(as_bytes(*wire));
    for (const auto& name : {example.type, number})
      BOOST_TEST(to_hex(as_bytes(wire_of(name, unknown).value())) == to_hex(as_bytes(*wire)),
                 unknown);
  }
}

BOOST_AUTO_TEST_CASE(every_type_of_the_table_has_an_example) {
  std::set<Type> shown;
  for (const auto& example : examples()) shown.insert(type_from_text(example.type).value());
  for (unsigned number = 0; number < 65536; ++number) {
    const auto type = static_cast<Type>(number);
    if (!fields_of(type).empty()) BOOST_TEST(shown.contains(type), to_string(type));
  }
}

BOOST_AUTO_TEST_CASE(shortened_rdata_is_invalid_or_of_another_meaning) {
  for (const auto& example : examples()) {
    const auto type = type_from_text(example.type).value();
    if (type == Type::SOA || type == Type::WKS) continue;  // the zero bytes of WKS may be left out
    const auto wire = wire_of(example.type, example.text).value();
    for (std::size_t size = 0; size < wire.size(); ++size) {
      const auto part = as_bytes(wire).first(size);
      const auto text = rdata_to_text(type, part);  // must not read beyond the end
      if (is_valid_rdata(type, part))
        BOOST_TEST(to_hex(as_bytes(wire_of(example.type, text).value())) == to_hex(part), text);
      else
        BOOST_TEST(text.starts_with("\\# "));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_known_record_is_an_error) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"CAA", "256 issue \"x\""},
      {"CAA", "0 \"\" \"x\""},
      {"CAA", "0 issue"},
      {"CAA", "0 issue a b"},
      {"SSHFP", "1 1"},
      {"SSHFP", "1 1 123"},
      {"SSHFP", "1 1 xy"},
      {"TLSA", "3 1"},
      {"DS", "1 NOTHING 1 00"},
      {"DNSKEY", "256 3 5 A"},
      {"DNSKEY", "256 3 5 ===="},
      {"RRSIG", "A 5 3 86400 20030230000000 20030220173103 1 . AA=="},
      {"RRSIG", "A 5 3 86400 20030222240000 20030220173103 1 . AA=="},
      {"RRSIG", "A 5 3 86400 -1 20030220173103 1 . AA=="},
      {"RRSIG", "XYZ 5 3 86400 1 1 1 . AA=="},
      {"NSEC", "a XYZ"},
      {"NSEC3", "1 0 0 - 1"},
      {"NSEC3", "1 0 0 - WXYZ"},
      {"NSEC3PARAM", "1 0 0 abc"},
      {"LOC", "91 N 0 E 0m"},
      {"LOC", "90 0 0.001 N 0 E 0m"},
      {"LOC", "0 60 N 0 E 0m"},
      {"LOC", "0 N 0 E"},
      {"LOC", "0 N 0 E -100000.01m"},
      {"LOC", "0 N 0 E 0m 1m 1m 1m 1m"},
      {"LOC", "0 N 0 E 0m x"},
      {"EUI48", "00-00-5e-00-53"},
      {"EUI48", "00:00:5e:00:53:2a"},
      {"NID", "10 14:4fff:ff20"},
      {"NID", "10 14:4fff:ff20:ee64:1"},
      {"NID", "10 00014:4fff:ff20:ee64"},
      {"NID", "10 14:4fff::ee64"},
      {"WKS", "10.0.0.1 tcp nonsense"},
      {"WKS", "10.0.0.1 tcp 65536"},
      {"APL", "192.168.32.0/21"},
      {"APL", "1:192.168.32.0"},
      {"APL", "1:192.168.32.0/33"},
      {"APL", "2:192.168.32.0/21"},
      {"APL", "3:192.168.32.0/21"},
      {"IPSECKEY", "10 1 2"},
      {"IPSECKEY", "10 4 2 . AQNRU3mG"},
      {"IPSECKEY", "10 0 2 x AQNRU3mG"},
      {"IPSECKEY", "10 1 2 2001:db8::1 AQNRU3mG"},
      {"IPSECKEY", "10 1 2 192.0.2.38 AQN"},
      {"IPSECKEY", "10 1 256 192.0.2.38 AQNRU3mG"},
      {"IPSECKEY", "10 1 2 192.0.2.38"},
      {"IPSECKEY", "10 1 0 192.0.2.38 AQNRU3mG"},
      {"IPSECKEY", "10 0 2 \".\" AQNRU3mG"},
      {"APL", "2:fe80::1%lo/64"},
      {"HIP", "2 2001 AwEA \"rvs\""},
      {"HIP", "2 2001 AwEA a..b"},
      {"HIP", "2 200 AwEA"},
      {"HIP", "2 2001"},
      {"AMTRELAY", "10 2 1 203.0.113.15"},
      {"AMTRELAY", "10 0 1 203.0.113.15 x"},
      {"AMTRELAY", "10 0 2 203.0.113.15"},
      {"URI", "1 1"},
      {"NAPTR", "1 1 a b c"},
      // RFC 9460 appendix D.3
      {"SVCB", "1 foo. ( key123=abc key123=def )"},
      {"SVCB", "1 foo. mandatory"},
      {"SVCB", "1 foo. alpn"},
      {"SVCB", "1 foo. port"},
      {"SVCB", "1 foo. ipv4hint"},
      {"SVCB", "1 foo. ipv6hint"},
      {"SVCB", "1 foo. no-default-alpn=abc"},
      {"SVCB", "1 foo. mandatory=key123"},
      {"SVCB", "1 foo. mandatory=mandatory"},
      {"SVCB", "1 foo. ( mandatory=key123,key123 key123=abc )"},
      {"SVCB", "1 foo. no-default-alpn"},
      {"SVCB", "1 foo. key65535=x"},
      {"SVCB", "1 foo. key007=x"},
      {"SVCB", "1 foo. port=65536"},
      {"SVCB", "1 foo. alpn=a,,b"},
      {"SVCB", "1 foo. ipv4hint=192.0.2.1, 192.0.2.2"},
  };
  for (const auto& [type, data] : wrong) {
    const auto wire = wire_of(type, data);
    BOOST_REQUIRE_MESSAGE(!wire, type << " " << data);
    BOOST_TEST(wire.error().text.starts_with("z:3: "), wire.error().text);
    BOOST_TEST(wire.error().text.size() > 10U, wire.error().text);
  }
}

BOOST_AUTO_TEST_CASE(rdata_on_the_wire_is_checked) {
  const std::vector<std::pair<std::string, std::string>> invalid = {
      {"CAA", "0000"},                 // an empty tag
      {"CAA", "0001212121"},           // a tag of "!"
      {"SVCB", "0001000003"},          // half a parameter
      {"SVCB", "000100000300010050"},  // port has two bytes
      {"SVCB",
       "00010000030002005000010003"
       "026832"},                                   // keys in descending order
      {"SVCB", "0001000001000102"},                 // alpn longer than its value
      {"NSEC", "000001"},                           // half a bitmap
      {"NSEC", "00000100"},                         // it ends with a zero byte
      {"NSEC", "00010140000140"},                   // blocks in descending order
      {"LOC", "01121613800000008000000000989680"},  // version 1
      {"LOC", "00FF1613800000008000000000989680"},  // a size of 15e15
      {"RP", "01610001610061"},
      {"APL", "000108020A00"},         // a zero byte at the end
      {"APL", "000121010A"},           // 33 bits of IPv4
      {"APL", "0003080101"},           // another family of addresses
      {"AMTRELAY", "0A0000"},          // a byte too many
      {"IPSECKEY", "0A0402AA"},        // another type of gateway
      {"IPSECKEY", "0A0102C0000226"},  // no key
      {"HIP", "00020001AA"},           // no tag
      {"HIP", "02020003200101"},       // the key is longer than the record
  };
  for (const auto& [name, hex] : invalid) {
    const auto type = type_from_text(name).value();
    const auto bytes = bytes_from_hex(hex).value();
    BOOST_TEST(!is_valid_rdata(type, as_bytes(bytes)), name << " " << hex);
    BOOST_TEST(rdata_to_text(type, as_bytes(bytes)).starts_with("\\# "), name << " " << hex);
  }
}
