// Part by part: shows the text, and then reads Enter, an answer, or commands at the shell's prompt.
//
//   run_interactively -> InteractiveRun::run -> run_task(text | question | activity) -> Navigation

#include "labs/runner/interactive/interactive_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/network/running_lab.hpp"
#include "labs/runner/check/answer.hpp"
#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/interactive/resume.hpp"
#include "labs/runner/interactive/run_messages.hpp"
#include "labs/runner/interactive/shell_step.hpp"
#include "labs/runner/interactive/terminal_control.hpp"
#include "labs/runner/model/port_shift.hpp"
#include "labs/runner/shell/lab_environment.hpp"

namespace portlab::labs {

namespace {

constexpr std::size_t answer_max = 1000;  // bytes, in the record

class InteractiveRun {
 public:
  InteractiveRun(const Lab& lab, LabNetwork& network, Progress& progress,
                 const std::string& registration_path)
      : lab_(lab),
        progress_(progress),
        record_(progress.of(lab.record_key())),
        folder_(progress.folder_of(lab.record_key())),
        environment_(network, folder_, printer_.style().unicode),
        registration_(registration_path, {::getpid(), network.control(), folder_}) {}

  RunResult run() {
    environment_.set_wait_callback(throw_if_terminated);
    if (!begin()) return RunResult::restart;
    while (record_.part < lab_.parts.size()) {
      const auto& part = lab_.parts[record_.part];
      show(part);
      const auto navigation =
          std::visit([&](const auto& task) { return run_task(part, task); }, part.task);
      if (navigation == Navigation::quit) return quit();
      if (navigation == Navigation::restart) {
        if (!prompt_.confirm("This deletes your answers and your files of this lab.")) continue;
        progress_.reset(lab_.record_key());
        return RunResult::restart;
      }
      if (navigation == Navigation::skip) skip(part);
      go_on(navigation);
    }
    record_.finished = std::time(nullptr);
    save();
    print_summary(printer_, lab_, record_);
    return RunResult::finished;
  }

 private:
  // ---- the place in the lab

  /// False: the place where the student left the lab cannot be restored.
  bool begin() {
    if (record_.has_started() && record_.version != lab_.version) adapt_record(record_, lab_);
    const bool is_repeated = record_.finished != 0 && record_.part >= lab_.parts.size();
    if (record_.part >= lab_.parts.size()) record_.part = 0;
    if (!record_.has_started()) record_.started = std::time(nullptr);
    record_.version = lab_.version;
    record_.title = lab_.title;
    record_.parts = lab_.parts.size();
    record_.steps = lab_.steps.size();
    print_beginning(printer_, lab_, record_, environment_.network(), is_repeated,
                    registration_.is_registered());
    const bool is_restored = record_.part == 0 || resume();
    save();
    return is_restored;
  }

  bool resume() {
    open_prediction_ = find_open_prediction(record_, lab_);
    print("\nYou were at step " + place() + ". The commands before it are run again ...\n");
    std::fflush(stdout);
    try {
      repeat_activities(lab_, record_.part, environment_, folder_);
    } catch (const CommandError& failure) {
      throw_if_terminated();
      printer_.say("\nThat failed: " + failure.reason() +
                   ". The lab starts at its first step; your answers are kept.\n");
      record_.part = 0;
      return false;
    }
    print("\n");
    show_text_before();
    return true;
  }

  void go_on(Navigation navigation) {
    came_back_ = navigation == Navigation::back;
    if (!came_back_) {
      ++record_.part;
    } else {
      if (record_.part > 0) --record_.part;
      shown_step_ = lab_.steps.size();  // its headline is shown again
    }
    save();
  }

  void save() {
    record_.step = lab_.parts[std::min(record_.part, lab_.parts.size() - 1)].step + 1;
    progress_.save();
  }

  RunResult quit() {
    save();
    print("\nYour progress is saved: portlab " + lab_.command() + " continues here.\n");
    return RunResult::quit;
  }

  /// "3/9": the step and the number of steps.
  std::string place() const {
    const auto step = lab_.parts[std::min(record_.part, lab_.parts.size() - 1)].step + 1;
    return std::to_string(step) + "/" + std::to_string(lab_.steps.size());
  }

