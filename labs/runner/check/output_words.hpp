#pragma once
// What a command has printed, in words instead of the pattern of a check. No side effects.

#include <string>

#include "labs/runner/check/check_activity.hpp"

namespace portlab::labs {

/// "'portlab netstat -l': a list of the listeners", "'ls': nothing".
std::string output_in_words(const CommandResult& result);

/// The first line of a command, in quotes; a long one is cut.
std::string quoted_command(const std::string& command);

}  // namespace portlab::labs
