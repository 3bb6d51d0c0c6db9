#pragma once
// An activity at the shell's prompt. It is checked after each command, and about seven times a
// second while the shell waits, until it is done.

#include <functional>
#include <string>

#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

/// What is shown when the student types a word of the lab.
struct ShowAgain {
  std::function<void()> part;  ///< "again": the text of this part
  std::function<void()> help;  ///< "help"
};

/// Returns when the activity is done (Navigation::next), or the student navigates; writes commands
/// and hints into `done`. Requires watch_signals(). `came_back`: the student came here with "back";
/// then the activity is done only after a command, even if its check succeeds from the beginning.
/// Throws a CommandError when the terminal is closed.
Navigation run_shell_step(const Activity& activity, LabEnvironment& environment,
                          const std::string& prompt, const ShowAgain& show, bool came_back,
                          DoneActivity& done);

}  // namespace portlab::labs
