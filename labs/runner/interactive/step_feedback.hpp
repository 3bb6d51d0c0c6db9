#pragma once
// What the runner prints about an activity at the shell's prompt: its commands, hints, and what is
// missing after a command.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

class StepFeedback {
 public:
  /// `commands`: commands_to_type() of the activity. Activity and printer must outlive this object.
  StepFeedback(const Activity& activity, std::vector<std::string> commands, const Printer& printer)
      : activity_(activity), commands_(std::move(commands)), printer_(printer) {}

  /// Prints the commands of the activity, if it has any.
  void show_commands() const;
  void show_hint();
  void show_explanation() const;
  /// Prints what is expected, what there is instead, and what to do next. `network_failure`: why
  /// the servers no longer run, which is then the cause.
  void show_failure(const CheckFailure& failure,
                    const std::optional<std::string>& network_failure) const;

  /// The command that Enter at an empty prompt types: each time the next one. Empty: there is none.
  std::string take_next_command();
  /// How often a command was taken.
  unsigned commands_taken() const { return commands_taken_; }
  unsigned hints_given() const { return hints_given_; }

  /// Whether it begins like a command of the activity (there may be a mistake later in the line).
  bool is_expected(const std::string& command) const;
  /// Whether it is one of several commands of the activity, and not the last one.
  bool expects_more_after(const std::string& command) const;
  /// Whether a failed check is reported after this command: not after a successful ls, vi or cat.
  bool is_relevant(const CommandResult& command) const;

 private:
  std::string next_action() const;

  const Activity& activity_;
  const std::vector<std::string> commands_;
  const Printer& printer_;
  unsigned commands_taken_ = 0;
  unsigned hints_given_ = 0;
};

}  // namespace portlab::labs
