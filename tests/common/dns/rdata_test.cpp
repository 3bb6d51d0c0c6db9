#include "common/dns/rdata.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

Result<std::string> from_words(Type type, std::vector<std::string> texts) {
  std::vector<Word> words;
  words.reserve(texts.size());
  for (auto& text : texts) words.push_back({std::move(text), false, 1});
  return rdata_from_words(type, words, Name::from_text("lab.test.").value());
}

std::string round_trip(Type type, std::vector<std::string> texts) {
  const auto rdata = from_words(type, std::move(texts));
  if (!rdata) return rdata.error().text;
  return rdata_to_text(type, as_bytes(*rdata));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_type_of_the_table_is_read_and_written) {
  BOOST_TEST(round_trip(Type::A, {"127.0.0.1"}) == "127.0.0.1");
  BOOST_TEST(round_trip(Type::AAAA, {"2001:DB8:0:0::1"}) == "2001:db8::1");
  BOOST_TEST(round_trip(Type::NS, {"ns1"}) == "ns1.lab.test.");
  BOOST_TEST(round_trip(Type::CNAME, {"www.example."}) == "www.example.");
  BOOST_TEST(round_trip(Type::PTR, {"@"}) == "lab.test.");
  BOOST_TEST(round_trip(Type::MX, {"10", "mail"}) == "10 mail.lab.test.");
  BOOST_TEST(round_trip(Type::SRV, {"0", "5", "83", "www"}) == "0 5 83 www.lab.test.");
  BOOST_TEST(round_trip(Type::TXT, {"two", "a\\\"b"}) == "\"two\" \"a\\\"b\"");
  BOOST_TEST(round_trip(Type::HINFO, {"PDP-11", "UNIX"}) == "\"PDP-11\" \"UNIX\"");
  BOOST_TEST(round_trip(Type::SOA, {"ns1", "root", "1", "1h", "10m", "1w", "60"}) ==
             "ns1.lab.test. root.lab.test. 1 3600 600 604800 60");
}

BOOST_AUTO_TEST_CASE(unknown_types_are_bytes_in_hexadecimal) {
  const auto type = static_cast<Type>(1234);
  BOOST_TEST(round_trip(type, {"\\#", "3", "6162", "63"}) == "\\# 3 616263");
  BOOST_TEST(round_trip(type, {"\\#", "0"}) == "\\# 0");
  BOOST_TEST(round_trip(Type::A, {"\\#", "4", "7F000001"}) == "127.0.0.1");
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"\\#"},
                                                                 {"\\#", "x"},
                                                                 {"\\#", "2", "61"},
                                                                 {"\\#", "1", "6162"},
                                                                 {"\\#", "1", "6"},
                                                                 {"\\#", "1", "gg"},
                                                                 {"616263"}})
    BOOST_TEST(from_words(type, wrong).has_error(), wrong.back());
  BOOST_TEST(from_words(Type::A, {"\\#", "3", "616263"}).has_error(), "A has four bytes");
}

BOOST_AUTO_TEST_CASE(invalid_data_is_refused_with_a_reason) {
  const std::vector<std::pair<Type, std::vector<std::string>>> wrong = {
      {Type::A, {}},
      {Type::A, {"127.0.0"}},
      {Type::A, {"127.0.0.256"}},
      {Type::A, {"::1"}},
      {Type::A, {"127.0.0.1", "127.0.0.2"}},
      {Type::AAAA, {"127.0.0.1"}},
      {Type::AAAA, {"fe80::1%lo"}},
      {Type::MX, {"mail"}},
      {Type::MX, {"65536", "mail"}},
      {Type::MX, {"-1", "mail"}},
      {Type::SRV, {"0", "0", "65536", "www"}},
      {Type::NS, {"a..b"}},
      {Type::TXT, {}},
      {Type::SOA, {"ns1", "root", "4294967296", "1", "1", "1", "1"}},
      {Type::SOA, {"ns1", "root", "1", "1x", "1", "1", "1"}},
  };
  for (const auto& [type, words] : wrong) {
    const auto rdata = from_words(type, words);
    BOOST_REQUIRE(rdata.has_error());
    BOOST_TEST(!rdata.error().text.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_string_has_at_most_255_bytes) {
  for (const std::size_t size : {254U, 255U}) {
    const auto rdata = from_words(Type::TXT, {std::string(size, 'a')});
    BOOST_TEST(rdata.value().size() == size + 1);
  }
  BOOST_TEST(from_words(Type::TXT, {std::string(256, 'a')}).has_error());
}

BOOST_AUTO_TEST_CASE(periods_may_have_units) {
  const auto seconds = [](std::string_view text) { return period_from_text(text); };
  BOOST_TEST(seconds("0").value() == 0U);
  BOOST_TEST(seconds("3600").value() == 3600U);
  BOOST_TEST(seconds("1h30m").value() == 5400U);
  BOOST_TEST(seconds("1W2D3H4M5S").value() == 788645U);
  BOOST_TEST(seconds("4294967295").value() == 4294967295U);
  for (const auto* wrong :
       {"", "h", "1x", "4294967296", "7102w", "-1", "1h-", "99999999999999999999"})
    BOOST_TEST(!seconds(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(rdata_on_the_wire_must_be_valid_for_its_type) {
  const auto read = [](Type type, const std::string& bytes, std::size_t length) {
    ByteReader in(as_bytes(bytes));
    return read_rdata(in, type, length);
  };
  BOOST_TEST(read(Type::A, "\x7f\0\0\1"s, 4).has_value());
  BOOST_TEST(!read(Type::A, "\x7f\0\0\1"s, 3).has_value());
  BOOST_TEST(!read(Type::A, "\x7f\0\0\1\0"s, 5).has_value());
  BOOST_TEST(!read(Type::A, "\x7f\0\0"s, 4).has_value());
  BOOST_TEST(!read(Type::TXT, ""s, 0).has_value());
  BOOST_TEST(!read(Type::TXT, "\3ab"s, 3).has_value());
  BOOST_TEST(read(Type::TXT, "\2ab\0"s, 4).has_value());
  BOOST_TEST(!read(Type::NS, "\1a\0x"s, 4).has_value());
  BOOST_TEST(!read(Type::SRV, "\0\0\0\0\0\0"s, 6).has_value());
  BOOST_TEST(read(Type::SRV, "\0\0\0\0\0\0\0"s, 7).has_value());
  BOOST_TEST(read(static_cast<Type>(999), "abc"s, 3).value() == "abc");
}

BOOST_AUTO_TEST_CASE(compressed_names_are_uncompressed) {
  const auto message = "\4test\0\0\x0a\4mail\xc0\0"s;
  ByteReader in(as_bytes(message));
  in.seek(6);
  const auto rdata = read_rdata(in, Type::MX, 9);
  BOOST_TEST(rdata.value() == "\0\x0a\4mail\4test\0"s);
  BOOST_TEST(rdata_to_text(Type::MX, as_bytes(*rdata)) == "10 mail.test.");
}

BOOST_AUTO_TEST_CASE(rdata_that_is_invalid_for_its_type_is_shown_as_bytes) {
  BOOST_TEST(rdata_to_text(Type::A, as_bytes("abc")) == "\\# 3 616263");
}
