#pragma once
// The small words of HTTP's grammar (RFC 9110 section 5.6, RFC 3986 section 2.1).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::http {

/// tchar (RFC 9110 section 5.6.2).
bool is_token_char(char c);
/// 1*tchar.
bool is_token(std::string_view text);

/// ASCII letters compare equal whatever their case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without the spaces and tabs at both ends (OWS).
std::string_view trim(std::string_view text);

/// 1*DIGIT that fits; nothing for a sign, a space or an overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// Hands out the elements of a comma-separated list (RFC 9110 section 5.6.1), trimmed, empty ones
/// left out. A comma between double quotes separates nothing.
class ListReader {
 public:
  explicit ListReader(std::string_view list) : rest_(list) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// "%20" as " ". Nothing where two hex digits do not follow a percent sign.
std::optional<std::string> percent_decode(std::string_view text);

/// What may not stand in a URL's path as it is becomes %XX; "/" stays.
std::string percent_encode_path(std::string_view path);

/// Safe as HTML text and between an attribute's quotes.
std::string html_escape(std::string_view text);

}  // namespace portlab::http
