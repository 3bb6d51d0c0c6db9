#include "labs/runner/model/lint.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "common/text_table.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/open_ports.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

constexpr std::size_t recap_code_max = 76;  // columns: with the margin it fits a terminal's 80

/// The columns of the widest line in a block of this Markdown.
std::size_t widest_code(const std::string& markdown) {
  std::size_t widest = 0;
  bool in_code = false;
  for (const auto& line : split_lines(markdown)) {
    const bool is_fence = line.starts_with("```");
    if (in_code && !is_fence) widest = std::max(widest, display_width(line));
    in_code = in_code != is_fence;
  }
  return widest;
}

class Linter {
 public:
  std::vector<Fault> lint(const Lab& lab) {
    if (lab.minutes == 0) add(1, "minutes: is missing");
    for (const auto& variation : lab.variations)
      if (!is_used(lab, variation.word))
        add(1, "vary: '" + variation.word + "' does not occur in the text");
    has_office_ = lab.has_office;
    for (const auto& part : lab.parts) {
      if (const auto* question = std::get_if<Question>(&part.task))
        lint_question(part.line, *question);
      else if (const auto* activity = std::get_if<Activity>(&part.task))
        lint_activity(part.line, *activity);
    }
    if (widest_code(lab.recap) > recap_code_max)
      add(1, "recap: a block is wider than " + std::to_string(recap_code_max) + " columns");
    if (lab.recap.empty()) add(1, "the lab has no recap: ## Recap");
    if (!has_prediction_) add(1, "the lab has no prediction");
    if (!has_condition_) add(1, "the lab checks no condition");
    return std::move(faults_);
  }

 private:
  void add(int line, std::string text) { faults_.push_back({line, std::move(text)}); }

  /// Whether the word occurs after the first comment, which contains `vary:`.
  static bool is_used(const Lab& lab, const std::string& word) {
    std::ifstream file(lab.path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.find(word, text.find("-->")) != std::string::npos;
  }

  void require_captured(int line, const std::string& text) {
    for (const auto& name : names_in(text))
      if (!captured_.contains(name)) add(line, "{" + name + "} was not captured before");
  }

  void lint_question(int line, const Question& question) {
    has_prediction_ = has_prediction_ || question.is_prediction;
    if (!question.is_prediction && question.hints.empty()) add(line, "a question without hint:");
    if (question.explanation.empty()) add(line, "an answer without because:");
    for (const auto& answer : question.answers) require_captured(line, answer);
    for (const auto& text : question.explanation) lint_text(line, question, text);
    for (const auto& text : question.hints) lint_text(line, question, text);
    for (const auto& reason : question.reasons) {
      require_captured(line, reason.answer);
      for (const auto& text : reason.text) lint_text(line, question, text);
      if (std::count(question.answers.begin(), question.answers.end(), reason.answer) > 0)
        add(line, "if " + reason.answer + ": this answer is right");
    }
  }

  /// Each student sees the choices in another order.
  void lint_text(int line, const Question& question, const std::string& text) {
    require_captured(line, text);
    for (const auto& choice : question.choices)
      if ((" " + text).find(" " + std::string{choice.letter} + ")") != std::string::npos)
        add(line, "'" + std::string{choice.letter} +
                      ")': letters differ from student to student; use the words of the choice");
  }

  void lint_activity(int line, const Activity& activity) {
    has_condition_ = has_condition_ || !activity.conditions.empty();
    for (const auto* commands :
         {&activity.auto_commands, &activity.wrong_commands, &activity.other_commands})
      for (const auto& command : *commands) require_captured(line, command);
    if (activity.conditions.empty() && !activity.output && !activity.wrong_commands.empty())
      add(line, "wrong: without a condition or an output that it could fail");
    if (activity.commands_for_auto().empty()) add(line, "--auto has nothing to type: add do:");
    if (activity.conditions.empty() && !activity.output)
      add(line, "commands without output and without check: they cannot fail");
    if (activity.commands.empty() && activity.next.empty()) add(line, "a check without next:");
    if (!activity.conditions.empty() && activity.wrong_commands.empty())
      add(line, "a check without wrong: a command that looks right, and must not pass");
    lint_next(line, activity.next);
    for (const auto& condition : activity.conditions)
      if (condition.next != activity.next) lint_next(line, condition.next);
    const auto& commands = activity.commands_for_auto();
    if (!has_office_ && activity.needs != Need::private_network &&
        std::any_of(commands.begin(), commands.end(),
                    [](const auto& each) { return !ports_on_all_addresses(each).empty(); }))
      add(line, "a port on all addresses: other machines could connect: needs: private network");
    if (has_office_ || activity.needs != Need::nothing) lint_needs(line, activity);
    for (const auto& capture : activity.captures) captured_.insert(capture.name);
  }

  /// What is printed must be something to type.
  void lint_next(int line, const std::string& next) {
    if (next.starts_with("the ") || next.find(", then ") != std::string::npos)
      add(line, "next: '" + next + "' is not one command");
  }

  /// Where the need is not met, the output block is shown and captured from.
  void lint_needs(int line, const Activity& activity) {
    const std::string need = has_office_ ? "network: office: " : "needs: ";
    if (!activity.output)
      add(line, need + "without ```output, which is shown where that is not possible");
    CapturedValues unused;
    const auto missing = capture_values(activity.captures, activity.output.value_or(""), unused);
    if (missing) add(line, need + "the output block must contain what '" + *missing + "' captures");
  }

  std::vector<Fault> faults_;
  std::set<std::string> captured_;  ///< the names so far
  bool has_office_ = false;
  bool has_prediction_ = false;
  bool has_condition_ = false;
};

}  // namespace

std::vector<Fault> lint(const Lab& lab) { return Linter().lint(lab); }

}  // namespace portlab::labs
