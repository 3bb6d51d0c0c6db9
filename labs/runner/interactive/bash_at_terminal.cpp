#include "labs/runner/interactive/bash_at_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/own_path.hpp"
#include "labs/network/process.hpp"
#include "labs/runner/interactive/terminal_control.hpp"

namespace portlab::labs {

namespace {

constexpr int result_descriptor = 3;

CommandError cannot_start(const char* call) {
  return {Exit::no_connection,
          std::string("bash can't be started: ") + call + ": " + std::strerror(errno)};
}

[[noreturn]] void become_bash(const std::vector<std::string>& words, const std::string& folder,
                              int result) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(127);
  for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGTERM, SIGHUP})
    std::signal(number, SIG_DFL);
  ::dup2(result, result_descriptor);       // without O_CLOEXEC
  const char* path = std::getenv("PATH");  // portlab is this program, wherever it was started from
  const auto others = std::string(path == nullptr ? "/usr/bin:/bin" : path);
  ::setenv("PATH", (own_folder().string() + ":" + others).c_str(), 1);
  for (const char* name : {"BASH_ENV", "POSIXLY_CORRECT", "SHELLOPTS", "BASHOPTS"})
    ::unsetenv(name);
  ::execvp("bash", argument_pointers(words).data());
  ::_exit(127);
}

/// A child process; killed at the end of this object where it has not been waited for.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), has_mode_(::tcgetattr(STDIN_FILENO, &mode_before_) == 0) {}
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    }
    if (has_mode_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode_before_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Whether it has ended. Does not block.
  bool has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, &wait_status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }
  int wait_status() const { return wait_status_; }
  /// Must not be called when it has ended.
  void interrupt() const { ::kill(pid_, SIGINT); }

 private:
  pid_t pid_;
  int wait_status_ = 0;
  termios mode_before_{};
  const bool has_mode_;
};

/// What can be read now, or in the next tenth of a second.
void read_available(const FileDescriptor& pipe, std::string& text) {
  constexpr int signal_check_ms = 100;  // a signal may arrive just before poll(2)
  pollfd ready{pipe.get(), POLLIN, 0};
  if (::poll(&ready, 1, signal_check_ms) <= 0) return;
  std::array<char, 4096> buffer;
  const auto size = ::read(pipe.get(), buffer.data(), buffer.size());
  if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  if (size == 0) ::poll(nullptr, 0, 1);  // the child ends in a moment
}

}  // namespace

BashResult run_bash(const std::string& script, const std::vector<std::string>& arguments,
                    const std::string& folder) {
  constexpr int above_standard = 10;  // not the descriptor that the child's end gets
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start("pipe2");
  const FileDescriptor reading(ends[0]);
  FileDescriptor low(ends[1]);
  FileDescriptor writing(::fcntl(low.get(), F_DUPFD_CLOEXEC, above_standard));
  low = FileDescriptor();
  std::vector<std::string> words{"bash", "--noprofile", "--norc", "-c", script, "bash"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::fflush(stdout);
  take_interrupt();
  const pid_t pid = ::fork();
  if (pid < 0) throw cannot_start("fork");
  if (pid == 0) become_bash(words, folder, writing.get());
  writing = FileDescriptor();
  Child child(pid);
  BashResult result;
  for (int waits = 0; !child.has_ended();) {
    throw_if_terminated();
    // Of a Ctrl-C just before it waits for keys, bash takes notice only at the next key: send it again.
    if (result.interrupted && ++waits > 1) child.interrupt();
    read_available(reading, result.written);
    result.interrupted = take_interrupt() || result.interrupted;
  }
  ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);  // a background job may have the other end
  std::array<char, 4096> rest;
  for (ssize_t size = 0; (size = ::read(reading.get(), rest.data(), rest.size())) > 0;)
    result.written.append(rest.data(), static_cast<std::size_t>(size));
  const int status = child.wait_status();
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.interrupted =
      take_interrupt() || result.interrupted || (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  return result;
}

}  // namespace portlab::labs
