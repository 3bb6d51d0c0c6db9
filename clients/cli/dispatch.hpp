#pragma once
// The table of commands, and how portlab finds and runs one of them.

#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "common/manual_page.hpp"

namespace portlab {

/// The words after the command's name.
using Arguments = std::vector<std::string>;

/// Runs a command and returns its exit status. Throws CommandError.
using Run = int(const Arguments& arguments);

/// What N stands for in the operands of a command: numbers, and what each is.
using Numbers = std::vector<TermText>();

/// A row of the table of commands.
struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line of --help: at most 60 characters
  Run* run;
  Numbers* numbers = nullptr;  ///< for completion; null: its operands have no N
};

/// The command with this name, or null. Valid after run_portlab() was called.
const Command* find_command(std::string_view name);

/// Adds to an error what this machine can say about it now.
using Complete = CommandError(const CommandError& failure);

/// The whole program: finds the command, runs it, and shows its error, completed. `commands` are in
/// the order of --help. Never throws; returns the exit status.
int run_portlab(std::vector<Command> commands, const Arguments& arguments, Complete* complete);

}  // namespace portlab
