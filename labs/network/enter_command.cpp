// portlab enter: runs a command, or a shell, in the private network of a lab or of a portlabd.
//
//   run_enter -> find_target (a running lab, else a portlabd) -> join -> execute

#include <unistd.h>

#include <boost/program_options/value_semantic.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/local_server.hpp"
#include "common/system/private_network.hpp"
#include "labs/network/running_lab.hpp"

namespace portlab {

namespace {

// The exit statuses that shells use (POSIX, Shell Command Language 2.8.2).
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

/// Separates the options of enter from the command: everything from the first word that is not an
/// option belongs to the command.
std::pair<Arguments, Arguments> split(const Arguments& arguments) {
  std::size_t own = 0;
  while (own < arguments.size() && arguments[own].starts_with('-')) {
    const auto& option = arguments[own++];
    if (option == "--")
      return {{arguments.begin(), arguments.begin() + static_cast<int>(own) - 1},
              {arguments.begin() + static_cast<int>(own), arguments.end()}};
    if (option == "--control" && own < arguments.size()) ++own;  // its value
  }
  const auto middle = arguments.begin() + static_cast<std::ptrdiff_t>(own);
  return {{arguments.begin(), middle}, {middle, arguments.end()}};
}

/// $SHELL, or /bin/sh.
std::string users_shell() {
  const char* shell = std::getenv("SHELL");
  return shell != nullptr && *shell == '/' && ::access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

/// What is entered.
struct Target {
  std::int64_t pid = 0;         ///< a process in the network
  bool is_our_network = false;  ///< this process is in it already
  std::string folder{};         ///< the working folder of a lab; empty for a portlabd
};

/// The network of the portlabd at this control socket. Throws a CommandError where it is not a
/// private one.
Target server_target(const std::string& control) {
  const auto answer = ask_server(control, {ControlCommand::status, {}});
  const auto& status = answer.reply.status;
  if (!status.private_network)
    throw CommandError(Exit::no_connection,
                       "portlabd (pid " + std::to_string(status.pid) +
                           ") has no private network: its ports are this machine's own",
                       "the command as it is, without portlab enter; or portlabd --private");
  // The kernel's answer (SO_PEERCRED) is right also where the server is in another PID namespace.
  const auto pid = answer.server_pid != 0 ? answer.server_pid : status.pid;
  return {pid, is_in_our_network(control, pid)};
}

/// The lab that this user runs; without one, or with --control, a portlabd. Sets `control` to the
/// path of its control socket.
Target find_target(std::string& control) {
  const auto lab = control.empty() ? running_lab() : std::nullopt;
  if (control.empty()) control = lab ? lab->control : find_control_path();
  return lab ? Target{lab->pid, shares_network_with(lab->pid), lab->folder}
             : server_target(control);
}

/// Joins the target's network. From one private network only root can join another (setns(2)).
void join(const Target& target) {
  const auto joined = join_network_of(target.pid);
  if (joined) return;
  if (std::getenv("PORTLAB_PRIVATE") != nullptr)
    throw CommandError(Exit::no_connection,
                       "this shell is in another private network: one cannot be entered from "
                       "another",
                       "exit (leaves this network), then portlab enter");
  throw CommandError(Exit::no_connection, joined.error().text);
}

/// Tells child processes which network they are in.
void set_environment(const std::string& control, bool is_private) {
  if (is_private) ::setenv("PORTLAB_PRIVATE", "1", 1);
  ::setenv("PORTLAB_CONTROL", control.c_str(), 1);
  ::setenv("PS1", "(portlab) $ ", 1);
  // The start-up files of bash on Debian and Ubuntu set PS1 again, to "(debian_chroot) …".
  ::setenv("debian_chroot", "portlab", 0);
}

/// What an interactive shell prints first, on stderr.
void print_welcome(const Target& target, bool is_private) {
  if (!target.folder.empty() && ::chdir(target.folder.c_str()) != 0)
    std::fprintf(stderr, "The lab's folder, %s, can't be entered: %s\n",
                 printable(target.folder).c_str(), std::strerror(errno));
  const char* network = "The lab has no private network: its ports are this machine's own.\n";
  if (is_private && target.is_our_network)
    network = "This shell is in that private network already.\n";
  else if (is_private)
    network =
        "This shell is in a private network: 127.0.0.1 here is separate from your "
        "computer's.\n";
  std::fputs(network, stderr);
  std::fputs("portlab server listeners shows the open ports; exit leaves this network.\n", stderr);
}

/// Whether a file of this name exists in $PATH. execvp(3) reports EACCES as soon as one folder of
/// $PATH cannot be searched, even where the command does not exist at all.
bool exists_in_path(const std::string& command) {
  if (command.find('/') != std::string::npos) return ::access(command.c_str(), F_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + command).c_str(), F_OK) == 0) return true;
  return false;
}

/// Replaces this process by the command (execvp(3)). Returns only where that fails: an exit status.
int execute(const Arguments& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  const int error = errno;
  const bool found = error != ENOENT && exists_in_path(command.front());
  std::fprintf(stderr, "portlab: enter: %s: %s\n", printable(command.front()).c_str(),
               found ? std::strerror(error) : "command not found");
  return found ? exit_not_executable : exit_not_found;
}

}  // namespace

int run_enter(const Arguments& arguments) {
  const Manual manual{
      "enter",
      "[COMMAND …]",
      {{{"portlab enter", "a shell in the private network of your lab or portlabd"},
        {"portlab enter curl http://127.0.0.1/", "any program, with the ports of that network"},
        {"portlab enter portlab netstat --pairs", "the sessions of that network, both ends"}}},
      "Works without root for the user who started portlabd --private, or who runs a lab in "
      "another "
      "terminal. exit leaves the network. The exit status is the command's."};
  std::string control;
  CommandLine line(manual, Shared::json);
  line.add()("control", po::value(&control)->value_name("PATH"), "the control socket of portlabd");
  auto [own, command] = split(arguments);
  if (!line.parse(own)) return 0;
  const auto target = find_target(control);
  if (!target.is_our_network) join(target);
  const bool is_private = !target.is_our_network || std::getenv("PORTLAB_PRIVATE") != nullptr;
  set_environment(control, is_private);
  if (command.empty()) {
    command = {users_shell()};
    print_welcome(target, is_private);
  }
  return execute(command);
}

}  // namespace portlab
