#include "labs/network/office/keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/net/host_info.hpp"
#include "common/system/namespace_advice.hpp"
#include "common/system/namespace_steps.hpp"
#include "common/text.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/host_setup.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_servers.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

namespace {

constexpr std::string_view ready = "ready";

CommandError cannot_start(const std::string& why, std::string advice = {}) {
  return {Exit::no_connection, "the office cannot come up: " + why, std::move(advice)};
}

/// Throws where a program that the office needs is not installed.
void expect_programs() {
  const auto packages = missing_packages();
  if (!packages.empty())
    throw CommandError(Exit::no_connection,
                       "the office needs " + join(packages, " and ") + ", not installed here",
                       "sudo apt-get install " + join(packages, " "));
  if (program_beside_us("portlabd").empty())
    throw CommandError(Exit::no_connection, "portlabd is not beside this program",
                       portlabd_missing_advice);
}

/// False: the reader has ended.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// How an office is started.
struct Start {
  std::string name;
  bool verbose = false;
  std::string who{};         ///< RunningOffice::starter
  FileDescriptor starter{};  ///< the process with which it ends (pidfd_open(2)); may be none
};

/// The first process.
class Keeper {
 public:
  explicit Keeper(Start start) : start_(std::move(start)) {
    office_.name = start_.name;
    office_.starter = start_.who;
  }

  /// Makes the office. Throws a CommandError.
  void build();
  /// Returns when the office is to end.
  void serve();

 private:
  void block_signals();
  void reap();

  const Start start_;
  RunningOffice office_;
  FileDescriptor outside_, inside_, signals_;
  std::vector<ServerProcess> servers_;
};

void Keeper::block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&handled, each);
  ::signal(SIGPIPE, SIG_IGN);  // the report, where `up` was killed
  ::sigprocmask(SIG_BLOCK, &handled, nullptr);
  signals_ = FileDescriptor(::signalfd(-1, &handled, SFD_CLOEXEC));
}

void Keeper::build() {
  // Bound first: a second office of this name ends here. It is in this machine's network.
  auto outside = listen_outside(office_.name);
  if (!outside)
    throw cannot_start("its name, " + office_.name + ", is in use: " + outside.error().text,
                       "portlab office --name OTHER up");
  outside_ = std::move(*outside);
  block_signals();
  make_first_namespaces(office_);
  auto inside = listen_inside();
  if (!inside) throw cannot_start("its socket: " + inside.error().text);
  inside_ = std::move(*inside);
  for (const auto& host : hosts()) office_.hosts.push_back(make_host(host, office_));
  connect_hosts(office_, start_.verbose);
  servers_ = start_servers(office_, start_.verbose);
  office_.started = std::time(nullptr);
}

/// Takes the exit status of all child processes that have ended; the first process of a PID namespace
/// is the parent of all orphans.
void Keeper::reap() {
  for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;)
    for (auto& server : servers_)
      if (std::exchange(server.pid, server.pid == ended ? 0 : server.pid) == ended)
        office_.notes.push_back("portlabd of " + server.host + " has ended: " + server.log);
}

void Keeper::serve() {
  for (;;) {
    std::array<pollfd, 4> ready_now{{{outside_.get(), POLLIN, 0},
                                     {inside_.get(), POLLIN, 0},
                                     {signals_.get(), POLLIN, 0},
                                     {start_.starter.get(), POLLIN, 0}}};  // -1: poll(2) ignores it
    if (::poll(ready_now.data(), ready_now.size(), -1) < 0) continue;
    if (ready_now[0].revents != 0) answer(outside_, office_);
    if (ready_now[1].revents != 0) answer(inside_, office_);
    if (ready_now[3].revents != 0) return;
    if (ready_now[2].revents == 0) continue;
    signalfd_siginfo signal{};
    if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal) continue;
    if (signal.ssi_signo != SIGCHLD) return;
    reap();
  }
}

void report_failure(const FileDescriptor& report, const CommandError& failure) {
  static_cast<void>(write_all(report.get(), failure.reason() + "\n" + failure.advice()));
}

/// The first process, from its beginning to its end. `report` gets "ready", or a message of an error;
/// where its reader has ended, as after Ctrl-C, the office ends.
[[noreturn]] void keep(Start start, FileDescriptor report) {
  ::setsid();
  ::umask(S_IWGRP | S_IWOTH);
  int status = 0;
  try {
    Keeper keeper(std::move(start));
    keeper.build();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, each);
    const bool is_awaited = write_all(report.get(), ready);
    report = FileDescriptor();
    if (is_awaited) keeper.serve();
  } catch (const CommandError& failure) {
    report_failure(report, failure);
    status = 1;
  }
  ::_exit(status);
}

StepOutcome make_user_and_pid_namespace() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  // Root needs no user namespace, and in one it could not read the files of other users.
  if (user == 0 && ::unshare(CLONE_NEWPID) == 0) return {};
  if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) return {"unshare", errno};
  return map_user_to_itself(user, group);
}

/// A child process between this one and the first process: its namespaces are for its children.
[[noreturn]] void launch(Start start, FileDescriptor report) {
  if (const auto made = make_user_and_pid_namespace(); !made.ok()) {
    const auto refused = refused_namespace(made.step, made.error, read_setting);
    report_failure(report,
                   cannot_start(refused.text,
                                "portlab doctor (what to ask the administrator of this machine)"));
    ::_exit(1);
  }
  const pid_t child = ::fork();
  if (child == 0) keep(std::move(start), std::move(report));
  if (child < 0) report_failure(report, cannot_start(std::strerror(errno)));
  ::_exit(child < 0 ? 1 : 0);
}

}  // namespace

namespace {

/// The process that has started this program, and its terminal: "bash (process 812) on /dev/pts/3".
/// proc(5), ttyname(3).
std::string describe_starter() {
  constexpr std::size_t name_bytes_max = 32;
  const auto parent = std::to_string(::getppid());
  std::string name;
  std::ifstream file("/proc/" + parent + "/comm");
  std::getline(file, name);
  auto text = (name.empty() ? "a program" : displayable(name, name_bytes_max)) + " (process " +
              parent + ")";
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (const char* terminal = ::ttyname(each)) return text + " on " + terminal;
  return text;
}

}  // namespace

std::vector<std::string> missing_packages() {
  extend_path();
  std::vector<std::string> packages;
  if (program_in_path("ip").empty()) packages.emplace_back("iproute2");
  if (program_in_path("nft").empty()) packages.emplace_back("nftables");
  return packages;
}

void start_office(const std::string& name, bool verbose, Lifetime lifetime) {
  expect_programs();
  Start start{name, verbose, describe_starter()};
  if (lifetime == Lifetime::with_starter) {
    start.starter = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!start.starter) throw cannot_start(std::string("pidfd_open: ") + std::strerror(errno));
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start(std::strerror(errno));
  FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw cannot_start(std::strerror(errno));
  if (child == 0) {
    reading = FileDescriptor();
    launch(std::move(start), std::move(writing));
  }
  writing = FileDescriptor();
  ::waitpid(child, nullptr, 0);
  const auto report = read_to_end(reading.get());
  if (report == ready) return;
  if (report.empty()) throw cannot_start("its first process was killed");
  const auto line_end = report.find('\n');
  throw CommandError(Exit::no_connection, report.substr(0, line_end),
                     line_end == std::string::npos ? "" : report.substr(line_end + 1));
}

}  // namespace portlab::office
