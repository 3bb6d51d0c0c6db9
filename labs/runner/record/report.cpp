#include "labs/runner/record/report.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <ctime>
#include <map>
#include <tuple>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "common/text_table.hpp"
#include "labs/runner/record/students.hpp"

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
  static const boost::regex pattern(R"(.*\*\*(?:Predict|Question):\*\* (.*?)(?:\n\n.*)?)");
  boost::smatch found;
  auto text = boost::regex_match(markdown, found, pattern) ? found[1].str() : markdown;
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::erase(text, '`');
  static const boost::regex link(R"(\[([^\]]*)\]\([^)]*\))");
  return boost::regex_replace(text, link, "$1");
}

/// "step 3, 11-26 10:42"; without a time in records of earlier versions.
std::string place_of(std::size_t step, std::int64_t time) {
  return "step " + std::to_string(step) + (time == 0 ? "" : ", " + date_of(time));
}

/// What became of an answer; while the question is open, without the right one.
std::string result_of(const GivenAnswer& given, bool was_skipped) {
  if (given.is_open()) return given.prediction ? "not tested yet" : "not right yet";
  const auto& right = given.right_text.empty() ? given.right : given.right_text;
  const bool gave_up = was_skipped && !given.prediction && given.tries > 0;
  if (given.was_right) return gave_up ? "right, after skip" : "right";
  return (gave_up ? "then skipped; right answer: " : "right answer: ") + printable(right);
}

std::string to_text(const GivenAnswer& given, bool was_skipped) {
  const std::string verb = given.prediction ? "predicted" : "answered";
  const auto& answer = given.answer_text.empty() ? given.answer : given.answer_text;
  const auto result = result_of(given, was_skipped);
  auto text = place_of(given.step, given.time) + ", ";
  if (given.tries == 0) {
    text += "not " + verb + " (" + result + ")";
  } else {
    text += verb + ": " + printable(answer) + " (" + result;
    if (given.tries > 1) text += ", try " + std::to_string(given.tries);
    text += ")";
  }
  text += "  " + printable(question_in(given.asked.empty() ? given.question : given.asked));
  if (!given.wrong.empty())
    text += "  (wrong before: " +
            join(given.wrong, " ; ", [](const auto& wrong) { return printable(wrong); }) + ")";
  return text;
}

std::string to_text(const std::string& command, bool by_enter) {
  return printable(command) + (by_enter ? " [by Enter]" : "");
}

std::string to_text(const DoneActivity& done) {
  auto text = place_of(done.step, done.time);
  if (done.impossible_here) return text + ", read only: this machine does not allow it";
  text += done.skipped ? ", skipped: " : ", typed: ";
  text += join(done.commands, " ; ", [&](const std::string& command) {
    const auto& by_enter = done.by_enter;
    return to_text(command, std::find(by_enter.begin(), by_enter.end(), command) != by_enter.end());
  });
  if (done.commands.empty()) text += "nothing (the check succeeded without a command)";
  if (done.typed_for_them > 0 && done.by_enter.empty())  // a record of an earlier version
    text += " (typed by Enter: " + std::to_string(done.typed_for_them) + ")";
  if (done.hints > 0) text += " (hints: " + std::to_string(done.hints) + ")";
  return text;
}

/// The activities and answers of a lab, by their parts.
std::multimap<std::size_t, std::string> entries_of(const LabRecord& record) {
  std::multimap<std::size_t, std::string> entries;
  for (const auto& answer : record.answers)
    entries.emplace(answer.part, to_text(answer, record.was_skipped(answer.part)));
  for (const auto& done : record.done) entries.emplace(done.part, to_text(done));
  return entries;
}

std::string headline(const std::string& id) {
  if (id.starts_with("myth ")) return "Myth " + id.substr(5);
  return id.find('/') == std::string::npos ? "Lab " + id : printable(id);
}

/// The keys of the labs that were started, or only `lab`: labs, then myths, by their numbers; then
/// other files.
std::vector<std::string> keys_in_order(const Progress& progress,
                                       const std::optional<std::string>& lab) {
  std::vector<std::string> keys;
  for (const auto& [key, record] : progress.labs())
    if (record.has_started() && (!lab || key == *lab)) keys.push_back(key);
  const auto rank = [&](const std::string& key) {
    const bool is_myth = key.starts_with("myth "), is_file = key.find('/') != std::string::npos;
    return std::make_tuple(is_file, is_myth, is_file ? 0 : key.size(), key);
  };
  std::sort(keys.begin(), keys.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return keys;
}

}  // namespace

std::string report_of(const Progress& progress, unsigned columns,
                      const std::optional<std::string>& lab) {
  TextTable overview({{.title = "Lab"},
                      {.title = "Started"},
                      {.title = "Done"},
                      {.title = "Step", .right_aligned = true},
                      {.title = "Predicted", .right_aligned = true},
                      {.title = "Answered", .right_aligned = true},
                      {.title = "Skipped", .right_aligned = true},
                      {.title = "Hints", .right_aligned = true}});
  std::string details;
  for (const auto& key : keys_in_order(progress, lab)) {
    const auto& record = progress.labs().at(key);
    const auto step = record.finished != 0 ? record.steps : record.step;
    overview.cells({printable(key), date_of(record.started), date_of(record.finished),
                    std::to_string(step) + "/" + std::to_string(record.steps), record.score(true),
                    record.score(false), std::to_string(record.skipped.size()),
                    std::to_string(record.hints)});
    const auto entries = entries_of(record);
    if (entries.empty()) continue;
    details += "\n" + headline(key) + ": " + printable(record.title) + "\n";
    for (const auto& [part, text] : entries) details += wrap("  " + text, columns, 4) + "\n";
  }
  const auto& student = progress.student();
  const auto begin = (student.empty() ? "" : "Student: " + printable(student) + "\n") +
                     "The record is in " + printable(progress.path()) + "\n\n";
  if (overview.rows() == 0)
    return begin + (lab ? headline(*lab) : "No lab") + " has " + (lab ? "not " : "") +
           "been started: portlab lab" + student_option(student) + " lists them.\n";
  return begin + overview.to_string({.columns = columns, .overlong = Overlong::wrap}) + details;
}

}  // namespace portlab::labs
