#include "labs/runner/unattended/unattended.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/runner/check/answer.hpp"
#include "labs/runner/model/markdown.hpp"
#include "labs/runner/model/port_shift.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

namespace {

/// An empty folder that is removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code failed;
    path_ = (std::filesystem::temp_directory_path(failed) / "portlab-lab-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr)
      throw CommandError(Exit::failed, path_ + ": the lab's folder can't be created",
                         "TMPDIR=FOLDER portlab lab ...");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A wrong answer, whatever the right one is.
std::string wrong_answer(const Question& question, const std::string& right) {
  for (const auto& choice : question.choices)
    if (right != std::string{choice.letter}) return {choice.letter};
  return right + "1";
}

/// What is wrong with the comparison of answers; empty: nothing.
std::string test_answers(const Question& question, const CapturedValues& values) {
  const auto right = with_values(question.answers.front(), values);
  if (!is_right(question, right, values)) return "the right answer '" + right + "' is refused";
  const auto wrong = wrong_answer(question, right);
  if (is_right(question, wrong, values)) return "the wrong answer '" + wrong + "' is accepted";
  for (const auto& reason : question.reasons) {
    const auto answer = with_values(reason.answer, values);
    // A port that the kernel chose may be the right answer by chance.
    if (answer != reason.answer && answer == right) continue;
    if (is_right(question, answer, values))
      return "'" + answer + "' is right, and has a reason why it is wrong";
    if (!reason_for(question, answer, values).starts_with(with_values(reason.text.front(), values)))
      return "'" + answer + "' gets the reason of another answer";
  }
  return {};
}

/// Which commands of `wrong:` make the check succeed, in lines; empty: none.
std::string test_wrong_commands(const Activity& activity, LabEnvironment& environment) {
  std::string passed;
  for (const auto& line : activity.wrong_commands) {
    const auto command = command_with_values(line, environment.captured_values());
    environment.begin_activity(activity, 1);
    const auto ignore = [](std::string_view) {};
    environment.run_command(activity.host, command, ignore);
    // What it has started in the background may take effect a moment later.
    constexpr std::chrono::milliseconds effect_max{300};
    if (!environment.wait_for_check(activity, CheckMode::interactive, effect_max, ignore))
      passed += "the wrong command '" + command + "' passes this check\n";
  }
  return passed;
}

void show_part(const Lab& lab, const Part& part, bool begins_step) {
  if (begins_step)
    print("\n" +
          style_of(STDOUT_FILENO)
              .paint(std::to_string(part.step + 1) + ". " + lab.steps[part.step], "1") +
          "\n\n");
  if (!part.text.empty()) print(render_markdown(part.text) + "\n");
  const auto* activity = std::get_if<Activity>(&part.task);
  if (activity != nullptr && !activity->missing.empty())
    print(render_markdown(text_instead_of(*activity)) + "\n");
}

}  // namespace

std::string run_unattended(const Lab& lab, LabPlace& place, Unattended mode) {
  const TemporaryFolder folder;
  LabEnvironment environment(place, folder.path(), true);
  const auto show_output = [mode](std::string_view text) {
    if (mode == Unattended::shown) print(text);
  };
  std::string failures;
  std::size_t step = lab.steps.size();  // of the part before
  for (const auto& part : lab.parts) {
    const auto add = [&](const std::string& what) {
      if (what.empty()) return;
      failures += lab.path + ":" + std::to_string(part.line) + ": " + what + "\n";
    };
    if (mode == Unattended::shown) show_part(lab, part, part.step != step);
    step = part.step;
    try {
      if (const auto* activity = std::get_if<Activity>(&part.task)) {
        environment.begin_activity(*activity, 1);  // no command has been run yet
        if (mode == Unattended::selftest && activity->missing.empty() &&
            !check_activity(*activity, environment.snapshot(), CheckMode::interactive))
          add("this check succeeds before anything is done: it cannot fail");
        if (mode == Unattended::selftest && activity->missing.empty())
          add(test_wrong_commands(*activity, environment));
        if (const auto failure =
                environment.run_activity(*activity, CheckMode::unattended, show_output))
          add("expected " + failure->expected + "; observed " + failure->observed);
        show_output("\n");
      } else if (const auto* question = std::get_if<Question>(&part.task)) {
        add(test_answers(*question, environment.captured_values()));
      }
    } catch (const CommandError& failure) {
      add(failure.reason());
    }
    if (failures.empty())
      if (const auto failure = place.failure()) add(*failure);
    if (!failures.empty()) break;
  }
  if (mode == Unattended::shown && failures.empty() && !lab.recap.empty())
    print("\n" + render_markdown(lab.recap));
  return failures;
}

}  // namespace portlab::labs
