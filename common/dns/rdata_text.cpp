// Rdata from the text of a zone file (RFC 1035 section 5, RFC 3597 section 5).
#include <charconv>
#include <limits>

#include "common/dns/field_text.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/record_formats.hpp"
#include "common/dns/text_encodings.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

// True for the fields that may have no word.
bool may_be_empty(Field field) {
  return field == Field::types || field == Field::parameters || field == Field::prefixes;
}

Error with_type(const Error& error, Type type, const Word& word, Field field) {
  if (!error.text.empty()) return error;
  return Error{"'" + word.text + "' is not " + std::string(description_of(field)) + ", which " +
               to_string(type) + " needs here"};
}

// \# LENGTH HEX…
Result<std::string> rdata_from_hex(Type type, std::span<const Word> words) {
  const auto length = words.empty() ? std::nullopt : parse_decimal<std::uint16_t>(words[0].text);
  if (!length)
    return Error{"after \\# there must be the number of bytes, then the bytes in hexadecimal"};
  const auto digits = joined(words.subspan(1));
  if (digits.size() != std::size_t{*length} * 2)
    return Error{"\\# says " + std::to_string(*length) + " bytes, but " +
                 std::to_string(digits.size()) + " hexadecimal digits follow"};
  const auto out = bytes_from_hex(digits);
  if (!out) return Error{"'" + digits + "' is not hexadecimal"};
  if (!is_valid_rdata(type, as_bytes(*out)))
    return Error{"these bytes are not valid for type " + to_string(type)};
  return *out;
}

bool has_unknown_format(std::span<const Word> words) {
  return !words.empty() && !words[0].quoted && words[0].text == "\\#";
}

}  // namespace

std::optional<std::uint32_t> period_from_text(std::string_view text) {
  constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint32_t>::max();
  constexpr std::string_view unit_letters = "smhdw";
  constexpr std::uint64_t unit_seconds[] = {1, 60, 3600, 86'400, 604'800};
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || count > seconds_max) return std::nullopt;
    const bool has_unit = stopped != end;
    const auto unit = has_unit ? unit_letters.find(lower(*stopped)) : 0;
    if (unit == std::string_view::npos) return std::nullopt;
    total += count * unit_seconds[unit];
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

bool can_read_rdata(Type type, std::span<const Word> words) {
  return has_unknown_format(words) || !fields_of(type).empty();
}

Result<std::string> rdata_from_words(Type type, std::span<const Word> words, const Name& origin) {
  if (has_unknown_format(words)) return rdata_from_hex(type, words.subspan(1));
  const auto fields = fields_of(type);
  if (fields.empty())
    return Error{"the data of type " + to_string(type) +
                 " must be written as \\# LENGTH HEX (RFC 3597)"};

  std::string out;
  WordReader reader(words);
  for (const auto field : fields) {
    do {
      if (reader.at_end() && !may_be_empty(field))
        return Error{to_string(type) + " lacks " + std::string(description_of(field))};
      const Word* const first = reader.at_end() ? nullptr : &reader.front();
      const auto read = append_field(out, field, reader, origin);
      if (!read)
        return first != nullptr ? with_type(read.error(), type, *first, field) : read.error();
    } while (field == Field::strings && !reader.at_end());
  }
  if (!reader.at_end())
    return Error{"'" + reader.front().text + "' is one word too many for " + to_string(type)};
  if (out.size() > message_bytes_max)
    return Error{"this record has more than 65535 bytes, the maximum of a message"};
  if (!is_valid_rdata(type, as_bytes(out)))
    return Error{"this data is not valid for type " + to_string(type)};
  return out;
}

}  // namespace portlab::dns
