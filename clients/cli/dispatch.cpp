// The table of commands, and `portlab` itself: portlab COMMAND …, portlab help COMMAND, --version; and
// what packages and shells ask for: --manual, --complete (common/packaging/README.md).
#include "clients/cli/dispatch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/net_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "common/completion.hpp"
#include "common/endpoint.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

/// The commands of run_portlab(), set once, before any command runs.
std::vector<Command> table;

constexpr int exit_internal_error = 70;  // EX_SOFTWARE of sysexits.h: never a result of the lab

/// portlab(1), and --help.
ManualPage overview() {
  ManualPage page;
  page.name = "portlab";
  page.summary = "clients and tools that show both ends of every session";
  page.operands = {"COMMAND [options] ..."};
  for (const auto& command : table)
    page.commands.push_back({std::string(command.name), std::string(command.summary)});
  page.groups = {
      {"Options",
       {{"help", "h", "", "this text"}, {"version", "V", "", "the version of this portlab"}}}};
  page.notes = {"'portlab help COMMAND' shows a command's options, and three examples."};
  page.exit_statuses = {
      {"0", "done"},
      {"1", "the peer answered with an error (or the output could not be written)"},
      {"2", "bad usage"},
      {"3", "no connection"}};
  page.see_also = {"portlabd"};
  return page;
}

std::string usage() { return to_help(overview(), columns_of(STDOUT_FILENO)); }

std::vector<TermText> net_error_candidates() {
  std::vector<TermText> errors;
  for (const auto& each : net_errors())
    errors.push_back({std::string(each.name), std::string(each.summary)});
  return errors;
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names{"help", "version"};
  for (const auto& command : table) names.push_back(command.name);
  return names;
}

/// The commands that have this word as their own: "portlab office nat" for "nat".
std::vector<std::string> commands_with(const std::string& word) {
  std::vector<std::string> found;
  const auto no_words = [](std::string_view) { return std::vector<TermText>(); };
  for (const auto& command : table) {
    const auto words = complete(page_of(command), std::span(&word, 1), no_words);
    if (std::any_of(words.begin(), words.end(),
                    [&](const auto& each) { return each.term == word; }))
      found.push_back("portlab " + std::string(command.name) + " " + word);
  }
  return found;
}

/// A program of the system, and the command that does its work here.
struct UsualProgram {
  std::string_view name;
  std::string_view command;
};
constexpr UsualProgram usual_programs[] = {
    {"curl", "http"},    {"wget", "http"},         {"dig", "dns"},         {"kdig", "dns"},
    {"drill", "dns"},    {"host", "dns"},          {"nslookup", "dns"},    {"nc", "connect"},
    {"ncat", "connect"}, {"netcat", "connect"},    {"ss", "netstat"},      {"lsof", "netstat"},
    {"nmap", "scan"},    {"ping", "scan"},         {"tcpdump", "capture"}, {"tshark", "capture"},
    {"lftp", "ftp"},     {"wireshark", "capture"},
};

/// The command for a word that is a URL, an endpoint or a usual program; empty where there is none.
std::string command_for(const std::string& word) {
  for (const std::string scheme : {"http", "https", "ftp"})
    if (word.starts_with(scheme + "://"))
      return (scheme == "ftp" ? "portlab ftp " : "portlab http ") + shell_word(word);
  if (const auto* command = find_command(lower_case(word)))
    return "portlab " + std::string(command->name);
  for (const auto& each : usual_programs)
    if (word == each.name) return "portlab " + std::string(each.command);
  const auto place = parse_host_and_port(word);
  return place && place->port ? "portlab connect " + shell_word(word) : "";
}

CommandError unknown_command(std::string_view name) {
  if (auto command = command_for(std::string(name)); !command.empty())
    return usage_failure("'" + printable(name) + "' is not a command of portlab",
                         std::move(command));
  const bool may_be_a_word = !name.empty() && !name.starts_with('-') && !name.starts_with(':');
  const auto longer = may_be_a_word ? commands_with(std::string(name)) : std::vector<std::string>();
  if (!longer.empty())
    return usage_failure("'" + printable(name) + "' is not a command of portlab",
                         join(longer, ", or "));
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

/// portlab --manual [COMMAND]: the page in mdoc(7). For packages.
int print_manual(const Arguments& names) {
  const auto* command = names.empty() ? nullptr : find_command(names.front());
  if (!names.empty() && command == nullptr) throw unknown_command(names.front());
  print(to_mdoc(command == nullptr ? overview() : page_of(*command), PORTLAB_DATE));
  return 0;
}

/// What may come in place of the last word.
std::vector<TermText> candidates(std::span<const std::string> words) {
  if (words.empty()) return {};
  const auto page = overview();
  const bool first = words.size() == 1;
  if (first && words[0].starts_with('-')) return complete(page, words, {});
  if (first || (words[0] == "help" && words.size() == 2)) {
    auto commands = page.commands;
    if (first) commands.push_back({"help", "a command's options, and three examples"});
    return beginning_with(words.back(), std::move(commands));
  }
  const auto* command = find_command(words[0]);
  if (command == nullptr) return {};
  const auto words_for = [&](std::string_view word) -> std::vector<TermText> {
    if (word == "SERVICE") return service_candidates();
    if (word == "ERROR") return net_error_candidates();
    return word == "N" && command->numbers != nullptr ? command->numbers()
                                                      : std::vector<TermText>();
  };
  return complete(page_of(*command), words.subspan(1), words_for);
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) {
    std::fputs(usage().c_str(), stderr);
    return static_cast<int>(Exit::bad_usage);
  }
  const auto& first = arguments.front();
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (first == "--help" || first == "-h" || first == "help") return help(rest);
  if (first == "--version" || first == "-V" || first == "-v" || first == "version") {
    print("portlab " PORTLAB_VERSION "\n");
    return 0;
  }
  if (first == "--manual") return print_manual(rest);
  if (first == "--complete") {
    print(completion_lines(candidates(rest)));
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

int run_portlab(std::vector<Command> commands, const Arguments& arguments, Complete* complete) try {
  table = std::move(commands);
  try {
    return dispatch(arguments);
  } catch (const CommandError& bare) {
    const auto failure = complete(bare);
    if (wants_json(arguments)) print_json(failure.to_json());
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
