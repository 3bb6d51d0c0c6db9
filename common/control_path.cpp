// Where the control socket lives, and whether its folder is one that nobody else can tamper with.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "common/control.hpp"

namespace portlab {

namespace {

constexpr std::size_t path_bytes_max = 107;  // sun_path of unix(7), with its final zero
constexpr mode_t others_may_write = S_IWGRP | S_IWOTH;

bool is_folder_of_mine(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Error complaint(const std::string& path, const std::string& why, const std::string& advice) {
  return {"the control socket " + path + ": " + why + ": " + advice};
}

constexpr const char* other_path = "choose another place with --control PATH";

Result<void> check_length(const std::string& path) {
  if (!path.empty() && path.size() <= path_bytes_max) return {};
  return complaint(path.empty() ? "''" : path,
                   "its path has " + std::to_string(path.size()) +
                       " bytes, and a Unix socket's has 1 to " + std::to_string(path_bytes_max),
                   other_path);
}

Result<void> check_folder(const std::string& path, const std::string& folder, bool mine) {
  struct stat info {};
  // lstat: a symbolic link that somebody put into /tmp must not lead us elsewhere.
  if (::lstat(folder.c_str(), &info) != 0)
    return complaint(path, folder + ": " + std::generic_category().message(errno), other_path);
  if (!S_ISDIR(info.st_mode))
    return complaint(path, folder + " is not a folder", "remove it, or " + std::string(other_path));
  if (mine && info.st_uid != ::geteuid() && info.st_uid != 0)
    return complaint(path,
                     folder + " belongs to another user (uid " + std::to_string(info.st_uid) + ")",
                     other_path);
  if ((info.st_mode & others_may_write) != 0 && (info.st_mode & S_ISVTX) == 0)
    return complaint(path, "other users may write to " + folder,
                     "chmod go-w " + folder + ", or " + other_path);
  return {};
}

/// Makes a folder for this user alone; one that is there is left as it is.
Result<void> make_folder(const std::string& path, const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return complaint(
      path, "cannot make the folder " + folder + ": " + std::generic_category().message(errno),
      other_path);
}

}  // namespace

std::string default_control_path() {
  if (const char* chosen = std::getenv("PORTLAB_CONTROL"); chosen != nullptr && *chosen != '\0')
    return chosen;
  // Under sudo the variable may still name the caller's folder: root's files do not belong there.
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/' && is_folder_of_mine(runtime))
    return std::string(runtime) + "/portlab/control";
  if (::geteuid() == 0) return "/run/portlab/control";
  return "/tmp/portlab-" + std::to_string(::geteuid()) + "/control";
}

Result<void> prepare_control_folder(const std::string& path) {
  if (auto length = check_length(path); !length) return length;
  const auto folder = folder_of(path);
  if (auto made = make_folder(path, folder); !made) return made;
  return check_folder(path, folder, true);
}

Result<void> check_control_folder(const std::string& path) {
  if (auto length = check_length(path); !length) return length;
  return check_folder(path, folder_of(path), ::geteuid() != 0);
}

}  // namespace portlab
