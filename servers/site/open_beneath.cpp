#include "servers/site/open_beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

#include "common/system/file_descriptor.hpp"

namespace portlab::beneath {

namespace {

int open_by_kernel(int root, const char* path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: somebody renamed a folder on the way while a link went through "..". Rare, so a few
  // more attempts are enough (openat2(2)).
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto opened = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (opened >= 0) return static_cast<int>(opened);
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -1;
}

int fail(int why) {
  errno = why;
  return -1;
}

/// The walk by hand: the folders from the root to where we stand, and the components still to go.
class Walker {
 public:
  Walker(int root, const std::string& path) : root_(root) { push(path); }

  int open(int flags) {
    while (!todo_.empty()) {
      const std::string name = std::move(todo_.back());
      todo_.pop_back();
      if (name == "..") {
        if (folders_.empty()) return fail(EXDEV);
        folders_.pop_back();
        continue;
      }
      FileDescriptor next(::openat(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat facts = {};
      if (next.get() < 0 || ::fstat(next.get(), &facts) < 0) return -1;
      if (S_ISLNK(facts.st_mode)) {
        if (!follow(next.get())) return -1;
      } else if (S_ISDIR(facts.st_mode)) {
        folders_.push_back(std::move(next));
      } else if (!todo_.empty()) {
        return fail(ENOTDIR);
      } else {
        return ::openat(here(), name.c_str(), flags | O_NOFOLLOW);
      }
    }
    return ::openat(here(), ".", flags | O_DIRECTORY);
  }

 private:
  int here() const { return folders_.empty() ? root_ : folders_.back().get(); }

  /// Puts the components of a path in front of what is still to go.
  void push(std::string_view path) {
    while (!path.empty()) {
      const auto slash = path.rfind('/');
      const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
      if (!name.empty() && name != ".") todo_.emplace_back(name);
      path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }
  }

  bool follow(int link) {
    std::array<char, PATH_MAX> target = {};
    const auto size = ::readlinkat(link, "", target.data(), target.size());
    if (size < 0) return false;
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    if (++links_ > links_max) return fail(ELOOP) == 0;
    if (text.starts_with('/')) return fail(EXDEV) == 0;
    push(text);
    return true;
  }

  int root_;
  int links_ = 0;
  std::vector<FileDescriptor> folders_;
  std::vector<std::string> todo_;  // the next one last
};

}  // namespace

Walk best_walk(int root) {
  const int opened = open_by_kernel(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return Walk::component_wise;  // ENOSYS; EPERM from an older sandbox
  ::close(opened);
  return Walk::kernel;
}

int open(int root, const std::string& path, int flags, Walk walk) {
  if (walk == Walk::kernel)
    return open_by_kernel(root, path.empty() ? "." : path.c_str(), flags | O_CLOEXEC);
  return Walker(root, path).open(flags | O_CLOEXEC);
}

}  // namespace portlab::beneath
