#pragma once
// Bash as a child process that has the terminal while the runner waits: it reads a line with line
// editing, and runs the commands that are typed at a question.

#include <string>
#include <vector>

namespace portlab::labs {

struct BashResult {
  int status = -1;           ///< the exit status; -1: a signal ended it
  bool interrupted = false;  ///< Ctrl-C was pressed
  std::string written;       ///< to the descriptor 3
};

/// Runs `script` with these arguments ($1, $2 …) in this folder ("": here). Restores the mode of the
/// terminal afterwards. Requires watch_signals(). Throws a CommandError at SIGTERM and SIGHUP, or
/// where no process can be started.
BashResult run_bash(const std::string& script, const std::vector<std::string>& arguments = {},
                    const std::string& folder = {});

}  // namespace portlab::labs
