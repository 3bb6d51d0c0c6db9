#include "common/ftp/command_line.hpp"

#include "common/ftp/telnet.hpp"
#include "common/text.hpp"

namespace portlab::ftp {

Command parse_command(std::string_view line) {
  const auto space = line.find(' ');
  Command command{upper_case(line.substr(0, space)), {}};
  // A second space belongs to the argument: a file name may begin with a space.
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
