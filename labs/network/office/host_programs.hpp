#pragma once
// Entering the hosts of an office (setns(2)), and running programs in them.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/system/namespace_steps.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// Moves this process into the office's user namespace, and so gives it all capabilities there. Needs
/// a process without threads. Does nothing where it is in that namespace already. Throws a
/// CommandError.
void join_user_namespace(const RunningOffice& office);

/// Child processes of this process will be in the office's PID namespace. False: this process is in it
/// already. After join_user_namespace(). Throws a CommandError.
bool join_pid_namespace(const RunningOffice& office);

/// Moves this process into a host, with all three namespaces. After join_user_namespace(). Repeatable.
StepOutcome enter_host(const HostNamespaces& host);
/// The same with the network alone: what sockets and netlink see.
StepOutcome enter_network(const HostNamespaces& host);

/// Keeps the capabilities of the office for programs that this process executes: to bind low ports,
/// to configure interfaces and rules, to capture, and to enter other hosts.
StepOutcome keep_office_capabilities();

struct ProgramResult {
  int status = 0;      ///< its exit status; 128 + the number of the signal that ended it
  std::string output;  ///< stdout and stderr
};

/// Runs a program in the host, and waits for its end, at most ten seconds; then it is killed.
ProgramResult run_in(const HostNamespaces& host, const std::vector<std::string>& words);

/// Starts a program in the host, with its output in a file. Its process id; -1: it cannot be started.
int start_in(const HostNamespaces& host, const std::vector<std::string>& words,
             const std::string& output_path);

/// How a process that start_process() starts belongs to this one.
enum class Started {
  attached,  ///< it ends with this process; the id is of a child process, which ends with its status
  detached,  ///< its parent is the office's first process
};
/// Starts a process in the office's PID namespace, in which `become` is called; it does not return.
/// This process itself stays out of that namespace, in which it could start no thread any more. A
/// process id; -1: there is no process. After join_user_namespace().
int start_process(const RunningOffice& office, Started how, const std::function<void()>& become);

/// Adds the folders of administration programs, and that of this program, to $PATH: users have
/// /usr/sbin not always in it.
void extend_path();

}  // namespace portlab::office
