#include "clients/cli/download.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

constexpr mode_t mode_of_new_files = 0666;  // minus the umask

std::string folder_of(const std::string& place) {
  const auto folder = fs::path(place).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// An unused name in the folder of the file.
std::string name_beside(const std::string& place) {
  return place + "." + std::to_string(::getpid()) + ".part";
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path), target_path_(path) {
  std::error_code failed;
  const auto kind = fs::status(path, failed).type();
  if (kind == fs::file_type::directory)
    throw usage_failure("-o " + printable(path) + ": this is a folder",
                        "-o " + printable(path) + "/FILE");
  direct_ = kind != fs::file_type::regular && kind != fs::file_type::not_found;
  if (direct_) {
    descriptor_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!descriptor_) throw write_error(errno);
    return;
  }
  if (kind == fs::file_type::regular) {
    if (::access(path.c_str(), W_OK) != 0) throw write_error(errno);
    target_path_ = fs::canonical(path, failed).string();
    if (failed) target_path_ = path;
  }
  open_unnamed();
  struct stat before {};
  if (kind == fs::file_type::regular && ::stat(path.c_str(), &before) == 0)
    ::fchmod(descriptor_.get(), before.st_mode & 0777);  // it replaces a file: with the same mode
}

void OutputFile::open_unnamed() {
  descriptor_ = FileDescriptor(
      ::open(folder_of(target_path_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode_of_new_files));
  if (descriptor_) return;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) throw write_error(errno);
  temporary_ = name_beside(target_path_);
  descriptor_ = FileDescriptor(
      ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode_of_new_files));
  if (!descriptor_) {
    temporary_.clear();  // another program made this file
    throw write_error(errno);
  }
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(Bytes bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (written >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      throw write_error(errno);
  }
}

void OutputFile::commit() {
  if (direct_) return;
  if (temporary_.empty()) {
    // linkat(2) names an unnamed file through /proc, but can't replace a file; rename(2) can.
    const auto self = "/proc/self/fd/" + std::to_string(descriptor_.get());
    const auto name = name_beside(target_path_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
      throw write_error(errno);
    temporary_ = name;
  }
  if (::rename(temporary_.c_str(), target_path_.c_str()) != 0) throw write_error(errno);
  temporary_.clear();
}

CommandError OutputFile::write_error(int system_error) const {
  const bool full = system_error == ENOSPC || system_error == EDQUOT;
  const auto advice = system_error == ENOENT   ? "a folder that exists"
                      : full                   ? "df . (is the disk full?)"
                      : system_error == EACCES ? "a folder that you may write to"
                      : system_error == EEXIST ? "it once more, or another name"
                                               : "another -o FILE";
  return {full || system_error == EFBIG || system_error == EIO ? Exit::failed : Exit::bad_usage,
          "-o " + printable(path_) + ": " + std::strerror(system_error), advice};
}

Progress::Progress(std::optional<std::uint64_t> total, bool visible, AmountText amount_text)
    : total_(total), visible_(visible && ::isatty(STDERR_FILENO) != 0), amount_text_(amount_text) {}

Progress::~Progress() { end_line(); }

void Progress::add(std::uint64_t amount) {
  constexpr std::chrono::milliseconds pause{100};
  amount_ += amount;
  const auto now = std::chrono::steady_clock::now();
  if (!visible_ || now - drawn_ < pause) return;
  drawn_ = now;
  draw();
}

void Progress::end_line() {
  if (drawn_columns_ == 0) return;
  drawn_columns_ = 0;
  std::fputs("\n", stderr);
}

void Progress::draw() {
  const auto columns = std::max(columns_of(STDERR_FILENO), 2U) - 1;  // the last column would wrap
  auto text = progress_text(amount_, total_, columns, amount_text_);
  const auto length = text.size();
  text.resize(std::max(length, std::min<std::size_t>(drawn_columns_, columns)), ' ');
  drawn_columns_ = length;
  std::fprintf(stderr, "\r%s", text.c_str());
}

void Progress::clear() {
  if (drawn_columns_ > 0) std::fprintf(stderr, "\r%s\r", std::string(drawn_columns_, ' ').c_str());
  drawn_columns_ = 0;
  visible_ = false;
}

void Progress::finish() {
  if (!visible_) return;
  if (drawn_columns_ > 0) draw();
  end_line();
  visible_ = false;
}

std::string Progress::summary() const {
  using std::chrono::milliseconds;
  const auto time = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() - start_);
  return amount_text_(amount_) + " in " + (time.count() == 0 ? "less than 1 ms" : in_seconds(time));
}

std::string progress_text(std::uint64_t amount, std::optional<std::uint64_t> total,
                          unsigned columns, AmountText amount_text) {
  std::string text = amount_text(amount);
  if (!total || *total == 0) return text.substr(0, columns);
  const double share = std::min(1.0, static_cast<double>(amount) / static_cast<double>(*total));
  std::array<char, 16> percent{};
  std::snprintf(percent.data(), percent.size(), "%3d %%", static_cast<int>(share * 100));
  text = std::string(percent.data()) + "  " + text + " of " + amount_text(*total);
  constexpr unsigned frame = 4;  // the brackets, and a gap of two
  constexpr std::size_t text_width =
      32;  // constant, so that the bar keeps its width while the numbers grow
  text.resize(std::max(text.size(), text_width), ' ');
  if (columns < text.size() + frame + 10) return text.substr(0, columns);
  const std::size_t width = columns - text.size() - frame;
  const auto done = static_cast<std::size_t>(share * static_cast<double>(width));
  return "[" + std::string(done, '#') + std::string(width - done, '.') + "]  " + text;
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", size, units[unit]);
  return text.data();
}

}  // namespace portlab
