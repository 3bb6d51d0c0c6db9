#include "labs/runner/record/progress.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/control_protocol.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/text.hpp"

namespace portlab::labs {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

fs::path state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path(state) / "portlab";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/' && ::access(home, W_OK | X_OK) == 0)
    return fs::path(home) / ".local/state/portlab";
  return fs::path(default_control_path()).parent_path();
}

/// "labs.json", "labs-ana.json". Other characters than letters, digits and "-" are written as %XX,
/// so that each name has its own file.
std::string file_name(const std::string& student) {
  std::string name = student.empty() ? "labs" : "labs-";
  for (const char c : student) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || byte >= 0x80) {
      name += c;
    } else {
      std::array<char, 4> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "%%%02X", byte);
      name += escaped.data();
    }
  }
  return name + ".json";
}

std::map<std::string, LabRecord> read_records(const std::string& path) {
  std::map<std::string, LabRecord> records;
  std::ifstream file(path);
  if (!file) return records;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    const auto document = json::parse(text);
    for (const auto& entry : document.as_object().at("labs").as_object())
      records[std::string(entry.key())] = record_from_json(entry.value().as_object());
  } catch (const std::exception&) {
    std::error_code ignored;
    fs::rename(path, path + ".broken", ignored);
    std::fprintf(
        stderr,
        "portlab: %s: the record of the labs cannot be read: it is now %s.broken, and a new "
        "record is started\n",
        printable(path).c_str(), printable(path).c_str());
    records.clear();
  }
  return records;
}

/// Writes and flushes a file (fsync(2)).
std::error_code write_file(const std::string& path, const std::string& text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  std::string_view rest = text;
  bool failed = !file;
  while (!failed && !rest.empty()) {
    const auto written = ::write(file.get(), rest.data(), rest.size());
    if (written > 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else
      failed = errno != EINTR;
  }
  if (failed || ::fsync(file.get()) != 0) return {errno, std::generic_category()};
  return {};
}

CommandError cannot_write(const std::string& path, const std::error_code& error) {
  return {Exit::peer_said_no, path + ": your progress can't be saved: " + error.message(),
          "XDG_STATE_HOME=FOLDER portlab lab ..."};
}

}  // namespace

Progress::Progress(std::string student)
    : student_(std::move(student)),
      path_((state_folder() / file_name(student_)).string()),
      labs_(read_records(path_)) {}

LabRecord& Progress::of(const std::string& lab) {
  changed_.insert(lab);
  return labs_[lab];
}

void Progress::save() {
  for (auto& [id, record] : read_records(path_))
    if (!changed_.contains(id)) labs_[id] = std::move(record);
  std::error_code failed;
  fs::create_directories(fs::path(path_).parent_path(), failed);
  const auto new_path = path_ + "." + std::to_string(::getpid());
  failed = write_file(new_path, json::serialize(to_json()) + "\n");
  if (!failed) fs::rename(new_path, path_, failed);
  if (!failed) return;
  std::error_code ignored;
  fs::remove(new_path, ignored);
  throw cannot_write(path_, failed);
}

void Progress::reset(const std::string& lab) {
  of(lab) = {};
  save();
  std::error_code ignored;
  fs::remove_all(folder_of(lab), ignored);
}

std::string Progress::folder_of(const std::string& lab) const {
  auto name = lab;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '/'; }, '-');
  const auto without_extension = path_.substr(0, path_.rfind(".json"));
  const auto folder = without_extension + ".d/" + name;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw cannot_write(folder, failed);
  return folder;
}

bool Progress::lock(const std::string& lab) const {
  FileDescriptor folder(::open(folder_of(lab).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A lab whose window was closed a moment ago may not have ended yet.
  constexpr std::chrono::seconds wait_max{2};
  const auto end = std::chrono::steady_clock::now() + wait_max;
  while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return true;  // a file system without locks
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  folder.release();  // open, and so locked, until the process ends
  return true;
}

json::object Progress::to_json() const {
  constexpr std::size_t name_max = 4096;  // bytes
  json::object records;
  for (const auto& [id, record] : labs_) records[id] = labs::to_json(record);
  return {{"student", displayable(student_, name_max)}, {"labs", std::move(records)}};
}

}  // namespace portlab::labs
