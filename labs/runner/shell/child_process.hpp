#pragma once
// Processes that a lab starts, and how none of them is left running.

#include <sys/types.h>

#include <functional>

namespace portlab::labs {

/// Runs the function in a child process (fork(2)): what it changes, such as its network namespace,
/// ends with it. Returns the function's result as exit status; a CommandError is printed and
/// becomes its exit status. Afterwards all descendants are killed, and the terminal's mode is
/// restored.
int run_in_child(const std::function<int()>& function);

/// Ends every process of a session (setsid(2)): SIGTERM, then, after half a second, SIGKILL.
void end_session(pid_t session);

}  // namespace portlab::labs
