#pragma once
// seccomp(2): a process forbids itself system calls, for good. It needs no root.

#include "common/result.hpp"

namespace portlab {

/// Forbids this thread, and the threads and processes that it starts afterwards: to execute a
/// program, to change a file's mode or owner by its name, to put input into a terminal (TIOCSTI),
/// and to enter or make a namespace. These calls then fail with EPERM. To be called after
/// set_no_new_privileges(). After an error, nothing is forbidden.
Result<void> restrict_system_calls();

}  // namespace portlab
