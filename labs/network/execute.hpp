#pragma once
// Replaces this process by the command that a user typed.

#include <string>
#include <string_view>
#include <vector>

namespace portlab {

/// Executes the command (execvp(3)), which is looked for in $PATH. Returns only where that fails: a
/// message is on stderr, "portlab: LABEL: COMMAND: why", and the result is the exit status of
/// shells (POSIX, Shell Command Language 2.8.2), 126 or 127.
int execute(std::string_view label, const std::vector<std::string>& command);

/// $SHELL, or /bin/sh.
std::string users_shell();

}  // namespace portlab
