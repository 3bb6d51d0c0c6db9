#include "labs/runner/interactive/step_feedback.hpp"

#include <algorithm>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

namespace {

std::string program_of(const std::string& command) {
  return command.substr(0, command.find_first_of(" \n"));
}

/// A here-document has many; the first one tells which it is.
std::string first_line_of(const std::string& command) {
  return command.substr(0, command.find('\n'));
}

std::string all_expected(const Activity& activity) {
  std::string text;
  for (const auto& condition : activity.conditions)
    text += (text.empty() ? "" : ", and ") + condition.expected();
  return text.empty() ? "the output that is expected" : text;
}

}  // namespace

void StepFeedback::invite() const {
  if (activity_.commands.empty()) return;
  print(activity_.commands.size() == 1 ? "Type this, or press Enter to have it typed:\n"
                                       : "Type these, or press Enter to have them typed:\n");
  for (const auto& command : activity_.commands)
    for (std::size_t begin = 0; begin < command.size();) {  // a here-document has many lines
      const auto end = std::min(command.find('\n', begin), command.size());
      print("  " + printer_.style().paint(command.substr(begin, end - begin), "1;36") + "\n");
      begin = end + 1;
    }
  print("\n");
}

std::string StepFeedback::type_next() {
  if (commands_.empty()) return {};
  return commands_[typed_for_them_++ % commands_.size()];
}

void StepFeedback::hint() {
  printer_.hint(activity_.hints, hints_given_++, "The next thing to do: " + next_action());
}

void StepFeedback::why() const {
  printer_.explain(activity_.why,
                   "This step is done when there is " + all_expected(activity_) + ".");
}

bool StepFeedback::asks_for(const std::string& command) const {
  constexpr std::size_t alike = 12;  // bytes at the beginning: a typing error comes later
  return std::any_of(commands_.begin(), commands_.end(), [&](const std::string& one) {
    return command.starts_with(one.substr(0, alike));
  });
}

bool StepFeedback::asks_for_more_after(const std::string& command) const {
  return !commands_.empty() &&
         std::any_of(commands_.begin(), commands_.end() - 1, [&](const std::string& one) {
           return command.starts_with(first_line_of(one));
         });
}

bool StepFeedback::has_something_to_say_of(const CommandResult& command) const {
  const auto program = program_of(command.command);
  return command.status != 0 || program == "portlab" ||
         std::any_of(commands_.begin(), commands_.end(),
                     [&](const std::string& one) { return program_of(one) == program; });
}

void StepFeedback::say_what_is_missing(const CheckFailure& unmet,
                                       const std::optional<std::string>& trouble) const {
  const auto line = [&](const std::string& name, const std::string& text) {
    print(wrap(name + text, printer_.columns(), 10) + "\n");
  };
  print(printer_.style().paint("not yet", "33") + "\n");
  line("expected  ", unmet.expected);
  // What was printed stands on the screen already.
  const auto printed = unmet.observed.find("it printed:\n");
  line("observed  ", printed == std::string::npos
                         ? unmet.observed
                         : unmet.observed.substr(0, printed) + "it printed something else");
  if (trouble) {
    line("trouble   ", *trouble);
    line("next      ", "quit, and come back: the servers are started anew");
  } else {
    line("next      ", next_action() + "   (hint: more help)");
  }
}

std::string StepFeedback::next_action() const {
  if (!activity_.next.empty()) return activity_.next;
  return commands_.empty() ? "" : commands_[typed_for_them_ % commands_.size()];
}

}  // namespace portlab::labs
