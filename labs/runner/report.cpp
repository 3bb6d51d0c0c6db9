#include "labs/runner/report.hpp"

#include <algorithm>
#include <ctime>

#include "clients/terminal.hpp"
#include "common/text_table.hpp"

namespace portlab::labs {

namespace {

std::string date_of(std::int64_t seconds) {
  if (seconds == 0) return "";
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  ::localtime_r(&time, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local)};
}

/// The question's own sentence: the last paragraph before its choices.
std::string question_in(const std::string& markdown) {
  auto begin = std::max(markdown.rfind("**Predict:**"), markdown.rfind("**Question:**"));
  for (const auto* mark : {"**Predict:** ", "**Question:** "}) {
    const auto found = markdown.rfind(mark);
    if (found != std::string::npos) begin = found + std::string(mark).size();
  }
  if (begin == std::string::npos) begin = 0;
  auto text = markdown.substr(begin, markdown.find("\n\n", begin) - begin);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::size_t right_ones(const LabProgress& lab, bool predictions) {
  return static_cast<std::size_t>(
      std::count_if(lab.answers.begin(), lab.answers.end(), [&](const GivenAnswer& answer) {
        return answer.was_right && answer.is_prediction == predictions;
      }));
}

std::size_t all_of(const LabProgress& lab, bool predictions) {
  return static_cast<std::size_t>(std::count_if(
      lab.answers.begin(), lab.answers.end(),
      [&](const GivenAnswer& answer) { return answer.is_prediction == predictions; }));
}

std::string score(const LabProgress& lab, bool predictions) {
  return std::to_string(right_ones(lab, predictions)) + " of " +
         std::to_string(all_of(lab, predictions));
}

}  // namespace

std::string report_of(const Progress& progress, unsigned columns) {
  const TableRoom room{.columns = columns, .overlong = Overlong::wrap};
  TextTable overview({{.title = "Lab"},
                      {.title = "Begun"},
                      {.title = "Done"},
                      {.title = "Step", .right_aligned = true},
                      {.title = "Predicted", .right_aligned = true},
                      {.title = "Answered", .right_aligned = true},
                      {.title = "Skipped", .right_aligned = true},
                      {.title = "Hints", .right_aligned = true}});
  std::string details;
  for (const auto& [id, lab] : progress.labs()) {
    if (!lab.begun()) continue;
    overview.cells({id, date_of(lab.started), date_of(lab.finished),
                    std::to_string(lab.step) + "/" + std::to_string(lab.steps), score(lab, true),
                    score(lab, false), std::to_string(lab.skipped.size()),
                    std::to_string(lab.hints)});
    if (lab.answers.empty()) continue;
    details += "\n" + (id.starts_with("myth") ? "Myth" + id.substr(4) : "Lab " + id) + ": " +
               printable(lab.title) + "\n";
    for (const auto& answer : lab.answers)
      details +=
          wrap("  step " + std::to_string(answer.step) +
                   (answer.is_prediction ? ", predicted: " : ", answered: ") +
                   printable(answer.answer) +
                   (answer.was_right ? " (right" : " (right would be " + printable(answer.right)) +
                   (answer.tries > 1 ? ", try " + std::to_string(answer.tries) : "") + ")  " +
                   printable(question_in(answer.question)),
               columns, 4) +
          "\n";
  }
  const auto name =
      progress.student().empty() ? "" : "Student: " + printable(progress.student()) + "\n\n";
  if (overview.rows() == 0) return name + "No lab has been begun yet: portlab lab lists them.\n";
  return name + overview.to_string(room) + details + "\nKept in " + progress.path() + "\n";
}

}  // namespace portlab::labs
