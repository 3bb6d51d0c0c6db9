#include "common/system/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/system/file_descriptor.hpp"

namespace portlab {

namespace {

// Not in the headers of Debian 12 (Linux 6.1).
constexpr std::uint64_t access_truncate = std::uint64_t{1} << 14;        // version 3
constexpr std::uint64_t access_ioctl_dev = std::uint64_t{1} << 15;       // version 5
constexpr std::uint64_t scope_abstract_sockets = std::uint64_t{1} << 0;  // version 6
constexpr std::uint64_t scope_signals = std::uint64_t{1} << 1;           // version 6

/// landlock_ruleset_attr of version 6. Older kernels accept it if the fields that they do not have
/// are zero.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t making_sockets =
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/// All access that this version can forbid.
RulesetAttributes everything(int version) {
  RulesetAttributes all;
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1: this bit and below
  if (version >= 2) all.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all.handled_access_fs |= access_truncate;
  if (version >= 5) all.handled_access_fs |= access_ioctl_dev;
  if (version >= 6) all.scoped = scope_abstract_sockets | scope_signals;
  return all;
}

Error failed(const std::string& step) {
  return {"Landlock: " + step + ": " + std::generic_category().message(errno)};
}

bool allow(const FileDescriptor& ruleset, const FileRule& rule) {
  const FileDescriptor path(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat facts {};
  if (!path) return errno == ENOENT;
  if (::fstat(path.get(), &facts) != 0) return false;
  landlock_path_beneath_attr beneath{};
  beneath.parent_fd = path.get();
  beneath.allowed_access = rule.access == FileAccess::read ? reading : making_sockets;
  // The kernel refuses a rule for a file that allows operations on folders.
  if (!S_ISDIR(facts.st_mode)) beneath.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
  if (beneath.allowed_access == 0) return true;
  return ::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) ==
         0;
}

}  // namespace

int landlock_version() {
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<void> restrict_files_to(std::span<const FileRule> rules) {
  const auto attributes = everything(landlock_version());
  const FileDescriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset) return failed("landlock_create_ruleset");
  for (const auto& rule : rules)
    if (!allow(ruleset, rule)) return failed(rule.path);
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return failed("landlock_restrict_self");
  return {};
}

}  // namespace portlab
