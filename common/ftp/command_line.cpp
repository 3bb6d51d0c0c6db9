#include "common/ftp/command_line.hpp"

#include "common/ftp/telnet.hpp"

namespace portlab::ftp {

namespace {

// Not std::toupper: that one asks the locale.
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

Command parse_command(std::string_view line) {
  const auto space = line.find(' ');
  Command command;
  for (const char c : line.substr(0, space)) command.verb += upper(c);
  // A second space belongs to the argument: file names may begin with one.
  if (space != std::string_view::npos) command.argument = line.substr(space + 1);
  return command;
}

std::optional<std::string> format_command(const Command& command) {
  std::string line = command.verb;
  if (!command.argument.empty()) line += " " + command.argument;
  if (line.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) return std::nullopt;
  return telnet_escaped(line) + "\r\n";
}

}  // namespace portlab::ftp
