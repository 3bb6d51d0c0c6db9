#include "common/http/http_syntax.hpp"

#include <algorithm>
#include <charconv>

namespace portlab::http {

namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_token_char(char c) {
  return is_alphanumeric(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 ? c != '\t' : c == 0x7f; });
}

std::string_view trim_front(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return trim_front(text);
}

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest_.size() && (quoted || rest_[end] != ','); ++end)
      if (rest_[end] == '"') quoted = !quoted;
    const auto element = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (;;) {
    const auto percent = text.find('%');
    decoded += text.substr(0, percent);
    if (percent == std::string_view::npos) return decoded;
    const auto digits = text.substr(percent + 1, 2);
    unsigned value = 0;
    const auto* const end = digits.data() + digits.size();
    if (digits.size() < 2 || std::from_chars(digits.data(), end, value, 16).ptr != end)
      return std::nullopt;
    decoded += static_cast<char>(value);
    text.remove_prefix(percent + 3);
  }
}

std::string percent_encode_path(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    if (is_alphanumeric(c) || std::string_view("/-._~").find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

std::string html_escape(std::string_view text) {
  constexpr std::string_view special = "&<>\"'";
  constexpr std::string_view escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string escaped;
  for (const char c : text) {
    const auto found = special.find(c);
    if (found == std::string_view::npos)
      escaped += c;
    else
      escaped += escapes[found];
  }
  return escaped;
}

}  // namespace portlab::http
