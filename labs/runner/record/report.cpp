#include "labs/runner/record/report.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <tuple>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "common/text_table.hpp"

namespace portlab::labs {

namespace {

std::string date_of(std::int64_t seconds) {
  if (seconds == 0) return "";
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  ::localtime_r(&time, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%m-%d %H:%M", &local)};
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

std::string spelled(const GivenAnswer& answer) {
  const std::string verb = answer.is_prediction ? "predicted" : "answered";
  const std::string right = "right would be " + printable(answer.right);
  auto text = "step " + std::to_string(answer.step) + ", ";
  if (answer.tries == 0)
    text += "not " + verb + " (" + right + ")";
  else
    text += verb + ": " + printable(answer.answer) + " (" + (answer.was_right ? "right" : right) +
            (answer.tries > 1 ? ", try " + std::to_string(answer.tries) : "") + ")";
  return text + "  " + printable(question_in(answer.question));
}

std::string spelled(const DoneActivity& done) {
  std::string text = "step " + std::to_string(done.step);
  if (done.impossible) return text + ", read: this machine lacks what it takes";
  text += done.skipped ? ", skipped: " : ", typed: ";
  for (std::size_t i = 0; i < done.commands.size(); ++i) {
    const auto& command = done.commands[i];
    const auto end = command.find('\n');  // a here-document
    text += (i == 0 ? "" : " ; ") + printable(command.substr(0, end)) +
            (end == std::string::npos ? "" : " ...");
  }
  if (done.commands.empty()) text += "nothing (it came true by itself)";
  if (done.typed_for_them > 0) text += " (by Enter: " + std::to_string(done.typed_for_them) + ")";
  if (done.hints > 0) text += " (hints: " + std::to_string(done.hints) + ")";
  return text;
}

/// What was done and answered, in the lab's order.
std::multimap<std::size_t, std::string> entries(const LabProgress& lab) {
  std::multimap<std::size_t, std::string> all;
  for (const auto& answer : lab.answers) all.emplace(answer.part, spelled(answer));
  for (const auto& done : lab.done) all.emplace(done.part, spelled(done));
  return all;
}

std::string headline(const std::string& id) {
  if (id.starts_with("myth ")) return "Myth " + id.substr(5);
  return id.find('/') == std::string::npos ? "Lab " + id : printable(id);
}

/// Those that were begun: labs, myths, and files of one's own; 9 before 10.
std::vector<std::string> in_order(const Progress& progress) {
  std::vector<std::string> ids;
  for (const auto& [id, lab] : progress.labs())
    if (lab.begun()) ids.push_back(id);
  const auto key = [](const std::string& id) {
    const bool myth = id.starts_with("myth "), file = id.find('/') != std::string::npos;
    return std::make_tuple(file, myth, id.size(), id);
  };
  std::sort(ids.begin(), ids.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return ids;
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
  for (const auto& id : in_order(progress)) {
    const auto& lab = progress.labs().at(id);
    overview.cells({printable(id), date_of(lab.started), date_of(lab.finished),
                    std::to_string(lab.step) + "/" + std::to_string(lab.steps), lab.score(true),
                    lab.score(false), std::to_string(lab.skipped.size()),
                    std::to_string(lab.hints)});
    const auto all = entries(lab);
    if (all.empty()) continue;
    details += "\n" + headline(id) + ": " + printable(lab.title) + "\n";
    for (const auto& [part, text] : all) details += wrap("  " + text, columns, 4) + "\n";
  }
  const auto name =
      progress.student().empty() ? "" : "Student: " + printable(progress.student()) + "\n\n";
  if (overview.rows() == 0) return name + "No lab has been begun yet: portlab lab lists them.\n";
  return name + overview.to_string(room) + details + "\nKept in " + progress.path() + "\n";
}

}  // namespace portlab::labs
