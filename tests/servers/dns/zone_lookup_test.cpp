// The records in the responses to well-formed queries (RFC 1034 section 4.3.2).
#include "servers/dns/zone_lookup.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

const Zone& zone() {
  static const Zone made = zone_from(R"(
$ORIGIN lab.test.
$TTL 300
@       SOA ns1 root 1 1h 10m 1w 60
        NS ns1
        NS ns.elsewhere.
        MX 10 mail
        MX 20 mail.elsewhere.
ns1     A 127.0.0.1
        AAAA ::1
mail    A 127.0.0.2
www     A 127.0.0.3
        A 127.0.0.4
web     CNAME www
start   CNAME web
out     CNAME www.elsewhere.
lost    CNAME nothing
ring1   CNAME ring2
ring2   CNAME ring1
self    CNAME self
door.office A 127.0.0.5
*.wild  A 127.0.0.42
        MX 5 mail
host.wild TXT "host"
a.b.wild  TXT "below"
*.alias CNAME www
*.loop  CNAME a.loop
*.to    CNAME x.back
*.back  CNAME y.to
sub     NS ns.sub
        NS ns1
ns.sub  A 127.0.0.6
hidden.sub TXT "occluded"
into    CNAME host.sub
glueless NS ns.elsewhere.
any     TXT "first"
        A 127.0.0.7
)");
  return made;
}

std::string soa =
    "\n-- authority\nlab.test. 60 SOA ns1.lab.test. root.lab.test. 1 3600 600 604800 60";

struct Case {
  std::string_view name;
  std::string_view type;
  std::string expected;
};

void check(const std::vector<Case>& cases) {
  for (const auto& [name, type, expected] : cases)
    BOOST_TEST(to_text(response_to(zone(), question(name, type))) == expected, name << " " << type);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_name_that_exists_gets_an_authoritative_answer) {
  check({
      {"mail.lab.test.", "A", "NOERROR aa\nmail.lab.test. 300 A 127.0.0.2"},
      {"www.lab.test.", "A",
       "NOERROR aa\nwww.lab.test. 300 A 127.0.0.3\nwww.lab.test. 300 A 127.0.0.4"},
      {"lab.test.", "SOA",
       "NOERROR aa\nlab.test. 300 SOA ns1.lab.test. root.lab.test. 1 3600 600 604800 60"},
  });
}

BOOST_AUTO_TEST_CASE(the_response_has_the_name_in_the_case_of_the_query) {
  check({{"MAIL.lab.test.", "A", "NOERROR aa\nMAIL.lab.test. 300 A 127.0.0.2"}});
  const auto message = response_to(zone(), question("WwW.lAb.TeSt.", "A"));
  BOOST_TEST(message.questions.at(0).name.to_text() == "WwW.lAb.TeSt.");
}

BOOST_AUTO_TEST_CASE(a_negative_response_has_the_soa_with_the_negative_ttl) {
  check({
      {"nothing.lab.test.", "A", "NXDOMAIN aa" + soa},
      {"a.b.nothing.lab.test.", "TXT", "NXDOMAIN aa" + soa},
      {"www.lab.test.", "TXT", "NOERROR aa" + soa},
      {"lab.test.", "A", "NOERROR aa" + soa},
      {"lab.test.", "DS", "NOERROR aa" + soa},
      {"office.lab.test.", "A", "NOERROR aa" + soa},  // an empty non-terminal exists
      {"missing.office.lab.test.", "A", "NXDOMAIN aa" + soa},
      {"below.www.lab.test.", "A", "NXDOMAIN aa" + soa},
      {"www.lab.test.", "TYPE666", "NOERROR aa" + soa},
  });
}

BOOST_AUTO_TEST_CASE(the_negative_ttl_is_the_smaller_of_ttl_and_minimum_of_the_soa) {
  const auto small = zone_from("@ 5 SOA ns1 root 1 2 3 4 60\n@ 5 NS ns.elsewhere.\n");
  const auto message = response_to(small, question("x.lab.test.", "A"));
  BOOST_TEST(message.authorities.at(0).ttl == 5U);
}

BOOST_AUTO_TEST_CASE(cnames_are_followed_inside_the_zone) {
  const auto web = "\nweb.lab.test. 300 CNAME www.lab.test."s;
  const auto www = "\nwww.lab.test. 300 A 127.0.0.3\nwww.lab.test. 300 A 127.0.0.4"s;
  const auto start = "\nstart.lab.test. 300 CNAME web.lab.test."s;
  check({
      {"web.lab.test.", "A", "NOERROR aa" + web + www},
      {"start.lab.test.", "A", "NOERROR aa" + start + web + www},
      {"start.lab.test.", "CNAME", "NOERROR aa" + start},
      {"start.lab.test.", "ANY", "NOERROR aa" + start},
      {"start.lab.test.", "TXT", "NOERROR aa" + start + web + soa},
      {"out.lab.test.", "A", "NOERROR aa\nout.lab.test. 300 CNAME www.elsewhere."},
      // RFC 6604: the code is that of the last name.
      {"lost.lab.test.", "A", "NXDOMAIN aa\nlost.lab.test. 300 CNAME nothing.lab.test." + soa},
  });
}

