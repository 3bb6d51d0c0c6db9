// portlab enter: a command, or a shell, in the private network of a running portlabd.

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

// As the shell has them (POSIX, Shell Command Language 2.8.2).
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

/// Our own options come before the command; everything after its name is the command's.
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

std::string users_shell() {
  const char* shell = std::getenv("SHELL");
  return shell != nullptr && *shell == '/' && ::access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

struct PrivateServer {
  std::int64_t pid = 0;
  bool here = false;     ///< we are in its network already
  std::string folder{};  ///< where a lab's student works; empty: nowhere in particular
};

/// The server, once it is clear that it has a private network.
PrivateServer private_server(const std::string& control) {
  const auto answer = ask_server(control, {ControlCommand::status, {}});
  const auto& status = answer.reply.status;
  if (!status.private_network)
    throw CommandError(Exit::no_connection,
                       "portlabd (pid " + std::to_string(status.pid) +
                           ") has no private network: its ports are this machine's own",
                       "the command as it is, without portlab enter; or portlabd --private");
  // The kernel's word where there is one: the status is what the server believes of itself.
  const auto pid = answer.server_pid != 0 ? answer.server_pid : status.pid;
  return {pid, is_in_our_network(control, pid)};
}

/// The lab that this user is working on, unless a server is named, or nobody does: then the server.
PrivateServer whom_to_visit(std::string& control) {
  const auto lab = control.empty() ? running_lab() : std::nullopt;
  if (control.empty()) control = lab ? lab->control : control_path_to_visit();
  return lab ? PrivateServer{lab->pid, shares_network_with(lab->pid), lab->folder}
             : private_server(control);
}

/// Joins the server's network. One private network does not lead into another, except for root.
void join(const PrivateServer& server) {
  const auto joined = join_network_of(server.pid);
  if (joined) return;
  if (std::getenv("PORTLAB_PRIVATE") != nullptr)
    throw CommandError(
        Exit::no_connection,
        "you are in another private network already, and one does not lead into the next",
        "exit (it leads back out), then portlab enter");
  throw CommandError(Exit::no_connection, joined.error().text);
}

/// Lets programs inside know where they are.
void mark_environment(const std::string& control, bool is_private) {
  if (is_private) ::setenv("PORTLAB_PRIVATE", "1", 1);
  ::setenv("PORTLAB_CONTROL", control.c_str(), 1);
  ::setenv("PS1", "(portlab) $ ", 1);
  // The start-up files of Debian's and Ubuntu's bash set PS1 anew, with this in front.
  ::setenv("debian_chroot", "portlab", 0);
}

/// Whether the search through PATH found a file of this name at all. execvp says "permission
/// denied" as soon as one folder of PATH is closed to this user, which is no news about the
/// command.
bool is_somewhere(const std::string& command) {
  if (command.find('/') != std::string::npos) return ::access(command.c_str(), F_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + command).c_str(), F_OK) == 0) return true;
  return false;
}

/// Replaces this process; comes back only when there is no such command.
int execute(const Arguments& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  const int error = errno;
  const bool found = error != ENOENT && is_somewhere(command.front());
  std::fprintf(stderr, "portlab: enter: %s: %s\n", printable(command.front()).c_str(),
               found ? std::strerror(error) : "there is no such command");
  return found ? exit_not_executable : exit_not_found;
}

}  // namespace

int run_enter(const Arguments& arguments) {
  const Manual manual{
      "enter",
      "[COMMAND …]",
      {{{"portlab enter", "a shell in the private network of your lab or portlabd"},
        {"portlab enter curl http://127.0.0.1/", "any program, to the real ports in there"},
        {"portlab enter portlab netstat --pairs", "the sessions in there, both ends"}}},
      "Works for the user who started portlabd --private, or who works on a lab in another "
      "terminal, without root. exit leads back out. The exit status is the command's."};
  std::string control;
  CommandLine line(manual, Shared::json);
  line.add()("control", po::value(&control)->value_name("PATH"),
             "the control socket of the portlabd to visit");
  auto [own, command] = split(arguments);
  if (!line.parse(own)) return 0;
  const auto server = whom_to_visit(control);
  if (!server.here) join(server);
  // A lab has none where the system forbids it. Who is in one already has been told so.
  const bool is_private = !server.here || std::getenv("PORTLAB_PRIVATE") != nullptr;
  mark_environment(control, is_private);
  if (command.empty()) {
    command = {users_shell()};
    if (!server.folder.empty() && ::chdir(server.folder.c_str()) != 0)
      std::fprintf(stderr, "The lab's folder, %s, can't be entered: %s\n",
                   printable(server.folder).c_str(), std::strerror(errno));
    std::fputs(!is_private ? "The lab has no private network: its ports are this machine's own.\n"
               : server.here
                   ? "You are in portlabd's private network already.\n"
                   : "This shell is in portlabd's private network: 127.0.0.1 is a machine of its "
                     "own.\n",
               stderr);
    std::fputs("portlab server listeners shows what answers here; exit leads back out.\n", stderr);
  }
  return execute(command);
}

}  // namespace portlab
