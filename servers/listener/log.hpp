#pragma once
// The daemon's log: lines on a descriptor (stderr). Never an obstacle: a full disk or a reader that
// stopped reading loses lines, which are counted, and nothing else.

#include <cstdint>
#include <mutex>
#include <string_view>

namespace portlab {

enum class LogLevel : std::uint8_t {
  none,      ///< only what an operator must know
  sessions,  ///< a line when a session ends
  requests,  ///< a line for each note of a session as well
};

class Log {
 public:
  explicit Log(LogLevel level = LogLevel::none, int descriptor = 2);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  LogLevel level() const { return level_; }
  bool wants(LogLevel level) const { return level <= level_; }

  /// Writes one line, with the time before it. Any thread. Never waits for the reader.
  void say(std::string_view line);

 private:
  const LogLevel level_;
  const int descriptor_;
  const bool owned_;
  const bool is_terminal_;  ///< lines are broken at words
  std::mutex mutex_;
  std::uint64_t lost_ = 0;  ///< lines that could not be written since the last that could
};

}  // namespace portlab
