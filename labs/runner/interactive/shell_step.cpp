#include "labs/runner/interactive/shell_step.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/interactive/shell_prompt.hpp"
#include "labs/runner/interactive/step_feedback.hpp"
#include "labs/runner/interactive/terminal_control.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

namespace {

using Clock = std::chrono::steady_clock;
using Kind = ShellEvent::Kind;
using std::chrono::milliseconds;

constexpr milliseconds check_interval{150};
/// How long the effect of a command may take before the check is reported as failed.
constexpr milliseconds effect_max{2000};
/// How long background jobs may go on printing after an activity is done.
constexpr milliseconds background_output_max{1000};
/// After how long a command that prints nothing is explained.
constexpr std::chrono::seconds quiet_max{10};
constexpr std::size_t commands_kept = 20;

class ShellStep {
 public:
  ShellStep(const Activity& activity, LabEnvironment& environment, const std::string& prompt,
            const ShowAgain& show, DoneActivity& done)
      : activity_(activity),
        environment_(environment),
        show_(show),
        feedback_(activity, commands_to_type(activity, environment.captured_values()), done),
        prompt_(environment.shell(), prompt),
        done_(done) {}

  Navigation run(bool came_back) {
    environment_.begin_activity(activity_, activity_.commands_for_auto().size());
    feedback_.show_commands();
    const RawTerminal raw;
    was_done_before_ = came_back && is_done();
    prompt_.show();
    for (;;) {
      wait_for_input();
      read_events();
      while (!events_.empty()) {
        const auto event = std::move(events_.front());
        events_.pop_front();
        if (const auto navigation = handle(event)) return *navigation;
      }
      check_at_prompt();
      prompt_.retry_withdraw();
      explain_waiting();
    }
  }

 private:
  void read_events() {
    for (auto& event : environment_.shell().read_events()) events_.push_back(std::move(event));
  }

  std::optional<CheckFailure> check() const {
    return check_activity(activity_, environment_.snapshot(), CheckMode::interactive);
  }
  bool is_done() const { return !check(); }

  /// Whether the office's router does not have the rule that the activity asks for.
  bool lacks_a_rule() const {
    const auto& conditions = activity_.conditions;
    return std::any_of(conditions.begin(), conditions.end(), [&](const Condition& each) {
      return each.is_about_router() && !holds(each, environment_.snapshot());
    });
  }

  /// Waits for keys or for output of the shell, at most check_interval; passes keys on.
  void wait_for_input() {
    throw_if_terminated();
    if (take_resize()) environment_.shell().resize();
    std::array<pollfd, 2> ready{pollfd{STDIN_FILENO, POLLIN, 0},
                                pollfd{environment_.shell().descriptor(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), static_cast<int>(check_interval.count())) <= 0) return;
    if ((ready[0].revents & (POLLIN | POLLHUP)) == 0) return;
    std::array<char, 512> keys;
    const auto size = ::read(STDIN_FILENO, keys.data(), keys.size());
    quiet_since_ = Clock::now();
    if (size > 0)
      prompt_.type({keys.data(), static_cast<std::size_t>(size)});
    else if (size == 0 || errno != EINTR)
      throw CommandError(Exit::no_connection, "the terminal was closed");
  }

  /// A command that neither ends nor prints anything: it may be waiting for nothing. Once for each.
  void explain_waiting() {
    if (!prompt_.is_running() || waiting_explained_ || Clock::now() - quiet_since_ < quiet_max ||
        environment_.shell().reads_single_keys())
      return;
    waiting_explained_ = true;
    print(
        "\n(This command is still running. Ctrl-C ends it; with & at its end it runs in the "
        "background.)\n");
  }

  /// The check may succeed while the shell waits: a session ends, a second terminal does something.
  void check_at_prompt() {
    if (!prompt_.is_shown()) return;
    const bool done = is_done();
    was_done_before_ = was_done_before_ && done;
    if (done && !was_done_before_) prompt_.withdraw();
  }

  std::optional<Navigation> handle(const ShellEvent& event) {
    switch (event.kind) {
      case Kind::output:
        handle_output(event.text);
        return std::nullopt;
      case Kind::ready:
        prompt_.on_ready();
        echo_.clear();
        return std::nullopt;
      case Kind::started:
        prompt_.on_started();
        output_.clear();
        is_started_ = true;
        quiet_since_ = Clock::now();
        waiting_explained_ = false;
        return std::nullopt;
      case Kind::lab_word:
        lab_word_ = event.text;
        return std::nullopt;
      case Kind::ended:
        print("\nThe lab's shell has ended.\n");
        return Navigation::quit;
      case Kind::empty:
      case Kind::interrupted:
        return handle_empty_line(event.kind);
      case Kind::done:
        prompt_.on_end();
        return handle_command_end(event);
    }
    return std::nullopt;
  }

