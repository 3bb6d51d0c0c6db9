#pragma once
// What a command is, and how portlab finds and runs the one that was asked for.

#include <string>
#include <string_view>
#include <vector>

namespace portlab {

class CommandError;

/// What stands behind the command's name.
using Arguments = std::vector<std::string>;

/// Runs a command and returns its exit status. Throws CommandError.
using Run = int(const Arguments& arguments);

/// A line of the table of commands.
struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line of --help: at most 60 characters
  Run* run;
};

/// The command with this name, or null. Known from run_portlab() on.
const Command* find_command(std::string_view name);

/// The whole program: picks the command and runs it. `commands` are in the order of --help. Never
/// throws; returns the exit status.
int run_portlab(std::vector<Command> commands, const Arguments& arguments);

}  // namespace portlab
