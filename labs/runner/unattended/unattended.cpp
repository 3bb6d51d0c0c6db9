#include "labs/runner/unattended/unattended.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

namespace {

std::string at(const Lab& lab, const Part& part) {
  return lab.path + ":" + std::to_string(part.line) + ": ";
}

std::string complaint(const Lab& lab, const Part& part, const CheckFailure& unmet) {
  return at(lab, part) + "expected " + unmet.expected + "; observed " + unmet.observed;
}

void show_nothing(std::string_view) {}

/// A wrong answer, whatever the right one is.
std::string wrong_answer(const Question& question, const Captured& captured) {
  const auto right = right_answer(question, captured);
  for (const auto& choice : question.choices)
    if (right != std::string(1, choice.letter)) return {choice.letter};
  return right + "1";
}

/// Two checks of an answer: the right one is taken, a wrong one is not.
void check_answers(const Lab& lab, const Part& part, const Question& question,
                   const Captured& captured, Complaints& complaints) {
  const auto right = right_answer(question, captured);
  const auto first = right.substr(0, right.find(" | "));
  if (!is_right(question, first, captured))
    complaints.push_back(at(lab, part) + "the right answer '" + first + "' is refused");
  const auto wrong = wrong_answer(question, captured);
  if (is_right(question, wrong, captured))
    complaints.push_back(at(lab, part) + "the wrong answer '" + wrong + "' is accepted");
}

/// An empty folder, gone with this object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code failed;
    auto pattern = (std::filesystem::temp_directory_path(failed) / "portlab-lab-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw CommandError(Exit::peer_said_no, pattern + ": no folder can be made for the lab",
                         "TMPDIR=FOLDER portlab lab ...");
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using ActivityVisitor = std::function<void(const Part&, const Activity&, LabEnvironment&, Complaints&)>;

Complaints go_through(const Lab& lab, TourLab& network, const ActivityVisitor& doing,
                      const std::function<void(const Part&)>& before) {
  Complaints complaints;
  const ScratchFolder folder;
  LabEnvironment environment(network, folder.path(), true);
  for (const auto& part : lab.parts) {
    before(part);
    try {
      const auto* activity = std::get_if<Activity>(&part.task);
      if (activity != nullptr && !activity->lacking.empty())
        capture_from_file(*activity, environment.captured);
      else if (activity != nullptr)
        doing(part, *activity, environment, complaints);
      else if (const auto* question = std::get_if<Question>(&part.task))
        check_answers(lab, part, *question, environment.captured, complaints);
    } catch (const CommandError& failure) {
      complaints.push_back(at(lab, part) + failure.reason());
    }
    if (!complaints.empty()) return complaints;
    if (const auto trouble = environment.network().trouble()) return {at(lab, part) + *trouble};
  }
  return complaints;
}

}  // namespace

std::string shown_instead(const Activity& activity) {
  std::string text =
      "This takes " + activity.lacking + ", which can't be had here. Elsewhere you type:\n\n```\n";
  for (const auto& command : activity.to_do()) text += command + "\n";
  text += "```\n\nand see:\n\n```\n" + activity.output.value_or("");
  return text + "```\n";
}

Complaints do_unattended(const Lab& lab, TourLab& network, bool show) {
  const auto columns = columns_of(STDOUT_FILENO);
  const auto style = style_of(STDOUT_FILENO);
  std::size_t step = lab.steps.size();
  const auto before = [&](const Part& part) {
    if (!show) return;
    if (part.step != step)
      print("\n" + style.paint(std::to_string(part.step + 1) + ". " + lab.steps[part.step], "1") +
            "\n\n");
    step = part.step;
    if (!part.text.empty()) print(rendered(part.text, columns, style) + "\n");
    const auto* activity = std::get_if<Activity>(&part.task);
    if (activity != nullptr && !activity->lacking.empty())
      print(rendered(shown_instead(*activity), columns, style) + "\n");
  };
  const auto doing = [&](const Part& part, const Activity& activity, LabEnvironment& environment,
                         Complaints& complaints) {
    const auto screen = [&](std::string_view text) {
      if (show) print(text);
    };
    if (const auto unmet = environment.perform(activity, Judge::file, screen))
      complaints.push_back(complaint(lab, part, *unmet));
    if (show) print("\n");
  };
  return go_through(lab, network, doing, before);
}

Complaints test_the_checks(const Lab& lab, TourLab& network) {
  const auto doing = [&](const Part& part, const Activity& activity, LabEnvironment& environment,
                         Complaints& complaints) {
    environment.begin(1);  // as a student finds it: nothing has been run for this part
    if (!check_activity(activity, environment.snapshot(), Judge::student))
      complaints.push_back(at(lab, part) +
                           "this check holds before anything is done: it can't fail");
    if (const auto unmet = environment.perform(activity, Judge::file, show_nothing))
      complaints.push_back(complaint(lab, part, *unmet));
  };
  return go_through(lab, network, doing, [](const Part&) {});
}

void catch_up(const Lab& lab, std::size_t part, LabEnvironment& environment) {
  std::size_t last = part;
  for (std::size_t i = 0; i < part; ++i)
    if (std::holds_alternative<Activity>(lab.parts[i].task)) last = i;
  for (std::size_t i = 0; i < part; ++i) {
    const auto* activity = std::get_if<Activity>(&lab.parts[i].task);
    if (activity == nullptr) continue;
    if (!activity->lacking.empty()) {
      capture_from_file(*activity, environment.captured);
      continue;
    }
    const auto show = [&](std::string_view text) {
      if (i == last) print(text);
    };
    if (i == last) print("\n\n");
    environment.perform(*activity, Judge::student, show);
  }
}

}  // namespace portlab::labs
