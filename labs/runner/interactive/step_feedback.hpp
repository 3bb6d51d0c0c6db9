#pragma once
// Who looks over the student's shoulder at the prompt: knows what an activity asks for, and says
// what is missing.

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
  /// `commands`: what the activity asks for, with its captured values. The activity and the voice
  /// must outlive it.
  StepFeedback(const Activity& activity, std::vector<std::string> commands, const Printer& printer)
      : activity_(activity), commands_(std::move(commands)), printer_(printer) {}

  /// Shows the commands that the text names, if it names any.
  void invite() const;
  /// The command that Enter alone types, and from now on the one behind it; empty: there is none.
  std::string type_next();
  /// How many of them were typed so.
  unsigned typed_for_them() const { return typed_for_them_; }
  /// One hint more.
  void hint();
  unsigned hints_given() const { return hints_given_; }
  void why() const;

  /// It begins like one of those: its effect is worth waiting for.
  bool asks_for(const std::string& command) const;
  /// It is one of several, and not the last: nothing is wrong yet.
  bool asks_for_more_after(const std::string& command) const;
  /// Of ls, vi, cat and the like, when they went well, there is nothing to say.
  bool has_something_to_say_of(const CommandResult& command) const;
  /// Expected, observed, next. `trouble` of the servers, if there is any, explains it.
  void say_what_is_missing(const CheckFailure& unmet,
                           const std::optional<std::string>& trouble) const;

 private:
  std::string next_action() const;

  const Activity& activity_;
  const std::vector<std::string> commands_;
  const Printer& printer_;
  unsigned typed_for_them_ = 0;
  unsigned hints_given_ = 0;
};

}  // namespace portlab::labs
