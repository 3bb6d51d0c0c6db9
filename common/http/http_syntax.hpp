#pragma once
// The small rules of HTTP's grammar (RFC 9110 section 5.6) and the encodings of text in URLs
// (RFC 3986 section 2.1) and in HTML.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/text.hpp"

namespace portlab::http {

/// tchar (RFC 9110 section 5.6.2).
bool is_token_char(char c);
/// token = 1*tchar (RFC 9110 section 5.6.2).
bool is_token(std::string_view text);
/// Whether the text contains a control character other than the tab: never allowed in a field
/// value (RFC 9110 section 5.5) or a chunk extension.
bool has_control_character(std::string_view text);

/// The text without the spaces and tabs (OWS) at its beginning.
std::string_view trim_front(std::string_view text);
/// The text without the spaces and tabs (OWS) at both ends.
std::string_view trim(std::string_view text);

/// Reads a comma-separated list (RFC 9110 section 5.6.1). A comma between double quotes does not
/// separate.
class ListReader {
 public:
  explicit ListReader(std::string_view list) : rest_(list) {}
  /// The next element that is not empty, trimmed; nullopt at the end.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// Decodes "%20" to " "; nullopt where two hex digits do not follow a percent sign.
std::optional<std::string> percent_decode(std::string_view text);

/// Encodes as %XX what a URL's path may not contain as it is; "/" stays.
std::string percent_encode_path(std::string_view path);

/// Escapes text for HTML, between tags and between an attribute's quotes.
std::string html_escape(std::string_view text);

}  // namespace portlab::http
