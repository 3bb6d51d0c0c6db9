#pragma once
// FTP's replies (RFC 959 section 4.2): three digits and a text of one or more lines.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace portlab::ftp {

struct Reply {
  int code = 0;                    ///< 100 to 599
  std::vector<std::string> lines;  ///< without code and line ends; at least one

  bool operator==(const Reply&) const = default;

  bool preliminary() const { return code / 100 == 1; }   ///< another reply will follow
  bool completed() const { return code / 100 == 2; }     ///< done
  bool intermediate() const { return code / 100 == 3; }  ///< another command is awaited
  bool refused() const { return code >= 400; }
  /// The first line, which is all of most replies.
  const std::string& text() const { return lines.front(); }
};

/// A reply as it is sent. Lines of `text` are separated by LF; of three or more lines, those
/// between the first and the last are indented by one space (RFC 2389 section 3.2 and RFC 3659
/// section 7.2 demand that), so that none can be taken for the last.
std::string format_reply(int code, std::string_view text);

/// Puts replies together from lines.
class ReplyReader {
 public:
  /// The most lines of one reply.
  static constexpr std::size_t lines_max = 20'000;

  /// Takes the next line, without its end. The reply when this was its last line, else nothing; an
  /// error when the line is no part of a reply.
  Result<std::optional<Reply>> add_line(std::string_view line);

 private:
  std::optional<Reply> begun_;
};

}  // namespace portlab::ftp
