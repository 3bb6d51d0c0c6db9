#pragma once
// The prompt at which a text is read or a question is answered. The shell has its own prompt:
// shell_step.hpp.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// Where a student goes from a part of the lab.
enum class Navigation { next, back, skip, restart, quit };

/// For "back", "skip", "reset" and "quit"; nothing for other words.
std::optional<Navigation> parse_navigation(std::string_view word);

class QuestionPrompt {
 public:
  /// Requires watch_signals(). The printer must outlive this object.
  explicit QuestionPrompt(const Printer& printer) : printer_(printer) {}

  /// Waits for Enter, or a navigation word. `place` is shown in the prompt: "3/9".
  Navigation wait_for_enter(const std::string& place);
  /// Asks until `accepts` is true of an answer, or a navigation word is typed. `has_answer`: Enter
  /// alone keeps the answer given before.
  Navigation ask(const Question& question, const std::string& place, bool has_answer,
                 const std::function<bool(const std::string&)>& accepts);
  /// Whether "yes" is typed.
  bool confirm(const std::string& consequence);
  /// In the last call of ask().
  unsigned hints_given() const { return hints_given_; }

 private:
  std::optional<std::string> read_line(const std::string& prompt);
  void explain_prompt(const Question& question, const std::string& line);

  const Printer& printer_;
  unsigned hints_given_ = 0;
};

}  // namespace portlab::labs
