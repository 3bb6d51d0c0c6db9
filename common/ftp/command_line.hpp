#pragma once
// FTP commands (RFC 959 section 5.3): a verb, and one argument after one space.

#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

struct Command {
  std::string verb;      ///< in capitals: "RETR"
  std::string argument;  ///< everything after the first space; empty if there is none

  bool operator==(const Command&) const = default;
};

/// Splits a line into verb and argument. The verb may be in any case, and need not exist.
Command parse_command(std::string_view line);

/// The line with its CRLF, escaped for telnet; nullopt if the command contains an LF or a NUL,
/// which the server would read as the end of the line or refuse.
std::optional<std::string> format_command(const Command& command);

}  // namespace portlab::ftp
