#pragma once
// FTP's commands (RFC 959 section 5.3): a verb, and one argument after one space.

#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

struct Command {
  std::string verb;      ///< in capitals: "RETR"
  std::string argument;  ///< everything after the first space; empty: none

  bool operator==(const Command&) const = default;
};

/// Splits a line. Verbs are read in any case; whether there is such a verb is not asked here.
Command parse_command(std::string_view line);

/// The line with its CRLF, escaped for telnet. Nothing if the command can't be sent: a line end or
/// a NUL in it would start another command.
std::optional<std::string> format_command(const Command& command);

}  // namespace portlab::ftp
