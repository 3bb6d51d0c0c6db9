#include "common/ftp/path_text.hpp"

namespace portlab::ftp {

std::string quote_path(std::string_view path) {
  std::string out = "\"";
  for (const char c : path) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

std::optional<std::string> unquote_path(std::string_view text) {
  const auto open = text.find('"');
  if (open == std::string_view::npos) return std::nullopt;
  std::string path;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      const bool doubled = i + 1 < text.size() && text[i + 1] == '"';
      if (!doubled) return path;
      ++i;
    }
    path += text[i];
  }
  return std::nullopt;
}

}  // namespace portlab::ftp
