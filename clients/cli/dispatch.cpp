// The table of commands, and `portlab` itself: portlab COMMAND …, portlab help COMMAND, --version.
#include "clients/cli/dispatch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

/// The commands of run_portlab(), set once, before any command runs.
std::vector<Command> table;

constexpr int exit_internal_error = 70;  // EX_SOFTWARE of sysexits.h: never a result of the lab

std::string usage() {
  std::string text =
      "portlab: clients and tools that show both ends of every session\n\n"
      "Usage: portlab COMMAND [options] ...\n\n";
  for (const auto& command : table) {
    std::string name(command.name);
    name.resize(10, ' ');
    text += "  " + name + std::string(command.summary) + "\n";
  }
  text +=
      "\n"
      "  portlab help COMMAND    a command's options, and three examples\n"
      "  portlab --version       the version of this portlab\n\n"
      "Exit status: 0 done, 1 the peer said no (or the output could not be written),\n"
      "2 bad usage, 3 no connection.\n";
  return wrap(text, columns_of(STDOUT_FILENO), 12);
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names{"help"};
  for (const auto& command : table) names.push_back(command.name);
  return names;
}

CommandError unknown_command(std::string_view name) {
  const auto guess = nearest(name, command_names());
  return usage_failure(
      "'" + printable(name) + "' is not a command of portlab",
      guess.empty() ? "portlab --help (all commands)" : "portlab " + std::string(guess));
}

int help(const Arguments& topics) {
  if (topics.empty()) {
    print(usage());
    return 0;
  }
  const auto* command = find_command(topics.front());
  if (command == nullptr) throw unknown_command(topics.front());
  return command->run({"--help"});
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) {
    std::fputs(usage().c_str(), stderr);
    return static_cast<int>(Exit::bad_usage);
  }
  const auto& first = arguments.front();
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (first == "--help" || first == "-h" || first == "help") return help(rest);
  if (first == "--version" || first == "-V") {
    print("portlab " PORTLAB_VERSION "\n");
    return 0;
  }
  if (first.starts_with('-'))
    throw usage_failure("the command comes first, before '" + printable(first) + "'",
                        "portlab --help (all commands)");
  const auto* command = find_command(first);
  if (command == nullptr) throw unknown_command(first);
  return command->run(rest);
}

/// Whether --json is among the options, even of a command line that has an error.
bool wants_json(const Arguments& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

}  // namespace

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Command& command) { return command.name == name; });
  return found == table.end() ? nullptr : &*found;
}

int run_portlab(std::vector<Command> commands, const Arguments& arguments, Advisor* advisor) try {
  table = std::move(commands);
  set_advisor(advisor);
  try {
    return dispatch(arguments);
  } catch (const CommandError& failure) {
    if (wants_json(arguments)) print_json(advised(failure).to_json());
    complain(failure);
    return static_cast<int>(failure.exit());
  }
} catch (const OutputClosed&) {
  return 0;
} catch (const std::exception& defect) {
  std::fprintf(stderr, "portlab: an internal error, please report it: %s\n", defect.what());
  return exit_internal_error;
}

}  // namespace portlab
