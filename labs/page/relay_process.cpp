#include "labs/page/relay_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "common/system/private_network.hpp"
#include "labs/network/office/confined_program.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_servers.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/page/office_observer.hpp"
#include "labs/page/page_relay.hpp"

namespace portlab {

namespace {

/// The first line of what the child process reports; a reason and an advice may follow.
constexpr std::string_view serves = "serves";
constexpr std::string_view fails = "fails";
constexpr char report_end = '\0';  // other processes may have the pipe open

CommandError has_ended(const PageTarget& target) {
  return {Exit::no_connection, target.name + " has ended", "portlab page"};
}

/// Moves this process into the network of server1. The path of its control socket. After
/// join_user_namespace().
std::string enter_server1(const office::RunningOffice& office) {
  constexpr const char* host = "server1";
  if (const auto entered = office::enter_network(office.host(host)); !entered.ok())
    throw CommandError(Exit::no_connection, std::string("the office: ") + host + ": " +
                                                entered.step + ": " + std::strerror(entered.error));
  return office::path_from_here(office, office::control_path(host));
}

/// Moves this process into the network of the target.
RelayPlan enter(const PageTarget& target) {
  RelayPlan plan;
  std::string control = target.control;
  if (target.is_in_office()) {
    auto office = office::find_office(target.office);
    if (!office) throw has_ended(target);
    office::join_user_namespace(*office);
    plan.office = start_office_observer(*office);
    control = enter_server1(*office);
    plan.process = std::move(office->process);
  } else {
    plan.process = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, target.pid, 0)));
    if (!plan.process && errno == ESRCH) throw has_ended(target);
    if (const auto joined = join_network_of(target.pid); !joined)
      throw CommandError(Exit::no_connection, joined.error().text);
  }
  plan.find_http = [control] { return http_listener(control); };
  return plan;
}

void tell(const FileDescriptor& parent, std::string_view status, const CommandError* failure) {
  std::string text(status);
  if (failure != nullptr) text += "\n" + failure->reason() + "\n" + failure->advice();
  text += report_end;
  static_cast<void>(::write(parent.get(), text.data(), text.size()) >= 0);
}

/// Tells the parent that the page is served, and whether HTTP is there.
void report_start(const FileDescriptor& parent, const RelayPlan& plan) try {
  plan.find_http();
  tell(parent, serves, nullptr);
} catch (const CommandError& failure) {
  tell(parent, serves, &failure);
}

[[noreturn]] void serve(const PageTarget& target, const FileDescriptor& listener, pid_t parent,
                        FileDescriptor report) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  try {
    auto plan = enter(target);
    // After entering: a change of privileges clears it (prctl(2)).
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    plan.listener = FileDescriptor(::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0));
    report_start(report, plan);
    report = FileDescriptor();
    relay_requests(std::move(plan));
  } catch (const CommandError& failure) {
    tell(report, fails, &failure);
  }
  ::_exit(0);
}

std::string read_report(const FileDescriptor& from) {
  std::string text;
  std::array<char, 1024> piece;
  while (!text.ends_with(report_end)) {
    const auto got = ::read(from.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  text.pop_back();
  return text;
}

/// The error in a report.
CommandError failure_in(const PageTarget& target, const std::string& report) {
  const auto reason = report.find('\n') + 1;
  const auto advice = report.find('\n', reason);
  return {Exit::no_connection, target.name + ": " + report.substr(reason, advice - reason),
          report.substr(advice + 1)};
}

}  // namespace

RelayProcess::RelayProcess(const PageTarget& target, const FileDescriptor& listener) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw CommandError(Exit::failed, std::string("a pipe: ") + std::strerror(errno));
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t parent = ::getpid();
  child_ = ::fork();
  if (child_ == 0) serve(target, listener, parent, std::move(writing));
  if (child_ < 0)
    throw CommandError(Exit::failed, std::string("a process: ") + std::strerror(errno));
  writing = FileDescriptor();
  const auto told = read_report(reading);
  const auto status = told.substr(0, told.find('\n'));
  if (status == serves) {
    if (status != told) no_http_ = failure_in(target, told);
    return;
  }
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
  throw told.empty() ? has_ended(target) : failure_in(target, told);
}

RelayProcess::~RelayProcess() {
  if (ended()) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
}

bool RelayProcess::ended() {
  if (child_ < 0) return true;
  if (::waitpid(child_, nullptr, WNOHANG) == 0) return false;
  child_ = -1;
  return true;
}

}  // namespace portlab
