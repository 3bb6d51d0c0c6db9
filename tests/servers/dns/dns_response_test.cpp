// The bytes of the responses to queries of every kind, well-formed or not.
#include <boost/test/unit_test.hpp>

#include "tests/servers/dns/dns_test_query.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::literals;

namespace {

const Zone& zone() {
  static const Zone made =
      zone_from("@ 60 SOA ns1 root 1 2 3 4 5\n@ NS ns1\nns1 A 127.0.0.1\n" + "big TXT \""s +
                std::string(250, 'a') + "\" \"" + std::string(250, 'b') + "\"\nhuge TXT \"" +
                std::string(250, 'a') + "\"\n" + [] {
                  std::string more;
                  for (char c = 'b'; c < 'g'; ++c)
                    more += "huge TXT \"" + std::string(250, c) + "\"\n";
                  return more;
                }());
  return made;
}

// ns1.lab.test A IN
const std::string plain_question = "\3ns1\3lab\4test\0\0\1\0\1"s;

std::string header(std::string_view flags, std::string_view counts) {
  std::string bytes = "\x12\x34";
  bytes += flags;
  for (const char count : counts) {
    bytes += '\0';
    bytes += static_cast<char>(count - '0');
  }
  return bytes;
}

std::string opt(std::string_view ttl = "\0\0\0\0"sv, std::string_view options = {},
                std::string_view owner = "\0"sv) {
  std::string bytes(owner);
  bytes += "\0\x29\x10\0"s;
  bytes += ttl;
  bytes += '\0';
  bytes += static_cast<char>(options.size());
  bytes += options;
  return bytes;
}

const std::string no_flags("\0\0", 2);
const std::string our_opt = "\0\0\x29\4\xd0\0\0\0\0\0\0"s;
const std::string ns1_record = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"s;

std::string good_answer() { return header("\x84\0"sv, "1100") + plain_question + ns1_record; }

std::string hex(std::string_view bytes) {
  return rdata_to_text(static_cast<Type>(65280), as_bytes(bytes));
}

void expect(std::string_view what, const std::string& query, const std::string& response,
            const QueryOptions& options = {}) {
  BOOST_TEST(hex(response_bytes(zone(), query, options)) == hex(response), what);
}

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_that_are_not_a_query_get_no_response) {
  const auto query = header(no_flags, "1000") + plain_question;
  for (std::size_t size = 0; size < header_bytes; ++size)
    expect("shorter than a header", query.substr(0, size), "");
  expect("a response", header("\x80\0"sv, "1000") + plain_question, "");
  expect("a response with an unknown opcode", header("\xf8\0"sv, "0000"), "");
}

BOOST_AUTO_TEST_CASE(the_flags_of_a_response_are_those_of_an_authoritative_server) {
  const auto answered = [&](std::string_view sent, std::string_view flags) {
    auto response = good_answer();
    response.replace(2, 2, flags);
    expect("flags", header(sent, "1000") + plain_question, response);
  };
  answered("\0\0"sv, "\x84\0"sv);
  answered("\1\0"sv, "\x85\0"sv);    // RD is copied
  answered("\4\0"sv, "\x84\0"sv);    // AA in a query has no meaning
  answered("\2\0"sv, "\x84\0"sv);    // nor has TC
  answered("\0\x80"sv, "\x84\0"sv);  // nor has RA
  answered("\0\x40"sv, "\x84\0"sv);  // Z must be zero
  answered("\0\x20"sv, "\x84\0"sv);  // AD: this server does not validate
  answered("\0\x10"sv, "\x84\0"sv);  // CD: the same
  answered("\7\xf0"sv, "\x85\0"sv);  // all flags
  answered("\0\5"sv, "\x84\0"sv);    // a response code in a query
}

BOOST_AUTO_TEST_CASE(other_opcodes_are_not_implemented) {
  for (int opcode = 1; opcode < 16; ++opcode) {
    const auto first = static_cast<char>(opcode << 3);
    const std::string sent = {static_cast<char>(first | 7), '\xf0'};  // and all the flags
    const std::string back = {static_cast<char>(first | '\x80'), '\4'};
    expect("with a question", header(sent, "1000") + plain_question, header(back, "0000"));
    expect("header only", header(sent, "0000"), header(back, "0000"));
    expect("with EDNS", header(sent, "1001") + plain_question + opt(),
           header(back, "0001") + our_opt);
  }
}

