#include "labs/runner/check/output_words.hpp"

#include <algorithm>
#include <boost/regex.hpp>

#include "common/text.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

constexpr std::size_t quoted_max = 60;  // bytes

std::string shortened(const std::string& text) {
  return text.size() <= quoted_max ? text : displayable(text, quoted_max) + "\u2026";
}

/// Whether the option is among the words: "-l" also in "-ln".
bool has_option(const Lines& words, char letter, const std::string& name) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    const bool is_short = word.size() > 1 && word[0] == '-' && word[1] != '-';
    return word == name || (is_short && word.find(letter) != std::string::npos);
  });
}

/// What portlab netstat lists; empty: it is another command.
std::string netstat_list(const std::string& command) {
  const auto words = split_words(command);
  if (words.size() < 2 || words[0] != "portlab" || words[1] != "netstat") return {};
  if (has_option(words, 'l', "--listening")) return "a list of the listeners";
  if (has_option(words, 'a', "--all")) return "a list of listeners and sessions";
  if (has_option(words, '\0', "--pairs")) return "a list of sessions, both ends in one row";
  return "a list of sessions";
}

/// The titles alone; netstat then says that there is nothing.
bool is_empty_table(const Lines& lines) {
  return lines.size() == 1 || (lines.size() == 2 && lines.back().starts_with("no "));
}

/// A line with an error of portlab, portlabd, the shell, or a client that labs use: smbclient first
/// complains of its own folders.
bool is_error(const std::string& line) {
  static const boost::regex pattern(
      "(?:portlab|portlabd|bash|sh|curl|nc|Ncat): .*|.*: command not found|.*\\bNT_STATUS_.*");
  return boost::regex_match(line, pattern);
}

}  // namespace

std::string quoted_command(const std::string& command) {
  return "'" + shortened(command.substr(0, command.find('\n'))) + "'";
}

std::string output_in_words(const CommandResult& result) {
  const auto subject = quoted_command(result.command) + ": ";
  auto lines = split_lines(result.output);
  std::erase_if(lines, [](const std::string& line) { return trimmed(line).empty(); });
  if (lines.empty()) return subject + "nothing";
  const auto error = std::find_if(lines.begin(), lines.end(), is_error);
  if (error != lines.end()) return subject + "an error, '" + shortened(*error) + "'";
  if (const auto list = netstat_list(result.command); !list.empty())
    return subject +
           (is_empty_table(lines) ? "an empty list" + list.substr(list.find(" of ")) : list);
  const auto more = lines.size() - 1;
  return subject + "'" + shortened(trimmed(lines.front())) + "'" +
         (more == 0 ? ""
                    : " and " + std::to_string(more) + (more == 1 ? " more line" : " more lines"));
}

}  // namespace portlab::labs
