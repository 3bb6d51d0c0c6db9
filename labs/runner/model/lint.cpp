#include "labs/runner/model/lint.hpp"

#include <boost/regex.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "labs/runner/check/check_activity.hpp"

namespace portlab::labs {

namespace {

bool is_used(const Lab& lab, const std::string& word) {
  std::ifstream file(lab.path);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto first = all.find("-->");
  return all.find(word, first == std::string::npos ? 0 : first) != std::string::npos;
}

/// The words in braces that may stand for captured values; "${HOME}" is the shell's.
std::set<std::string> names_in(const std::string& command) {
  static const boost::regex word(R"((?<!\$)\{([a-z][a-z0-9_]*)\})");
  std::set<std::string> names;
  for (boost::sregex_iterator found(command.begin(), command.end(), word), end; found != end;
       ++found)
    names.insert((*found)[1].str());
  return names;
}

/// What not every machine gives needs something to read in its place.
void lint_needs(const Part& part, const Activity& activity, std::vector<Fault>& faults) {
  if (activity.needs == Need::nothing) return;
  if (!activity.output)
    faults.push_back({part.line, "needs: without ```output, which is shown where it can't be had"});
  Captured unused;
  if (const auto unmet = capture_from_file(activity, unused))
    faults.push_back({part.line, "needs: the file's output must be an " + unmet->expected});
}

}  // namespace

std::vector<Fault> lint(const Lab& lab) {
  std::vector<Fault> faults;
  if (lab.minutes == 0) faults.push_back({1, "minutes: is not said"});
  for (const auto& variation : lab.variations)
    if (!is_used(lab, variation.word))
      faults.push_back({1, "vary: '" + variation.word + "' stands nowhere in the text"});
  std::set<std::string> captured;
  bool predicts = false, checks = false;
  for (const auto& part : lab.parts) {
    if (const auto* question = std::get_if<Question>(&part.task)) {
      predicts = predicts || question->is_prediction;
      if (!question->is_prediction && question->hints.empty())
        faults.push_back({part.line, "a question without a hint:"});
      if (question->because.empty()) faults.push_back({part.line, "an answer without because:"});
      const auto& answer = question->answer;
      if (answer.starts_with('{') && !captured.contains(answer.substr(1, answer.size() - 2)))
        faults.push_back({part.line, answer + " was not captured before"});
    } else if (const auto* activity = std::get_if<Activity>(&part.task)) {
      checks = checks || !activity->conditions.empty();
      for (const auto& command : activity->unattended)
        for (const auto& name : names_in(command))
          if (!captured.contains(name))
            faults.push_back({part.line, "do: {" + name + "} was not captured before"});
      if (activity->to_do().empty())
        faults.push_back({part.line, "--auto does not know what to do: say do:"});
      if (activity->conditions.empty() && !activity->output)
        faults.push_back({part.line, "commands without output or check: nothing can go wrong"});
      if (activity->commands.empty() && activity->next.empty())
        faults.push_back({part.line, "a check without next:"});
      lint_needs(part, *activity, faults);
      for (const auto& capture : activity->captures) captured.insert(capture.name);
    }
  }
  if (!predicts) faults.push_back({1, "nothing is predicted"});
  if (!checks) faults.push_back({1, "nothing is checked on the machine"});
  return faults;
}

}  // namespace portlab::labs
