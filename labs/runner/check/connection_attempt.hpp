#pragma once
// What a client said about a connection that it tried to open. Each program has other words and another
// exit status for the same error of connect(2). No side effects.

#include "labs/runner/check/check_activity.hpp"

namespace portlab::labs {

/// Whether a command tried this address and port (it, or what it printed, names them), and was refused
/// or got no answer: the condition `tried ADDRESS:PORT refused|timed out`.
bool tried(const Condition& condition, const CommandResult& result);

}  // namespace portlab::labs
