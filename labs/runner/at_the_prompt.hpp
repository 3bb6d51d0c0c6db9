#pragma once
// A student at the shell's prompt, with something to do: every command's end and every change of
// the machine is looked at, until it is done.

#include <memory>
#include <string>
#include <vector>

#include "labs/runner/lab.hpp"
#include "labs/runner/voice.hpp"
#include "labs/runner/workplace.hpp"

namespace portlab::labs {

/// From now on SIGTERM and SIGHUP are noted …
void watch_for_the_end();
/// … and end the lab here, by a Failure.
void leave_if_told_to();

class AtThePrompt {
 public:
  /// `came_back`: the student did this before, so that it is true already tells nothing.
  AtThePrompt(const Activity& activity, Workplace& workplace, const Voice& voice,
              std::string prompt, bool came_back);
  ~AtThePrompt();
  AtThePrompt(const AtThePrompt&) = delete;
  AtThePrompt& operator=(const AtThePrompt&) = delete;

  /// Until it is done (next), or the student wants to go elsewhere. Throws a Failure when the
  /// terminal is gone.
  Move work();
  unsigned hints_given() const;
  /// The commands that were run; of many, the last ones.
  const std::vector<std::string>& commands() const;
  /// How many of all commands were typed for the student, by Enter alone.
  unsigned typed_for_them() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portlab::labs
