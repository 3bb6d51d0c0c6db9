#include "labs/runner/model/lint.hpp"

#include <fstream>
#include <iterator>

#include "labs/runner/model/captured_values.hpp"

namespace portlab::labs {

namespace {

class Linter {
 public:
  std::vector<Fault> lint(const Lab& lab) {
    if (lab.minutes == 0) add(1, "minutes: is missing");
    for (const auto& variation : lab.variations)
      if (!is_used(lab, variation.word))
        add(1, "vary: '" + variation.word + "' does not occur in the text");
    for (const auto& part : lab.parts) {
      if (const auto* question = std::get_if<Question>(&part.task))
        lint_question(part.line, *question);
      else if (const auto* activity = std::get_if<Activity>(&part.task))
        lint_activity(part.line, *activity);
    }
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
    const auto comment_end = text.find("-->");
    return text.find(word, comment_end == std::string::npos ? 0 : comment_end) != std::string::npos;
  }

  void require_captured(int line, const std::string& text) {
    for (const auto& name : names_in(text))
      if (!captured_.contains(name)) add(line, "{" + name + "} was not captured before");
  }

  void lint_question(int line, const Question& question) {
    has_prediction_ = has_prediction_ || question.is_prediction;
    if (!question.is_prediction && question.hints.empty()) add(line, "a question without hint:");
    if (question.explanation.empty()) add(line, "an answer without because:");
    require_captured(line, question.answer);
  }

  void lint_activity(int line, const Activity& activity) {
    has_condition_ = has_condition_ || !activity.conditions.empty();
    for (const auto& command : activity.auto_commands) require_captured(line, command);
    if (activity.commands_for_auto().empty()) add(line, "--auto has nothing to type: add do:");
    if (activity.conditions.empty() && !activity.output)
      add(line, "commands without output and without check: they cannot fail");
    if (activity.commands.empty() && activity.next.empty()) add(line, "a check without next:");
    if (activity.needs != Need::nothing) lint_needs(line, activity);
    for (const auto& capture : activity.captures) captured_.insert(capture.name);
  }

  /// Where the need is not met, the output block is shown and captured from.
  void lint_needs(int line, const Activity& activity) {
    if (!activity.output) add(line, "needs: without ```output, which is shown where it is not met");
    CapturedValues unused;
    const auto missing = capture_values(activity.captures, activity.output.value_or(""), unused);
    if (missing) add(line, "needs: the output block must contain what '" + *missing + "' captures");
  }

  std::vector<Fault> faults_;
  std::set<std::string> captured_;  ///< the names so far
  bool has_prediction_ = false;
  bool has_condition_ = false;
};

}  // namespace

std::vector<Fault> lint(const Lab& lab) { return Linter().lint(lab); }

}  // namespace portlab::labs
