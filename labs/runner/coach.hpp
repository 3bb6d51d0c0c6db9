#pragma once
// Who looks over the student's shoulder at the prompt: knows what an activity asks for, and says
// what is missing.

#include <cstddef>
#include <string>
#include <vector>

#include "labs/runner/judge.hpp"
#include "labs/runner/lab.hpp"
#include "labs/runner/voice.hpp"

namespace portlab::labs {

class Coach {
 public:
  /// `commands`: what the activity asks for, with its captured values. The activity and the voice
  /// must outlive it.
  Coach(const Activity& activity, std::vector<std::string> commands, const Voice& voice)
      : activity_(activity), commands_(std::move(commands)), voice_(voice) {}

  /// Shows the commands that the text names, if it names any.
  void invite() const;
  /// The command that Enter alone types, and from now on the one behind it; empty: there is none.
  std::string type_next();
  /// How many of them were typed so.
  std::size_t typed() const { return typed_; }
  /// One hint more.
  void hint();
  std::size_t hints_given() const { return hints_given_; }
  void why() const;

  /// Whether this command is one of those: others are welcome, and need no comment.
  bool asks_for(const std::string& command) const;
  /// It is one of several, and not the last: nothing is wrong yet.
  bool asks_for_more_after(const std::string& command) const;
  /// Expected, observed, next: of what is missing after this command. `trouble` of the servers, if
  /// there is any, explains it. Of ls, vi, cat and the like, when they went well, it says nothing.
  void comment_on(const CommandResult& command, const Unmet& unmet,
                  const std::optional<std::string>& trouble) const;

 private:
  std::string next_action() const;

  const Activity& activity_;
  const std::vector<std::string> commands_;
  const Voice& voice_;
  std::size_t typed_ = 0;
  std::size_t hints_given_ = 0;
};

}  // namespace portlab::labs
