#include "labs/runner/interactive/resume.hpp"

#include <algorithm>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/runner/interactive/terminal_control.hpp"
#include "labs/runner/record/keep_files.hpp"

namespace portlab::labs {

namespace {

void throw_if_stopped() {
  throw_if_terminated();
  if (take_interrupt()) throw CommandError(Exit::failed, "you pressed Ctrl-C");
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

bool is_done_at(const Lab& lab, std::size_t part) {
  return std::all_of(lab.parts.begin() + static_cast<std::ptrdiff_t>(part), lab.parts.end(),
                     [&](const Part& each) {
                       return std::holds_alternative<std::monostate>(each.task) ||
                              lab.is_optional(each.step);
                     });
}

bool has_activity_before(const Lab& lab, std::size_t part) {
  for (auto i = part; i > 0 && lab.parts[i - 1].step == lab.parts[part].step; --i)
    if (std::holds_alternative<Activity>(lab.parts[i - 1].task)) return true;
  return false;
}

std::string repeat_activities(const Lab& lab, std::size_t part, LabEnvironment& environment,
                              const std::string& folder,
                              const std::function<void(std::size_t)>& at_part) {
  const FilesPutAside aside(folder, [](const std::string& text) { print("\n" + text + "\n"); });
  const auto is_needed = [&](std::size_t i) {
    return std::holds_alternative<Activity>(lab.parts[i].task) &&
           (!lab.is_optional(lab.parts[i].step) || lab.parts[i].step == lab.parts[part].step);
  };
  std::size_t last = part;
  for (std::size_t i = 0; i < part; ++i)
    if (is_needed(i)) last = i;
  std::string failures;
  environment.set_wait_callback(throw_if_stopped);
  for (std::size_t i = 0; i < part; ++i) {
    at_part(i);
    if (!is_needed(i)) continue;
    if (i == last) print("\n\n");
    const auto failure = environment.run_activity(
        std::get<Activity>(lab.parts[i].task), CheckMode::interactive, [&](std::string_view text) {
          if (i == last) print(text);
        });
    if (failure && failures.empty())
      failures = "Step " + std::to_string(lab.parts[i].step + 1) + " did not succeed: expected " +
                 failure->expected + "; observed " + failure->observed + ".";
  }
  environment.set_wait_callback(throw_if_terminated);
  return failures;
}

}  // namespace portlab::labs
