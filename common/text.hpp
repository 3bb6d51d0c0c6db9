#pragma once
// Text: letters and numbers in ASCII; and for terminals and logs UTF-8, control characters, and line
// breaks.

#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace portlab {

// ASCII letters only, whatever the locale is: the names of protocols have no others.

constexpr char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) { return 'a' <= c && c <= 'z' ? static_cast<char>(c - 32) : c; }
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// The number that the whole text is, in decimal digits; nothing for a sign, a space or a number
/// that is too large.
template <class Number = std::uint64_t>
std::optional<Number> parse_decimal(std::string_view text) {
  static_assert(std::is_unsigned_v<Number>);
  Number number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

/// The elements of a range, or what `text_of` makes of each, with `between` between them.
template <class Range, class TextOf = std::identity>
std::string join(const Range& elements, std::string_view between, TextOf text_of = {}) {
  std::string joined;
  for (const auto& element : elements) {
    if (!joined.empty()) joined += between;
    joined += std::invoke(text_of, element);
  }
  return joined;
}

/// A character of Unicode, and its length in UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< 0: there is no valid one (RFC 3629 section 4)
};
/// The one at the beginning of the text.
CodePoint first_code_point(std::string_view text);
/// Whether all of the text is UTF-8.
bool is_utf8(std::string_view text);
/// Whether it is a control character: C0, DEL, or C1. Terminals read U+009B of C1 as the beginning
/// of an escape sequence.
bool is_control(char32_t c);

/// Makes a text of a peer safe to show, to log and to put into JSON: each control character, and
/// each byte that is not UTF-8, becomes a '?'. Cut to at most `bytes_max` bytes, between characters.
std::string displayable(std::string_view text, std::size_t bytes_max);

/// Breaks the text between words into lines of at most `columns` columns, and indents all lines but
/// the first.
std::string wrap(std::string_view text, unsigned columns, unsigned indent);

/// A line "  label     text" with a newline. Where the text is too long, it continues on the next
/// line, below itself.
std::string labelled(std::string_view label, std::string_view text, unsigned columns,
                     unsigned label_width = 12);

}  // namespace portlab
