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

/// The sentence of a question: the paragraph that begins with **Predict:** or **Question:**.
std::string question_in(const std::string& markdown) {
  std::size_t begin = 0;
  for (const std::string mark : {"**Predict:** ", "**Question:** "}) {
    const auto found = markdown.rfind(mark);
    if (found != std::string::npos) begin = std::max(begin, found + mark.size());
  }
  auto text = markdown.substr(begin, markdown.find("\n\n", begin) - begin);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string to_text(const GivenAnswer& given) {
  const std::string verb = given.is_prediction ? "predicted" : "answered";
  const std::string correction = "right answer: " + printable(given.right);
  auto text = "step " + std::to_string(given.step) + ", ";
  if (given.tries == 0) {
    text += "not " + verb + " (" + correction + ")";
  } else {
    text += verb + ": " + printable(given.answer) + " (" + (given.was_right ? "right" : correction);
    if (given.tries > 1) text += ", try " + std::to_string(given.tries);
    text += ")";
  }
  return text + "  " + printable(question_in(given.question));
}

std::string to_text(const DoneActivity& done) {
  std::string text = "step " + std::to_string(done.step);
  if (done.impossible) return text + ", read only: this machine does not allow it";
  text += done.skipped ? ", skipped: " : ", typed: ";
  for (std::size_t i = 0; i < done.commands.size(); ++i) {
    const auto& command = done.commands[i];
    const auto end = command.find('\n');  // a here-document: only its first line
    text += (i == 0 ? "" : " ; ") + printable(command.substr(0, end)) +
            (end == std::string::npos ? "" : " ...");
  }
  if (done.commands.empty()) text += "nothing (the check succeeded without a command)";
  if (done.typed_by_enter > 0)
    text += " (typed by Enter: " + std::to_string(done.typed_by_enter) + ")";
  if (done.hints > 0) text += " (hints: " + std::to_string(done.hints) + ")";
  return text;
}

/// The activities and answers of a lab, by their parts.
std::multimap<std::size_t, std::string> entries_of(const LabRecord& record) {
  std::multimap<std::size_t, std::string> entries;
  for (const auto& answer : record.answers) entries.emplace(answer.part, to_text(answer));
  for (const auto& done : record.done) entries.emplace(done.part, to_text(done));
  return entries;
}

std::string headline(const std::string& id) {
  if (id.starts_with("myth ")) return "Myth " + id.substr(5);
  return id.find('/') == std::string::npos ? "Lab " + id : printable(id);
}

/// The keys of the labs that were started: first labs, then myths, then other files; 9 before 10.
std::vector<std::string> keys_in_order(const Progress& progress) {
  std::vector<std::string> keys;
  for (const auto& [key, record] : progress.labs())
    if (record.has_started()) keys.push_back(key);
  const auto rank = [](const std::string& key) {
    const bool is_myth = key.starts_with("myth "), is_file = key.find('/') != std::string::npos;
    return std::make_tuple(is_file, is_myth, key.size(), key);
  };
  std::sort(keys.begin(), keys.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return keys;
}

}  // namespace

std::string report_of(const Progress& progress, unsigned columns) {
  TextTable overview({{.title = "Lab"},
                      {.title = "Started"},
                      {.title = "Done"},
                      {.title = "Step", .right_aligned = true},
                      {.title = "Predicted", .right_aligned = true},
                      {.title = "Answered", .right_aligned = true},
                      {.title = "Skipped", .right_aligned = true},
                      {.title = "Hints", .right_aligned = true}});
  std::string details;
  for (const auto& key : keys_in_order(progress)) {
    const auto& record = progress.labs().at(key);
    overview.cells({printable(key), date_of(record.started), date_of(record.finished),
                    std::to_string(record.step) + "/" + std::to_string(record.steps),
                    record.score(true), record.score(false), std::to_string(record.skipped.size()),
                    std::to_string(record.hints)});
    const auto entries = entries_of(record);
    if (entries.empty()) continue;
    details += "\n" + headline(key) + ": " + printable(record.title) + "\n";
    for (const auto& [part, text] : entries) details += wrap("  " + text, columns, 4) + "\n";
  }
  const auto name =
      progress.student().empty() ? "" : "Student: " + printable(progress.student()) + "\n\n";
  if (overview.rows() == 0) return name + "No lab has been started: portlab lab lists them.\n";
  return name + overview.to_string({.columns = columns, .overlong = Overlong::wrap}) + details +
         "\nThe record is in " + progress.path() + "\n";
}

}  // namespace portlab::labs
