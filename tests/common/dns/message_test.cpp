#include "common/dns/message.hpp"

#include <boost/test/unit_test.hpp>

#include "common/dns/message_writer.hpp"
#include "common/dns/rdata.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

Name name(std::string_view text) { return Name::from_text(text).value(); }

std::string wire(std::string_view text) { return std::string(name(text).wire_text()); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_query_has_the_expected_bytes) {
  const auto query = make_query(0x1234, {name("www.lab.test."), Type::A, Class::IN}, 0);
  BOOST_TEST(query == "\x12\x34\0\0\0\1\0\0\0\0\0\0"s + "\3www\3lab\4test\0\0\1\0\1"s);
  const auto with_edns = make_query(0x1234, {name("."), Type::NS, Class::IN}, 1232);
  BOOST_TEST(with_edns ==
             "\x12\x34\0\0\0\1\0\0\0\0\0\1"s + "\0\0\2\0\1"s + "\0\0\x29\4\xd0\0\0\0\0\0\0"s);
}

BOOST_AUTO_TEST_CASE(a_written_message_is_read_back) {
  std::array<std::uint8_t, 1232> buffer{};
  MessageWriter writer(buffer, MessageWriter::opt_bytes);
  writer.question({name("Lab.test."), Type::MX, Class::IN});
  BOOST_TEST(writer.record(Section::answer, name("lab.test."), Type::MX, Class::IN, 300,
                           as_bytes("\0\x0a"s + wire("mail.lab.test."))));
  BOOST_TEST(writer.record(Section::additional, name("mail.lab.test."), Type::A, Class::IN, 60,
                           as_bytes("\x7f\0\0\1"s)));
  writer.opt({1232, 1, 0, true});
  Header header;
  header.id = 7;
  header.response = true;
  header.authoritative = true;
  const auto bytes = writer.finish(header);
  // The names after the question's are pointers: 12 + 14, 2+10+2+(4+1+2), (2)+10+4, 11.
  BOOST_TEST(bytes.size() == 12U + 14 + 21 + 16 + 11);

  const auto message = read_message(bytes).value();
  BOOST_TEST(message.header.id == 7);
  BOOST_TEST(message.header.response);
  BOOST_TEST(message.header.authoritative);
  BOOST_TEST(!message.header.truncated);
  BOOST_TEST(message.questions.at(0).name.to_text() == "Lab.test.");
  BOOST_TEST(rdata_to_text(Type::MX, as_bytes(message.answers.at(0).rdata)) == "10 mail.Lab.test.");
  BOOST_TEST(message.additionals.size() == 1U);
  BOOST_TEST(message.edns.value().dnssec_ok);
  BOOST_TEST((message.rcode() == Rcode::BADVERS));
}

BOOST_AUTO_TEST_CASE(srv_targets_are_never_compressed) {
  std::array<std::uint8_t, 512> buffer{};
  MessageWriter writer(buffer);
  writer.question({name("lab.test."), Type::SRV, Class::IN});
  const auto rdata = "\0\0\0\0\0\x50"s + wire("www.lab.test.");
  writer.record(Section::answer, name("lab.test."), Type::SRV, Class::IN, 0, as_bytes(rdata));
  const auto bytes = writer.finish({});
  BOOST_TEST(as_text(bytes).ends_with(rdata));
}

BOOST_AUTO_TEST_CASE(a_record_without_room_writes_nothing) {
  constexpr std::size_t record_bytes = 2 + 10 + 4;
  for (const std::size_t room : {record_bytes - 1, record_bytes, record_bytes + 1}) {
    std::vector<std::uint8_t> buffer(12 + 18 + room);
    MessageWriter writer(buffer);
    writer.question({name("www.lab.test."), Type::A, Class::IN});
    const bool written = writer.record(Section::answer, name("www.lab.test."), Type::A, Class::IN,
                                       1, as_bytes("\x7f\0\0\1"s));
    BOOST_TEST(written == (room >= record_bytes));
    BOOST_TEST(writer.finish({}).size() == 30 + (written ? record_bytes : 0));
  }
}

BOOST_AUTO_TEST_CASE(room_for_opt_is_reserved) {
  constexpr std::size_t record_bytes = 2 + 10 + 4;
  for (const std::size_t extra : {10U, 11U}) {
    std::vector<std::uint8_t> buffer(12 + 18 + record_bytes + extra);
    MessageWriter writer(buffer, MessageWriter::opt_bytes);
    writer.question({name("www.lab.test."), Type::A, Class::IN});
    BOOST_TEST(writer.record(Section::answer, name("www.lab.test."), Type::A, Class::IN, 1,
                             as_bytes("\x7f\0\0\1"s)) == (extra == 11));
  }
}

