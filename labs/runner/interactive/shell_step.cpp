#include "labs/runner/interactive/shell_step.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/system/terminal_size.hpp"
#include "labs/runner/check/check_activity.hpp"
#include "labs/runner/interactive/step_feedback.hpp"
#include "labs/runner/shell/termination.hpp"

namespace portlab::labs {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How often the machine is looked at while nothing is typed.
constexpr milliseconds look_every{150};
/// How many of the commands of one activity are kept for the report.
constexpr std::size_t commands_kept = 20;
/// How long a command's effect may take before we say that it has none.
constexpr milliseconds effect_max{2000};
/// How long the shell may take to give up its prompt.
constexpr milliseconds take_back_max{2000};

/// Every key goes to the shell as it is pressed, while this lives.
class RawTerminal {
 public:
  RawTerminal() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios raw = before_;
    ::cfmakeraw(&raw);
    raw.c_oflag |= OPOST | ONLCR;  // what we print ourselves
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  }
  ~RawTerminal() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

volatile std::sig_atomic_t resized = 0;

void watch_the_size() {
  struct sigaction on_resize {};
  on_resize.sa_handler = [](int) { resized = 1; };
  ::sigaction(SIGWINCH, &on_resize, nullptr);
  resized = 1;  // it may have happened while nobody looked
}

class ShellStep {
 public:
  ShellStep(const Activity& activity, LabEnvironment& environment, const Printer& printer,
            const std::string& prompt, bool came_back)
      : activity_(activity),
        environment_(environment),
        printer_(printer),
        coach_(activity, to_do(activity, environment.captured), printer),
        prompt_(prompt),
        came_back_(came_back) {}

  ShellStepResult work() {
    watch_the_size();
    environment_.begin(activity_.to_do().size());
    coach_.invite();
    const RawTerminal raw;
    held_before_ = came_back_ && is_done();
    show_prompt();
    for (;;) {
      wait_for_something();
      fetch();
      while (!events_.empty()) {
        const auto event = std::move(events_.front());
        events_.pop_front();
        if (const auto move = hear(event))
          return {*move, coach_.hints_given(), std::move(run_), coach_.typed_for_them()};
      }
      look();
      insist_on_it();
    }
  }

 private:
  /// What the shell does.
  enum class State {
    busy,        ///< between prompts: it starts, or has been given a line
    at_prompt,   ///< it waits for keys
    runs,        ///< a command
    taken_back,  ///< we have taken its prompt back by Ctrl-C, and it has not said so yet
  };
  /// Which keys may stand behind its prompt.
  enum class Typed {
    nothing,
    ahead,      ///< pressed before there was a prompt: they, or what was left of them
    something,  ///< pressed since
  };

  void show_prompt() { environment_.shell().prompt(prompt_); }

  /// What has happened in the shell, in its order.
  void fetch() {
    for (auto& event : environment_.shell().read()) events_.push_back(std::move(event));
  }

  bool is_done() { return !unmet(); }
  std::optional<CheckFailure> unmet() {
    return check_activity(activity_, environment_.snapshot(), Judge::student);
  }

  /// Keys, output, or a while.
  void wait_for_something() {
    throw_if_terminated();
    if (resized != 0) {
      resized = 0;
      if (const auto size = terminal_size(STDOUT_FILENO))
        environment_.shell().resize(size->rows, size->columns);
    }
    std::array<pollfd, 2> ready{pollfd{STDIN_FILENO, POLLIN, 0},
                                pollfd{environment_.shell().descriptor(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), static_cast<int>(look_every.count())) <= 0) return;
    if ((ready[0].revents & (POLLIN | POLLHUP)) == 0) return;
    std::array<char, 512> keys;
    const auto got = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (got > 0)
      type({keys.data(), static_cast<std::size_t>(got)});
    else if (got == 0 || errno != EINTR)
      throw CommandError(Exit::no_connection, "the terminal is gone");
  }

  void type(std::string_view keys) {
    const bool at_prompt = state_ == State::at_prompt;
    enter_alone_ = at_prompt && typed_ != Typed::something && (keys == "\r" || keys == "\n");
    if (at_prompt)
      typed_ = Typed::something;
    else
      typed_ahead_ = true;
    // From Enter on the prompt is not there to be taken back.
    if (at_prompt && keys.find_first_of("\r\n") != std::string_view::npos) state_ = State::busy;
    environment_.shell().type(keys);
  }

  /// At the machine: it may have become what it should be while the shell waits.
  void look() {
    if (state_ != State::at_prompt) return;
    const bool done = is_done();
    held_before_ = held_before_ && done;
    // What was so from the start (after "back") is not what they have done.
    if (done && !held_before_) take_back_the_prompt();
  }

  /// The shell shows one, perhaps with half a line: Ctrl-C takes that back.
  void take_back_the_prompt() {
    environment_.shell().type("\x03");
    state_ = State::taken_back;
    taken_back_at_ = Clock::now();
  }

  /// A shell may ignore Ctrl-C (trap '' INT): then the line is emptied, and entered.
  void insist_on_it() {
    if (state_ != State::taken_back || Clock::now() - taken_back_at_ < take_back_max) return;
    environment_.shell().type("\x05\x15\n");
    taken_back_at_ = Clock::now();
  }

