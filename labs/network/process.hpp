#pragma once
// Other programs of ours, started and listened to. They never outlive the one who started them.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace portlab {

/// A program that runs beside us, its stdout and stderr in one stream as on a terminal. Ended with
/// its owner.
class Process {
 public:
  /// Starts the program in the folder of this one ("portlab", "portlabd"). Throws a CommandError when
  /// that is impossible.
  Process(const std::string& program, const std::vector<std::string>& arguments);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  /// What it has printed so far. Any time.
  std::string output() const;
  /// Waits for its end, and ends it after `limit`. Its exit status; -1 when it had to be ended.
  int wait(std::chrono::seconds limit);
  /// All that it printed. Once it has ended.
  std::string final_output();
  /// It has ended by itself, or was ended.
  bool ended();
  /// SIGTERM, and its end.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portlab
