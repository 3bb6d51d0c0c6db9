#include "common/system/private_names.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "common/system/file_descriptor.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

/// Where the files are made; nothing is left there.
constexpr const char* start_folder = "/tmp";
constexpr const char* resolver = "/etc/resolv.conf";
constexpr const char* name_switch = "/etc/nsswitch.conf";
/// The socket of nscd(8), which would ask servers of another network.
constexpr const char* cache_folder = "/run/nscd";

/// nsswitch.conf(5) with another line for hosts: other modules than files and dns, such as systemd's
/// resolve, ask a process that is outside.
std::string name_switch_text() {
  std::ifstream file(name_switch);
  std::string text;
  for (std::string line; std::getline(file, line);)
    text += (line.starts_with("hosts:") ? "hosts: files dns" : line) + "\n";
  return text;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return static_cast<bool>(file.flush());
}

/// Writes the files of the folder `start_folder`/etc.
StepOutcome write_files() {
  std::error_code unknown;
  const fs::path made(start_folder);
  fs::create_directory(made / "etc", unknown);
  if (!write_file(made.string() + resolver,
                  "# the name server of this private network (portlabd)\nnameserver 127.0.0.1\n"))
    return {"writing a file for names", errno};
  if (fs::exists(name_switch, unknown) &&
      !write_file(made.string() + name_switch, name_switch_text()))
    return {"writing a file for names", errno};
  return {};
}

/// Mounts each file at its path, which may be a link.
StepOutcome mount_each_file() {
  std::error_code unknown;
  for (const auto* path : {resolver, name_switch}) {
    const auto made = std::string(start_folder) + path;
    if (fs::exists(made, unknown) && ::mount(made.c_str(), path, nullptr, MS_BIND, nullptr) != 0)
      return {"mounting a file for names", errno};
  }
  return {};
}

/// An overlay over /etc (Linux 5.11) rather than single files: in a user namespace inside of this one,
/// what is mounted below /etc is locked (mount_namespaces(7)), and `portlab office up`, which mounts an
/// overlay of its own, would fail. Root makes no user namespace, and may write into /etc.
StepOutcome mount_files() {
  const auto layers = std::string("lowerdir=") + start_folder + "/etc:/etc";
  if (::geteuid() != 0 &&
      ::mount("overlay", "/etc", "overlay", MS_NOSUID | MS_NODEV, layers.c_str()) == 0)
    return {};
  return mount_each_file();
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
         first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

}  // namespace

StepOutcome use_own_name_server() {
  std::error_code unknown;
  const bool has_cache = fs::exists(cache_folder, unknown);
  if (::unshare(CLONE_NEWNS) != 0) return {"unshare (mount)", errno};
  // What is mounted later on this machine is seen here, and nothing the other way round.
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return {"making the mounts private", errno};
  constexpr unsigned long flags = MS_NOSUID | MS_NODEV;
  if (::mount("tmpfs", start_folder, "tmpfs", flags, "size=256k,mode=755") != 0)
    return {"mounting a tmpfs", errno};
  auto made = write_files();
  if (made.ok()) made = mount_files();
  // The files stay as long as they are mounted elsewhere.
  ::umount2(start_folder, MNT_DETACH);
  if (made.ok() && has_cache)
    static_cast<void>(::mount("tmpfs", cache_folder, "tmpfs", flags, "size=4k,mode=755"));
  return made;
}

StepOutcome join_names_of(std::int64_t pid) {
  const auto process = "/proc/" + std::to_string(pid);
  if (is_same_file(process + "/ns/mnt", "/proc/self/ns/mnt")) return {};
  // A container has another root, with other programs.
  if (!is_same_file(process + "/root/.", "/")) return {"comparing the root folders", EXDEV};
  const FileDescriptor space(::open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return {"opening the mount namespace", errno};
  std::error_code unknown;
  const auto working = fs::current_path(unknown);
  if (::setns(space.get(), CLONE_NEWNS) != 0) return {"joining the mount namespace", errno};
  if (unknown || ::chdir(working.c_str()) != 0) return {"entering the working folder", errno};
  return {};
}

}  // namespace portlab
