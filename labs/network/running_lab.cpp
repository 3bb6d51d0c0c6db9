#include "labs/network/running_lab.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <utility>

#include "common/control_protocol.hpp"

namespace portlab {

std::string running_lab_path() {
  return (std::filesystem::path(default_control_path()).parent_path() / "lab").string();
}

std::optional<RunningLab> running_lab(const std::string& path) {
  if (!check_control_folder(path)) return std::nullopt;
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  // Whoever can have the lock finds what somebody left behind.
  const bool runs = ::flock(file, LOCK_SH | LOCK_NB) != 0;
  std::array<char, 8192> text{};  // two paths
  const auto size = ::read(file, text.data(), text.size());
  ::close(file);
  if (!runs || size <= 0) return std::nullopt;
  std::istringstream in(std::string(text.data(), static_cast<std::size_t>(size)));
  RunningLab lab;
  in >> lab.pid >> std::ws;
  std::getline(in, lab.control);
  std::getline(in, lab.folder);
  return lab.pid > 0 ? std::optional(lab) : std::nullopt;
}

LabRegistration::LabRegistration(std::string path, const RunningLab& lab) : path_(std::move(path)) {
  if (!prepare_control_folder(path_)) return;
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return;
  const auto text = std::to_string(lab.pid) + "\n" + lab.control + "\n" + lab.folder + "\n";
  const bool mine =
      ::flock(file, LOCK_EX | LOCK_NB) == 0 && ::ftruncate(file, 0) == 0 &&
      ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (mine)
    file_ = file;
  else
    ::close(file);
}

LabRegistration::~LabRegistration() {
  if (file_ < 0) return;
  ::unlink(path_.c_str());
  ::close(file_);
}

}  // namespace portlab