BOOST_AUTO_TEST_CASE(a_malformed_question_is_formerr) {
  const auto bare = header("\x80\1"sv, "0000");
  for (std::size_t size = 0; size < plain_question.size(); ++size)
    expect("cut off", header(no_flags, "1000") + plain_question.substr(0, size), bare);
  expect("no question", header(no_flags, "0000"), bare);
  expect("two questions", header(no_flags, "2000") + plain_question + plain_question, bare);
  expect("a pointer to itself", header(no_flags, "1000") + "\xc0\x0c\0\1\0\1"s, bare);
  expect("a pointer into the header", header(no_flags, "1000") + "\xc0\0\0\1\0\1"s, bare);
  expect("a label of 64", header(no_flags, "1000") + "\x40" + std::string(64, 'a') + "\0\0\1\0\1"s,
         bare);
  expect("RD is copied", header("\1\0"sv, "0000"), header("\x81\1"sv, "0000"));
  expect("two questions, with EDNS",
         header(no_flags, "2001") + plain_question + plain_question + opt(),
         header("\x80\1"sv, "0001") + our_opt);
  expect("no question, with EDNS", header(no_flags, "0001") + opt(),
         header("\x80\1"sv, "0001") + our_opt);
}

BOOST_AUTO_TEST_CASE(the_longest_name_is_answered) {
  std::string name;
  for (int i = 0; i < 3; ++i) name += "\x3f" + std::string(63, 'a');
  name += "\x33" + std::string(51, 'b') + "\3lab\4test\0"s;  // 192 + 52 + 10 = 254
  BOOST_REQUIRE(name.size() == 254U);
  const auto response = response_bytes(zone(), header(no_flags, "1000") + name + "\0\1\0\1"s);
  BOOST_TEST(hex(response.substr(2, 2)) == hex("\x84\3"sv));
}

BOOST_AUTO_TEST_CASE(records_in_a_query_must_be_complete_and_are_ignored) {
  const auto broken = header("\x80\1"sv, "1000") + plain_question;
  const auto record = "\3ns1\3lab\4test\0\0\1\0\1\0\0\0\0\0\4abcd"s;
  for (const auto* counts : {"1100", "1010", "1001"}) {
    expect("counted but missing", header(no_flags, counts) + plain_question, broken);
    expect("complete", header(no_flags, counts) + plain_question + record, good_answer());
    for (std::size_t cut = 1; cut < record.size(); ++cut)
      expect("cut off",
             header(no_flags, counts) + plain_question + record.substr(0, record.size() - cut),
             broken);
  }
  expect("trailing garbage", header(no_flags, "1000") + plain_question + "garbage", good_answer());
}

BOOST_AUTO_TEST_CASE(edns_is_answered_with_edns) {
  auto with_opt = good_answer() + our_opt;
  with_opt[11] = 1;
  const auto asked = [](const std::string& record) {
    return header(no_flags, "1001") + plain_question + record;
  };
  expect("plain", asked(opt()), with_opt);
  expect("an unknown option", asked(opt("\0\0\0\0"sv, "\0\x64\0\0"sv)), with_opt);
  expect("NSID, cookie, client subnet, keepalive",
         asked(opt("\0\0\0\0"sv,
                   "\0\3\0\0\0\x0a\0\x08"
                   "12345678\0\x08\0\4\0\1\0\0\0\x0b\0\0"sv)),
         with_opt);
  expect("padding", asked(opt("\0\0\0\0"sv, "\0\x0c\0\3\0\0\0"sv)), with_opt);
  expect("unknown flags", asked(opt("\0\0\x7f\xff"sv)), with_opt);
  expect("an extended code in a query", asked(opt("\xff\0\0\0"sv)), with_opt);
  with_opt[with_opt.size() - 4] = '\x80';
  expect("DO is copied (RFC 3225)", asked(opt("\0\0\x80\0"sv)), with_opt);
}

BOOST_AUTO_TEST_CASE(another_version_of_edns_is_badvers) {
  const auto question = header(no_flags, "1001") + plain_question;
  const auto badvers = header("\x80\0"sv, "1001") + plain_question;
  for (const char version : {'\1', '\2', '\xff'})
    expect("version", question + opt("\0"s + version + "\0\0"s),
           badvers + "\0\0\x29\4\xd0\1\0\0\0\0\0"s);
  expect("version 1 with DO", question + opt("\0\1\x80\0"sv),
         badvers + "\0\0\x29\4\xd0\1\0\x80\0\0\0"s);
  expect("version 1 with an option", question + opt("\0\1\0\0"sv, "\0\x64\0\0"sv),
         badvers + "\0\0\x29\4\xd0\1\0\0\0\0\0"s);
}

