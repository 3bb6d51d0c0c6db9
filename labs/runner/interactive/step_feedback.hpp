#pragma once
// What the runner prints about an activity at the shell's prompt: its commands, hints, and what is
// missing after a command.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/interactive/command_list.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"

namespace portlab::labs {

class StepFeedback {
 public:
  /// `commands`: commands_to_type() of the activity. Counts in `done` the hints, and the commands
  /// that are taken. Activity and `done` must outlive this object.
  StepFeedback(const Activity& activity, std::vector<std::string> commands, DoneActivity& done)
      : activity_(activity), commands_(std::move(commands)), done_(done) {}

  /// Prints the commands of the activity, if it has any, and marks the next one.
  void show_commands() const;
  /// Of several commands, prints the next one, unless it is the first.
  void show_reminder() const;
  /// `failure`: of the check as it is now; the last hint is what to do about it.
  void show_hint(const std::optional<CheckFailure>& failure);
  void show_explanation() const;
  /// Prints what is expected, what there is instead, and what to do next. `network_failure`: why
  /// the servers no longer run, which is then the cause.
  void show_failure(const CheckFailure& failure,
                    const std::optional<std::string>& network_failure) const;

  /// The command that Enter at an empty prompt types: the next one. Empty: there is none.
  std::string take_next_command();
  /// To be called when a command has ended.
  void on_command_end(const CommandResult& result) {
    commands_.on_end(result.command, result.status);
  }
  /// The command of the activity that this line of the shell's history is, in which a here-document
  /// has one line; another command as it is.
  std::string as_listed(const std::string& command) const;
  /// As on_command_end() for one that has not been run: Ctrl-C in its middle, or a syntax error.
  void on_unfinished_command() { commands_.give_back(); }

  /// Whether its effect may come a moment later: it begins like a command of the activity (there may
  /// be a mistake later in the line), starts the same program in the background, or ends a job.
  bool may_take_effect_later(const std::string& line) const;
  /// Whether the last command was one of several of the activity, and not the last one.
  bool expects_more() const { return !commands_.reminder().empty(); }
  /// Whether it has succeeded, and is only the first part of the next command ("kill %1; wait").
  bool is_beginning(const CommandResult& command) const;
  /// Prints the command of which it is.
  void show_rest() const;
  /// Whether a failed check is reported after this command: not after one that only looks.
  bool is_relevant(const CommandResult& command) const;

 private:
  std::string next_action(const std::optional<CheckFailure>& failure) const;

  const Activity& activity_;
  CommandList commands_;
  DoneActivity& done_;
};

}  // namespace portlab::labs
