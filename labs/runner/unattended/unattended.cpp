#include "labs/runner/unattended/unattended.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

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
      throw CommandError(Exit::peer_said_no, path_ + ": the lab's folder can't be created",
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
    if (right != std::string(1, choice.letter)) return {choice.letter};
  return right + "1";
}

class UnattendedRun {
 public:
  /// Does an activity, and adds what is wrong with it.
  using RunActivity = std::function<void(const Activity&, UnattendedRun&)>;

  UnattendedRun(const Lab& lab, LabNetwork& network)
      : lab_(lab), environment_(network, folder_.path(), true) {}

  LabEnvironment& environment() { return environment_; }
  void add(const std::string& what) {
    failures_.push_back(lab_.path + ":" + std::to_string(line_) + ": " + what);
  }
  void add(const CheckFailure& failure) {
    add("expected " + failure.expected + "; observed " + failure.observed);
  }

  Failures run(const std::function<void(const Part&)>& before, const RunActivity& run_activity) {
    for (const auto& part : lab_.parts) {
      line_ = part.line;
      before(part);
      try {
        if (const auto* activity = std::get_if<Activity>(&part.task)) {
          if (activity->missing.empty())
            run_activity(*activity, *this);
          else
            capture_values(activity->captures, activity->output.value_or(""),
                           environment_.captured_values());
        } else if (const auto* question = std::get_if<Question>(&part.task)) {
          test_answers(*question);
        }
      } catch (const CommandError& failure) {
        add(failure.reason());
      }
      if (failures_.empty())
        if (const auto failure = environment_.network().failure()) add(*failure);
      if (!failures_.empty()) break;
    }
    return std::move(failures_);
  }

 private:
  void test_answers(const Question& question) {
    const auto& values = environment_.captured_values();
    const auto right = right_answer(question, values);
    const auto first = right.substr(0, right.find(" | "));
    if (!is_right(question, first, values)) add("the right answer '" + first + "' is refused");
    const auto wrong = wrong_answer(question, right);
    if (is_right(question, wrong, values)) add("the wrong answer '" + wrong + "' is accepted");
  }

  const Lab& lab_;
  const TemporaryFolder folder_;
  LabEnvironment environment_;
  int line_ = 0;
  Failures failures_;
};

}  // namespace

Failures run_unattended(const Lab& lab, LabNetwork& network, bool show) {
  const auto columns = columns_of(STDOUT_FILENO);
  const auto style = style_of(STDOUT_FILENO);
  std::size_t step = lab.steps.size();
  const auto show_part = [&](const Part& part) {
    if (!show) return;
    if (part.step != step)
      print("\n" + style.paint(std::to_string(part.step + 1) + ". " + lab.steps[part.step], "1") +
            "\n\n");
    step = part.step;
    if (!part.text.empty()) print(render_markdown(part.text, columns, style) + "\n");
    const auto* activity = std::get_if<Activity>(&part.task);
    if (activity != nullptr && !activity->missing.empty())
      print(render_markdown(text_instead_of(*activity), columns, style) + "\n");
  };
  const auto show_output = [&](std::string_view text) {
    if (show) print(text);
  };
  return UnattendedRun(lab, network).run(show_part, [&](const auto& activity, auto& run) {
    const auto failure =
        run.environment().run_activity(activity, CheckMode::unattended, show_output);
    if (failure) run.add(*failure);
    show_output("\n");
  });
}

Failures test_checks(const Lab& lab, LabNetwork& network) {
  const auto show_nothing = [](const auto&) {};
  return UnattendedRun(lab, network).run(show_nothing, [&](const auto& activity, auto& run) {
    auto& environment = run.environment();
    environment.begin_activity(1);  // no command has been run yet
    if (!check_activity(activity, environment.snapshot(), CheckMode::interactive))
      run.add("this check succeeds before anything is done: it cannot fail");
    const auto failure = environment.run_activity(activity, CheckMode::unattended, show_nothing);
    if (failure) run.add(*failure);
  });
}

}  // namespace portlab::labs
