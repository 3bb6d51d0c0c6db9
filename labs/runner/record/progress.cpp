#include "labs/runner/record/progress.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cctype>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/control_protocol.hpp"
#include "common/text.hpp"

namespace portlab::labs {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t text_max = 4096;  // of what a student types, in the record

/// $XDG_STATE_HOME/portlab, ~/.local/state/portlab; beside the control socket for who has no home.
fs::path folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path(state) / "portlab";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/' && ::access(home, W_OK | X_OK) == 0)
    return fs::path(home) / ".local/state/portlab";
  return fs::path(default_control_path()).parent_path();
}

/// "labs-ana.json"; what a file's name should not hold is written as %XX, so that no two students
/// share one.
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

template <class T>
void read(const json::object& from, std::string_view name, T& to) {
  if (const auto* found = from.if_contains(name)) to = json::value_to<T>(*found);
}

// The fields of each record, named once for writing and for reading.

template <class Record, class Plain>
concept is_record = std::same_as<std::remove_const_t<Record>, Plain>;

void fields(is_record<GivenAnswer> auto& answer, const auto& field) {
  field("part", answer.part);
  field("step", answer.step);
  field("question", answer.question);
  field("prediction", answer.is_prediction);
  field("answer", answer.answer);
  field("right", answer.right);
  field("was_right", answer.was_right);
  field("tries", answer.tries);
}

void fields(is_record<DoneActivity> auto& done, const auto& field) {
  field("part", done.part);
  field("step", done.step);
  field("commands", done.commands);
  field("typed_for_them", done.typed_for_them);
  field("hints", done.hints);
  field("skipped", done.skipped);
  field("impossible_here", done.impossible);
}

/// All but its answers and what was done, which are records themselves.
void fields(is_record<LabProgress> auto& lab, const auto& field) {
  field("title", lab.title);
  field("part", lab.part);
  field("parts", lab.parts);
  field("version", lab.version);
  field("step", lab.step);
  field("steps", lab.steps);
  field("started", lab.started);
  field("finished", lab.finished);
  field("hints", lab.hints);
  field("skipped", lab.skipped);
}

template <class Record>
json::object written(const Record& record) {
  json::object object;
  fields(record,
         [&](const char* name, const auto& value) { object[name] = json::value_from(value); });
  return object;
}

template <class Record>
Record read_record(const json::object& object) {
  Record record;
  fields(record, [&](const char* name, auto& value) { read(object, name, value); });
  return record;
}

template <class Record>
json::array all_written(const std::vector<Record>& records) {
  json::array all;
  for (const auto& record : records) all.push_back(written(record));
  return all;
}

template <class Record>
void read_all(const json::object& from, std::string_view name, std::vector<Record>& to) {
  if (const auto* found = from.if_contains(name))
    for (const auto& record : found->as_array())
      to.push_back(read_record<Record>(record.as_object()));
}

json::object to_object(const LabProgress& lab) {
  auto object = written(lab);
  object["answers"] = all_written(lab.answers);
  object["done"] = all_written(lab.done);
  return object;
}

LabProgress lab_from(const json::object& object) {
  auto lab = read_record<LabProgress>(object);
  read_all(object, "answers", lab.answers);
  read_all(object, "done", lab.done);
  return lab;
}

/// What that file tells; nothing where there is none.
std::map<std::string, LabProgress> labs_in(const std::string& path) {
  std::map<std::string, LabProgress> labs;
  std::ifstream file(path);
  if (!file) return labs;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    const auto document = json::parse(text);
    for (const auto& entry : document.as_object().at("labs").as_object())
      labs[std::string(entry.key())] = lab_from(entry.value().as_object());
  } catch (const std::exception&) {
    std::error_code failed;
    fs::rename(path, path + ".broken", failed);
    std::fprintf(stderr, "portlab: %s was no record of labs; it is kept as %s.broken\n",
                 printable(path).c_str(), printable(path).c_str());
    labs.clear();
  }
  return labs;
}

}  // namespace

GivenAnswer* LabProgress::answer_of(std::size_t which) {
  const auto found = std::find_if(answers.begin(), answers.end(),
                                  [&](const GivenAnswer& one) { return one.part == which; });
  return found == answers.end() ? nullptr : &*found;
}

void LabProgress::note(DoneActivity one) {
  const auto is_same = [&](const DoneActivity& other) { return other.part == one.part; };
  const bool again = std::any_of(done.begin(), done.end(), is_same);
  if (again && one.commands.empty()) return;  // seen once more, after "back"
  std::erase_if(done, is_same);
  for (auto& command : one.commands) command = displayable(command, text_max);
  done.push_back(std::move(one));
}

void LabProgress::note_skipped(std::size_t which) {
  if (std::find(skipped.begin(), skipped.end(), which) == skipped.end()) skipped.push_back(which);
}

std::string LabProgress::score(bool predictions) const {
  std::size_t right = 0, all = 0;
  for (const auto& answer : answers) {
    if (answer.is_prediction != predictions) continue;
    ++all;
    right += answer.was_right ? 1 : 0;
  }
  return std::to_string(right) + " of " + std::to_string(all);
}

Progress::Progress(std::string student)
    : student_(std::move(student)),
      path_((folder() / file_name(student_)).string()),
      labs_(labs_in(path_)) {}

LabProgress& Progress::of(const std::string& lab) {
  mine_.insert(lab);
  return labs_[lab];
}

std::string Progress::folder_of(const std::string& lab) const {
  auto part = lab;
  std::replace_if(
      part.begin(), part.end(), [](char c) { return c == ' ' || c == '/'; }, '-');
  const auto name = path_.substr(0, path_.size() - std::string_view(".json").size()) + ".d/" + part;
  std::error_code failed;
  fs::create_directories(name, failed);
  if (failed)
    throw CommandError(Exit::peer_said_no,
                       name + ": this folder can't be made: " + failed.message(),
                       "XDG_STATE_HOME=FOLDER portlab lab ...");
  return name;
}

json::object Progress::to_json() const {
  json::object labs;
  for (const auto& [id, lab] : labs_) labs[id] = to_object(lab);
  return {{"student", displayable(student_, text_max)}, {"labs", std::move(labs)}};
}

void Progress::save() {
  // Another terminal may have gone on with another lab meanwhile.
  for (auto& [id, lab] : labs_in(path_))
    if (!mine_.contains(id)) labs_[id] = std::move(lab);
  std::error_code failed;
  fs::create_directories(fs::path(path_).parent_path(), failed);
  const auto fresh = path_ + "." + std::to_string(::getpid());
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << json::serialize(to_json()) << "\n";
    file.close();
    if (!file) failed = std::error_code(errno, std::generic_category());
  }
  if (const int written = ::open(fresh.c_str(), O_RDONLY | O_CLOEXEC); written >= 0) {
    ::fsync(written);  // or a power cut leaves an empty file under the old name
    ::close(written);
  }
  if (!failed) fs::rename(fresh, path_, failed);
  if (!failed) return;
  std::error_code ignored;
  fs::remove(fresh, ignored);
  throw CommandError(Exit::peer_said_no,
                     path_ + ": your progress can't be written: " + failed.message(),
                     "XDG_STATE_HOME=FOLDER portlab lab ...");
}

}  // namespace portlab::labs
