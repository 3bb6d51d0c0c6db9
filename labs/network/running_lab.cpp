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
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return std::nullopt;
  // If the lock is free, the lab that wrote the file has ended without removing it.
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  std::array<char, 8192> text{};  // two paths
  const auto size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  std::istringstream in(std::string(text.data(), static_cast<std::size_t>(size)));
  RunningLab lab;
  in >> lab.pid >> std::ws;
  std::getline(in, lab.control);
  std::getline(in, lab.folder);
  return lab.pid > 0 ? std::optional(lab) : std::nullopt;
}

LabRegistration::LabRegistration(std::string path, const RunningLab& lab) : path_(std::move(path)) {
  if (!prepare_control_folder(path_)) return;
  FileDescriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  const auto text = std::to_string(lab.pid) + "\n" + lab.control + "\n" + lab.folder + "\n";
  if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && ::ftruncate(file.get(), 0) == 0 &&
      ::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    file_ = std::move(file);
}

LabRegistration::~LabRegistration() {
  if (file_) ::unlink(path_.c_str());
}

}  // namespace portlab
