#include "labs/runner/interactive/step_feedback.hpp"

#include <algorithm>

#include "clients/cli/terminal.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

std::string program_of(const std::string& command) {
  return command.substr(0, command.find_first_of(" \n"));
}

std::string first_line_of(const std::string& command) {
  return command.substr(0, command.find('\n'));
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
  print(activity_.commands.size() == 1 ? "Type this, or press Enter to have it typed:\n"
                                       : "Type these, or press Enter to have them typed:\n");
  for (const auto& command : activity_.commands)
    for (const auto& line : split_lines(command))
      print("  " + printer_.style().paint(line, "1;36") + "\n");
  print("\n");
}

std::string StepFeedback::take_next_command() {
  if (commands_.empty()) return {};
  return commands_[commands_taken_++ % commands_.size()];
}

void StepFeedback::show_hint() {
  printer_.hint(activity_.hints, hints_given_++, "Do this next: " + next_action());
}

void StepFeedback::show_explanation() const {
  printer_.explain(activity_.explanation,
                   "This step is done when there is " + all_conditions(activity_) + ".");
}

bool StepFeedback::is_expected(const std::string& command) const {
  constexpr std::size_t compared = 12;  // bytes
  return std::any_of(commands_.begin(), commands_.end(), [&](const std::string& expected) {
    return command.starts_with(expected.substr(0, compared));
  });
}

bool StepFeedback::expects_more_after(const std::string& command) const {
  return !commands_.empty() &&
         std::any_of(commands_.begin(), commands_.end() - 1, [&](const std::string& expected) {
           return command.starts_with(first_line_of(expected));
         });
}

bool StepFeedback::is_relevant(const CommandResult& command) const {
  const auto program = program_of(command.command);
  return command.status != 0 || program == "portlab" ||
         std::any_of(commands_.begin(), commands_.end(),
                     [&](const std::string& expected) { return program_of(expected) == program; });
}

void StepFeedback::show_failure(const CheckFailure& failure,
                                const std::optional<std::string>& network_failure) const {
  const auto print_line = [&](const std::string& label, const std::string& text) {
    print(wrap(label + text, printer_.columns(), 10) + "\n");
  };
  print(printer_.style().paint("not yet", "33") + "\n");
  print_line("expected  ", failure.expected);
  // The output itself is on the screen already.
  const auto output = failure.observed.find("it printed:\n");
  print_line("observed  ", output == std::string::npos
                               ? failure.observed
                               : failure.observed.substr(0, output) + "it printed something else");
  if (network_failure) {
    print_line("problem   ", *network_failure);
    print_line("next      ", "type quit, and start the lab again: the servers are restarted");
  } else {
    print_line("next      ", next_action() + "   (hint: more help)");
  }
}

std::string StepFeedback::next_action() const {
  if (!activity_.next.empty()) return activity_.next;
  return commands_.empty() ? "" : commands_[commands_taken_ % commands_.size()];
}

}  // namespace portlab::labs
