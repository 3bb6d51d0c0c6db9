#pragma once
// Paths in replies: the reply 257 writes them between quotes (RFC 959 appendix II).

#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

/// "/a \"b\"" for /a "b": quotes in the path are doubled.
std::string quote_path(std::string_view path);

/// The path in the text of a reply 257; nothing when it has none.
std::optional<std::string> unquote_path(std::string_view text);

}  // namespace portlab::ftp
