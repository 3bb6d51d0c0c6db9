#include "common/dns/name.hpp"

#include <boost/test/unit_test.hpp>

#include "common/dns/types.hpp"

using namespace portlab;
using namespace portlab::dns;
using namespace std::string_literals;

namespace {

Name name(std::string_view text) { return Name::from_text(text).value(); }

std::optional<Name> read(const std::string& bytes, std::size_t at = 0,
                         Pointers pointers = Pointers::followed) {
  ByteReader in(as_bytes(bytes));
  in.seek(at);
  return read_name(in, pointers);
}

std::string labels(std::size_t count, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::string(bytes, 'a') + ".";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_wire_format_is_labels_with_length_bytes) {
  BOOST_TEST(name("www.Lab.test.").wire_text() == "\3www\3Lab\4test\0"s);
  BOOST_TEST(name(".").wire_text() == "\0"s);
  BOOST_TEST(name("www.Lab.test.").to_text() == "www.Lab.test.");
  BOOST_TEST(Name().to_text() == ".");
}

BOOST_AUTO_TEST_CASE(a_name_without_a_final_dot_is_relative_to_its_origin) {
  const auto origin = name("lab.test.");
  BOOST_TEST(Name::from_text("www", origin).value().to_text() == "www.lab.test.");
  BOOST_TEST(Name::from_text("www.", origin).value().to_text() == "www.");
  BOOST_TEST(Name::from_text("@", origin).value().to_text() == "lab.test.");
  BOOST_TEST(Name::from_text("a\\.", origin).value().to_text() == "a\\..lab.test.");
}

BOOST_AUTO_TEST_CASE(escapes_are_read_and_written) {
  BOOST_TEST(name("a\\.b.test.").wire_text() == "\3a.b\4test\0"s);
  BOOST_TEST(name("\\000\\255\\032.").wire_text() == "\3\0\xff \0"s);
  for (const auto* text : {"a\\.b.test.", "\\000\\255.", "\\032\\@\\$.", "\\\"\\;\\(\\)\\\\."})
    BOOST_TEST(name(text).to_text() == text);
}

BOOST_AUTO_TEST_CASE(invalid_names_are_refused_with_a_reason) {
  for (const auto* text :
       {"", "..", ".a", "a..b", "a\\", "a\\2", "a\\25", "a\\256", "a\\999", "a\\1x1"})
    BOOST_TEST(Name::from_text(text).has_error(), "'" << text << "' was accepted as a name");
}

BOOST_AUTO_TEST_CASE(a_label_has_at_most_63_bytes) {
  BOOST_TEST(Name::from_text(std::string(62, 'a') + ".").has_value());
  BOOST_TEST(Name::from_text(std::string(63, 'a') + ".").has_value());
  BOOST_TEST(Name::from_text(std::string(64, 'a') + ".").has_error());
}

BOOST_AUTO_TEST_CASE(a_name_has_at_most_255_bytes) {
  const auto three = labels(3, 63);  // 192 bytes on the wire
  BOOST_TEST(name(three + std::string(60, 'b') + ".").size() == 254U);
  BOOST_TEST(name(three + std::string(61, 'b') + ".").size() == 255U);
  BOOST_TEST(Name::from_text(three + std::string(62, 'b') + ".").has_error());
  BOOST_TEST(Name::from_text(std::string(61, 'b'), name(three)).has_value());
  BOOST_TEST(Name::from_text(std::string(62, 'b'), name(three)).has_error());
  // The same on the wire.
  const auto wire = std::string(name(three).wire_text());
  const auto with_label = [&](std::size_t bytes) {
    return static_cast<char>(bytes) + std::string(bytes, 'b') + wire;
  };
  BOOST_TEST(read(with_label(61)).has_value());
  BOOST_TEST(!read(with_label(62)).has_value());
}

BOOST_AUTO_TEST_CASE(comparison_ignores_case_and_case_is_preserved) {
  BOOST_TEST((name("WWW.lab.TEST.") == name("www.LAB.test.")));
  BOOST_TEST(!(name("www.lab.test.") == name("wwx.lab.test.")));
  BOOST_TEST(name("WWW.Lab.test.").to_text() == "WWW.Lab.test.");
  BOOST_TEST(name("WWW.Lab.test.").lowered().to_text() == "www.lab.test.");
  // '@' and '[' are next to the letters in ASCII, and have no case.
  BOOST_TEST(!(name("\\@\\[.") == name("\\`\\{.")));
}

BOOST_AUTO_TEST_CASE(names_have_labels_parents_and_ancestors) {
  const auto www = name("www.lab.test.");
  BOOST_TEST(www.first_label() == "www");
  BOOST_TEST(www.parent().to_text() == "lab.test.");
  BOOST_TEST(Name().parent().is_root());
  BOOST_TEST(www.is_at_or_below(name("LAB.test.")));
  BOOST_TEST(www.is_at_or_below(www));
  BOOST_TEST(www.is_at_or_below(Name()));
  BOOST_TEST(!name("lab.test.").is_at_or_below(www));
  BOOST_TEST(!name("xlab.test.").is_at_or_below(name("lab.test.")));
  // The last bytes are equal, but "\3lab\4test" is inside a label of nine bytes.
  BOOST_TEST(!name("a\\003lab\\004test.").is_at_or_below(name("lab.test.")));
}

BOOST_AUTO_TEST_CASE(pointers_must_point_backwards) {
  const auto message = "\4test\0\3lab\xc0\0\3www\xc0\6"s;
  BOOST_TEST(read(message, 6).value().to_text() == "lab.test.");
  BOOST_TEST(read(message, 12).value().to_text() == "www.lab.test.");
  BOOST_TEST(!read(message, 12, Pointers::refused).has_value());
  BOOST_TEST(!read("\xc0\0"s).has_value(), "a pointer to itself");
  BOOST_TEST(!read("\1a\xc0\0"s).has_value(), "a pointer to the name that it is in");
  BOOST_TEST(!read("\xc0\2\0"s).has_value(), "a pointer forwards");
  BOOST_TEST(!read("\1a\xc0\3\1b\xc0\0"s, 4).has_value(), "a pointer back, then forwards");
  BOOST_TEST(!read("\xc0"s).has_value(), "half a pointer");
}

BOOST_AUTO_TEST_CASE(the_reader_continues_after_the_first_pointer) {
  const auto message = "\4test\0\3www\xc0\0X"s;
  ByteReader in(as_bytes(message));
  in.seek(6);
  BOOST_TEST(read_name(in, Pointers::followed).value().to_text() == "www.test.");
  BOOST_TEST(in.u8().value() == 'X');
}

BOOST_AUTO_TEST_CASE(malformed_wire_names_are_refused) {
  BOOST_TEST(!read("").has_value());
  BOOST_TEST(!read("\3ww").has_value());
  BOOST_TEST(!read("\3www").has_value(), "no end");
  BOOST_TEST(!read("\x40" + std::string(64, 'a') + "\0"s).has_value(), "a label of 64 bytes");
  BOOST_TEST(!read("\x80" + std::string(128, 'a') + "\0"s).has_value(), "label type 10");
}

BOOST_AUTO_TEST_CASE(types_without_a_name_are_written_as_numbers) {
  BOOST_TEST(to_string(Type::AAAA) == "AAAA");
  BOOST_TEST(to_string(static_cast<Type>(1234)) == "TYPE1234");
  BOOST_TEST((type_from_text("srv") == Type::SRV));
  BOOST_TEST((type_from_text("type33") == Type::SRV));
  BOOST_TEST((type_from_text("TYPE65535").has_value()));
  for (const auto* text : {"", "TYPE", "TYPE65536", "TYPE1x", "TYPE-1", "1.2.3.4", "QQ"})
    BOOST_TEST(!type_from_text(text).has_value(), text);
  BOOST_TEST((class_from_text("ch") == Class::CH));
  BOOST_TEST((class_from_text("CLASS1") == Class::IN));
}

BOOST_AUTO_TEST_CASE(a_chain_of_pointers_has_a_maximum_length) {
  const auto chain = [](int pointers) {
    std::string message(1, '\0');
    for (int i = 0; i < pointers; ++i) {
      const auto target = static_cast<unsigned>(i == 0 ? 0 : 1 + 2 * (i - 1));
      message += static_cast<char>(0xC0U | target >> 8);
      message += static_cast<char>(target);
    }
    return message;
  };
  BOOST_TEST(read(chain(127), 1 + 2 * 126).value().is_root());
  BOOST_TEST(!read(chain(128), 1 + 2 * 127).has_value());
}
