#pragma once
// A program of this project (portlab, portlabd) as a child process, with its output in a pipe.
//
// Not by Boost.Process 1.81: its pipes lack O_CLOEXEC, so that other child processes would keep them
// open; it starts one more process to wait with a time limit; and PR_SET_PDEATHSIG would need code in
// the child all the same.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "common/system/file_descriptor.hpp"

namespace portlab {

/// Pointers to these words, and a null pointer after them: the form of exec(3). Valid as long as the
/// words are.
std::vector<char*> argument_pointers(const std::vector<std::string>& words);

/// A child process. Its stdin is /dev/null; its stdout and stderr are one stream, as on a terminal.
/// It gets SIGTERM when this object or the parent process ends.
class Process {
 public:
  /// Starts `program` from own_folder(), where portlab and portlabd are side by side. Throws a
  /// CommandError where it cannot be executed.
  Process(const std::string& program, const std::vector<std::string>& arguments);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  /// What it has printed so far. Does not block.
  const std::string& output();
  /// Whether the process has ended. Does not block.
  bool ended();
  /// Waits until the process has ended, at most `limit`; then stops it. Its exit status, or -1
  /// where it was ended by a signal.
  int wait(std::chrono::seconds limit);
  /// Sends SIGTERM, then, after ten seconds, SIGKILL; returns when the process has ended.
  void stop();

 private:
  void wait_until_ended(std::chrono::seconds limit);

  FileDescriptor pipe_;  ///< the reading end, not blocking
  pid_t child_ = -1;     ///< -1: it has ended
  int exit_status_ = -1;
  std::string output_;
};

}  // namespace portlab
