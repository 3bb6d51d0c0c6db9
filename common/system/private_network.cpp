#include "common/system/private_network.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "common/system/file_descriptor.hpp"
#include "common/system/namespace_advice.hpp"

namespace portlab {

namespace {

/// The step that failed, and its errno; `step` is null after success. A child process sends it
/// through a pipe, which is possible because steps are string literals.
struct Outcome {
  const char* step = nullptr;
  int error = 0;
};

constexpr Outcome done{};

/// Writes a file of /proc by one write(2), as user_namespaces(7) demands. Returns an errno, or 0.
int write_proc(const char* path, std::string_view text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return errno;
  const auto written = ::write(file.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

/// Maps this user to itself, and no other user (user_namespaces(7)): files keep their owner, and
/// `whoami` prints the same name.
Outcome map_ids(uid_t user, gid_t group) {
  const auto to_itself = [](auto id) {
    return std::to_string(id) + " " + std::to_string(id) + " 1\n";
  };
  // Without this the kernel refuses to write gid_map; kernels before 3.19 have no such file.
  const int setgroups = write_proc("/proc/self/setgroups", "deny");
  if (setgroups != 0 && setgroups != ENOENT) return {"writing /proc/self/setgroups", setgroups};
  if (const int failed = write_proc("/proc/self/uid_map", to_itself(user)))
    return {"writing /proc/self/uid_map", failed};
  if (const int failed = write_proc("/proc/self/gid_map", to_itself(group)))
    return {"writing /proc/self/gid_map", failed};
  return done;
}

/// The kernel gives lo its addresses 127.0.0.1/8 and ::1 when it comes up.
Outcome bring_loopback_up() {
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
  return done;
}

/// Keeps the capabilities for this network in programs that this process executes: a user other
/// than root would lose them there (the ambient set of capabilities(7)).
Outcome keep_network_privileges() {
  constexpr unsigned kept[] = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW};
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &head, sets) != 0) return {"reading capabilities", errno};
  for (const auto capability : kept) sets[0].inheritable |= sets[0].permitted & (1U << capability);
  if (::syscall(SYS_capset, &head, sets) != 0) return {"keeping capabilities", errno};
  for (const auto capability : kept)
    if ((sets[0].inheritable & (1U << capability)) != 0 &&
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return {"keeping capabilities", errno};
  return done;
}

Outcome make_private_network() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  // Root needs no user namespace, and in one it could not read the files of other users.
  const bool plain = user == 0 && ::unshare(CLONE_NEWNET) == 0;
  if (!plain) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return {"unshare", errno};
    if (const auto mapped = map_ids(user, group); mapped.step != nullptr) return mapped;
  }
  if (const auto up = bring_loopback_up(); up.step != nullptr) return up;
  return plain ? done : keep_network_privileges();
}

Result<void> to_result(const Outcome& outcome) {
  if (outcome.step == nullptr) return {};
  return explain_refused_namespace(outcome.step, outcome.error, read_setting);
}

/// Makes a private network in a child process; it ends with that process.
Outcome try_in_child() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {"opening a pipe", errno};
  const FileDescriptor reading(ends[0]);
  const pid_t child = ::fork();
  if (child == 0) {
    const Outcome outcome = make_private_network();
    const auto written = ::write(ends[1], &outcome, sizeof outcome);
    ::_exit(written == sizeof outcome ? 0 : 1);
  }
  const int fork_error = errno;
  ::close(ends[1]);
  if (child < 0) return {"starting a process", fork_error};
  Outcome outcome;
  ssize_t got = -1;
  do got = ::read(reading.get(), &outcome, sizeof outcome);
  while (got < 0 && errno == EINTR);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  // Some sandboxes kill a process that calls unshare.
  return got == static_cast<ssize_t>(sizeof outcome) ? outcome : Outcome{"unshare", EPERM};
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

bool shares_network_with(std::int64_t pid) {
  struct stat own {};
  struct stat other {};
  if (::stat("/proc/self/ns/net", &own) != 0) return true;
  if (::stat((namespaces_of(pid) + "net").c_str(), &other) != 0) return true;
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
  if (shares_network_with(pid)) return {};

  // Root may join the network directly. Other users must first join the user namespace that owns
  // the network; that gives them the capabilities to do so.
  if (::setns(network.get(), CLONE_NEWNET) == 0) return {};
  if (errno != EPERM) return cannot_join(pid, "joining it", errno);
  if (::setns(user.get(), CLONE_NEWUSER) != 0)
    return cannot_join(pid, "joining its user namespace", errno);
  if (::setns(network.get(), CLONE_NEWNET) != 0) return cannot_join(pid, "joining it", errno);
  const auto kept = keep_network_privileges();
  if (kept.step != nullptr) return cannot_join(pid, kept.step, kept.error);
  return {};
}

}  // namespace portlab