BOOST_AUTO_TEST_CASE(a_misplaced_or_malformed_opt_is_formerr) {
  const auto broken = header("\x80\1"sv, "1000") + plain_question;
  const auto with_opt = header("\x80\1"sv, "1001") + plain_question + our_opt;
  expect("two", header(no_flags, "1002") + plain_question + opt() + opt(), with_opt);
  expect("owner not the root",
         header(no_flags, "1001") + plain_question + opt("\0\0\0\0"sv, "", "\1a\0"sv), broken);
  expect("in the answer section", header(no_flags, "1100") + plain_question + opt(), broken);
  expect("in the authority section", header(no_flags, "1010") + plain_question + opt(), broken);
  expect("an option that is cut off",
         header(no_flags, "1001") + plain_question + opt("\0\0\0\0"sv, "\0\x64\0\5ab"sv), with_opt);
  expect("half an option's head",
         header(no_flags, "1001") + plain_question + opt("\0\0\0\0"sv, "\0\x64\0"sv), with_opt);
}

BOOST_AUTO_TEST_CASE(a_datagram_is_not_larger_than_the_client_accepts) {
  // big is 12 + 18 + 12 + 502 = 544 bytes, with OPT 555.
  const auto big = question("big.lab.test.", "TXT");
  const auto size_for = [&](std::uint16_t udp_bytes) {
    const auto message = response_to(zone(), big, {Transport::udp, udp_bytes, {}});
    BOOST_TEST(message.header.truncated == message.answers.empty());
    BOOST_TEST(message.edns.has_value() == (udp_bytes != 0));
    return message.answers.size();
  };
  BOOST_TEST(size_for(0) == 0U);
  BOOST_TEST(size_for(1) == 0U);  // less than 512 means 512
  BOOST_TEST(size_for(512) == 0U);
  BOOST_TEST(size_for(554) == 0U);
  BOOST_TEST(size_for(555) == 1U);
  BOOST_TEST(size_for(556) == 1U);
  BOOST_TEST(size_for(65535) == 1U);
}

BOOST_AUTO_TEST_CASE(a_datagram_is_not_larger_than_the_servers_limit) {
  const auto huge = question("huge.lab.test.", "TXT");
  const auto over_udp = response_to(zone(), huge, {Transport::udp, 65535, {}});
  BOOST_TEST(over_udp.header.truncated);
  BOOST_TEST(over_udp.answers.empty());  // the complete set or nothing (RFC 2181 section 9)
  const auto over_tcp = response_to(zone(), huge, {Transport::tcp, 512, {}});
  BOOST_TEST(!over_tcp.header.truncated);
  BOOST_TEST(over_tcp.answers.size() == 6U);
}

BOOST_AUTO_TEST_CASE(additional_records_without_room_are_omitted) {
  std::string text = "@ 60 SOA ns1 root 1 2 3 4 5\n";
  for (int i = 0; i < 12; ++i) {
    const auto name = "name-server-number-" + std::to_string(i);
    text += "@ NS " + name + "\n" + name + " A 127.0.0.1\n" + name + " AAAA ::1\n";
  }
  const auto message =
      response_to(zone_from(text), question("lab.test.", "NS"), {Transport::udp, 0, {}});
  BOOST_TEST(!message.header.truncated);
  BOOST_TEST(message.answers.size() == 12U);
  BOOST_TEST(message.additionals.size() < 24U);
}

BOOST_AUTO_TEST_CASE(glue_without_room_sets_tc) {
  std::string text = "@ 60 SOA ns root 1 2 3 4 5\n@ NS ns.elsewhere.\n";
  for (int i = 0; i < 12; ++i) {
    const auto name = "name-server-number-" + std::to_string(i) + ".sub";
    text += "sub NS " + name + "\n" + name + " A 127.0.0.1\n" + name + " AAAA ::1\n";
  }
  const auto zone = zone_from(text);
  BOOST_TEST(
      response_to(zone, question("sub.lab.test.", "A"), {Transport::udp, 0, {}}).header.truncated);
  const auto complete = response_to(zone, question("sub.lab.test.", "A"), {Transport::tcp, 0, {}});
  BOOST_TEST(!complete.header.truncated);
  BOOST_TEST(complete.additionals.size() == 24U);
}
