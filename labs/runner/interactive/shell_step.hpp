#pragma once
// A student at the shell's prompt, with something to do: every command's end and every change of
// the machine is looked at, until it is done.

#include <string>
#include <vector>

#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

/// What became of it.
struct ShellStepResult {
  Move move = Move::next;  ///< next: it is done; else where the student wants to go
  unsigned hints_given = 0;
  std::vector<std::string> commands;  ///< that were run; of many, the last ones
  unsigned typed_for_them = 0;        ///< how many were typed for the student, by Enter alone
};

/// Until it is done, or the student wants to go elsewhere. `came_back`: the student did this
/// before, so that it is true already tells nothing. Throws a CommandError when the terminal is gone.
ShellStepResult run_shell_step(const Activity& activity, LabEnvironment& environment,
                               const Printer& printer, const std::string& prompt, bool came_back);

}  // namespace portlab::labs
