#pragma once
// The table of the commands in clients/.

#include <span>

#include "clients/cli/dispatch.hpp"

namespace portlab {

/// In the order of --help.
std::span<const Command> client_commands();

}  // namespace portlab
