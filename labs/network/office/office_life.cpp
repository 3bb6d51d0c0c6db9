// portlab office up, down, status, enter.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <ctime>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/network/office/enter_host.hpp"
#include "labs/network/office/entered_programs.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/keeper.hpp"
#include "labs/network/office/office_actions.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_view.hpp"

namespace portlab::office {

namespace {

/// "portlab office map", with the name of the office if it has one of its own.
std::string command(const Options& options, const std::string& subcommand) {
  return office_command(options.name, subcommand);
}

void print_done(const Options& options, const std::string& state, const std::string& sentence) {
  boost::json::object document{{"name", options.name}, {"state", state}};
  if (!options.with.empty()) {
    boost::json::array with;
    for (const auto* server : options.with) with.emplace_back(server->name);
    document["with"] = std::move(with);
  }
  if (options.json)
    print_json(document);
  else
    print(sentence + "\n");
}

}  // namespace

RunningOffice expect_office(const Options& options) {
  auto found = find_office(options.name);
  if (!found)
    throw CommandError(Exit::no_connection, "the office '" + options.name + "' is not up",
                       command(options, "up"));
  constexpr const char* default_name = "office";
  if (found->name != options.name && options.name != default_name)
    throw CommandError(Exit::no_connection,
                       "this shell is in the office '" + found->name +
                           "'; from here no other office can be reached",
                       "exit, then portlab office --name " + options.name + " …");
  return std::move(*found);
}

// up, down ----------------------------------------------------------------------------------------

namespace {

/// Starts the servers of --with. What a student can do with each: lines.
std::string start_extras(const Options& options, const RunningOffice& office) {
  if (options.with.empty()) return {};
  join_user_namespace(office);
  std::string text;
  for (const auto* server : options.with) {
    start_extra(office, *server, options.verbose);
    text += server->name == "smb"
                ? "  " + command(options, "enter pc1 smbclient -N //pc3/share -c ls") +
                      "\n                               lists the shared folder of pc3, port 445\n"
                : "  " + command(options, "view") +
                      "          pc2 sees the desktop of server1, port 3389\n";
  }
  return text;
}

}  // namespace

int up(const Options& options) {
  expect_extra_programs(options.with);
  std::string sentence;
  auto found = find_office(options.name);
  if (found) {
    sentence = "The office is up already: " + command(options, "map") + " shows it.";
  } else {
    start_office(options.name, options.verbose);
    found = expect_office(options);
    for (const auto& note : found->notes)
      std::fprintf(stderr, "portlab: office: %s\n", note.c_str());
    sentence = "The office is up: " + host_names() + ".\n  " + command(options, "map") +
               "           shows it\n  " + command(options, "enter pc1") +
               "     a shell on pc1\n  " + command(options, "down") +
               "          ends it; nothing is left";
  }
  auto more = start_extras(options, *found);
  if (!more.empty()) more.pop_back();
  print_done(options, "up", more.empty() ? sentence : sentence + "\n" + more);
  return 0;
}

namespace {

/// "793 s".
std::string time_up(const RunningOffice& office) {
  return std::to_string(std::time(nullptr) - office.started) + " s";
}

/// Asks at a terminal where programs of other terminals would end, too. A pipe or a script is not
/// asked.
bool may_end(const Options& options, const RunningOffice& office) {
  if (options.yes || options.json || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
    return true;
  const auto others = programs_on_other_terminals(office);
  if (others.empty()) return true;
  std::string text = "Also inside the office, and ended with it:\n";
  for (const auto& each : others)
    text += "  " + each.name + " (process " + std::to_string(each.pid) + ")" +
            (each.host.empty() ? "" : " on " + each.host) + ", at " + each.terminal + "\n";
  std::fputs((text + "End the office? y or n: ").c_str(), stderr);
  std::string answer;
  for (int byte = std::getchar(); byte != EOF && byte != '\n'; byte = std::getchar())
    answer += static_cast<char>(byte);
  return answer == "y" || answer == "Y" || lower_case(answer) == "yes";
}

}  // namespace

int down(const Options& options) {
  const auto found = find_office(options.name);
  if (!found) {
    print_done(options, "down", "The office is down already.");
    return 0;
  }
  if (!may_end(options, *found)) {
    print("The office stays up.\n");
    return static_cast<int>(Exit::failed);
  }
  // In a host, this process ends with the office.
  if (is_inside()) print_done(options, "down", "The office goes down.");
  if (end_office(*found)) {
    print_done(options, "down",
               "The office is down. It was up for " + time_up(*found) + ", started by " +
                   found->starter + ".");
    return 0;
  }
  throw CommandError(Exit::no_connection,
                     "the office does not end: process " + std::to_string(found->pid),
                     "kill -9 " + std::to_string(found->pid));
}

// status ------------------------------------------------------------------------------------------

namespace {

struct RunningExtra {
  const ExtraServer* server = nullptr;
  std::uint16_t port = 0;
};

std::vector<RunningExtra> running_extras(const RunningOffice& office) {
  std::vector<RunningExtra> all;
  try {
    join_user_namespace(office);
    const auto view = look_at(office);
    for (const auto& server : extra_servers())
      if (const auto* listener = listener_of(view, server))
        all.push_back({&server, listener->end.port});
  } catch (const CommandError&) {
    // The hosts cannot be entered from here: whether the office is up is still an answer.
  }
  return all;
}

}  // namespace

int status(const Options& options) {
  const auto found = find_office(options.name);
  const auto names = office_names();
  const auto extras = found ? running_extras(*found) : std::vector<RunningExtra>{};
  if (options.json) {
    boost::json::object document{{"name", options.name}, {"state", found ? "up" : "down"}};
    if (found) {
      document["name"] = found->name;
      document["pid"] = found->pid;
      document["started"] = found->started;
      document["starter"] = found->starter;
      document["notes"] = boost::json::array(found->notes.begin(), found->notes.end());
      boost::json::array running;
      for (const auto& each : extras)
        running.push_back(boost::json::object{{"name", each.server->name},
                                              {"host", each.server->host},
                                              {"port", each.port},
                                              {"program", each.server->program},
                                              {"service", each.server->service}});
      document["with"] = std::move(running);
    }
    document["offices"] = boost::json::array(names.begin(), names.end());
    print_json(document);
    return found ? 0 : 1;
  }
  std::string text = "The office '" + (found ? found->name : options.name) + "' ";
  if (found) {
    text += "has been up for " + time_up(*found) + ".\nIt was started by " + found->starter +
            ". Its first process has the id " + std::to_string(found->pid) + ".\n";
    for (const auto& each : extras)
      text += "With " + std::string(each.server->name) + ": " + std::string(each.server->program) +
              " listens at " + std::string(each.server->host) + ":" + std::to_string(each.port) +
              " (" + std::string(each.server->service) + ").\n";
    for (const auto& note : found->notes) text += note + "\n";
  } else {
    text += "is not up: " + command(options, "up") + "\n";
  }
  for (const auto& name : names)
    if (name != (found ? found->name : options.name))
      text += "Also up: portlab office --name " + name + " status\n";
  print(text);
  return found ? 0 : 1;
}

// enter -------------------------------------------------------------------------------------------

int enter(const Options& options) {
  if (options.words.empty())
    throw usage_failure("office: enter: which host? There are " + host_names(),
                        command(options, "enter pc1"));
  const auto host = lower_case(options.words.front());
  if (find_host(host) == nullptr)
    throw usage_failure("office: there is no host '" + printable(options.words.front()) +
                            "'; there are " + host_names(),
                        command(options, "enter pc1"));
  const auto found = expect_office(options);
  enter(found, host, {options.words.begin() + 1, options.words.end()});
}

}  // namespace portlab::office
