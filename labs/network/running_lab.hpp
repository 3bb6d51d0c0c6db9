#pragma once
// The file through which `portlab enter` finds the lab that this user runs in another terminal. Its
// lines: a process id, the path of a control socket, a folder. The lab holds a lock on it
// (flock(2)) as long as it runs.

#include <cstdint>
#include <optional>
#include <string>

#include "common/system/file_descriptor.hpp"

namespace portlab {

struct RunningLab {
  std::int64_t pid = 0;  ///< a process in the lab's network
  std::string control;   ///< the control socket of its portlabd, if it has one
  std::string folder;    ///< the working folder of its shell
};

/// The path of that file, in the folder of the control socket. It depends on $PORTLAB_CONTROL: call
/// it before a LabNetwork sets that.
std::string running_lab_path();

/// The lab in that file; nothing where none runs.
std::optional<RunningLab> running_lab(const std::string& path = running_lab_path());

/// Writes the file and holds its lock, while this object exists. Does nothing where the file cannot
/// be written or another lab holds the lock.
class LabRegistration {
 public:
  LabRegistration(std::string path, const RunningLab& lab);
  ~LabRegistration();
  LabRegistration(const LabRegistration&) = delete;
  LabRegistration& operator=(const LabRegistration&) = delete;

  /// Whether `portlab enter` finds this lab.
  bool is_registered() const { return static_cast<bool>(file_); }

 private:
  const std::string path_;
  FileDescriptor file_;
};

}  // namespace portlab