  void handle_output(const std::string& text) {
    quiet_since_ = Clock::now();
    constexpr std::size_t output_max = 1 << 20;  // bytes of one command: the last ones are kept
    if (!prompt_.is_withdrawn()) print(text);
    if (prompt_.is_running()) {
      output_ += text;
      if (output_.size() > 2 * output_max) output_.erase(0, output_.size() - output_max);
    } else if (!prompt_.is_shown()) {
      echo_ += text;
      if (echo_.size() > output_max) echo_.erase(0, echo_.size() - output_max / 2);
    } else if (prompt_.is_background_output(text)) {
      environment_.append_output(text);
    }
  }

  /// The line was empty, or Ctrl-C has discarded it.
  std::optional<Navigation> handle_empty_line(Kind kind) {
    const bool was_withdrawn = prompt_.is_withdrawn();
    const bool was_enter_alone = prompt_.take_enter_alone() && kind == Kind::empty;
    prompt_.on_end();
    if (was_withdrawn) {
      print("\n");
      return Navigation::next;
    }
    if (was_enter_alone) type_next_command();
    prompt_.show();
    return std::nullopt;
  }

  /// Where the text leaves the command to the student, the first Enter only says so.
  void type_next_command() {
    if (activity_.commands.empty() && !std::exchange(enter_explained_, true))
      return say("The text says what to do. (Press Enter again to have it typed.)\n");
    const auto command = feedback_.take_next_command();
    if (!command.empty()) prompt_.type_at_next_prompt(command);
  }

  std::optional<Navigation> handle_command_end(const ShellEvent& event) {
    const bool was_started = std::exchange(is_started_, false);
    if (!was_started) output_ = message_of_shell();
    if (const auto word = std::exchange(lab_word_, {}); !word.empty()) {
      if (word == "hint") feedback_.show_hint(check());
      if (word == "why") feedback_.show_explanation();
      if (word == "help") show_.help();
      if (word == "again") {
        show_.part();
        feedback_.show_commands();
      } else if (const auto navigation = parse_navigation(word)) {
        return navigation;
      }
    } else {
      const CommandResult command{event.text, event.status, output_};
      environment_.add_result(command);
      // A rule that was accepted and has no effect is no success.
      if (was_started)
        feedback_.on_command_end({command.command, lacks_a_rule() ? 1 : command.status, {}});
      else
        feedback_.on_unfinished_command();
      if (done_.commands.size() == commands_kept) done_.commands.erase(done_.commands.begin());
      done_.commands.push_back(feedback_.as_listed(command.command));
      if (is_done_after(command)) return Navigation::next;
      feedback_.show_reminder();
    }
    prompt_.show();
    return std::nullopt;
  }

  /// What bash said about a line with a syntax error, which it did not start: after the echo of the
  /// line.
  std::string message_of_shell() const {
    const auto begin = echo_.find("bash: ");
    return begin == std::string::npos ? "" : echo_.substr(begin);
  }

  /// Waits for the effect of a command of the activity, if one may still come. Prints what is
  /// missing.
  bool is_done_after(const CommandResult& command) {
    const bool waits =
        !feedback_.expects_more() && feedback_.may_take_effect_later(command.command);
    const auto end = Clock::now() + effect_max;
    auto failure = check();
    while (failure && !failure->is_final && waits && Clock::now() < end) {
      show_background_output(milliseconds(50));
      failure = check();
    }
    if (!failure) {
      const auto output_end = Clock::now() + background_output_max;
      while (show_background_output(check_interval) && Clock::now() < output_end) continue;
      return true;
    }
    if (feedback_.is_beginning(command))
      feedback_.show_rest();
    else if (!feedback_.expects_more() && feedback_.is_relevant(command))
      feedback_.show_failure(*failure, environment_.place().failure());
    return false;
  }

  /// Waits for output of background jobs while the shell waits for show(). False: there was none.
  bool show_background_output(milliseconds limit) {
    if (events_.empty()) {
      pollfd ready{environment_.shell().descriptor(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(limit.count())) > 0) read_events();
    }
    bool shown = false;
    for (; !events_.empty() && events_.front().kind == Kind::output; shown = true) {
      print(events_.front().text);
      environment_.append_output(events_.front().text);
      events_.pop_front();
    }
    return shown;
  }

  const Activity& activity_;
  LabEnvironment& environment_;
  const ShowAgain& show_;
  StepFeedback feedback_;
  ShellPrompt prompt_;
  DoneActivity& done_;
  bool was_done_before_ = false;  ///< the check has succeeded since the beginning
  bool enter_explained_ = false;
  Clock::time_point quiet_since_;  ///< the last output or key
  bool waiting_explained_ = false;

  std::deque<ShellEvent> events_;  ///< not handled yet
  std::string output_;             ///< of the command that runs
  std::string echo_;               ///< the output since Enter was pressed, before a command runs
  bool is_started_ = false;        ///< bash has started the line that was entered last
  std::string lab_word_;           ///< that the student typed
};

}  // namespace

Navigation run_shell_step(const Activity& activity, LabEnvironment& environment,
                          const std::string& prompt, const ShowAgain& show, bool came_back,
                          DoneActivity& done) {
  return ShellStep(activity, environment, prompt, show, done).run(came_back);
}

}  // namespace portlab::labs
