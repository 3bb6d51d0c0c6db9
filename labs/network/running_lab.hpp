#pragma once
// The lab that this user is working on in another terminal: how portlab enter finds its network.

#include <cstdint>
#include <optional>
#include <string>

namespace portlab {

struct RunningLab {
  std::int64_t pid = 0;  ///< a process in its network
  std::string control;   ///< its portlabd's control socket; nobody need be there
  std::string folder;    ///< where its student's files are
};

/// Where it is written down: beside the control socket. To be asked for before $PORTLAB_CONTROL is
/// set for a lab.
std::string running_lab_path();

/// The one written down there, if it still runs.
std::optional<RunningLab> running_lab(const std::string& path = running_lab_path());

/// Writes a lab down while this lives, and the process: the kernel's lock says whether it does.
/// Where that can't be done, or another lab is there, nothing is written, and nothing is wrong.
class LabRegistration {
 public:
  LabRegistration(std::string path, const RunningLab& lab);
  ~LabRegistration();
  LabRegistration(const LabRegistration&) = delete;
  LabRegistration& operator=(const LabRegistration&) = delete;

  /// Whether portlab enter finds it without being told more.
  bool is_known() const { return file_ >= 0; }

 private:
  const std::string path_;
  int file_ = -1;
};

}  // namespace portlab
