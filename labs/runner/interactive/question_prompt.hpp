#pragma once
// The prompt at which a text is read or a question is answered. The shell has its own prompt:
// shell_step.hpp.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Where a student goes from a part of the lab; `again`: the step is shown anew.
enum class Navigation { next, back, skip, restart, quit, again };

/// For "back", "skip", "reset", "quit" and "again", in any case; nothing for other words.
std::optional<Navigation> parse_navigation(std::string_view word);

// All of these require watch_signals(). `place` is shown in the prompt: "3/9".

/// How the commands run that are typed here.
struct CommandSetting {
  std::string folder;                       ///< in which
  std::vector<std::string> before_command;  ///< a program that executes them, and its arguments
};

/// Waits for Enter, or a navigation word. Commands that only show something (portlab netstat) may be
/// typed as well.
Navigation wait_for_enter(const std::string& place, const CommandSetting& setting);
/// Waits for Enter, where there is nowhere else to go: "Press Enter for the summary: ".
void wait_for_enter_alone(const std::string& prompt);
/// Whether "yes" is typed.
bool confirm(const std::string& consequence);

/// What ask() needs besides the question.
struct QuestionSetting {
  std::string place;  ///< shown in the prompt: "3/9"
  CommandSetting commands;
  bool has_answer = false;            ///< Enter alone keeps the answer given before
  std::function<void()> show_help;    ///< for "help" and "?"
  std::vector<std::string>& history;  ///< the lines typed at questions so far
  unsigned& hints;                    ///< counts the hints that are shown
};

/// Asks until `accepts` is true of an answer, or a navigation word is typed. After a command as in
/// wait_for_enter() the question is asked again.
Navigation ask(const Question& question, const QuestionSetting& setting,
               const std::function<bool(const std::string&)>& accepts);

}  // namespace portlab::labs