BOOST_AUTO_TEST_CASE(cname_loops_end) {
  const auto ring1 = "\nring1.lab.test. 300 CNAME ring2.lab.test."s;
  const auto ring2 = "\nring2.lab.test. 300 CNAME ring1.lab.test."s;
  check({
      {"ring1.lab.test.", "A", "NOERROR aa" + ring1 + ring2},
      {"ring2.lab.test.", "A", "NOERROR aa" + ring2 + ring1},
      {"self.lab.test.", "A", "NOERROR aa\nself.lab.test. 300 CNAME self.lab.test."},
      // A wildcard has many owners; each may occur once.
      {"a.loop.lab.test.", "A", "NOERROR aa\na.loop.lab.test. 300 CNAME a.loop.lab.test."},
      {"x.loop.lab.test.", "A",
       "NOERROR aa\nx.loop.lab.test. 300 CNAME a.loop.lab.test.\na.loop.lab.test. 300 CNAME "
       "a.loop.lab.test."},
      {"q.to.lab.test.", "A",
       "NOERROR aa\nq.to.lab.test. 300 CNAME x.back.lab.test.\nx.back.lab.test. 300 CNAME "
       "y.to.lab.test.\ny.to.lab.test. 300 CNAME x.back.lab.test."},
  });
}

BOOST_AUTO_TEST_CASE(a_cname_chain_has_a_maximum_length) {
  std::string text = "@ 60 SOA ns1 root 1 2 3 4 5\n@ NS ns.elsewhere.\nend A 127.0.0.1\n";
  for (std::size_t i = 0; i < cname_chain_max + 1; ++i)
    text +=
        "c" + std::to_string(i) + " CNAME " + (i == 0 ? "end" : "c" + std::to_string(i - 1)) + "\n";
  const auto chain = zone_from(text);
  // cname_chain_max CNAMEs without an address; with one fewer there is an address.
  const auto answers = [&](std::size_t aliases) {
    return response_to(chain, question("c" + std::to_string(aliases - 1) + ".lab.test.", "A"))
        .answers;
  };
  BOOST_TEST(answers(cname_chain_max - 1).size() == cname_chain_max);
  BOOST_TEST((answers(cname_chain_max - 1).back().type == Type::A));
  BOOST_TEST(answers(cname_chain_max).size() == cname_chain_max);
  BOOST_TEST((answers(cname_chain_max).back().type == Type::CNAME));
  BOOST_TEST(answers(cname_chain_max + 1).size() == cname_chain_max);
}

BOOST_AUTO_TEST_CASE(wildcards_answer_as_rfc_4592_says) {
  check({
      {"x.wild.lab.test.", "A", "NOERROR aa\nx.wild.lab.test. 300 A 127.0.0.42"},
      {"X.y.Wild.lab.test.", "A", "NOERROR aa\nX.y.Wild.lab.test. 300 A 127.0.0.42"},
      {"x.wild.lab.test.", "TXT", "NOERROR aa" + soa},
      {"wild.lab.test.", "A", "NOERROR aa" + soa},
      {"host.wild.lab.test.", "A", "NOERROR aa" + soa},     // it exists: no wildcard
      {"x.host.wild.lab.test.", "A", "NXDOMAIN aa" + soa},  // its closest encloser is host
      {"b.wild.lab.test.", "A", "NOERROR aa" + soa},        // an empty non-terminal
      {"x.b.wild.lab.test.", "A", "NXDOMAIN aa" + soa},
      {"*.wild.lab.test.", "A", "NOERROR aa\n*.wild.lab.test. 300 A 127.0.0.42"},
      {"x.*.wild.lab.test.", "A", "NXDOMAIN aa" + soa},
      {"x.wild.lab.test.", "MX",
       "NOERROR aa\nx.wild.lab.test. 300 MX 5 mail.lab.test.\n-- additional\n"
       "mail.lab.test. 300 A 127.0.0.2"},
      {"x.alias.lab.test.", "A",
       "NOERROR aa\nx.alias.lab.test. 300 CNAME www.lab.test.\nwww.lab.test. 300 A 127.0.0.3\n"
       "www.lab.test. 300 A 127.0.0.4"},
  });
}

