#pragma once
// The files through which `portlab enter` finds the labs that this user runs in other terminals:
// "lab", "lab-2" … "lab-9". The lines of each: a process id, the path of a control socket, a folder,
// the lab's name, the name of an office. The lab's process holds a lock on it (fcntl(2), F_SETLK) as
// long as it runs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/system/file_descriptor.hpp"

namespace portlab {

struct RunningLab {
  std::int64_t pid = 0;  ///< a process in the lab's network
  std::string control;   ///< the control socket of its portlabd, if it has one
  std::string folder;    ///< the working folder of its shell
  std::string name;      ///< "lab 5"
  std::string office{};  ///< the name of the office that it runs in, if it does

  /// The word for it after --lab: "5".
  std::string word() const;
  /// "portlab enter --lab 5".
  std::string enter_command() const { return "portlab enter --lab " + word(); }
};

/// The path of the first of these files, in the folder of the control socket. It depends on $PORTLAB_CONTROL: call
/// it before a LabNetwork sets that.
std::string running_lab_path();

/// The labs in these files, the one that was started last first. Takes no lock. Not for the process of
/// a lab itself: it would lose its lock when it closes the file (fcntl(2)).
std::vector<RunningLab> running_labs(const std::string& path = running_lab_path());

/// The one of this name: "5", "lab 5", "myth 3". Throws a CommandError where it does not run, which
/// names one that does: "COMMAND --lab 5".
RunningLab find_lab(const std::vector<RunningLab>& labs, const std::string& name,
                    const std::string& command);

/// Writes the first of the files that no other lab holds, and holds its lock while this object
/// exists; child processes (fork(2)) do not hold it. Does nothing where there is no such file.
class LabRegistration {
 public:
  LabRegistration(std::string path, const RunningLab& lab);
  ~LabRegistration();
  LabRegistration(const LabRegistration&) = delete;
  LabRegistration& operator=(const LabRegistration&) = delete;

  /// Whether `portlab enter` finds this lab.
  bool is_registered() const { return static_cast<bool>(file_); }
  /// The command that enters this lab; where other labs run, it names this one. Empty: it is not
  /// registered.
  const std::string& enter_command() const { return enter_command_; }

 private:
  std::string path_;
  std::string enter_command_;
  FileDescriptor file_;
};

}  // namespace portlab
