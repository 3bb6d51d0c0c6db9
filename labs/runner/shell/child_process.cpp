#include "labs/runner/shell/child_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab::labs {

namespace {

/// The fields of /proc/PID/stat that are needed here (proc(5)).
struct ProcessStat {
  pid_t parent = 0;
  pid_t session = 0;
};

ProcessStat read_stat(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  // The second field, the name in parentheses, may contain blanks and parentheses.
  const auto name_end = line.rfind(')');
  std::istringstream rest(line.substr(name_end == std::string::npos ? 0 : name_end + 1));
  std::string state;
  pid_t group = 0;
  ProcessStat stat;
  rest >> state >> stat.parent >> group >> stat.session;
  return stat;
}

std::vector<pid_t> find_processes(const std::function<bool(const ProcessStat&)>& matches) {
  std::vector<pid_t> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const auto name = entry.path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(name.front())) == 0) continue;
    if (matches(read_stat(name))) found.push_back(std::atoi(name.c_str()));
  }
  return found;
}

/// Orphans among the descendants become children of this process instead of init's.
void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// Kills the children of this process, then their children, which it has adopted, and so on.
void kill_descendants() {
  constexpr int generations_max = 100;
  const auto self = ::getpid();
  for (int i = 0; i < generations_max; ++i) {
    const auto children =
        find_processes([self](const ProcessStat& stat) { return stat.parent == self; });
    if (children.empty()) return;
    for (const auto pid : children) {
      // A child of another user (sudo) cannot be killed: waiting for it might take for ever.
      const bool killed = ::kill(pid, SIGKILL) == 0;
      ::waitpid(pid, nullptr, killed ? 0 : WNOHANG);
    }
  }
}

[[noreturn]] void run_child(const std::function<int()>& function, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // the parent had ended before
  adopt_orphans();
  int status = 1;
  try {
    status = function();
  } catch (const CommandError& failure) {
    complain(failure);
    status = static_cast<int>(failure.exit());
  } catch (const OutputClosed&) {
    status = 0;
  }
  std::fflush(nullptr);
  kill_descendants();
  ::_exit(status);
}

/// While it exists, signals of the terminal (Ctrl-C) do not end this process: the child handles
/// them. At its end it also restores the mode of the terminal.
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &ignore, &actions_before_[i]);
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &mode_before_) == 0;
  }
  ~TerminalSignalsIgnored() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode_before_);
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &actions_before_[i], nullptr);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;

 private:
  static constexpr std::array<int, 3> signals{SIGINT, SIGQUIT, SIGHUP};
  std::array<struct sigaction, signals.size()> actions_before_{};
  termios mode_before_{};
  bool is_terminal_ = false;
};

}  // namespace

int run_in_child(const std::function<int()>& function) {
  std::fflush(nullptr);
  adopt_orphans();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw CommandError(Exit::no_connection, "no process can be started");
  if (child == 0) run_child(function, parent);
  const TerminalSignalsIgnored ignored;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  kill_descendants();  // where the child was killed
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void end_session(pid_t session) {
  const auto find_members = [session] {
    return find_processes([session](const ProcessStat& stat) { return stat.session == session; });
  };
  // A server removes its socket file at SIGTERM; a stopped process needs SIGCONT to receive it.
  for (const auto pid : find_members())
    for (const int number : {SIGTERM, SIGCONT}) ::kill(pid, number);
  constexpr int tries_max = 50;
  for (int i = 0; i < tries_max; ++i) {
    auto others = find_members();
    std::erase(others, session);  // the shell itself ignores SIGTERM
    if (others.empty()) break;
    ::usleep(10'000);
  }
  for (const auto pid : find_members()) ::kill(pid, SIGKILL);
}

}  // namespace portlab::labs