BOOST_AUTO_TEST_CASE(addresses_of_targets_are_additional_records) {
  const auto addresses =
      "\n-- additional\nns1.lab.test. 300 A 127.0.0.1\nns1.lab.test. 300 AAAA ::1"s;
  check({
      {"lab.test.", "NS",
       "NOERROR aa\nlab.test. 300 NS ns1.lab.test.\nlab.test. 300 NS ns.elsewhere." + addresses},
      {"lab.test.", "MX",
       "NOERROR aa\nlab.test. 300 MX 10 mail.lab.test.\nlab.test. 300 MX 20 mail.elsewhere.\n"
       "-- additional\nmail.lab.test. 300 A 127.0.0.2"},
  });
}

BOOST_AUTO_TEST_CASE(delegated_names_get_a_referral) {
  const auto referral =
      "\n-- authority\nsub.lab.test. 300 NS ns.sub.lab.test.\nsub.lab.test. 300 NS ns1.lab.test.\n"
      "-- additional\nns.sub.lab.test. 300 A 127.0.0.6\nns1.lab.test. 300 A 127.0.0.1\n"
      "ns1.lab.test. 300 AAAA ::1"s;
  check({
      {"sub.lab.test.", "A", "NOERROR" + referral},
      {"sub.lab.test.", "NS", "NOERROR" + referral},
      {"sub.lab.test.", "ANY", "NOERROR" + referral},
      {"ns.sub.lab.test.", "A", "NOERROR" + referral},
      {"no.such.sub.lab.test.", "A", "NOERROR" + referral},
      {"hidden.sub.lab.test.", "TXT", "NOERROR" + referral},
      {"sub.lab.test.", "DS", "NOERROR aa" + soa},  // belongs to the parent side of the zone cut
      {"x.sub.lab.test.", "DS", "NOERROR" + referral},
      {"into.lab.test.", "A", "NOERROR aa\ninto.lab.test. 300 CNAME host.sub.lab.test." + referral},
      {"x.glueless.lab.test.", "A",
       "NOERROR\n-- authority\nglueless.lab.test. 300 NS ns.elsewhere."},
  });
}

BOOST_AUTO_TEST_CASE(any_is_answered_with_one_record_set) {
  check({{"any.lab.test.", "ANY", "NOERROR aa\nany.lab.test. 300 TXT \"first\""},
         {"office.lab.test.", "ANY", "NOERROR aa" + soa},
         {"nothing.lab.test.", "ANY", "NXDOMAIN aa" + soa}});
}

BOOST_AUTO_TEST_CASE(names_outside_the_zone_are_refused) {
  check({
      {".", "NS", "REFUSED"},
      {"test.", "A", "REFUSED"},
      {"example.com.", "A", "REFUSED"},
      {"xlab.test.", "A", "REFUSED"},
      {"lab.test.example.", "A", "REFUSED"},
  });
}

BOOST_AUTO_TEST_CASE(transfers_and_meta_types_get_error_codes) {
  check({
      {"lab.test.", "AXFR", "REFUSED"},
      {"lab.test.", "IXFR", "REFUSED"},
      {"www.lab.test.", "AXFR", "REFUSED"},
      {"lab.test.", "MAILA", "NOTIMP"},
      {"lab.test.", "MAILB", "NOTIMP"},
      {"lab.test.", "OPT", "FORMERR"},
      {"lab.test.", "TSIG", "FORMERR"},
      {"lab.test.", "TKEY", "FORMERR"},
  });
}

BOOST_AUTO_TEST_CASE(classes_other_than_in_are_answered_or_refused) {
  const auto in_class = [&](std::string_view name, std::string_view type, Class class_) {
    return to_text(response_to(zone(), question(name, type, class_)));
  };
  BOOST_TEST(in_class("mail.lab.test.", "A", Class::ANY) ==
             "NOERROR\nmail.lab.test. 300 A 127.0.0.2");  // RFC 1034: never authoritative
  BOOST_TEST(in_class("mail.lab.test.", "A", Class::HS) == "REFUSED");
  BOOST_TEST(in_class("mail.lab.test.", "A", Class::NONE) == "REFUSED");
  BOOST_TEST(in_class("mail.lab.test.", "A", Class::CH) == "REFUSED");
  BOOST_TEST(in_class("version.bind.", "TXT", Class::CH) ==
             "NOERROR aa\nversion.bind. 0 TXT \"portlab\"");
  BOOST_TEST(in_class("ID.Server.", "TXT", Class::CH) ==
             "NOERROR aa\nID.Server. 0 TXT \"portlab\"");
  BOOST_TEST(in_class("version.bind.", "TXT", Class::IN) == "REFUSED");
}

BOOST_AUTO_TEST_CASE(the_note_has_the_question_and_the_response_code) {
  std::array<std::uint8_t, 512> scratch{};
  std::string note = "old";
  const auto query = make_query(1, question("www.Lab.test.", "A"), 0);
  const auto client = udp_endpoint(parse_address("::1").value(), 1);
  make_response(only(zone()), {client, {}}, as_bytes(query), scratch, note);
  BOOST_TEST(note == "A www.Lab.test NOERROR");
}
