#include "servers/daemon/socket_file_cleaner.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>

#include "common/system/landlock.hpp"
#include "common/system/privileges.hpp"
#include "common/system/seccomp.hpp"

namespace portlab {

namespace {

/// A socket file, by its folder and its identity: what has its name later on may be another's.
struct SweptFile {
  std::string folder_path;
  std::string name;
  int folder = -1;
  dev_t device = 0;
  ino_t inode = 0;
};

std::vector<SweptFile> find(const std::vector<std::string>& paths) {
  std::vector<SweptFile> files;
  for (const auto& path : paths) {
    const std::filesystem::path whole(path);
    SweptFile file{whole.parent_path().string(), whole.filename().string()};
    if (file.folder_path.empty()) file.folder_path = ".";
    file.folder = ::open(file.folder_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat facts {};
    if (file.folder < 0) continue;
    if (::fstatat(file.folder, file.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      ::close(file.folder);
      continue;
    }
    file.device = facts.st_dev;
    file.inode = facts.st_ino;
    files.push_back(std::move(file));
  }
  return files;
}

void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int one : kept) {
    const auto number = static_cast<unsigned>(one);
    if (number > from) ::close_range(from, number - 1, 0);
    from = number + 1;
  }
  ::close_range(from, ~0U, 0);
}

[[noreturn]] void wait_and_sweep(const std::vector<SweptFile>& files, int end) {
  // The end of the terminal, or of its foreground process group, is not ours.
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
  std::vector<int> kept{end};
  std::vector<Grant> grants;
  for (const auto& file : files) {
    kept.push_back(file.folder);
    grants.push_back({file.folder_path, Access::sockets});
  }
  refuse_new_privileges();
  if (landlock_version() > 0) static_cast<void>(give_up_all_files_but(grants));
  close_all_but(std::move(kept));
  keep_capabilities(cap_dac_override, cap_dac_override);
  static_cast<void>(give_up_system_calls());
  char byte = 0;
  while (::read(end, &byte, 1) < 0 && errno == EINTR) continue;
  for (const auto& file : files) {
    struct stat facts {};
    const bool same = ::fstatat(file.folder, file.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
                      facts.st_dev == file.device && facts.st_ino == file.inode;
    if (same) ::unlinkat(file.folder, file.name.c_str(), 0);
  }
  ::_exit(0);
}

}  // namespace

SocketFileCleaner::SocketFileCleaner(const std::vector<std::string>& paths) {
  const auto files = find(paths);
  std::array<int, 2> ends{-1, -1};
  if (!files.empty() && ::pipe2(ends.data(), O_CLOEXEC) == 0) {
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends[1]);
      wait_and_sweep(files, ends[0]);
    }
    ::close(ends[0]);
    end_ = ends[1];
  }
  for (const auto& file : files) ::close(file.folder);
}

void SocketFileCleaner::sweep() {
  if (end_ >= 0) ::close(std::exchange(end_, -1));
  if (child_ > 0) ::waitpid(std::exchange(child_, -1), nullptr, 0);
}

}  // namespace portlab
