#include "labs/network/office/host_programs.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "common/system/own_path.hpp"
#include "labs/network/execute.hpp"

namespace portlab::office {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds program_time_max{10};
constexpr std::size_t output_bytes_max = std::size_t{4} * 1024 * 1024;

/// Whether this process is in that namespace; `name` is its file in /proc/self/ns.
bool is_own(const FileDescriptor& space, const char* name) {
  struct stat own {};
  struct stat other {};
  return ::stat((std::string("/proc/self/ns/") + name).c_str(), &own) == 0 &&
         ::fstat(space.get(), &other) == 0 && own.st_ino == other.st_ino &&
         own.st_dev == other.st_dev;
}

CommandError cannot_join(const char* what, int error) {
  return {Exit::no_connection,
          std::string("the office: joining its ") + what + ": " + std::strerror(error),
          "as the user who started the office; not in another private network"};
}

/// In a child process: becomes the program, in the host. The output goes to the descriptor.
[[noreturn]] void become(const HostNamespaces& host, const std::vector<std::string>& words,
                         int output) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (!enter_host(host).ok() || !keep_office_capabilities().ok()) ::_exit(126);
  ::_exit(execute("office", words));
}

/// Reads until the end, or until the time is over. False: the time is over.
bool read_all(const FileDescriptor& from, std::string& to) {
  const auto end = Clock::now() + program_time_max;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{from.get(), POLLIN, 0};
    if (left <= 0) return false;
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const auto got = ::read(from.get(), buffer.data(), buffer.size());
    if (got == 0) return true;
    if (got > 0 && to.size() < output_bytes_max)
      to.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

void join_user_namespace(const RunningOffice& office) {
  if (is_own(office.user, "user")) return;
  if (::setns(office.user.get(), CLONE_NEWUSER) != 0) throw cannot_join("user namespace", errno);
}

bool join_pid_namespace(const RunningOffice& office) {
  if (is_own(office.pids, "pid")) return false;
  if (::setns(office.pids.get(), CLONE_NEWPID) != 0) throw cannot_join("PID namespace", errno);
  return true;
}

StepOutcome enter_network(const HostNamespaces& host) {
  if (::setns(host.network.get(), CLONE_NEWNET) != 0) return {"joining the network", errno};
  return {};
}

StepOutcome enter_host(const HostNamespaces& host) {
  if (const auto entered = enter_network(host); !entered.ok()) return entered;
  if (::setns(host.uts.get(), CLONE_NEWUTS) != 0) return {"joining the UTS namespace", errno};
  if (::setns(host.mount.get(), CLONE_NEWNS) != 0) return {"joining the mount namespace", errno};
  return {};
}

StepOutcome keep_office_capabilities() {
  constexpr std::array<unsigned, 5> kept{CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW,
                                         CAP_SYS_ADMIN, CAP_SYS_CHROOT};
  return keep_capabilities(kept);
}

ProgramResult run_in(const HostNamespaces& host, const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {126, std::strerror(errno)};
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {126, std::strerror(errno)};
  if (child == 0) become(host, words, writing.get());
  writing = FileDescriptor();
  ProgramResult result;
  if (!read_all(reading, result.output)) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

int start_in(const HostNamespaces& host, const std::vector<std::string>& words,
             const std::string& output_path) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int output = ::open(output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  become(host, words, output);
}

namespace {

/// In the child process of start_second(): the process that it started.
volatile pid_t second_child = 0;

void pass_on(int signal) { ::kill(second_child, signal); }

/// The child process between this one and the process in the PID namespace.
[[noreturn]] void start_second(const RunningOffice& office, Started how,
                               const FileDescriptor& report,
                               const std::function<void()>& become_program) {
  if (how == Started::attached) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) ::signal(each, SIG_DFL);
  try {
    join_pid_namespace(office);
  } catch (const CommandError&) {
    ::_exit(126);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become_program();
    ::_exit(126);
  }
  if (child < 0) ::_exit(126);
  if (how == Started::detached) {
    const bool told = ::write(report.get(), &child, sizeof child) == sizeof child;
    ::_exit(told ? 0 : 126);
  }
  second_child = child;
  ::signal(SIGINT, SIG_IGN);  // of a terminal: it is for the program
  for (const int each : {SIGTERM, SIGHUP}) ::signal(each, pass_on);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

int start_process(const RunningOffice& office, Started how, const std::function<void()>& become) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t first = ::fork();
  if (first == 0) start_second(office, how, writing, become);
  if (first < 0 || how == Started::attached) return first;
  writing = FileDescriptor();
  pid_t second = -1;
  if (::read(reading.get(), &second, sizeof second) != sizeof second) second = -1;
  ::waitpid(first, nullptr, 0);
  return second;
}

void extend_path() {
  const char* path = std::getenv("PATH");
  const std::string before = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  const auto more = ":/usr/local/sbin:/usr/sbin:/sbin:" + own_folder().string();
  if (!before.ends_with(more)) ::setenv("PATH", (before + more).c_str(), 1);
}

}  // namespace portlab::office
