#include "labs/tour/stage.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace portlab {

namespace {

constexpr std::chrono::seconds command_max{30};
constexpr unsigned columns = 80;
constexpr unsigned columns_of_output = columns - 2;  // it is indented

/// As it would be typed: a word that a shell would take apart is quoted.
std::string typed(const std::vector<std::string>& arguments) {
  std::string line = "portlab";
  for (const auto& word : arguments) {
    const bool plain = word.find_first_of(" \t&;|<>()$*?'\"\\") == std::string::npos;
    line += plain ? " " + word : " '" + word + "'";
  }
  return line;
}

}  // namespace

Stage::Stage(bool quiet) : quiet_(quiet), style_(style_of(STDOUT_FILENO)) {
  ::setenv("PORTLAB_COLUMNS", std::to_string(columns_of_output).c_str(), 1);
}

void Stage::show(std::string_view text) const {
  if (!quiet_) print(text);
}

void Stage::begin(std::string_view title, std::string_view sentence) {
  show("\n" + style_.paint(title, "1") + "\n");
  say(sentence);
}

void Stage::say(std::string_view sentence) { show(wrap(sentence, columns, 0) + "\n"); }

void Stage::show_command(const std::vector<std::string>& arguments) const {
  show("\n  " + style_.paint("$ " + typed(arguments), "1;36") + "\n");
}

void Stage::show_output(const std::string& output) const {
  std::size_t begin = 0;
  while (begin < output.size()) {
    const auto end = std::min(output.find('\n', begin), output.size());
    const auto line = output.substr(begin, end - begin);
    // Here the tour holds the session, and Ctrl-C would end the tour.
    if (!line.starts_with("held open for ")) show((line.empty() ? "" : "  ") + line + "\n");
    begin = end + 1;
  }
}

Outcome Stage::run(const std::vector<std::string>& arguments) {
  show_command(arguments);
  Process process("portlab", arguments);
  Outcome outcome;
  outcome.status = process.wait(command_max);
  outcome.output = process.final_output();
  show_output(outcome.output);
  return outcome;
}

Process Stage::run_beside(const std::vector<std::string>& arguments,
                          const std::function<bool(const std::string&)>& is_there) {
  show_command(arguments);
  Process process("portlab", arguments);
  const auto end = std::chrono::steady_clock::now() + command_max;
  while (!is_there(process.output()) && !process.ended() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  show_output(process.output());
  return process;
}

void Stage::check(bool is_true, const std::string& what) {
  ++checks_;
  if (!is_true) failed_.push_back(what);
  const auto sign = style_.unicode ? (is_true ? "✔ true: " : "✘ NOT TRUE: ")
                                   : (is_true ? "+ true: " : "! NOT TRUE: ");
  show("  " + style_.paint(wrap(sign + what, columns - 2, 4), is_true ? "32" : "31") + "\n");
}

void Stage::pause(std::string_view next) {
  if (quiet_ || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return;
  print("\n" + style_.paint("Enter: " + std::string(next), "2") + " ");
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
  }
}

}  // namespace portlab
