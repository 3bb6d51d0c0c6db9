// Rdata from the text of a zone file (RFC 1035 section 5, RFC 3597 section 5).
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <limits>

#include "common/dns/rdata.hpp"
#include "common/net.hpp"

namespace portlab::dns {
namespace {

void append_number(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

// What a field must be, for error messages.
std::string_view described(Field field) {
  switch (field) {
    case Field::u16:
      return "a number from 0 to 65535";
    case Field::u32:
      return "a number from 0 to 4294967295";
    case Field::period:
      return "a time in seconds, or like 1h30m";
    case Field::name:
    case Field::compressed_name:
      return "a domain name";
    case Field::ipv4:
      return "an IPv4 address like 127.0.0.1";
    case Field::ipv6:
      return "an IPv6 address like ::1";
    case Field::string:
    case Field::strings:
      return "a text";
  }
  return "a value";
}

// The bytes of a field. An Error without text means that the word is not valid for the field.
Result<std::string> field_from_word(Field field, const Word& word, const Name& origin) {
  std::string out;
  boost::system::error_code failed;
  switch (field) {
    case Field::u16: {
      const auto number = whole_number<std::uint16_t>(word.text);
      if (!number) return Error{};
      append_number(out, *number, 2);
      return out;
    }
    case Field::u32:
    case Field::period: {
      const auto number = field == Field::u32 ? whole_number<std::uint32_t>(word.text)
                                              : period_from_text(word.text);
      if (!number) return Error{};
      append_number(out, *number, 4);
      return out;
    }
    case Field::ipv4: {
      const auto address = asio::ip::make_address_v4(word.text, failed);
      if (failed) return Error{};
      append_number(out, address.to_uint(), 4);
      return out;
    }
    case Field::ipv6: {
      const auto address = asio::ip::make_address_v6(word.text, failed);
      if (failed || address.scope_id() != 0) return Error{};
      for (const auto byte : address.to_bytes()) out += static_cast<char>(byte);
      return out;
    }
    case Field::name:
    case Field::compressed_name: {
      if (word.quoted) return Error{};
      const auto name = Name::from_text(word.text, origin);
      if (!name) return name.error();
      return std::string(name->wire_text());
    }
    case Field::string:
    case Field::strings: {
      const auto bytes = unescape(word.text);
      if (!bytes) return bytes.error();
      return character_string(*bytes);
    }
  }
  return Error{};
}

int hex_value(char c) {
  if ('0' <= c && c <= '9') return c - '0';
  const char low = lower(c);
  return 'a' <= low && low <= 'f' ? low - 'a' + 10 : -1;
}

// \# LENGTH HEX…
Result<std::string> rdata_from_hex(Type type, std::span<const Word> words) {
  const auto length = words.empty() ? std::nullopt : whole_number<std::uint16_t>(words[0].text);
  if (!length)
    return Error{"after \\# there must be the number of bytes, then the bytes in hexadecimal"};
  std::string digits;
  for (const auto& word : words.subspan(1)) digits += word.text;
  std::string out;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    const int high = hex_value(digits[at]);
    const int low = hex_value(digits[at + 1]);
    if (high < 0 || low < 0) return Error{"'" + digits + "' is not hexadecimal"};
    out += static_cast<char>(high << 4 | low);
  }
  if (digits.size() != std::size_t{*length} * 2)
    return Error{"\\# says " + std::to_string(*length) + " bytes, but " +
                 std::to_string(digits.size()) + " hexadecimal digits follow"};
  if (!is_valid_rdata(type, as_bytes(out)))
    return Error{"these bytes are not valid for type " + to_string(type)};
  return out;
}

}  // namespace

std::optional<std::uint32_t> period_from_text(std::string_view text) {
  constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || count > seconds_max) return std::nullopt;
    const bool has_unit = stopped != end;
    std::uint64_t unit = 1;
    if (has_unit) {
      switch (lower(*stopped)) {
        case 's':
          break;
        case 'm':
          unit = 60;
          break;
        case 'h':
          unit = 3600;
          break;
        case 'd':
          unit = 86400;
          break;
        case 'w':
          unit = 604800;
          break;
        default:
          return std::nullopt;
      }
    }
    total += count * unit;
    if (total > seconds_max) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()) + (has_unit ? 1 : 0));
  }
  return static_cast<std::uint32_t>(total);
}

Result<std::string> character_string(std::string_view bytes) {
  if (bytes.size() > 255)
    return Error{"a text of " + std::to_string(bytes.size()) +
                 " bytes; the maximum is 255: split it into several texts"};
  return static_cast<char>(bytes.size()) + std::string(bytes);
}

Result<std::string> rdata_from_words(Type type, std::span<const Word> words, const Name& origin) {
  if (!words.empty() && !words[0].quoted && words[0].text == "\\#")
    return rdata_from_hex(type, words.subspan(1));
  const auto fields = fields_of(type);
  if (fields.empty())
    return Error{"the data of type " + to_string(type) +
                 " must be written as \\# LENGTH HEX (RFC 3597)"};

  std::string out;
  std::size_t next = 0;
  for (const auto field : fields) {
    do {
      if (next == words.size())
        return Error{to_string(type) + " lacks " + std::string(described(field))};
      const auto bytes = field_from_word(field, words[next], origin);
      if (!bytes && bytes.error().text.empty())
        return Error{"'" + words[next].text + "' is not " + std::string(described(field)) +
                     ", which " + to_string(type) + " needs here"};
      if (!bytes) return bytes.error();
      out += *bytes;
      ++next;
    } while (field == Field::strings && next < words.size());
  }
  if (next < words.size())
    return Error{"'" + words[next].text + "' is one word too many for " + to_string(type)};
  if (out.size() > message_bytes_max)
    return Error{"this record has more than 65535 bytes, the maximum of a message"};
  return out;
}

}  // namespace portlab::dns
