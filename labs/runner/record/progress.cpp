#include "labs/runner/record/progress.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/text.hpp"
#include "labs/runner/record/keep_files.hpp"
#include "labs/runner/record/students.hpp"

namespace portlab::labs {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

/// The name of a lab's folder: "5", "myth-3". For a file outside of the catalog: the end of its
/// path, and a hash of all of it, because "/a-b.md" and "/a/b.md" need two folders.
std::string folder_name(const std::string& lab) {
  auto name = lab;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '/'; }, '-');
  const bool is_in_catalog = lab.find('/') == std::string::npos;
  if (is_in_catalog) return name;
  if (name.size() > name_part_max) name.erase(0, name.size() - name_part_max);
  return displayable(name, name_part_max) + hash_suffix(lab);
}

CommandError cannot_read(const std::string& path, const std::string& reason) {
  return {Exit::failed, path + ": the record of the labs can't be read: " + reason,
          "XDG_STATE_HOME=FOLDER portlab lab ..."};
}

CommandError cannot_write(const std::string& path, const std::error_code& error) {
  return {Exit::failed, path + ": your progress can't be saved: " + error.message(),
          "XDG_STATE_HOME=FOLDER portlab lab ..."};
}

/// A lock on FILE.lock (flock(2)), while it exists. All that read and replace FILE take it: else
/// two that do so at once would lose what one of them has written.
class FileLock {
 public:
  /// Waits at most 10 s; then throws a CommandError. Where the folder cannot be written, or has no
  /// locks, there is none.
  explicit FileLock(const std::string& path)
      : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    constexpr std::chrono::seconds wait_max{10};
    constexpr std::chrono::milliseconds interval{5};
    const auto end = std::chrono::steady_clock::now() + wait_max;
    while (file_ && ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      if (std::chrono::steady_clock::now() > end)
        throw CommandError(Exit::failed, path + ": another process has locked " + path + ".lock",
                           "portlab lab (again, when that process has ended)");
      std::this_thread::sleep_for(interval);
    }
  }

 private:
  const FileDescriptor file_;
};

/// The content of the file; nothing where there is none. Throws a CommandError where it cannot be
/// read: it must not be replaced then.
std::optional<std::string> read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    if (size == 0) return text;
    if (size < 0 && errno != EINTR) throw cannot_read(path, std::strerror(errno));
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

/// To be called with the lock. Renames a file that cannot be parsed.
std::map<std::string, LabRecord> read_records(const std::string& path) {
  std::map<std::string, LabRecord> records;
  const auto text = read_file(path);
  if (!text) return records;
  try {
    const auto document = json::parse(*text);
    for (const auto& entry : document.as_object().at("labs").as_object())
      records[std::string(entry.key())] = record_from_json(entry.value().as_object());
  } catch (const std::exception&) {
    std::error_code failed;
    const auto broken = rename_to_free_name(path, path + ".broken", failed).string();
    if (failed) throw cannot_read(path, "it is no record, and " + failed.message());
    std::fprintf(stderr,
                 "portlab: %s: the record of the labs cannot be read: it is now %s, and a new "
                 "record is started\n",
                 printable(path).c_str(), printable(broken).c_str());
    records.clear();
  }
  return records;
}

}  // namespace

Progress::Progress(std::string student)
    : student_(std::move(student)), path_(record_path(student_)) {
  refuse_other_case(student_);
  read();
}

void Progress::read() {
  const FileLock lock(path_);
  labs_ = read_records(path_);
}

LabRecord Progress::of(const std::string& lab) const {
  const auto found = labs_.find(lab);
  return found == labs_.end() ? LabRecord() : found->second;
}

void Progress::save(const std::string& lab, const LabRecord& record) {
  std::error_code failed;
  fs::create_directories(fs::path(path_).parent_path(), failed);
  const FileLock lock(path_);
  labs_ = read_records(path_);
  labs_[lab] = record;
  const auto new_path = path_ + "." + std::to_string(::getpid());
  std::ofstream file(new_path);
  file << json::serialize(to_json()) << std::endl;
  const auto sync = [&] {
    const FileDescriptor written(::open(new_path.c_str(), O_RDONLY | O_CLOEXEC));
    return ::fsync(written.get()) == 0;
  };
  if (!file || !sync())
    failed = {errno != 0 ? errno : EIO, std::generic_category()};
  else
    fs::rename(new_path, path_, failed);
  if (!failed) return;
  std::error_code ignored;
  fs::remove(new_path, ignored);
  throw cannot_write(path_, failed);
}

void Progress::reset(const std::string& lab) {
  save(lab, {});
  std::error_code ignored;
  fs::remove_all(folder_of(lab), ignored);
}

std::string Progress::folder_of(const std::string& lab) const {
  const auto name = fs::path(path_).stem().string() + ".d/" + folder_name(lab);
  const auto folder = fs::path(path_).parent_path() / name;
  std::error_code failed, failed_again;
  fs::create_directories(folder, failed);
  if (!failed) return folder;
  const auto other = volatile_folder() / name;
  fs::create_directories(other, failed_again);
  if (failed_again) throw cannot_write(folder, failed);
  return other;
}

bool Progress::lock(const std::string& lab) {
  FileDescriptor folder(::open(folder_of(lab).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A lab whose window was closed a moment ago may not have ended yet.
  constexpr std::chrono::seconds wait_max{2};
  const auto end = std::chrono::steady_clock::now() + wait_max;
  for (bool is_told = false; ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0; is_told = true) {
    if (errno != EWOULDBLOCK) break;  // a file system without locks
    if (!is_told)
      std::fprintf(stderr, "This lab is open in another terminal. Does it end now? ...\n");
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  folder.release();  // open, and so locked, until the process ends
  read();            // the process that had the lock may have saved since
  return true;
}

json::object Progress::to_json(const std::optional<std::string>& lab) const {
  constexpr std::size_t name_max = 4096;  // bytes
  json::object records;
  for (const auto& [id, record] : labs_)
    if (!lab || id == *lab) records[id] = json::value_from(record);
  return {{"student", displayable(student_, name_max)}, {"labs", std::move(records)}};
}

}  // namespace portlab::labs
