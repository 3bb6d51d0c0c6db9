#include "labs/runner/interactive/command_list.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/interactive/screen.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// The programs of a command, in its order; of portlab and nft also the command: "portlab netstat". With
/// --help a program is "--help".
Lines programs_of(const std::string& command) {
  Lines programs;
  std::size_t begin = 0;
  while (begin < command.size()) {
    const auto end = std::min(command.find_first_of("|;&\n", begin), command.size());
    const auto words = split_words(command.substr(begin, end - begin));
    begin = end + 1;
    if (words.empty()) continue;
    const auto has_help = std::find(words.begin(), words.end(), "--help") != words.end();
    auto program = has_help ? "--help" : words[0];
    for (std::size_t i = 1; i < 3 && i < words.size(); ++i)
      if (program == "portlab" || program == "portlab server" || program == "portlab office" ||
          program == "nft")
        program += " " + words[i];
    programs.push_back(std::move(program));
  }
  return programs;
}

bool is_looking(const std::string& program) {
  static const std::set<std::string> looking{"ls",
                                             "cat",
                                             "less",
                                             "more",
                                             "head",
                                             "tail",
                                             "man",
                                             "info",
                                             "ps",
                                             "pgrep",
                                             "jobs",
                                             "pwd",
                                             "cd",
                                             "history",
                                             "type",
                                             "which",
                                             "whoami",
                                             "id",
                                             "date",
                                             "clear",
                                             "ss",
                                             "netstat",
                                             "ip",
                                             "env",
                                             "vi",
                                             "vim",
                                             "nano",
                                             "emacs",
                                             "file",
                                             "wc",
                                             "grep",
                                             "echo",
                                             "tput",
                                             "uname",
                                             "hostname",
                                             "--help",
                                             "portlab",
                                             "portlab netstat",
                                             "portlab why",
                                             "portlab port",
                                             "portlab doctor",
                                             "portlab what",
                                             "portlab capture",
                                             "portlab scan",
                                             "portlab server listeners",
                                             "portlab server sessions",
                                             "portlab server status",
                                             "portlab server",
                                             "portlab office map",
                                             "portlab office nat",
                                             "portlab office netstat",
                                             "portlab office rules",
                                             "portlab office status",
                                             "portlab office help",
                                             "nft list"};
  return looking.contains(program);
}

/// The first line of a command, with single spaces, without a backslash at its end.
std::string first_line(const std::string& command) {
  auto words = split_words(command.substr(0, command.find('\n')));
  if (!words.empty() && words.back() == "\\") words.pop_back();
  return join(words, " ");
}

/// A command in lines that fit: broken at spaces outside of quotes, with a backslash.
Lines broken(const std::string& command, std::size_t columns) {
  Lines lines;
  std::string rest = command;
  while (rest.size() > columns) {
    char quote = 0;
    std::size_t space = 0;
    for (std::size_t i = 0; i + 2 <= columns; ++i) {
      const char c = rest[i];
      if (quote == 0 && (c == '\'' || c == '"'))
        quote = c;
      else if (c == quote)
        quote = 0;
      if (quote == 0 && c == ' ' && rest.find_first_not_of(' ') < i) space = i;
    }
    if (space == 0) break;
    lines.push_back(rest.substr(0, space) + " \\");
    rest = "    " + rest.substr(space + 1);
  }
  lines.push_back(rest);
  return lines;
}

/// Whether the command has the same programs as this one, and like it runs in the background or not.
bool is_similar(const std::string& command, const std::string& expected) {
  const auto programs = programs_of(expected);
  return !programs.empty() && programs_of(command) == programs &&
         starts_job(command) == starts_job(expected);
}

}  // namespace

bool only_looks(const std::string& command, const std::vector<std::string>& expected) {
  static const std::set<std::string> same{"ss", "netstat", "portlab netstat"};
  std::set<std::string> expected_programs;
  for (const auto& each : expected)
    for (const auto& program : programs_of(each)) {
      expected_programs.insert(program);
      // Checks read the rows of all of these.
      if (program == "portlab netstat") expected_programs.insert(same.begin(), same.end());
    }
  const auto programs = programs_of(command);
  return !programs.empty() &&
         std::all_of(programs.begin(), programs.end(), [&](const std::string& program) {
           return is_looking(program) && !expected_programs.contains(program);
         });
}

bool begins(const std::string& command, const std::string& other) {
  const auto programs = programs_of(command), all = programs_of(other);
  return !programs.empty() && programs.size() < all.size() &&
         std::equal(programs.begin(), programs.end(), all.begin());
}

std::string CommandList::next() const {
  return commands_.empty() ? "" : commands_[done_ % commands_.size()];
}

void CommandList::on_end(const std::string& command, int status) {
  if (commands_.empty()) return;
  if (done_ == commands_.size()) done_ = 0;
  // The shell's history has a command of several lines in one.
  const auto line = first_line(command);
  const auto is_it = [&](const std::string& each) { return line.starts_with(first_line(each)); };
  auto found =
      std::find_if(commands_.begin() + static_cast<std::ptrdiff_t>(done_), commands_.end(), is_it);
  if (found == commands_.end()) found = std::find_if(commands_.begin(), commands_.end(), is_it);
  if (found != commands_.end())
    done_ = static_cast<std::size_t>(found - commands_.begin()) + 1;
  else if (taken_ || (status == 0 && is_similar(command, commands_[done_])))
    ++done_;
  taken_ = false;
}

bool CommandList::has_long_one() const {
  return std::any_of(commands_.begin(), commands_.end(), [](const std::string& command) {
    return command.find('\n') != std::string::npos;
  });
}

std::string CommandList::to_string() const {
  const auto style = style_of(STDOUT_FILENO);
  const std::size_t columns = columns_of(STDOUT_FILENO);
  const std::string arrow(style.arrow());
  const bool has_margin = !has_long_one();
  std::string text;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const bool is_next = commands_.size() > 1 && i == done_ % commands_.size();
    if (!has_margin && commands_.size() > 1)
      text += style.paint(std::to_string(i + 1) + " of " + std::to_string(commands_.size()) +
                              (is_next ? " (next):" : ":"),
                          "2") +
              "\n";
    std::string margin = has_margin ? (is_next ? arrow + " " : "  ") : "";
    for (const auto& line : split_lines(commands_[i]))
      for (const auto& piece : broken(line, columns - (has_margin ? 2 : 0))) {
        text += margin + style.paint(piece, "1;36") + "\n";
        if (has_margin) margin = "  ";
      }
  }
  return text;
}

std::string CommandList::reminder() const {
  if (done_ == 0 || done_ >= commands_.size()) return {};
  const auto label =
      "next (" + std::to_string(done_ + 1) + " of " + std::to_string(commands_.size()) + ")";
  return labelled_command(style_of(STDOUT_FILENO).paint(label, "2") + "  ", commands_[done_]);
}

std::string labelled_command(const std::string& label, const std::string& command) {
  const auto style = style_of(STDOUT_FILENO);
  const bool is_short = command.find('\n') == std::string::npos && rows_of(label + command) == 1;
  if (is_short) return label + style.paint(command, "1;36") + "\n";
  auto text = label.substr(0, label.find_last_not_of(' ') + 1) + "\n";
  for (const auto& line : split_lines(command))
    for (const auto& piece : broken(line, columns_of(STDOUT_FILENO)))
      text += style.paint(piece, "1;36") + "\n";
  return text;
}

}  // namespace portlab::labs
