// Part by part: shows the text, and then reads Enter, an answer, or commands at the shell's prompt.
//
//   run_interactively -> InteractiveRun::run -> run_task(text | question | activity) -> Navigation

#include "labs/runner/interactive/interactive_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/network/running_lab.hpp"
#include "labs/runner/interactive/messages.hpp"
#include "labs/runner/interactive/part_view.hpp"
#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/interactive/question_task.hpp"
#include "labs/runner/interactive/resume.hpp"
#include "labs/runner/interactive/screen.hpp"
#include "labs/runner/interactive/shell_step.hpp"
#include "labs/runner/interactive/terminal_control.hpp"
#include "labs/runner/model/markdown.hpp"
#include "labs/runner/model/port_shift.hpp"
#include "labs/runner/model/text_lines.hpp"
#include "labs/runner/shell/lab_environment.hpp"
#include "labs/runner/shell/lab_listeners.hpp"

namespace portlab::labs {

namespace {

/// The text of a part, without the question in it.
std::string text_before_question(const Part& part) {
  if (!std::holds_alternative<Question>(part.task)) return part.text;
  const auto text = "\n" + part.text;
  const auto end = std::min(text.find("\n**Predict:**"), text.find("\n**Question:**"));
  return trimmed(text.substr(0, end));
}

class InteractiveRun {
 public:
  InteractiveRun(const Lab& lab, LabPlace& place, Progress& progress,
                 const std::string& registration_path)
      : lab_(lab),
        progress_(progress),
        record_(progress.of(lab.record_key())),
        folder_(progress.folder_of(lab.record_key())),
        environment_(place, folder_, style_of(STDOUT_FILENO).unicode),
        questions_(
            lab, record_, environment_, [this] { return command_setting(); }, [this] { save(); },
            [this](const Question& question) { show_help(&question); }),
        registration_(registration_path,
                      {::getpid(), place.control(), folder_, lab.command(), place.office_name()}),
        view_(lab, environment_.captured_values(), name_after_place(),
              [this] { return command_setting(); }) {}

  bool run() {
    environment_.set_wait_callback(throw_if_terminated);
    if (!begin()) return false;
    while (record_.part < lab_.parts.size()) {
      const auto& part = lab_.parts[record_.part];
      has_typed_ = false;
      auto navigation = view_.show_in_pages(part);
      if (navigation == Navigation::next)
        navigation = std::visit([&](const auto& task) { return run_task(part, task); }, part.task);
      if (navigation == Navigation::again) {
        navigation = show_step_before(part);
        if (navigation == Navigation::next || navigation == Navigation::again) continue;
      }
      if (navigation == Navigation::quit) {
        save();
        if (save_failure_.empty())
          print("\nYour progress is saved: portlab " + lab_.command() + " continues here" +
                (is_done_at(lab_, record_.part) ? "; the lab is done, the rest is optional" : "") +
                ".\n");
        return true;
      }
      if (navigation == Navigation::restart) {
        if (confirm("This deletes your answers and your files of this lab.") && reset())
          return false;
        continue;
      }
      if (navigation == Navigation::skip && lab_.is_optional(part.step)) {
        skip_step(part.step);
      } else {
        if (navigation == Navigation::skip)
          std::visit([&](const auto& task) { skip(part, task); }, part.task);
        view_.keep_rows(navigation == Navigation::back ? 0 : rows_left_by(part));
        go_on(navigation);
      }
      if (needs_new_network_ && record_.part < lab_.parts.size()) {
        say("The lab makes its network anew, and runs the commands up to here in it. (In a second "
            "terminal: `exit`, and then `portlab enter`.)");
        return false;
      }
    }
    save();
    view_.show_recap();
    print_summary(lab_, record_);
    return true;
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
    print_beginning(lab_, record_, environment_.place(), is_repeated,
                    registration_.enter_command());
    if (record_.part == 0) {
      const std::size_t rows_about_place = environment_.place().shift() == 0 ? 8 : 11;
      view_.keep_rows(rows_of(render_markdown(lab_.introduction)) + rows_about_place);
    }
    const bool is_restored = record_.part == 0 || resume();
    remember_listeners(record_.part);
    save();
    return is_restored;
  }

  bool resume() {
    print("\nYou were at step " + place() + ". The commands before it are run again ...\n");
    std::fflush(stdout);
    std::string failures;
    try {
      failures = repeat_activities(lab_, record_.part, environment_, folder_,
                                   [this](std::size_t part) { remember_listeners(part); });
    } catch (const CommandError& failure) {
      throw_if_terminated();
      print("\n");
      say("That failed: " + failure.reason() +
          ". The lab starts at its first step; your answers are kept.");
      record_.part = 0;
      return false;
    }
    print("\n");
    if (!failures.empty())
      say(failures + " If the next step does not work, type `reset`: the lab begins again.\n\n");
    show_text_before();
    return true;
  }

