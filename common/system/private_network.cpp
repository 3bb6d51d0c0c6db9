#include "common/system/private_network.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "common/system/file_descriptor.hpp"
#include "common/system/namespace_advice.hpp"
#include "common/system/namespace_steps.hpp"
#include "common/system/private_names.hpp"

namespace portlab {

namespace {

/// The kernel gives lo its addresses 127.0.0.1/8 and ::1 when it comes up.
StepOutcome bring_loopback_up() {
  // Switches IPv6 on where it is off by default. A kernel without IPv6 has no such file.
  write_proc("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0");
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return {"opening a socket", errno};
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
    return {"reading the flags of interface lo", errno};
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
    return {"bringing interface lo up", errno};
  return {};
}

/// The capabilities for a network.
constexpr unsigned network_capabilities[] = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW};

StepOutcome make_private_network() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  // Root needs no user namespace, and in one it could not read the files of other users.
  const bool plain = user == 0 && ::unshare(CLONE_NEWNET) == 0;
  if (!plain) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return {"unshare", errno};
    if (const auto mapped = map_user_to_itself(user, group); !mapped.ok()) return mapped;
  }
  if (const auto up = bring_loopback_up(); !up.ok()) return up;
  // Where it is forbidden, names are looked up by the programs of portlab alone.
  static_cast<void>(use_own_name_server());
  return plain ? StepOutcome{} : keep_capabilities(network_capabilities);
}

Result<void> to_result(const StepOutcome& outcome) {
  if (outcome.ok()) return {};
  return explain_refused_namespace(outcome.step, outcome.error, read_setting);
}

/// Makes a private network in a child process; it ends with that process.
StepOutcome try_in_child() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {"opening a pipe", errno};
  const FileDescriptor reading(ends[0]);
  const pid_t child = ::fork();
  if (child == 0) {
    const StepOutcome outcome = make_private_network();
    const auto written = ::write(ends[1], &outcome, sizeof outcome);
    ::_exit(written == sizeof outcome ? 0 : 1);
  }
  const int fork_error = errno;
  ::close(ends[1]);
  if (child < 0) return {"starting a process", fork_error};
  StepOutcome outcome;
  ssize_t got = -1;
  do got = ::read(reading.get(), &outcome, sizeof outcome);
  while (got < 0 && errno == EINTR);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  // Some sandboxes kill a process that calls unshare.
  return got == static_cast<ssize_t>(sizeof outcome) ? outcome : StepOutcome{"unshare", EPERM};
}

}  // namespace

Result<void> private_network_possible() { return to_result(try_in_child()); }

Result<void> enter_private_network() {
  // On Ubuntu, unshare succeeds and the next steps are forbidden. The child process finds that out
  // before this process has entered a network that it can't use.
  if (auto possible = private_network_possible(); !possible) return possible;
  return to_result(make_private_network());
}

namespace {

Error cannot_join(std::int64_t pid, const char* step, int error) {
  const std::string advice = error == ENOENT ? "the process has ended: portlab server status"
                             : error == EINVAL
                                 ? "a process with several threads can't do this"
                                 : "only the owner of the process and root may do this: sudo";
  return {"the network of process " + std::to_string(pid) + ": " + step + ": " +
          std::generic_category().message(error) + ": " + advice};
}

std::string namespaces_of(std::int64_t pid) { return "/proc/" + std::to_string(pid) + "/ns/"; }

}  // namespace

std::optional<bool> shares_network_with(std::int64_t pid) {
  struct stat own {};
  struct stat other {};
  if (::stat("/proc/self/ns/net", &own) != 0 ||
      ::stat((namespaces_of(pid) + "net").c_str(), &other) != 0)
    return std::nullopt;
  return own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

Result<void> join_network_of(std::int64_t pid) {
  const auto open = [](const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  };
  const FileDescriptor network(open(namespaces_of(pid) + "net"));
  if (network.get() < 0) return cannot_join(pid, "opening it", errno);
  const FileDescriptor user(open(namespaces_of(pid) + "user"));
  if (user.get() < 0) return cannot_join(pid, "opening its user namespace", errno);
  if (shares_network_with(pid).value_or(true)) return {};

  // Root may join the network directly. Other users must first join the user namespace that owns
  // the network; that gives them the capabilities to do so.
  if (::setns(network.get(), CLONE_NEWNET) == 0) {
    static_cast<void>(join_names_of(pid));
    return {};
  }
  if (errno != EPERM) return cannot_join(pid, "joining it", errno);
  if (::setns(user.get(), CLONE_NEWUSER) != 0)
    return cannot_join(pid, "joining its user namespace", errno);
  if (::setns(network.get(), CLONE_NEWNET) != 0) return cannot_join(pid, "joining it", errno);
  static_cast<void>(join_names_of(pid));
  const auto kept = keep_capabilities(network_capabilities);
  if (!kept.ok()) return cannot_join(pid, kept.step, kept.error);
  return {};
}

}  // namespace portlab
