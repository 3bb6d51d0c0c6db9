#include "labs/runner/interactive/resume.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/runner/interactive/terminal_control.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

namespace {

/// While it exists, the files of a folder are in FOLDER.kept; the commands that are repeated may
/// write files of the same names. Files are renamed, not copied: that needs no space and works for
/// any kind.
class FilesPutAside {
 public:
  explicit FilesPutAside(const std::string& folder) : folder_(folder), aside_(folder + ".kept") {
    std::error_code failed;
    // If it exists, an earlier run was killed before it put the files back.
    const bool exists = fs::exists(aside_, failed);
    if (!exists && !failed) fs::create_directory(aside_, failed);
    if (!exists && !failed)
      for (const auto& entry : fs::directory_iterator(folder_, failed))
        if (!failed) fs::rename(entry.path(), aside_ / entry.path().filename(), failed);
    if (!failed) return;
    put_back();
    throw CommandError(Exit::peer_said_no,
                       folder + ": your files can't be put aside: " + failed.message());
  }
  ~FilesPutAside() { put_back(); }
  FilesPutAside(const FilesPutAside&) = delete;
  FilesPutAside& operator=(const FilesPutAside&) = delete;

 private:
  void put_back() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(aside_, ignored)) {
      const auto path = folder_ / entry.path().filename();
      fs::remove_all(path, ignored);  // the file of a running program cannot be overwritten
      fs::rename(entry.path(), path, ignored);
    }
    fs::remove_all(aside_, ignored);
  }

  const fs::path folder_, aside_;
};

void throw_if_stopped() {
  throw_if_terminated();
  if (take_interrupt()) throw CommandError(Exit::peer_said_no, "you pressed Ctrl-C");
}

}  // namespace

void adapt_record(LabRecord& record, const Lab& lab) {
  const auto& parts = lab.parts;
  if (record.part >= record.parts) {
    record.part = parts.size();
  } else if (record.parts != parts.size()) {
    const auto first = std::find_if(parts.begin(), parts.end(),
                                    [&](const Part& part) { return part.step + 1 >= record.step; });
    record.part = static_cast<std::size_t>(first - parts.begin());
  }
  std::erase_if(record.answers, [&](const GivenAnswer& answer) {
    return answer.part >= parts.size() || parts[answer.part].text != answer.question;
  });
  std::erase_if(record.done, [&](const DoneActivity& done) {
    return done.part >= parts.size() || parts[done.part].step + 1 != done.step;
  });
  std::erase_if(record.skipped, [&](std::size_t part) { return part >= parts.size(); });
}

std::optional<std::size_t> find_open_prediction(const LabRecord& record, const Lab& lab) {
  for (auto i = record.part; i > 0; --i) {
    const auto& task = lab.parts[i - 1].task;
    if (std::holds_alternative<Activity>(task)) return std::nullopt;
    const auto* question = std::get_if<Question>(&task);
    if (question != nullptr && question->is_prediction && record.answer_at(i - 1) != nullptr)
      return i - 1;
  }
  return std::nullopt;
}

void repeat_activities(const Lab& lab, std::size_t part, LabEnvironment& environment,
                       const std::string& folder) {
  const FilesPutAside aside(folder);
  std::size_t last = part;
  for (std::size_t i = 0; i < part; ++i)
    if (std::holds_alternative<Activity>(lab.parts[i].task)) last = i;
  environment.set_wait_callback(throw_if_stopped);
  for (std::size_t i = 0; i < part; ++i) {
    const auto* activity = std::get_if<Activity>(&lab.parts[i].task);
    if (activity == nullptr) continue;
    if (!activity->missing.empty()) {
      capture_values(activity->captures, activity->output.value_or(""),
                     environment.captured_values());
      continue;
    }
    if (i == last) print("\n\n");
    environment.run_activity(*activity, CheckMode::interactive, [&](std::string_view text) {
      if (i == last) print(text);
    });
  }
  environment.set_wait_callback(throw_if_terminated);
}

}  // namespace portlab::labs
