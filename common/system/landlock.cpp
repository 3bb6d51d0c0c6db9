#include "common/system/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace portlab {

namespace {

// Younger than the headers of Debian 12 (Linux 6.1).
constexpr std::uint64_t access_truncate = std::uint64_t{1} << 14;        // version 3
constexpr std::uint64_t access_ioctl_dev = std::uint64_t{1} << 15;       // version 5
constexpr std::uint64_t scope_abstract_sockets = std::uint64_t{1} << 0;  // version 6
constexpr std::uint64_t scope_signals = std::uint64_t{1} << 1;           // version 6

/// landlock_ruleset_attr as it is now. An older kernel takes it as long as what it does not know is
/// zero.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t making_sockets =
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/// All that this version can forbid.
RulesetAttributes everything(int version) {
  RulesetAttributes all;
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1: this bit and below
  if (version >= 2) all.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all.handled_access_fs |= access_truncate;
  if (version >= 5) all.handled_access_fs |= access_ioctl_dev;
  if (version >= 6) all.scoped = scope_abstract_sockets | scope_signals;
  return all;
}

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::string& step) {
  return {"Landlock: " + step + ": " + std::generic_category().message(errno)};
}

bool allow(int ruleset, const Grant& grant) {
  const Descriptor place(::open(grant.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat facts {};
  if (place.get() < 0) return errno == ENOENT;  // what is not there needs no grant
  if (::fstat(place.get(), &facts) != 0) return false;
  landlock_path_beneath_attr rule{};
  rule.parent_fd = place.get();
  rule.allowed_access = grant.access == Access::read ? reading : making_sockets;
  // The kernel refuses rules for files that speak of folders.
  if (!S_ISDIR(facts.st_mode)) rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
  if (rule.allowed_access == 0) return true;
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

}  // namespace

int landlock_version() {
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<void> give_up_all_files_but(std::span<const Grant> grants) {
  const auto attributes = everything(landlock_version());
  const Descriptor ruleset(
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (ruleset.get() < 0) return failed("making a set of rules");
  for (const auto& grant : grants)
    if (!allow(ruleset.get(), grant)) return failed(grant.path);
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("restricting");
  return {};
}

}  // namespace portlab