BOOST_AUTO_TEST_CASE(names_beyond_the_range_of_pointers_are_not_compressed) {
  std::vector<std::uint8_t> buffer(message_bytes_max);
  MessageWriter writer(buffer);
  writer.question({name("lab.test."), Type::TXT, Class::IN});
  const std::string text = "\xff" + std::string(255, 'x');
  for (int i = 0; i < 70; ++i)  // past offset 0x3FFF
    writer.record(Section::answer, name("lab.test."), Type::TXT, Class::IN, 0, as_bytes(text));
  for (int i = 0; i < 2; ++i)
    writer.record(Section::answer, name("far.away."), Type::TXT, Class::IN, 0, as_bytes(text));
  const auto message = read_message(writer.finish({})).value();
  BOOST_TEST(message.answers.size() == 72U);
  BOOST_TEST(message.answers.back().owner.to_text() == "far.away.");
}

BOOST_AUTO_TEST_CASE(incomplete_messages_are_refused) {
  const auto good = make_query(1, {name("lab.test."), Type::A, Class::IN}, 1232);
  BOOST_TEST(read_message(as_bytes(good)).has_value());
  for (std::size_t size = 0; size < good.size(); ++size)
    BOOST_TEST(read_message(as_bytes(good).first(size)).has_error(), size);
}

BOOST_AUTO_TEST_CASE(an_incomplete_message_is_of_use_after_tc_or_when_records_came) {
  auto bytes = make_query(1, {name("lab.test."), Type::A, Class::IN}, 0);
  const auto question_end = bytes.size();
  bytes[7] = 2;  // two answers
  const auto record = "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1"s;
  bytes += record + record;
  const auto read = [&](std::size_t size) {
    return read_message_leniently(as_bytes(bytes).first(size));
  };
  BOOST_TEST(read(bytes.size())->irregularities.empty());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto came = read(size);
    const bool has_record = size >= question_end + record.size();
    BOOST_TEST(came.has_value() == (has_record || size == question_end), size);
    if (came) BOOST_TEST(came->irregularities.size() == 1U);
    if (has_record) BOOST_TEST(came->message.answers.size() == 1U);
  }
  bytes[2] = '\x82';  // QR, TC
  for (std::size_t size = header_bytes; size < bytes.size(); ++size)
    BOOST_TEST(read(size)->irregularities.empty(), size);
}

BOOST_AUTO_TEST_CASE(an_irregularity_that_is_repeated_is_named_once) {
  auto bytes = make_query(1, {name("a."), Type::A, Class::IN}, 0);
  bytes[10] = '\x03';
  bytes[11] = '\xe8';  // 1,000 additional records
  for (int i = 0; i < 1000; ++i) bytes += "\0\0\x29\x04\xd0\0\0\0\0\0\0"s;
  const auto came = read_message_leniently(as_bytes(bytes));
  BOOST_REQUIRE(came.has_value());
  BOOST_REQUIRE(came->irregularities.size() == 1U);
  BOOST_TEST(came->irregularities[0].find("a second OPT record") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(invalid_data_of_a_later_type_is_kept_as_bytes) {
  const auto with_record = [](Type type, const std::string& rdata) {
    auto bytes = make_query(1, {name("lab.test."), type, Class::IN}, 0);
    bytes[7] = 1;  // one answer
    bytes += "\xc0\x0c"s +
             std::string{static_cast<char>(static_cast<int>(type) >> 8), static_cast<char>(type)};
    bytes += "\0\1\0\0\0\1\0"s + static_cast<char>(rdata.size()) + rdata;
    return read_message(as_bytes(bytes));
  };
  const auto caa = with_record(Type::CAA, "\0\0x"s).value();
  BOOST_TEST(rdata_to_text(Type::CAA, as_bytes(caa.answers.at(0).rdata)) == "\\# 3 000078");
  // A pointer is not followed in data that is kept as bytes.
  const auto srv = with_record(Type::SRV, "\0\0\0\0\0\xc0\x0c"s).value();
  BOOST_TEST(!target_of(Type::SRV, as_bytes(srv.answers.at(0).rdata)).has_value());
  BOOST_TEST(with_record(Type::A, "abc").has_error());
  BOOST_TEST(with_record(Type::MX, "a").has_error());
}

BOOST_AUTO_TEST_CASE(edns_options_must_be_complete) {
  BOOST_TEST(is_valid_options(as_bytes("")));
  BOOST_TEST(is_valid_options(as_bytes("\0\x64\0\2ab"s)));
  BOOST_TEST(!is_valid_options(as_bytes("\0\x64\0\3ab"s)));
  BOOST_TEST(!is_valid_options(as_bytes("\0\x64\0"s)));
}
