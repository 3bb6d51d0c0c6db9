// portlab enter: runs a command, or a shell, in the private network of a lab or of a portlabd.
//
//   run_enter -> find_target (a running lab, else a portlabd) -> join -> execute

#include <unistd.h>

#include <boost/program_options/value_semantic.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "common/control_path.hpp"
#include "common/system/own_path.hpp"
#include "common/system/private_network.hpp"
#include "common/text.hpp"
#include "labs/network/execute.hpp"
#include "labs/network/lab_network.hpp"
#include "labs/network/lab_words.hpp"
#include "labs/network/running_lab.hpp"

namespace portlab {

namespace {

/// Separates the options of enter from the command: everything from the first word that is not an
/// option belongs to the command.
std::pair<Arguments, Arguments> split(const Arguments& arguments) {
  auto own_end = arguments.begin();
  while (own_end != arguments.end() && own_end->starts_with('-') && *own_end != "--") {
    const bool takes_value = *own_end == "--control" || *own_end == "--lab";
    const bool has_value = takes_value && own_end + 1 != arguments.end();
    own_end += has_value ? 2 : 1;
  }
  const bool is_marked = own_end != arguments.end() && *own_end == "--";
  return {{arguments.begin(), own_end}, {own_end + (is_marked ? 1 : 0), arguments.end()}};
}

/// What is entered.
struct Target {
  std::int64_t pid = 0;         ///< a process in the network
  bool is_our_network = false;  ///< this process is in it already
  std::string folder{};         ///< the working folder of a lab; empty for a portlabd
  std::string office{};         ///< the name of the office that a lab runs in, if it does
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

/// Of several labs: which one is entered, and how to enter another.
void print_choice(const std::vector<RunningLab>& labs, const RunningLab& entered) {
  std::fprintf(stderr, "You enter the network of %s. Others of your labs:\n",
               printable(entered.name).c_str());
  for (const auto& lab : labs)
    if (lab.pid != entered.pid)
      std::fprintf(stderr, "  %s\n", printable(lab.enter_command()).c_str());
}

/// The lab that this user runs, or has started last; without one, or with --control, a portlabd. Sets
/// `control` to the path of its control socket. `lab_name`: of --lab; empty: any.
Target find_target(std::string& control, const std::string& lab_name) {
  const auto labs = control.empty() ? running_labs() : std::vector<RunningLab>();
  if (labs.empty() && lab_name.empty()) {
    if (control.empty()) control = find_control_path();
    return server_target(control);
  }
  const auto lab = lab_name.empty() ? labs.front() : find_lab(labs, lab_name, "portlab enter");
  if (labs.size() > 1 && lab_name.empty()) print_choice(labs, lab);
  control = lab.control;
  return {lab.pid, shares_network_with(lab.pid).value_or(true), lab.folder, lab.office};
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
  if (is_private) set_private_environment(control);
  ::setenv("PORTLAB_CONTROL", control.c_str(), 1);
  ::unsetenv("PORTLAB_DNS");  // a server outside of that network
  ::setenv("PS1", "(portlab) $ ", 1);
  // The start-up files of bash on Debian and Ubuntu set PS1 again, to "(debian_chroot) …".
  ::setenv("debian_chroot", "portlab", 0);
}

/// For bash, in variables: the words of the lab say where they work, and the prompt says when the
/// lab is no longer there. (The start-up files of a user may set PROMPT_COMMAND again.)
void explain_lab_words(std::int64_t lab) {
  for (const auto word : lab_words) {
    const auto function =
        explaining_function(word, "works in the terminal of the lab; exit leaves this shell");
    ::setenv(function.name.c_str(), function.value.c_str(), 1);
  }
  const auto notice = "[ -e /proc/" + std::to_string(lab) +
                      " ] || printf '%s\\n' 'The lab has ended, or has made its network anew.' "
                      "'Type exit, and then portlab enter.'";
  ::setenv("PROMPT_COMMAND", notice.c_str(), 1);
}

/// What an interactive shell prints first, on stderr.
void print_welcome(const Target& target, bool is_private) {
  if (!target.folder.empty() && ::chdir(target.folder.c_str()) != 0)
    std::fprintf(stderr, "The lab's folder, %s, can't be entered: %s\n",
                 printable(target.folder).c_str(), std::strerror(errno));
  std::string text = "The lab has no private network: its ports are this machine's own.";
  if (is_private && target.is_our_network)
    text = "This shell is in that private network already.";
  else if (is_private)
    text = "This shell is in a private network: 127.0.0.1 here is separate from your computer's.";
  text += "\nportlab server listeners shows the open ports; exit leaves this network.\n";
  if (!target.folder.empty())
    text += "The words of the lab (hint, skip, ...) work in its own terminal.\n";
  std::fputs(wrap(text, columns_of(STDERR_FILENO), 0).c_str(), stderr);
}

/// A lab in an office has several networks: `portlab office enter` knows them.
int enter_office(const Target& lab, const Arguments& command) {
  if (command.empty()) {
    std::fputs(
        "This shell is on pc1, in the office of your lab. portlab office enter pc2 opens one on\n"
        "another host; exit leaves it. The words of the lab (hint, skip, ...) work in its own "
        "terminal.\n",
        stderr);
    if (::chdir(lab.folder.c_str()) != 0)
      std::fprintf(stderr, "The lab's folder, %s, can't be entered: %s\n",
                   printable(lab.folder).c_str(), std::strerror(errno));
  }
  Arguments words{
      (own_folder() / "portlab").string(), "office", "--name", lab.office, "enter", "pc1"};
  words.insert(words.end(), command.begin(), command.end());
  return execute("enter", words);
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
  std::string control, lab;
  CommandLine line(manual, Shared::json);
  line.add()("control", po::value(&control)->value_name("PATH"), "the control socket of portlabd")(
      "lab", po::value(&lab)->value_name("N"),
      "of several labs that you run: this one, not the newest");
  auto [own, command] = split(arguments);
  if (!line.parse(own)) return 0;
  if (!lab.empty() && !control.empty())
    throw line.wrong("--lab and --control name two networks", "portlab enter --lab " + lab);
  const auto target = find_target(control, lab);
  if (!target.office.empty()) return enter_office(target, command);
  if (!target.is_our_network) join(target);
  const bool is_private = !target.is_our_network || std::getenv("PORTLAB_PRIVATE") != nullptr;
  set_environment(control, is_private);
  if (!target.folder.empty()) set_long_idle_timeout();  // as in the lab's own shell
  if (command.empty()) {
    command = {users_shell()};
    print_welcome(target, is_private);
    if (!target.folder.empty()) explain_lab_words(target.pid);
  }
  return execute("enter", command);
}

}  // namespace portlab
