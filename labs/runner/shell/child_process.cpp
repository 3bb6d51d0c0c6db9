#include "labs/runner/shell/child_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab::labs {

namespace {

/// The second field after the name in /proc/PID/stat (proc(5)); 0: the process has ended.
pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // The name, in parentheses, may contain blanks and parentheses.
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::vector<pid_t> find_children() {
  std::vector<pid_t> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && parent_of(pid) == ::getpid()) found.push_back(pid);
  }
  return found;
}

/// Orphans among the descendants become children of this process instead of init's.
void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

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
  end_descendants();
  ::_exit(status);
}

/// While it exists, signals of the terminal (Ctrl-C) do not end this process: the child handles
/// them. At its end it also restores the mode of the terminal.
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() {
    for (std::size_t i = 0; i < signals.size(); ++i)
      handlers_before_[i] = std::signal(signals[i], SIG_IGN);
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &mode_before_) == 0;
  }
  ~TerminalSignalsIgnored() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode_before_);
    for (std::size_t i = 0; i < signals.size(); ++i) std::signal(signals[i], handlers_before_[i]);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;

 private:
  static constexpr std::array<int, 3> signals{SIGINT, SIGQUIT, SIGHUP};
  std::array<sighandler_t, signals.size()> handlers_before_{};
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
  end_descendants();  // where the child was killed
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void end_descendants() {
  constexpr std::chrono::seconds gentle_max{1}, all_max{2};
  constexpr std::chrono::milliseconds interval{10};
  const auto begin = std::chrono::steady_clock::now();
  for (auto now = begin; now < begin + all_max; now = std::chrono::steady_clock::now()) {
    for (const auto pid : find_children()) {
      // At SIGTERM a server removes its socket file; a stopped process needs SIGCONT to receive it.
      ::kill(pid, now < begin + gentle_max ? SIGTERM : SIGKILL);
      ::kill(pid, SIGCONT);
    }
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) continue;
    if (ended < 0) return;  // ECHILD: none is left
    std::this_thread::sleep_for(interval);
  }
}

}  // namespace portlab::labs
