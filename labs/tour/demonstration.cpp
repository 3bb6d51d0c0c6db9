#include "labs/tour/demonstration.hpp"

#include <unistd.h>

#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "common/port.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr std::chrono::seconds command_max{30};
constexpr unsigned columns = 80;
constexpr unsigned columns_of_output = columns - 2;  // output is indented by two columns

/// "$ portlab ARGUMENTS".
ShownCommand own_command(const std::vector<std::string>& arguments) {
  return {"$ portlab " + shell_text(arguments), arguments};
}

}  // namespace

std::string shell_text(const std::vector<std::string>& words) {
  return join(words, " ", [](const std::string& word) {
    const bool plain = word.find_first_of(" \t&;|<>()$*?'\"\\") == std::string::npos;
    return plain ? word : "'" + word + "'";
  });
}

std::optional<std::uint16_t> first_port_of(std::string_view address, const std::string& output) {
  const auto before = std::string(address) + ":";
  const auto place = output.find(before);
  if (place == std::string::npos) return std::nullopt;
  const auto rest = output.substr(place + before.size());
  const auto port = parse_port(rest.substr(0, rest.find_first_not_of("0123456789")));
  return port ? std::optional(*port) : std::nullopt;
}

Demonstration::Demonstration(bool quiet, bool verbose)
    : quiet_(quiet), verbose_(verbose), style_(style_of(STDOUT_FILENO)) {
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

void Demonstration::show_output(const std::string& output) const {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    // "held open for 60 s (Ctrl-C …)" would be wrong here: Ctrl-C ends the tour.
    if (line.starts_with("held open for ")) continue;
    show((line.empty() ? "" : "  ") + boost::replace_all_copy(line, "\t", "  ") + "\n");
  }
}

CommandOutput Demonstration::run(const std::vector<std::string>& arguments) {
  return run(own_command(arguments));
}

CommandOutput Demonstration::run(const ShownCommand& command) {
  auto process = start(command, [](const std::string&) { return false; });
  return {process.wait(std::chrono::seconds(0)), process.output()};
}

Process Demonstration::start(const std::vector<std::string>& arguments, const IsReady& is_ready) {
  return start(own_command(arguments), is_ready);
}

Process Demonstration::start(const ShownCommand& command, const IsReady& is_ready) {
  show("\n  " + style_.paint(command.text, "1;36") + "\n");
  Process process("portlab", command.arguments);
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
  constexpr std::size_t line_bytes_max = 80;
  for (;;) {
    print("\n" + style_.paint("Enter: " + std::string(next), "2") + " ");
    std::string line;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
      if (line.size() < line_bytes_max) line += byte;
    const auto word = lower_case(boost::algorithm::trim_copy(line));
    if (word.empty()) return;
    if (word == "quit" || word == "exit" || word == "q") throw TourEnded{};
    print("Enter alone shows the next scene; quit ends the tour.\n");
  }
}

}  // namespace portlab
