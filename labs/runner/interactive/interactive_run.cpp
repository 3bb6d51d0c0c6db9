// Part by part: show its text, then let the student read, answer, or work at the shell's prompt,
// where every command's end and every change of the machine is looked at.
//
//   take_lesson -> InteractiveRun::run -> work on a text | a question | an activity -> Move

#include "labs/runner/interactive/interactive_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text.hpp"
#include "labs/network/running_lab.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/check/check_answer.hpp"
#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/interactive/question_prompt.hpp"
#include "labs/runner/interactive/shell_step.hpp"
#include "labs/runner/record/saved_files.hpp"
#include "labs/runner/shell/lab_environment.hpp"
#include "labs/runner/shell/termination.hpp"
#include "labs/runner/unattended/unattended.hpp"

namespace portlab::labs {

namespace {

constexpr std::size_t answer_max = 1000;  // bytes, in the record

std::string capitalised(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

class InteractiveRun {
 public:
  InteractiveRun(const Lab& lab, TourLab& network, Progress& progress, const std::string& registry)
      : lab_(lab),
        progress_(progress),
        mine_(progress.of(lab.record())),
        environment_(network, progress.folder_of(lab.record()), style_of(STDOUT_FILENO).unicode),
        registration_(registry, {::getpid(), network.control(), progress.folder_of(lab.record())}) {
  }

  Ending run() {
    watch_for_termination();
    environment_.look_while_waiting(throw_if_terminated);
    if (!open()) return Ending::again;
    while (mine_.part < lab_.parts.size()) {
      const auto& part = lab_.parts[mine_.part];
      show(part);
      const Move move = std::visit([&](const auto& task) { return work(part, task); }, part.task);
      if (move == Move::quit) return leave();
      if (move == Move::restart) {
        if (our_prompt_.confirms("This forgets your answers, and removes your files of this lab."))
          return Ending::restart;
        continue;
      }
      if (move == Move::skip) skip(part);
      came_back_ = move == Move::back;
      if (move == Move::back)
        mine_.part -= mine_.part > 0 ? 1 : 0;
      else
        ++mine_.part;
      shown_step_ = move == Move::back ? lab_.steps.size() : shown_step_;
      save();
    }
    mine_.finished = std::time(nullptr);
    save();
    finish();
    return Ending::finished;
  }

 private:
  // ---- what is shown

  std::string place() const {
    const auto step = lab_.parts[std::min(mine_.part, lab_.parts.size() - 1)].step + 1;
    return std::to_string(step) + "/" + std::to_string(lab_.steps.size());
  }

  void headline(const std::string& text) const {
    print("\n" + printer_.style().paint(text, "1") + "\n\n");
  }

  /// False: where the student was can't be reached from here.
  bool open() {
    if (mine_.begun() && mine_.version != lab_.version) find_the_step_again();
    mine_.version = lab_.version;
    const bool resumes = mine_.part > 0 && mine_.part < lab_.parts.size();
    const bool again = mine_.finished != 0 && mine_.part >= lab_.parts.size();
    if (mine_.part >= lab_.parts.size()) mine_.part = 0;
    if (!mine_.begun()) mine_.started = std::time(nullptr);
    mine_.title = lab_.title;
    mine_.parts = lab_.parts.size();
    mine_.steps = lab_.steps.size();
    headline(capitalised(lab_.name()) + ": " + lab_.title + " (" + std::to_string(lab_.minutes) +
             " min)");
    if (again)
      printer_.say(
          "You have finished this one. It begins anew; your answers are kept until you type "
          "`reset` or give others.\n\n");
    if (!resumes && !lab_.introduction.empty()) printer_.say(lab_.introduction + "\n\n");
    if (!resumes) print("\n");
    const auto& network = environment_.network();
    printer_.say("You are " + network.place() +
                 (network.is_private() ? "" : " (`portlab doctor` says why)") +
                 ". At the prompt, any command works; `hint`, "
                 "`why`, `back`, `skip`, `reset` and `quit` are the lab's own words.\n");
    if (registration_.is_known()) {
      printer_.say("In a second terminal, `portlab enter` joins you here.");
    } else if (lab_.servers) {
      printer_.say("Another lab of yours is running. A second terminal joins this one with");
      print("  portlab enter --control " + network.control() + "\n");
    } else {
      printer_.say("Another lab of yours is running; a second terminal joins only that one.");
    }
    if (environment_.network().shifted())
      printer_.say("Where the text says port 80, your commands say " +
                   std::to_string(environment_.network().port(80)) +
                   "; so it is with all ports below 1024.");
    const bool there = !resumes || resume();
    save();
    return there;
  }

  /// Makes the machine what it was when the student left. False: that can't be done.
  bool resume() {
    remember_prediction();
    print("\nYou were at step " + place() + ". The commands before it are being typed again ...\n");
    std::fflush(stdout);
    try {
      const SavedFiles kept(progress_.folder_of(lab_.record()));
      if (kept.failed())
        throw CommandError(Exit::peer_said_no,
                           "your files can't be kept: " + kept.failed().message());
      environment_.look_while_waiting([] {
        throw_if_terminated();
        if (QuestionPrompt::was_interrupted())
          throw CommandError(Exit::peer_said_no, "you pressed Ctrl-C");
      });
      catch_up(lab_, mine_.part, environment_);
      environment_.look_while_waiting(throw_if_terminated);
    } catch (const CommandError& failure) {
      throw_if_terminated();
      printer_.say("\nThey can't be: " + failure.reason() +
                   ". The lab begins at its first step; your answers are kept.\n");
      mine_.part = 0;
      return false;
    }
    print("\n");
    show_what_led_here();
    return true;
  }

  /// The text that the next thing to type belongs to may stand before a question.
  void show_what_led_here() {
    const auto& here = lab_.parts[mine_.part];
    if (!here.text.empty()) return;
    for (auto i = mine_.part; i > 0 && lab_.parts[i - 1].step == here.step; --i) {
      const auto& before = lab_.parts[i - 1];
      if (before.text.empty()) continue;
      show(before);
      const auto* question = std::get_if<Question>(&before.task);
      const auto* given = mine_.answer_of(i - 1);
      if (question != nullptr && given != nullptr && given->tries > 0)
        printer_.say((question->is_prediction ? "You predicted: " : "You answered: ") +
                     spelled(*question, given->answer) + "\n\n");
      return;
    }
  }

  /// The lab has been written anew since: what was answered to other questions is forgotten.
  void find_the_step_again() {
    const auto& parts = lab_.parts;
    const bool was_done = mine_.part >= mine_.parts;
    if (was_done) {
      mine_.part = parts.size();
    } else if (mine_.parts != parts.size()) {
      const auto first = std::find_if(parts.begin(), parts.end(), [&](const Part& part) {
        return part.step + 1 >= mine_.step;
      });
      mine_.part = static_cast<std::size_t>(first - parts.begin());
    }
    std::erase_if(mine_.answers, [&](const GivenAnswer& answer) {
      return answer.part >= parts.size() || parts[answer.part].text != answer.question;
    });
    std::erase_if(mine_.done, [&](const DoneActivity& one) {
      return one.part >= parts.size() || parts[one.part].step + 1 != one.step;
    });
    std::erase_if(mine_.skipped, [&](std::size_t part) { return part >= parts.size(); });
  }

  /// The one that the next activity answers.
  void remember_prediction() {
    for (auto i = mine_.part; i > 0; --i) {
      const auto& task = lab_.parts[i - 1].task;
      if (std::holds_alternative<Activity>(task)) return;
      const auto* question = std::get_if<Question>(&task);
      if (question == nullptr || !question->is_prediction || mine_.answer_of(i - 1) == nullptr)
        continue;
      predicted_ = i - 1;
      return;
    }
  }

  void show(const Part& part) {
    if (part.step == shown_step_)
      print("\n");
    else
      headline("Step " + place() + " of " + lab_.name() + ": " + lab_.steps[part.step]);
    shown_step_ = part.step;
    if (!part.text.empty()) print(printer_.text(part.text) + "\n");
  }

  Ending leave() {
    save();
    print("\nYour place is kept: portlab " + lab_.command() + " goes on here.\n");
    return Ending::quit;
  }

  void finish() const {
    headline(capitalised(lab_.name()) + " is done.");
    printer_.say(
        "Predicted rightly: " + mine_.score(true) + ". Questions answered: " + mine_.score(false) +
        ". Hints: " + std::to_string(mine_.hints) + ". `portlab lab --report` shows all of it; " +
        (lab_.deeper.empty()
             ? std::string("`portlab ") + (lab_.is_myth() ? "myth" : "lab") + " next` goes on."
             : "`portlab lab " + lab_.deeper + "` goes deeper."));
    print("\n");
  }

  void save() {
    mine_.step = lab_.parts[std::min(mine_.part, lab_.parts.size() - 1)].step + 1;
    progress_.save();
  }

  void skip(const Part& part) {
    if (const auto* activity = std::get_if<Activity>(&part.task)) {
      skip(part, *activity);
    } else if (const auto* question = std::get_if<Question>(&part.task)) {
      if (mine_.answer_of(mine_.part) == nullptr) open_answer(part, *question);
      if (question->is_prediction) {  // what happens is told when it has happened
        predicted_ = mine_.part;
        return mine_.note_skipped(mine_.part);
      }
      const auto right = right_answer(*question, environment_.captured);
      printer_.say("The answer: " + spelled(*question, right.substr(0, right.find(" | "))) + "\n");
      printer_.explain(question->because, "");
      print("\n");
    } else {
      return;
    }
    mine_.note_skipped(mine_.part);
  }

  void skip(const Part& part, const Activity& activity) {
    auto one = here(part);
    one.skipped = true;
    if (activity.lacking.empty()) {
      print("Done for you:\n\n");
      one.commands = to_do(activity, environment_.captured);
      environment_.perform(activity, Judge::student, [](std::string_view text) { print(text); });
    } else {
      capture_from_file(activity, environment_.captured);
      one.impossible = true;
    }
    mine_.note(std::move(one));
    print("\n");
    reveal();
  }

  // ---- our own prompt: for reading and for questions

  Move work(const Part&, const std::monostate&) { return our_prompt_.read_on(place()); }

  Move work(const Part& part, const Question& question) {
    const auto* before = mine_.answer_of(mine_.part);
    // What was skipped, or is wrong, is asked again.
    if (before != nullptr &&
        (before->tries == 0 || (!question.is_prediction && !before->was_right)))
      before = nullptr;
    if (before != nullptr)
      printer_.say("You answered before: " + spelled(question, before->answer) +
                   " (Enter keeps it)\n");
    const auto move = our_prompt_.answer(
        question, place(), before != nullptr,
        [&](const std::string& answer) { return take_answer(part, question, answer); });
    mine_.hints += our_prompt_.hints_given();
    return move;
  }

  /// A row for it in the record: nothing is answered yet.
  GivenAnswer& open_answer(const Part& part, const Question& question) {
    mine_.answers.push_back({mine_.part, part.step + 1, part.text, question.is_prediction,
                             std::string{}, right_answer(question, environment_.captured), false,
                             0});
    return mine_.answers.back();
  }

  /// True: the lesson goes on.
  bool take_answer(const Part& part, const Question& question, const std::string& answer) {
    auto* given = mine_.answer_of(mine_.part);
    if (given == nullptr) given = &open_answer(part, question);
    given->answer = displayable(answer, answer_max);
    given->right = right_answer(question, environment_.captured);
    given->was_right = is_right(question, answer, environment_.captured);
    ++given->tries;
    save();
    if (question.is_prediction) {
      predicted_ = mine_.part;
      print("Noted. Let us see.\n");
      return true;
    }
    if (given->right.find('{') != std::string::npos) {
      printer_.say(
          "What this asks for has not been seen in this sitting: `back`, and do it once more; "
          "or `skip`.\n");
      return false;
    }
    if (!given->was_right) {
      printer_.say("Not quite. Once more, or `hint`.\n");
      return false;
    }
    std::string text = "**Right.**";
    for (const auto& line : question.because) text += " " + line;
    printer_.say(text + "\n");
    print("\n");
    return true;
  }

  // ---- the shell's prompt

  Move work(const Part& part, const Activity& activity) {
    if (!activity.lacking.empty()) return read_instead(part, activity);
    const auto shift = environment_.network().shift();
    auto done =
        run_shell_step(activity, environment_, printer_,
                       "(" + lab_.name() + ", " + place() +
                           (shift == 0 ? "" : ", ports + " + std::to_string(shift)) + ") $ ",
                       came_back_);
    mine_.hints += done.hints_given;
    if (done.move != Move::next) return done.move;
    capture(activity, environment_.snapshot(), environment_.captured);
    auto one = here(part);
    one.commands = std::move(done.commands);
    one.typed_for_them = done.typed_for_them;
    one.hints = done.hints_given;
    mine_.note(std::move(one));
    praise(part);
    reveal();
    return done.move;
  }

  /// What can't be done on this machine.
  Move read_instead(const Part& part, const Activity& activity) {
    printer_.say(shown_instead(activity));
    print("\n");
    const auto move = work(part, std::monostate{});
    if (move != Move::next) return move;
    capture_from_file(activity, environment_.captured);
    auto one = here(part);
    one.impossible = true;
    mine_.note(std::move(one));
    print("\n");
    reveal();
    return move;
  }

  DoneActivity here(const Part& part) const {
    DoneActivity one;
    one.part = mine_.part;
    one.step = part.step + 1;
    return one;
  }

  /// A sign that it was right; with the step's number where that was all of the step.
  void praise(const Part& part) const {
    const bool last =
        mine_.part + 1 == lab_.parts.size() || lab_.parts[mine_.part + 1].step != part.step;
    print(printer_.style().paint(printer_.style().unicode ? "\u2713" : "ok", "32") +
          (last ? " step " + place() + " done" : " done") + "\n");
  }

  /// What was predicted, now that it has happened.
  void reveal() {
    if (!predicted_) return;
    const auto* given = mine_.answer_of(*predicted_);
    const auto& part = lab_.parts[*predicted_];
    const auto* question = std::get_if<Question>(&part.task);
    predicted_.reset();
    if (given == nullptr || question == nullptr) return;
    print("\n");
    if (given->tries > 0)
      printer_.say("You predicted: " + spelled(*question, given->answer) + "\n");
    printer_.explain(question->because, "");
    print("\n");
  }

  const Lab& lab_;
  Progress& progress_;
  LabProgress& mine_;
  const Printer printer_;
  QuestionPrompt our_prompt_{printer_};
  LabEnvironment environment_;
  const LabRegistration registration_;
  std::size_t shown_step_ = static_cast<std::size_t>(-1);
  bool came_back_ = false;
  std::optional<std::size_t> predicted_;  ///< the part with the prediction that is open
};

}  // namespace

void expect_a_terminal(const Lab& lab) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
    throw usage_failure("a lab takes a terminal to work at",
                        "portlab " + std::string(lab.is_myth() ? "myth" : "lab") + " --auto " +
                            (lab.is_on_shelf ? lab.id.substr(lab.id.rfind(' ') + 1) : lab.path) +
                            " (does all of it by itself)");
}

Ending take_lesson(const Lab& lab, TourLab& network, Progress& progress,
                   const std::string& registry) {
  if (!lock_folder(progress.folder_of(lab.record())))
    throw CommandError(Exit::no_connection, "this lab is open in another terminal already",
                       "portlab enter (a second terminal beside it)");
  return InteractiveRun(lab, network, progress, registry).run();
}

}  // namespace portlab::labs
