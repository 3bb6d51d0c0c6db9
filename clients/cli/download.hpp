#pragma once
// The file of a download, which appears complete or not at all, and the progress bar.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/command_error.hpp"
#include "common/bytes.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

/// The file that a download is saved to. It has no name until commit(), so that after an error, or
/// when the program is killed, no incomplete file is left, and an older file of that name is
/// unchanged.
class OutputFile {
 public:
  /// Opens it in the folder of `path`. Devices and pipes are written to directly. Throws a
  /// CommandError.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  /// Gives the file its name, and replaces an older file.
  void commit();

 private:
  void open_unnamed();
  CommandError write_error(int system_error) const;

  std::string path_;         ///< as the user typed it
  std::string target_path_;  ///< with symbolic links resolved
  std::string temporary_;    ///< the name until commit, if the file system has no O_TMPFILE
  FileDescriptor descriptor_;
  bool direct_ = false;
};

/// "999 bytes", "1.5 KiB", "1.0 MiB".
std::string human_size(std::uint64_t bytes);

/// How a progress bar writes an amount.
using AmountText = std::string (*)(std::uint64_t);

/// A progress bar on stderr, if that is a terminal.
class Progress {
 public:
  /// `total`: the expected amount, if known: bytes, or what `amount_text` writes. `visible` false: no
  /// bar.
  Progress(std::optional<std::uint64_t> total, bool visible, AmountText amount_text = human_size);
  /// Ends the line of the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t amount);
  /// Removes the bar from the screen, if it was shown. Later it is not shown again.
  void clear();
  /// Draws the bar a last time, if it was shown, and ends its line. May be called twice.
  void finish();

  /// "1.0 MiB in 0.02 s".
  std::string summary() const;

 private:
  void draw();
  void end_line();

  std::optional<std::uint64_t> total_;
  bool visible_;
  AmountText amount_text_;
  std::uint64_t amount_ = 0;
  std::size_t drawn_columns_ = 0;  ///< of the bar on the screen
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point drawn_{};
};

/// The bar as text: "[#####.....]  50 %  1.0 MiB of 2.0 MiB", at most `columns` wide.
std::string progress_text(std::uint64_t amount, std::optional<std::uint64_t> total,
                          unsigned columns, AmountText amount_text = human_size);

}  // namespace portlab
