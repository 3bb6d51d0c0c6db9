#pragma once
// An activity at the shell's prompt. It is checked after each command, and about seven times a
// second while the shell waits, until it is done.

#include <string>
#include <vector>

#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

struct ShellStepResult {
  Navigation navigation = Navigation::next;  ///< next: the activity is done
  unsigned hints_given = 0;
  std::vector<std::string> commands;  ///< that were run; of many the last ones
  unsigned typed_by_enter = 0;        ///< how many of them Enter at the empty prompt typed
};

/// Returns when the activity is done, or the student navigates. Requires watch_signals().
/// `came_back`: the student came here with "back"; then the activity is done only after a command,
/// even if its check succeeds from the beginning. Throws a CommandError when the terminal is
/// closed.
ShellStepResult run_shell_step(const Activity& activity, LabEnvironment& environment,
                               const Printer& printer, const std::string& prompt, bool came_back);

}  // namespace portlab::labs
