#pragma once
// A file that appears whole or not at all, and the progress bar while it comes.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/command_error.hpp"
#include "common/bytes.hpp"

namespace portlab {

/// Where a download goes. Until commit() the file has no name, so that whatever happens to this
/// program, nothing is left behind and an older file of that name stays as it is.
class OutputFile {
 public:
  /// Opens it beside its future place. Devices and pipes are written to directly. Throws a CommandError.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  /// Gives the file its name, in place of an older one.
  void commit();

 private:
  void open_unnamed();
  CommandError trouble(int system_error) const;

  std::string path_;       ///< as the user wrote it
  std::string place_;      ///< where symbolic links lead
  std::string temporary_;  ///< the name until commit, where the file system knows no unnamed files
  int descriptor_ = -1;
  bool direct_ = false;
};

/// Shows how far a transfer is: a bar on stderr if that is a terminal, else nothing.
class Progress {
 public:
  /// `total`: bytes expected, if known. `visible` false: silence.
  Progress(std::optional<std::uint64_t> total, bool visible);
  /// Whatever comes next on the terminal begins on a line of its own.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes);
  /// Draws the bar a last time, if it was ever there, and ends its line. Harmless when done twice.
  void finish();

  /// "1.0 MiB in 0.02 s".
  std::string summary() const;

 private:
  void draw();
  void end_line();
  std::chrono::milliseconds elapsed() const;

  std::optional<std::uint64_t> total_;
  bool visible_;
  std::uint64_t bytes_ = 0;
  std::size_t drawn_columns_ = 0;  ///< of the bar on the screen now
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point drawn_{};
};

/// The bar as text: "[#####.....]  50 %  1.0 MiB of 2.0 MiB", at most `columns` wide.
std::string progress_text(std::uint64_t bytes, std::optional<std::uint64_t> total,
                          unsigned columns);

/// "999 bytes", "1.5 KiB", "1.0 MiB".
std::string human_size(std::uint64_t bytes);

}  // namespace portlab
