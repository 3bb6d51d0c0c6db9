#pragma once
// The table of the commands in labs/.

#include <span>

#include "clients/cli/dispatch.hpp"

namespace portlab {

/// The commands in the order of `portlab --help`.
std::span<const Command> lab_commands();

}  // namespace portlab
