#pragma once
// seccomp(2): a process gives up system calls, for good, without being root.

#include "common/result.hpp"

namespace portlab {

/// From now on, for this thread and all that it starts: no program can be executed, no file's mode
/// or owner changed by its name, no key pressed on the terminal (TIOCSTI), no namespace of one's
/// own entered. What is refused fails with EPERM. After refuse_new_privileges(). The error says why
/// nothing has changed.
Result<void> give_up_system_calls();

}  // namespace portlab