  // ---- what is shown

  void show(const Part& part) {
    if (part.step == shown_step_)
      print("\n");
    else
      printer_.headline("Step " + place() + " of " + lab_.name() + ": " + lab_.steps[part.step]);
    shown_step_ = part.step;
    if (!part.text.empty()) print(printer_.render(part.text) + "\n");
  }

  /// After resume(): a part without a text continues the text of an earlier part of its step.
  void show_text_before() {
    const auto& current = lab_.parts[record_.part];
    if (!current.text.empty()) return;
    for (auto i = record_.part; i > 0 && lab_.parts[i - 1].step == current.step; --i) {
      const auto& before = lab_.parts[i - 1];
      if (before.text.empty()) continue;
      show(before);
      const auto* question = std::get_if<Question>(&before.task);
      const auto* given = record_.answer_at(i - 1);
      if (question != nullptr && given != nullptr && given->tries > 0)
        printer_.say((question->is_prediction ? "You predicted: " : "You answered: ") +
                     answer_text(*question, given->answer) + "\n\n");
      return;
    }
  }

  /// The prediction that has now been tested, with the explanation.
  void show_prediction() {
    const auto which = std::exchange(open_prediction_, std::nullopt);
    if (!which) return;
    const auto* given = record_.answer_at(*which);
    const auto* question = std::get_if<Question>(&lab_.parts[*which].task);
    if (given == nullptr || question == nullptr) return;
    print("\n");
    if (given->tries > 0)
      printer_.say("You predicted: " + answer_text(*question, given->answer) + "\n");
    printer_.explain(question->explanation);
    print("\n");
  }

  void show_done(const Part& part) const {
    const auto next = record_.part + 1;
    const bool ends_step = next == lab_.parts.size() || lab_.parts[next].step != part.step;
    const auto& style = printer_.style();
    print(style.paint(style.unicode ? "\u2713" : "ok", "32") +
          (ends_step ? " step " + place() + " done" : " done") + "\n");
  }

  // ---- tasks

  Navigation run_task(const Part&, const std::monostate&) {
    return prompt_.wait_for_enter(place());
  }

  Navigation run_task(const Part& part, const Question& question) {
    const auto* before = record_.answer_at(record_.part);
    // A question that was skipped or answered wrongly is asked again.
    const bool has_answer =
        before != nullptr && before->tries > 0 && (question.is_prediction || before->was_right);
    if (has_answer)
      printer_.say("You answered before: " + answer_text(question, before->answer) +
                   " (Enter keeps it)\n");
    const auto navigation = prompt_.ask(
        question, place(), has_answer,
        [&](const std::string& answer) { return accept_answer(part, question, answer); });
    record_.hints += prompt_.hints_given();
    return navigation;
  }

  Navigation run_task(const Part& part, const Activity& activity) {
    if (!activity.missing.empty()) return show_instead(part, activity);
    const auto shift = environment_.network().shift();
    const auto prompt = "(" + lab_.name() + ", " + place() +
                        (shift == 0 ? "" : ", ports + " + std::to_string(shift)) + ") $ ";
    auto result = run_shell_step(activity, environment_, printer_, prompt, came_back_);
    record_.hints += result.hints_given;
    if (result.navigation != Navigation::next) return result.navigation;
    if (const auto last = environment_.snapshot().last)
      capture_values(activity.captures, last->output, environment_.captured_values());
    auto done = done_activity(part);
    done.commands = std::move(result.commands);
    done.typed_by_enter = result.typed_by_enter;
    done.hints = result.hints_given;
    record_.add_done(std::move(done));
    show_done(part);
    show_prediction();
    return Navigation::next;
  }

  /// For an activity that this machine does not allow.
  Navigation show_instead(const Part& part, const Activity& activity) {
    printer_.say(text_instead_of(activity));
    print("\n");
    const auto navigation = prompt_.wait_for_enter(place());
    if (navigation == Navigation::next) add_impossible(part, activity, false);
    return navigation;
  }

