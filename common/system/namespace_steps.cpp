#include "common/system/namespace_steps.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/system/file_descriptor.hpp"

namespace portlab {

int write_proc(const char* path, std::string_view text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return errno;
  const auto written = ::write(file.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

StepOutcome map_user_to_itself(unsigned user, unsigned group) {
  return map_user(user, user, group, group);
}

StepOutcome map_user(unsigned user, unsigned user_inside, unsigned group, unsigned group_inside) {
  const auto line = [](unsigned inside, unsigned outside) {
    return std::to_string(inside) + " " + std::to_string(outside) + " 1\n";
  };
  // Without this the kernel refuses to write gid_map; kernels before 3.19 have no such file.
  const int setgroups = write_proc("/proc/self/setgroups", "deny");
  if (setgroups != 0 && setgroups != ENOENT) return {"writing /proc/self/setgroups", setgroups};
  if (const int failed = write_proc("/proc/self/uid_map", line(user_inside, user)))
    return {"writing /proc/self/uid_map", failed};
  if (const int failed = write_proc("/proc/self/gid_map", line(group_inside, group)))
    return {"writing /proc/self/gid_map", failed};
  return {};
}

StepOutcome keep_capabilities(std::span<const unsigned> kept) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &head, sets) != 0) return {"reading capabilities", errno};
  for (const auto capability : kept) sets[0].inheritable |= sets[0].permitted & (1U << capability);
  if (::syscall(SYS_capset, &head, sets) != 0) return {"keeping capabilities", errno};
  for (const auto capability : kept)
    if ((sets[0].inheritable & (1U << capability)) != 0 &&
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return {"keeping capabilities", errno};
  return {};
}

}  // namespace portlab
