#include "labs/network/running_lab.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/net_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/control_path.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

/// The lock of the whole file for F_SETLK and F_GETLK of fcntl(2). Unlike flock(2), fcntl(2) can
/// look for a lock without taking one: a program that looks for a lab would otherwise keep a lab
/// that starts at this moment from locking its file.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Whether a process other than this one has the lock.
bool is_locked(const FileDescriptor& file) {
  auto lock = whole_file();
  return ::fcntl(file.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/// Whether the path still names this file: the lab that had it before removes it at its end.
bool is_at(const FileDescriptor& file, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/// The file at this path, with the lock; none where another lab has it.
FileDescriptor open_locked(const std::string& path) {
  constexpr int tries_max = 10;
  for (int i = 0; i < tries_max; ++i) {
    FileDescriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    auto lock = whole_file();
    if (!file || ::fcntl(file.get(), F_SETLK, &lock) != 0) break;
    if (is_at(file, path)) return file;
  }
  return {};
}

/// The names of the files: "lab", "lab-2" …
std::vector<std::string> paths_from(const std::string& path) {
  constexpr int labs_max = 9;
  std::vector<std::string> paths{path};
  for (int i = 2; i <= labs_max; ++i) paths.push_back(path + "-" + std::to_string(i));
  return paths;
}

/// The lab in this file, and when it was written; nothing where none runs.
std::optional<std::pair<timespec, RunningLab>> read_lab_at(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat opened {};
  // If the lock is free, the lab that wrote the file has ended without removing it.
  if (!file || !is_locked(file) || ::fstat(file.get(), &opened) != 0) return std::nullopt;
  std::ifstream in("/proc/self/fd/" + std::to_string(file.get()));
  RunningLab lab;
  in >> lab.pid;
  in.ignore();  // the end of the line
  for (auto* line : {&lab.control, &lab.folder, &lab.name, &lab.office}) std::getline(in, *line);
  if (lab.pid <= 0) return std::nullopt;
  return std::pair(opened.st_mtim, std::move(lab));
}

/// The kernel's own time of a write is that of its last tick, up to 10 ms ago: two labs could have
/// the same.
void write_time_now(int file) {
  timespec now[2]{};
  ::clock_gettime(CLOCK_REALTIME, &now[1]);
  now[0] = now[1];
  ::futimens(file, now);
}

}  // namespace

std::string RunningLab::word() const {
  constexpr std::string_view kind = "lab ";
  const auto short_name = name.starts_with(kind) ? name.substr(kind.size()) : name;
  return shell_word(short_name);
}

std::string running_lab_path() {
  return (std::filesystem::path(default_control_path()).parent_path() / "lab").string();
}

std::vector<RunningLab> running_labs(const std::string& path) {
  std::vector<std::pair<timespec, RunningLab>> found;
  if (!check_control_folder(path)) return {};
  for (const auto& each : paths_from(path))
    if (auto lab = read_lab_at(each)) found.push_back(std::move(*lab));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.tv_sec, a.first.tv_nsec) > std::pair(b.first.tv_sec, b.first.tv_nsec);
  });
  std::vector<RunningLab> labs;
  labs.reserve(found.size());
  for (auto& [time, lab] : found) labs.push_back(std::move(lab));
  return labs;
}

RunningLab find_lab(const std::vector<RunningLab>& labs, const std::string& name,
                    const std::string& command) {
  const auto is_it = [&](const RunningLab& lab) {
    return lab.name == name || lab.name == "lab " + name || lab.name.starts_with(name + " ") ||
           lab.name.starts_with("lab " + name + " ");
  };
  const auto found = std::find_if(labs.begin(), labs.end(), is_it);
  if (found != labs.end()) return *found;
  const auto running = join(labs, ", ", [](const RunningLab& lab) { return printable(lab.name); });
  throw usage_failure("no lab '" + printable(name) + "' is running" +
                          (running.empty() ? std::string() : ": there is " + running),
                      running.empty() ? "portlab lab (the list)"
                                      : command + " --lab " + printable(labs.front().word()));
}

LabRegistration::LabRegistration(std::string path, const RunningLab& lab) {
  if (!prepare_control_folder(path)) return;
  const auto text = std::to_string(lab.pid) + "\n" + lab.control + "\n" + lab.folder + "\n" +
                    lab.name + "\n" + lab.office + "\n";
  for (const auto& each : paths_from(path)) {
    auto file = open_locked(each);
    if (!file) continue;
    path_ = each;
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      return;
    write_time_now(file.get());
    file_ = std::move(file);
    enter_command_ = each == path ? "portlab enter" : lab.enter_command();
    return;
  }
}

LabRegistration::~LabRegistration() {
  if (file_) ::unlink(path_.c_str());
}

}  // namespace portlab
