#pragma once
// The commands of portlab.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portlab {

class Failure;

/// What stands behind the command's name.
using Arguments = std::vector<std::string>;

/// Runs a command and returns its exit status. Throws Failure.
using Run = int(const Arguments& arguments);

/// A line of the table of commands.
struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line of --help: at most 60 characters
  Run* run;
};

/// The one table that names all commands, in the order of --help.
std::span<const Command> commands();

/// The command with this name, or null.
const Command* find_command(std::string_view name);

/// The whole program: picks the command and runs it. Never throws; returns the exit status.
int run_portlab(const Arguments& arguments);

}  // namespace portlab
