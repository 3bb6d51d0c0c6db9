#include "servers/site/open_beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "common/system/file_descriptor.hpp"

namespace portlab {

int open_beneath(int root, const std::string& path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* const name = path.empty() ? "." : path.c_str();
  // openat2(2) fails with EAGAIN when a folder of the path is renamed while a link leads through
  // "..". That is rare, so a few attempts are enough.
  constexpr int attempts_max = 8;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const auto opened = ::syscall(SYS_openat2, root, name, &how, sizeof how);
    if (opened >= 0) return static_cast<int>(opened);
    if (errno == ENOSYS) return open_without_links(root, path, flags);
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -1;
}

int open_without_links(int root, const std::string& path, int flags) {
  FileDescriptor folder;
  int parent = root;
  std::string_view rest = path;
  for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    const std::string name(rest.substr(0, slash));
    // With O_DIRECTORY, the error of a link is ENOTDIR.
    folder = FileDescriptor(
        ::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return -1;
    parent = folder.get();
    rest.remove_prefix(slash + 1);
  }
  const std::string last(rest.empty() ? "." : rest);
  return ::openat(parent, last.c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace portlab
