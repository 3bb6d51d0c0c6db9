#include "labs/network/office/confined_program.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/system/namespace_steps.hpp"
#include "labs/network/execute.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace {

/// nobody and nogroup, as all distributions number them.
constexpr unsigned nobody = 65534;

/// struct mount_attr of mount_setattr(2): glibc has it since 2.36.
struct MountAttributes {
  std::uint64_t set = 0, clear = 0, propagation = 0, user_namespace = 0;
};
constexpr std::uint64_t read_only = 1;      // MOUNT_ATTR_RDONLY
constexpr unsigned all_below = 0x8000;      // AT_RECURSIVE
constexpr long mount_setattr_number = 442;  // on all architectures

StepOutcome change_mount(const char* path, unsigned flags, const MountAttributes& to) {
  if (::syscall(mount_setattr_number, AT_FDCWD, path, flags, &to, sizeof to) != 0)
    return {"mount_setattr (Linux 5.12)", errno};
  return {};
}

StepOutcome confine(const std::string& temporary) {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (::mkdir(temporary.c_str(), 0755) != 0 && errno != EEXIST) return {"mkdir", errno};
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return {"unshare (user, mount)", errno};
  if (const auto mapped = map_user(user, nobody, group, nobody); !mapped.ok()) return mapped;
  if (::mount(temporary.c_str(), "/tmp", nullptr, MS_BIND, nullptr) != 0)
    return {"mounting /tmp", errno};
  if (const auto done = change_mount("/", all_below, {.set = read_only}); !done.ok()) return done;
  for (const char* each : {"/tmp", folder})
    if (const auto done = change_mount(each, 0, {.clear = read_only}); !done.ok()) return done;
  return {};
}

void set_environment(const ConfinedProgram& program) {
  const char* path = std::getenv("PATH");  // extend_path() has set it
  const std::string kept = path == nullptr ? "/usr/bin:/bin" : path;
  ::clearenv();
  ::setenv("PATH", kept.c_str(), 1);
  ::setenv("HOME", "/tmp", 1);
  ::setenv("USER", "nobody", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  for (const auto& [name, value] : program.variables) ::setenv(name.c_str(), value.c_str(), 1);
}

[[noreturn]] void become(const HostNamespaces& host, const ConfinedProgram& program) {
  constexpr int cannot_start = 126;
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int each : {SIGINT, SIGQUIT, SIGPIPE}) ::signal(each, SIG_DFL);
  if (!enter_host(host).ok()) ::_exit(cannot_start);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log =
      ::open(program.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (const auto confined = confine(program.temporary); !confined.ok()) {
    std::fprintf(stderr, "%s: %s\n", confined.step, std::strerror(confined.error));
    ::_exit(cannot_start);
  }
  // After the change of the user namespace, which forgets it (prctl(2)).
  if (program.started == Started::attached) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  set_environment(program);
  if (::chdir("/tmp") != 0) ::_exit(cannot_start);
  ::_exit(execute("office", program.words));
}

}  // namespace

int start_confined(const RunningOffice& office, std::string_view host,
                   const ConfinedProgram& program) {
  return start_process(office, program.started, [&] { become(office.host(host), program); });
}

std::string path_from_here(const RunningOffice& office, const std::string& file) {
  // This process stays in its own mount namespace (proc(5), /proc/PID/root).
  return (is_inside() ? "" : "/proc/" + std::to_string(office.pid) + "/root") + file;
}

}  // namespace portlab::office
