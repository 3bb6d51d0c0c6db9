#include "labs/runner/check/check_activity.hpp"

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>
#include <cctype>
#include <stdexcept>

#include "labs/runner/check/expected_output.hpp"

namespace portlab::labs {

namespace {

/// In small letters, without spaces at the ends; a number without what separates its thousands.
std::string normal(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) == 0 || !out.empty()) out += static_cast<char>(std::tolower(byte));
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == ')' || out.back() == '.'))
    out.pop_back();
  if (out.starts_with("port ")) out.erase(0, 5);
  static const boost::regex thousands(R"(\d{1,3}(?:[ ,.'_]\d{3})+)");
  if (boost::regex_match(out, thousands))
    std::erase_if(out, [](unsigned char c) { return std::isdigit(c) == 0; });
  return out;
}

std::optional<CheckFailure> judge_output(const Activity& activity, const Snapshot& now) {
  if (!now.last)
    return CheckFailure{"what the commands print", "no command has been run in this step"};
  const auto difference = compare_output(*activity.output, now.last->output);
  if (!difference) return std::nullopt;
  return CheckFailure{"'" + difference->expected + "'", "'" + difference->actual + "'"};
}

/// With captured values in the place of their names.
std::string filled(std::string text, const Captured& captured) {
  for (const auto& [name, value] : captured) boost::replace_all(text, "{" + name + "}", value);
  return text;
}

}  // namespace

std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& now,
                                           Judge by) {
  for (const auto& condition : activity.conditions)
    if (!condition.holds(now)) return CheckFailure{condition.expected(), condition.observed(now)};
  const bool output_counts = by == Judge::file || activity.conditions.empty();
  if (activity.output && output_counts)
    if (auto unmet = judge_output(activity, now)) return unmet;
  Captured unused;
  return capture(activity, now, unused);
}

std::optional<CheckFailure> capture(const Activity& activity, const Snapshot& now, Captured& into) {
  for (const auto& one : activity.captures) {
    boost::smatch found;
    const std::string output = now.last ? now.last->output : "";
    bool shown = false;
    try {
      shown = boost::regex_search(output, found, boost::regex(one.pattern),
                                  boost::match_not_dot_newline);
    } catch (const std::runtime_error&) {
      // Too much work, for this output: not shown.
    }
    if (!shown)
      return CheckFailure{
          "output from which the lab can read '" + one.name + "'",
          now.last ? "'" + now.last->command + "' does not show it" : "no command yet"};
    into[one.name] = found[1].str();
  }
  return std::nullopt;
}

std::optional<CheckFailure> capture_from_file(const Activity& activity, Captured& into) {
  Snapshot shown;
  shown.last = CommandResult{"the output in the file", 0, activity.output.value_or("")};
  return capture(activity, shown, into);
}

std::vector<std::string> to_do(const Activity& activity, const Captured& captured) {
  if (!activity.commands.empty()) return activity.commands;  // shown and typed as they stand
  // What a peer can print must not become a command of the student's.
  static const boost::regex harmless("[A-Za-z0-9.-]+");
  Captured values;
  for (const auto& one : captured)
    if (boost::regex_match(one.second, harmless)) values.insert(one);
  auto commands = activity.unattended;
  for (auto& command : commands) command = filled(std::move(command), values);
  return commands;
}

std::string right_answer(const Question& question, const Captured& captured) {
  return filled(question.answer, captured);
}

bool is_right(const Question& question, const std::string& answer, const Captured& captured) {
  auto given = normal(answer);
  // "b) It is refused.": the letter counts.
  if (!question.choices.empty() && given.size() > 1 && given[1] == ')') given.resize(1);
  const auto all = right_answer(question, captured);
  for (std::size_t begin = 0; begin <= all.size();) {
    const auto end = std::min(all.find(" | ", begin), all.size());
    if (!given.empty() && given == normal(all.substr(begin, end - begin))) return true;
    begin = end + 3;
  }
  return false;
}

}  // namespace portlab::labs