  void go_on(Navigation navigation) {
    came_back_ = navigation == Navigation::back;
    if (!came_back_) {
      ++record_.part;
      remember_listeners(record_.part);
      // Texts may follow the last check, and steps that need not be done.
      if (is_done_at(lab_, record_.part)) record_.finished = std::time(nullptr);
    } else {
      if (record_.part > 0) --record_.part;
      view_.repeat_headline();
      put_listeners_back();
    }
    save();
  }

  /// The listeners at the beginning of a part, for put_listeners_back().
  void remember_listeners(std::size_t part) {
    if (!lab_.servers) return;
    if (auto listeners = read_listeners(environment_.place().control()))
      listeners_at_[part] = std::move(*listeners);
  }

  /// What this part and those after it have opened, closed and moved is undone: else their commands
  /// could not succeed once more.
  void put_listeners_back() {
    const auto before = listeners_at_.find(record_.part);
    if (before == listeners_at_.end()) return;
    if (restore_listeners(environment_.place().control(), before->second))
      say("The services listen again where they did at the beginning of this part.");
  }

  /// Goes to the step after this optional one. What was done in it may be in the way later.
  void skip_step(std::size_t step) {
    needs_new_network_ = has_typed_ || has_activity_before(lab_, record_.part);
    view_.keep_rows(0);
    while (record_.part < lab_.parts.size() && lab_.parts[record_.part].step == step)
      go_on(Navigation::skip);
  }

  /// Where that fails (a full disk), the lab goes on; only the record lacks something.
  void save() {
    record_.step = step();
    record_.changed = std::time(nullptr);
    try {
      progress_.save(lab_.record_key(), record_);
      save_failure_.clear();
    } catch (const CommandError& failure) {
      throw_if_terminated();
      if (save_failure_.empty()) {
        print("\n");
        say(failure.reason() + ". The lab goes on without a record.");
      }
      save_failure_ = failure.reason();
    }
  }

  bool reset() {
    try {
      progress_.reset(lab_.record_key());
      return true;
    } catch (const CommandError& failure) {
      say(failure.reason() + ".");
      return false;
    }
  }

  /// The current step, from 1.
  std::size_t step() const {
    return lab_.parts[std::min(record_.part, lab_.parts.size() - 1)].step + 1;
  }
  /// "3/9": the step and the number of steps.
  std::string place() const {
    return std::to_string(step()) + "/" + std::to_string(lab_.steps.size());
  }

  /// For prompts: "3/9", "3/9, ana".
  std::string status() const { return place() + name_after_place(); }
  /// "", ", ana".
  std::string name_after_place() const {
    constexpr std::size_t name_max = 20;  // bytes
    const auto& student = progress_.student();
    return student.empty() ? "" : ", " + displayable(student, name_max);
  }

  // ---- what is shown

  /// How many rows a part that is done has left on the screen, not yet confirmed by Enter.
  std::size_t rows_left_by(const Part& part) const {
    if (const auto* question = std::get_if<Question>(&part.task))
      return question->is_prediction ? 0 : rows_of_explanation(*question);
    if (!std::holds_alternative<Activity>(part.task)) return 0;
    std::size_t rows = 3;  // the prompt, "done", an empty line
    if (const auto last = environment_.snapshot().last) rows += rows_of(last->output);
    if (const auto which = find_open_prediction(record_, lab_))
      rows += rows_of_explanation(std::get<Question>(lab_.parts[*which].task));
    return rows;
  }

  /// For "again": what comes before this part in its step, which is shown next: the texts, without
  /// their questions, and the last output.
  Navigation show_step_before(const Part& part) {
    std::string text, output;
    for (const auto& other : lab_.parts) {
      if (other.step != part.step || &other >= &part) continue;
      text += text_before_question(other) + "\n\n";
      const auto last = environment_.snapshot().last;
      if (std::holds_alternative<Activity>(other.task) && last) output = last->output;
    }
    view_.repeat_headline();
    return view_.show_before(part, text, output);
  }

  void show_help(const Question* question) const {
    print_help(lab_, step(), registration_.enter_command(), question);
  }

  /// After resume(): a part without a text continues the text of an earlier part of its step.
  void show_text_before() {
    const auto& current = lab_.parts[record_.part];
    if (!current.text.empty()) return;
    for (auto i = record_.part; i > 0 && lab_.parts[i - 1].step == current.step; --i) {
      const auto& before = lab_.parts[i - 1];
      if (before.text.empty()) continue;
      view_.show(before);
      const auto* question = std::get_if<Question>(&before.task);
      const auto* given = record_.answer_at(i - 1);
      if (question != nullptr && given != nullptr && given->tries > 0)
        questions_.say_answer(*question, *given);
      return;
    }
  }

