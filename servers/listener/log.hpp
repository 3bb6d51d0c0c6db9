#pragma once
// The daemon's log: lines of text on a descriptor (stderr). It never blocks a worker: when the disk
// is full or the reader of a pipe is slow, lines are lost, and counted.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace portlab {

enum class LogLevel : std::uint8_t {
  none,      ///< only messages that an operator must see
  sessions,  ///< and a line when a session ends
  requests,  ///< and a line for each note of a session
};

class Log {
 public:
  explicit Log(LogLevel level = LogLevel::none, int descriptor = 2);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// From any thread.
  void set_level(LogLevel level) { level_ = level; }
  bool wants(LogLevel level) const { return level <= level_; }

  /// Writes one line, with the date and time before it (RFC 3339), cut after 1,024 bytes. From any thread.
  void write(std::string_view line);

 private:
  std::atomic<LogLevel> level_;
  const int descriptor_;
  const bool owned_;        ///< the descriptor is closed with the log
  const bool is_terminal_;  ///< lines are wrapped at its width
  std::mutex mutex_;
  std::uint64_t lost_ = 0;  ///< lines lost since the last one that was written
};

}  // namespace portlab
