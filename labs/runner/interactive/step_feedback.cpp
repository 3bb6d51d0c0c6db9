#include "labs/runner/interactive/step_feedback.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>

#include "clients/cli/terminal.hpp"
#include "labs/runner/interactive/messages.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

namespace {

/// "curl URL" of "on pc2 curl URL", as it may be typed, and of "on pc2: curl URL", as it is in the
/// lab's file.
std::string without_host(const std::string& line) {
  static const boost::regex pattern(R"(on \S+ +(.*))");
  boost::smatch found;
  return boost::regex_match(line, found, pattern) ? found[1].str() : line;
}

/// The program of a command.
std::string program_of(const std::string& command) {
  return command.substr(0, command.find_first_of(" \n"));
}

std::string all_conditions(const Activity& activity) {
  std::string text;
  for (const auto& condition : activity.conditions)
    text += (text.empty() ? "" : ", and ") + condition.to_string();
  return text.empty() ? "the expected output" : text;
}

}  // namespace

void StepFeedback::show_commands() const {
  if (activity_.commands.empty()) return;
  const auto place = activity_.host.empty() ? "" : " on " + activity_.host;
  print(activity_.commands.size() == 1
            ? "Type this" + place + ", or press Enter to have it typed:\n"
            : "Type these" + place + ", or press Enter to have them typed:\n");
  print(commands_.to_string());
  if (commands_.has_long_one())
    say("(You can paste it. Inside an unfinished command the prompt is another one; Ctrl-C leaves "
        "it.)");
  print("\n");
}

void StepFeedback::show_reminder() const {
  if (!activity_.commands.empty()) print(commands_.reminder());
}

std::string StepFeedback::next_action(const std::optional<CheckFailure>& failure) const {
  const bool in_between = commands_.done() > 0 && commands_.done() < commands_.all().size();
  if (in_between) return commands_.next();
  if (failure && !failure->next.empty()) return failure->next;
  return activity_.next.empty() ? commands_.next() : activity_.next;
}

std::string StepFeedback::take_next_command() {
  const auto command = commands_.next();
  if (command.empty()) return command;
  commands_.take();
  ++done_.typed_for_them;
  done_.by_enter.push_back(command);
  return command;
}

std::string StepFeedback::as_listed(const std::string& command) const {
  for (const auto& each : commands_.all())
    if (boost::algorithm::replace_all_copy(each, "\n", " ") == command) return each;
  return command;
}

void StepFeedback::show_hint(const std::optional<CheckFailure>& failure) {
  if (done_.hints < activity_.hints.size())
    print_hint(activity_.hints, done_.hints);
  else
    print(labelled_command("Do this next: ", next_action(failure)));
  ++done_.hints;
}

void StepFeedback::show_explanation() const {
  explain(activity_.explanation,
          "This step is done when there is " + all_conditions(activity_) + ".");
}

bool StepFeedback::may_take_effect_later(const std::string& line) const {
  const auto command = without_host(line);
  constexpr std::size_t compared = 12;  // bytes
  const auto program = program_of(command);
  const bool in_background = starts_job(command);
  const auto& all = commands_.all();
  return program == "kill" || std::any_of(all.begin(), all.end(), [&](const std::string& expected) {
           return command.starts_with(expected.substr(0, compared)) ||
                  (in_background && program_of(expected) == program);
         });
}

bool StepFeedback::is_beginning(const CommandResult& command) const {
  return command.status == 0 && begins(command.command, commands_.next());
}

void StepFeedback::show_rest() const {
  print(labelled_command("This is the beginning of:  ", commands_.next()));
}

bool StepFeedback::is_relevant(const CommandResult& command) const {
  const auto line = without_host(command.command);
  if (only_looks(line, commands_.all())) return false;
  const auto program = program_of(line);
  const auto& all = commands_.all();
  const auto& conditions = activity_.conditions;
  const bool about_rules =
      program == "nft" && std::any_of(conditions.begin(), conditions.end(),
                                      [](const Condition& each) { return each.is_about_router(); });
  return command.status != 0 || program == "portlab" || program == "portlabd" || about_rules ||
         std::any_of(all.begin(), all.end(),
                     [&](const std::string& expected) { return program_of(expected) == program; });
}

void StepFeedback::show_failure(const CheckFailure& failure,
                                const std::optional<std::string>& network_failure) const {
  const auto print_line = [&](const std::string& label, const std::string& text) {
    print(wrap(label + text, columns_of(STDOUT_FILENO), 10) + "\n");
  };
  print(style_of(STDOUT_FILENO).paint("not yet", "33") + "\n");
  print_line("expected  ", failure.expected);
  print_line("observed  ", failure.observed);
  if (network_failure) {
    print_line("problem   ", *network_failure);
    print_line("next      ", "type quit, and start the lab again: the servers are restarted");
    return;
  }
  print(labelled_command("next      ", next_action(failure)));
  print_line("          ", "(hint: more help)");
}

}  // namespace portlab::labs
