#include "common/control_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <system_error>

namespace portlab {

namespace {

constexpr std::size_t path_bytes_max = 107;  // sun_path of unix(7) has 108, with a final NUL
constexpr const char* roots_folder = "/run/portlab";
constexpr mode_t others_may_write = S_IWGRP | S_IWOTH;

/// $PORTLAB_CONTROL; empty where it is not set.
std::string chosen_path() {
  const char* chosen = std::getenv("PORTLAB_CONTROL");
  return chosen == nullptr ? "" : chosen;
}

bool owns_folder(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

/// Root of a user namespace, or without capabilities, may have no access.
bool can_use_roots_folder() {
  const bool is_there = ::access(roots_folder, F_OK) == 0;
  return ::faccessat(AT_FDCWD, is_there ? roots_folder : "/run", W_OK | X_OK, AT_EACCESS) == 0;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Error socket_error(const std::string& path, const std::string& why, const std::string& advice) {
  return {"the control socket " + path + ": " + why + ": " + advice};
}

constexpr const char* other_path = "choose another path with --control PATH";

Result<void> check_length(const std::string& path) {
  if (!path.empty() && path.size() <= path_bytes_max) return {};
  return socket_error(path.empty() ? "''" : path,
                      "the path has " + std::to_string(path.size()) +
                          " bytes, and the path of a Unix socket has 1 to " +
                          std::to_string(path_bytes_max),
                      other_path);
}

/// `owners`: the users who may own it; empty: all users.
Result<void> check_folder(const std::string& path, const std::string& folder,
                          std::initializer_list<uid_t> owners) {
  struct stat info {};
  // lstat: another user can make a symbolic link in /tmp.
  if (::lstat(folder.c_str(), &info) != 0)
    return socket_error(path, folder + ": " + std::generic_category().message(errno), other_path);
  if (!S_ISDIR(info.st_mode))
    return socket_error(path, folder + " is not a folder",
                        "remove it, or " + std::string(other_path));
  if (owners.size() > 0 && std::find(owners.begin(), owners.end(), info.st_uid) == owners.end())
    return socket_error(
        path, folder + " belongs to another user (uid " + std::to_string(info.st_uid) + ")",
        other_path);
  if ((info.st_mode & others_may_write) != 0 && (info.st_mode & S_ISVTX) == 0)
    return socket_error(path, "other users may write to " + folder,
                        "chmod go-w " + folder + ", or " + other_path);
  return {};
}

/// Makes the folder; an existing folder keeps its owner and mode, except root's own.
Result<void> make_folder(const std::string& path, const std::string& folder, ControlAccess access) {
  // 0711: another user can open a socket in it, but can't list it.
  const mode_t mode = access == ControlAccess::this_user ? 0700 : 0711;
  const bool made = ::mkdir(folder.c_str(), mode) == 0;
  if (!made && errno != EEXIST)
    return socket_error(
        path, "cannot make the folder " + folder + ": " + std::generic_category().message(errno),
        other_path);
  // Whatever the umask says, and whoever owned it.
  if (folder == roots_folder) static_cast<void>(::lchown(folder.c_str(), 0, 0) == 0);
  if (made || folder == roots_folder) ::chmod(folder.c_str(), mode);
  return {};
}

}  // namespace

std::string default_control_path() {
  if (const auto chosen = chosen_path(); !chosen.empty()) return chosen;
  // Under sudo the variable may still name the folder of the caller, in which root makes no files.
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/' && owns_folder(runtime))
    return std::string(runtime) + "/portlab/control";
  if (::geteuid() == 0 && can_use_roots_folder()) return std::string(roots_folder) + "/control";
  return "/tmp/portlab-" + std::to_string(::geteuid()) + "/control";
}

std::string authority_path_beside(const std::string& control_path) { return control_path + ".pem"; }

std::string find_control_path() {
  const auto own = default_control_path();
  const auto roots = std::string(roots_folder) + "/control";
  // The user who called sudo owns root's socket; other users have no access to it.
  const bool use_roots = chosen_path().empty() && ::access(own.c_str(), F_OK) != 0 &&
                         ::access(roots.c_str(), R_OK | W_OK) == 0;
  return use_roots ? roots : own;
}

Result<void> prepare_control_folder(const std::string& path, ControlAccess access) {
  if (auto length = check_length(path); !length) return length;
  const auto folder = folder_of(path);
  // Only root can make folders in /run. This one may serve several users.
  const bool roots = folder == roots_folder && ::geteuid() == 0;
  if (auto made = make_folder(path, folder, roots ? ControlAccess::other_user : access); !made)
    return made;
  return check_folder(path, folder, {::geteuid(), 0});
}

bool only_root_can_replace(const std::string& path) {
  std::error_code failed;
  auto folder = std::filesystem::canonical(folder_of(path), failed);
  while (!failed) {
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0 || info.st_uid != 0) return false;
    if ((info.st_mode & others_may_write) != 0 && (info.st_mode & S_ISVTX) == 0) return false;
    if (!folder.has_relative_path()) return true;
    folder = folder.parent_path();
  }
  return false;
}

Result<void> check_control_folder(const std::string& path) {
  if (auto length = check_length(path); !length) return length;
  const auto folder = folder_of(path);
  if (::geteuid() == 0) return check_folder(path, folder, {});
  return check_folder(path, folder, {::geteuid(), 0});
}

}  // namespace portlab
