#pragma once
// What this machine adds to an error when it is shown.

#include <string>

#include "clients/cli/command_error.hpp"

namespace portlab {

/// The Advisor of portlab: for a source port in use, the program that has it (from the kernel's
/// socket table); for a refused connection to this machine, where the user's portlabd has the
/// service instead.
void add_local_advice(SystemError& error);

/// "portlab enter (…)": how to reach a server that is in a private network.
std::string enter_advice();

}  // namespace portlab
