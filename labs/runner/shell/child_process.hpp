#pragma once
// Processes that a lab starts, and how none of them is left running.

#include <functional>

namespace portlab::labs {

/// Runs the function in a child process (fork(2)): what it changes, such as its network namespace,
/// ends with it. Returns the function's result as exit status; a CommandError is printed and
/// becomes its exit status. Afterwards all descendants are ended, and the terminal's mode is
/// restored.
int run_in_child(const std::function<int()>& function);

/// Ends all processes that this one and its descendants have started: SIGTERM, then, after a
/// second, SIGKILL. One of another user (sudo) may stay.
void end_descendants();

}  // namespace portlab::labs