  void add_impossible(const Part& part, const Activity& activity, bool skipped) {
    capture_values(activity.captures, activity.output.value_or(""), environment_.captured_values());
    auto done = done_activity(part);
    done.skipped = skipped;
    done.impossible = true;
    record_.add_done(std::move(done));
    print("\n");
    show_prediction();
  }

  DoneActivity done_activity(const Part& part) const {
    DoneActivity done;
    done.part = record_.part;
    done.step = part.step + 1;
    return done;
  }

  /// The record of the answer at this part, with no try yet if it is new.
  GivenAnswer& given_answer(const Part& part, const Question& question) {
    if (auto* given = record_.answer_at(record_.part)) return *given;
    record_.answers.push_back({record_.part, part.step + 1, part.text, question.is_prediction,
                               std::string{},
                               right_answer(question, environment_.captured_values()), false, 0});
    return record_.answers.back();
  }

  /// Records the answer. True: the lab goes on.
  bool accept_answer(const Part& part, const Question& question, const std::string& answer) {
    const auto& values = environment_.captured_values();
    auto& given = given_answer(part, question);
    given.answer = displayable(answer, answer_max);
    given.right = right_answer(question, values);
    given.was_right = is_right(question, answer, values);
    ++given.tries;
    save();
    if (question.is_prediction) {
      open_prediction_ = record_.part;
      print("Noted. Now see what happens.\n");
      return true;
    }
    if (!names_in(given.right).empty()) {
      printer_.say(
          "The lab has not seen this value yet: type `back` and do the step before once more, or "
          "`skip`.\n");
      return false;
    }
    if (!given.was_right) {
      printer_.say("Not quite. Try again, or type `hint`.\n");
      return false;
    }
    std::string text = "**Right.**";
    for (const auto& line : question.explanation) text += " " + line;
    printer_.say(text + "\n");
    print("\n");
    return true;
  }

  // ---- skip

  void skip(const Part& part) {
    if (const auto* activity = std::get_if<Activity>(&part.task))
      skip(part, *activity);
    else if (const auto* question = std::get_if<Question>(&part.task))
      skip(part, *question);
    else
      return;
    record_.add_skipped(record_.part);
  }

  void skip(const Part& part, const Question& question) {
    const auto& given = given_answer(part, question);
    if (question.is_prediction) {  // its explanation is shown after the activity
      open_prediction_ = record_.part;
      return;
    }
    const auto first = given.right.substr(0, given.right.find(" | "));
    printer_.say("The answer: " + answer_text(question, first) + "\n");
    printer_.explain(question.explanation);
    print("\n");
  }

  void skip(const Part& part, const Activity& activity) {
    if (!activity.missing.empty()) return add_impossible(part, activity, true);
    print("Done for you:\n\n");
    auto done = done_activity(part);
    done.skipped = true;
    done.commands = commands_to_type(activity, environment_.captured_values());
    environment_.run_activity(activity, CheckMode::interactive,
                              [](std::string_view text) { print(text); });
    record_.add_done(std::move(done));
    print("\n");
    show_prediction();
  }

  const Lab& lab_;
  Progress& progress_;
  LabRecord& record_;
  const std::string folder_;
  const Printer printer_;
  QuestionPrompt prompt_{printer_};
  LabEnvironment environment_;
  const LabRegistration registration_;
  std::size_t shown_step_ = static_cast<std::size_t>(-1);
  bool came_back_ = false;
  std::optional<std::size_t> open_prediction_;  ///< the part whose prediction was not tested yet
};

}  // namespace

void require_terminal(const Lab& lab) {
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) return;
  const auto operand = lab.is_in_catalog ? lab.id.substr(lab.id.rfind(' ') + 1) : lab.path;
  throw usage_failure("a lab needs a terminal",
                      "portlab " + std::string(lab.is_myth() ? "myth" : "lab") + " --auto " +
                          operand + " (runs it without a terminal)");
}

RunResult run_interactively(const Lab& lab, LabNetwork& network, Progress& progress,
                            const std::string& registration_path) {
  if (!progress.lock(lab.record_key()))
    throw CommandError(Exit::no_connection, "this lab is open in another terminal already",
                       "portlab enter (opens a shell in its network)");
  watch_signals();
  return InteractiveRun(lab, network, progress, registration_path).run();
}

}  // namespace portlab::labs