  /// For "again": the headline and the text, which may be that of an earlier part.
  void show_again(const Part& part) {
    view_.repeat_headline();
    part.text.empty() ? show_text_before() : view_.show(part);
  }

  /// Records an activity, and shows the prediction that it has tested, with the explanation.
  void finish(DoneActivity done) {
    done.time = std::time(nullptr);
    record_.add_done(std::move(done));
    questions_.reveal_prediction();
  }

  void show_done(const Part& part) const {
    const auto next = record_.part + 1;
    const bool ends_step = next == lab_.parts.size() || lab_.parts[next].step != part.step;
    const auto style = style_of(STDOUT_FILENO);
    print(style.paint(style.unicode ? "\u2713" : "ok", "32") +
          (ends_step ? " step " + place() + " done" : " done") + "\n");
  }

  // ---- tasks

  /// Commands between those of the lab run where these do.
  CommandSetting command_setting() const {
    return {folder_, environment_.place().words_before(environment_.host())};
  }

  Navigation run_task(const Part&, const std::monostate&) {
    return wait_for_enter(status(), command_setting());
  }

  Navigation run_task(const Part& part, const Question& question) {
    return questions_.run(part, question, status());
  }

  Navigation run_task(const Part& part, const Activity& activity) {
    auto done = done_activity(part, activity);
    if (done.impossible_here) {
      say(text_instead_of(activity));
      print("\n");
      const auto navigation = wait_for_enter(status(), command_setting());
      if (navigation == Navigation::next) finish_instead(activity, std::move(done));
      return navigation;
    }
    const auto shift = environment_.place().shift();
    environment_.go_to(activity.host);
    const auto prompt = "(" + lab_.name() + ", " + status() +
                        (shift == 0 ? "" : ", ports + " + std::to_string(shift)) + ") " +
                        environment_.host() + "$ ";
    const ShowAgain show_again{[&] { this->show_again(part); }, [&] { show_help(nullptr); }};
    const auto navigation =
        run_shell_step(activity, environment_, prompt, show_again, came_back_, done);
    record_.hints += done.hints;
    has_typed_ = !done.commands.empty();
    // The values of an earlier run are not those on the screen.
    if (!done.commands.empty()) forget_values(activity.captures, environment_.captured_values());
    if (navigation != Navigation::next) return navigation;
    if (const auto last = environment_.snapshot().last)
      capture_values(activity.captures, last->output, environment_.captured_values());
    show_done(part);
    finish(std::move(done));
    return Navigation::next;
  }

  DoneActivity done_activity(const Part& part, const Activity& activity) const {
    return {
        .part = record_.part, .step = part.step + 1, .impossible_here = !activity.missing.empty()};
  }

  /// The lab does the activity, or, where this machine does not allow it, takes its values from the
  /// file.
  void finish_instead(const Activity& activity, DoneActivity done) {
    std::string problem;
    try {
      if (const auto failure = environment_.run_activity(activity, CheckMode::interactive, print))
        problem = "expected " + failure->expected + "; observed " + failure->observed;
    } catch (const CommandError& failure) {
      throw_if_terminated();
      problem = failure.reason();
    }
    print("\n");
    // Before the prediction is shown: the output above is not the result of which it speaks.
    if (!problem.empty())
      say("That did not work from here: " + problem +
          ". What follows is the result where all commands of the lab have been run.\n\n");
    finish(std::move(done));
    needs_new_network_ = needs_new_network_ || !problem.empty();
  }

  // ---- skip

  void skip(const Part&, const std::monostate&) {}

  void skip(const Part& part, const Question& question) { questions_.skip(part, question); }

  void skip(const Part& part, const Activity& activity) {
    record_.add_skipped(record_.part);
    auto done = done_activity(part, activity);
    done.skipped = true;
    if (!done.impossible_here) {
      print("The lab does it for you:\n\n");
      done.commands = commands_to_type(activity, environment_.captured_values());
    }
    finish_instead(activity, std::move(done));
  }

  const Lab& lab_;
  Progress& progress_;
  LabRecord record_;
  const std::string folder_;
  LabEnvironment environment_;
  QuestionTask questions_;
  std::string save_failure_;  ///< why the record was not saved the last time; empty: it was
  const LabRegistration registration_;
  PartView view_;
  std::map<std::size_t, Listeners> listeners_at_;  ///< by parts
  bool came_back_ = false;
  bool has_typed_ = false;          ///< at this part
  bool needs_new_network_ = false;  ///< something in this one is in the way of what follows
};

}  // namespace

bool run_interactively(const Lab& lab, LabPlace& place, Progress& progress,
                       const std::string& registration_path) {
  if (!progress.lock(lab.record_key()))
    throw CommandError(Exit::no_connection, "this lab is open in another terminal already",
                       "portlab enter (opens a shell in its network)");
  watch_signals();
  return InteractiveRun(lab, place, progress, registration_path).run();
}

}  // namespace portlab::labs
