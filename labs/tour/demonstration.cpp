#include "labs/tour/demonstration.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace portlab {

namespace {

constexpr std::chrono::seconds command_max{30};
constexpr unsigned columns = 80;
constexpr unsigned columns_of_output = columns - 2;  // output is indented by two columns

/// The command as it would be typed: words with characters that are special to a shell are quoted.
std::string command_line(const std::vector<std::string>& arguments) {
  std::string line = "portlab";
  for (const auto& word : arguments) {
    const bool plain = word.find_first_of(" \t&;|<>()$*?'\"\\") == std::string::npos;
    line += plain ? " " + word : " '" + word + "'";
  }
  return line;
}

}  // namespace

Demonstration::Demonstration(bool quiet) : quiet_(quiet), style_(style_of(STDOUT_FILENO)) {
  ::setenv("PORTLAB_COLUMNS", std::to_string(columns_of_output).c_str(), 1);
}

void Demonstration::show(std::string_view text) const {
  if (!quiet_) print(text);
}

void Demonstration::begin(std::string_view title, std::string_view sentence) {
  show("\n" + style_.paint(title, "1") + "\n");
  say(sentence);
}

void Demonstration::say(std::string_view sentence) { show(wrap(sentence, columns, 0) + "\n"); }

void Demonstration::show_command(const std::vector<std::string>& arguments) const {
  show("\n  " + style_.paint("$ " + command_line(arguments), "1;36") + "\n");
}

void Demonstration::show_output(const std::string& output) const {
  std::size_t begin = 0;
  while (begin < output.size()) {
    const auto end = std::min(output.find('\n', begin), output.size());
    const auto line = output.substr(begin, end - begin);
    // "held open for 60 s (Ctrl-C …)" would be wrong here: Ctrl-C ends the tour.
    if (!line.starts_with("held open for ")) show((line.empty() ? "" : "  ") + line + "\n");
    begin = end + 1;
  }
}

CommandOutput Demonstration::run(const std::vector<std::string>& arguments) {
  show_command(arguments);
  Process process("portlab", arguments);
  const int status = process.wait(command_max);
  show_output(process.output());
  return {status, process.output()};
}

Process Demonstration::start(const std::vector<std::string>& arguments,
                             const std::function<bool(const std::string&)>& is_ready) {
  show_command(arguments);
  Process process("portlab", arguments);
  const auto end = std::chrono::steady_clock::now() + command_max;
  while (!is_ready(process.output()) && !process.ended() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  show_output(process.output());
  return process;
}

void Demonstration::check(bool passed, const std::string& what) {
  ++checks_;
  if (!passed) failed_.push_back(what);
  const auto sign = style_.unicode ? (passed ? "\u2714 passed: " : "\u2718 FAILED: ")
                                   : (passed ? "+ passed: " : "! FAILED: ");
  show("  " + style_.paint(wrap(sign + what, columns - 2, 4), passed ? "32" : "31") + "\n");
}

void Demonstration::pause(std::string_view next) {
  if (quiet_ || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return;
  print("\n" + style_.paint("Enter: " + std::string(next), "2") + " ");
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
}

}  // namespace portlab