  std::optional<Move> hear(const ShellEvent& event) {
    using Kind = ShellEvent::Kind;
    switch (event.kind) {
      case Kind::output:
        if (state_ != State::taken_back) print(event.text);
        if (state_ == State::runs)
          keep(event.text);
        else if (is_of_the_background(event.text))
          environment_.remember_more(event.text);
        return std::nullopt;
      case Kind::ready:
        // Readline shows it once more after Ctrl-L, or when the window changes.
        if (state_ != State::busy) return std::nullopt;
        state_ = State::at_prompt;
        typed_ = std::exchange(typed_ahead_, false) ? Typed::ahead : Typed::nothing;
        if (const auto keys = std::exchange(to_type_, {}); !keys.empty()) type(keys);
        return std::nullopt;
      case Kind::started:
        state_ = State::runs;
        output_.clear();
        return std::nullopt;
      case Kind::asked:
        asked_ = event.text;
        return std::nullopt;
      case Kind::ended:
        print("\nThe lab's shell has ended.\n");
        return Move::quit;
      case Kind::empty:
      case Kind::broken:
        return without_a_command(event.kind);
      case Kind::done:
        state_ = State::busy;
        return after(event);
    }
    return std::nullopt;
  }

  /// The line was empty, or Ctrl-C took it back.
  std::optional<Move> without_a_command(ShellEvent::Kind kind) {
    const bool we_took_it_back = state_ == State::taken_back;
    const bool wants_help = std::exchange(enter_alone_, false) && kind == ShellEvent::Kind::empty;
    state_ = State::busy;
    if (we_took_it_back) {
      print("\n");
      return Move::next;
    }
    if (wants_help) type_for_them();
    show_prompt();
    return std::nullopt;
  }

  /// Not the echo of the student's keys: that has no end of line before Enter.
  bool is_of_the_background(const std::string& text) const {
    return state_ == State::at_prompt &&
           (typed_ == Typed::nothing || text.find('\n') != std::string::npos);
  }

  /// Enter alone: the next command is typed for them, at the next prompt.
  void type_for_them() {
    if (activity_.commands.empty() && !std::exchange(warned_, true))
      return printer_.say(
          "This one is yours: the text says what to do. (Enter once more types it for you.)\n");
    const auto command = coach_.type_next();
    if (!command.empty()) to_type_ = command + "\n";
  }

  /// A command has ended.
  std::optional<Move> after(const ShellEvent& event) {
    if (const auto word = std::exchange(asked_, {}); !word.empty()) {
      if (const auto move = move_named(word)) return move;
      if (word == "hint") coach_.hint();
      if (word == "why") coach_.why();
      show_prompt();
      return std::nullopt;
    }
    const CommandResult command{event.text, event.status, output_};
    environment_.remember(command);
    if (run_.size() == commands_kept) run_.erase(run_.begin());
    run_.push_back(command.command);
    const bool more_to_come = coach_.asks_for_more_after(command.command);
    const auto end = Clock::now() + effect_max;
    do {
      if (is_done()) {
        hear_the_background();
        return Move::next;
      }
      hear_more(milliseconds(50));
    } while (Clock::now() < end && !more_to_come && coach_.asks_for(command.command));
    if (!more_to_come && coach_.has_something_to_say_of(command))
      if (const auto missing = unmet())
        coach_.say_what_is_missing(*missing, environment_.network().trouble());
    show_prompt();
    return std::nullopt;
  }

  /// Of very much output the end.
  void keep(const std::string& text) {
    constexpr std::size_t output_max = 1 << 20;
    output_ += text;
    if (output_.size() > 2 * output_max) output_.erase(0, output_.size() - output_max);
  }

  /// What was put into the background has a moment to say something before the text goes on.
  void hear_the_background() {
    const auto end = Clock::now() + std::chrono::seconds(1);
    while (hear_more(look_every) && Clock::now() < end) continue;
  }

  /// What jobs in the background print within this time, while the shell waits for us. False:
  /// nothing.
  bool hear_more(milliseconds limit) {
    if (events_.empty()) {
      pollfd ready{environment_.shell().descriptor(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(limit.count())) > 0) fetch();
    }
    bool heard = false;
    for (; !events_.empty() && events_.front().kind == ShellEvent::Kind::output; heard = true) {
      print(events_.front().text);
      environment_.remember_more(events_.front().text);
      events_.pop_front();
    }
    return heard;
  }

  const Activity& activity_;
  LabEnvironment& environment_;
  const Printer& printer_;
  StepFeedback coach_;
  const std::string& prompt_;
  const bool came_back_;
  bool held_before_ = false;  ///< all that is checked was so from the start
  bool warned_ = false;       ///< that Enter types what the text leaves to them

  State state_ = State::busy;
  Typed typed_ = Typed::nothing;
  bool typed_ahead_ = false;  ///< keys were pressed while there was no prompt
  bool enter_alone_ = false;  ///< was pressed last, at a prompt with nothing typed
  std::string to_type_;       ///< for them, at the next prompt
  Clock::time_point taken_back_at_;

  std::deque<ShellEvent> events_;  ///< that are still to be looked at
  std::string output_;             ///< of the command that runs
  std::string asked_;              ///< one of the runner's own words
  std::vector<std::string> run_;   ///< the commands
};

}  // namespace

ShellStepResult run_shell_step(const Activity& activity, LabEnvironment& environment,
                               const Printer& printer, const std::string& prompt, bool came_back) {
  return ShellStep(activity, environment, printer, prompt, came_back).work();
}

}  // namespace portlab::labs
