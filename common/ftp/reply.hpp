#pragma once
// FTP replies (RFC 959 section 4.2): three digits and a text of one or more lines.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace portlab::ftp {

struct Reply {
  int code = 0;                    ///< 100 to 699
  std::vector<std::string> lines;  ///< without the code and line ends; at least one

  bool operator==(const Reply&) const = default;

  bool preliminary() const { return code / 100 == 1; }   ///< a second reply will follow
  bool completed() const { return code / 100 == 2; }     ///< the command has succeeded
  bool intermediate() const { return code / 100 == 3; }  ///< the server needs another command
  bool refused() const { return code >= 400; }
  /// The first line; most replies have no other.
  const std::string& text() const { return lines.front(); }
  /// All lines, separated by LF.
  std::string all_text() const;
};

/// The bytes of a reply. Lines of `text` are separated by LF. The lines between the first and the
/// last are indented by one space (RFC 2389 section 3.2, RFC 3659 section 7.2), so that none of
/// them looks like the last one.
std::string format_reply(int code, std::string_view text);

/// Builds replies from lines.
class ReplyReader {
 public:
  /// The maximum number of lines of one reply.
  static constexpr std::size_t lines_max = 20'000;

  /// Reads the next line, without its line end. Returns the reply if this was its last line, else
  /// nullopt; an error if the line is not part of a reply.
  Result<std::optional<Reply>> add_line(std::string_view line);

 private:
  std::optional<Reply> begun_;
};

/// A path in a reply 257 (RFC 959 appendix II): in quotes, with each quote in the path doubled.
std::string quote_path(std::string_view path);
/// The path in the text of a reply 257; nullopt if it has none.
std::optional<std::string> unquote_path(std::string_view text);

}  // namespace portlab::ftp
