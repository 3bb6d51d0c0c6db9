#include "labs/runner/at_the_prompt.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <utility>

#include "clients/failure.hpp"
#include "clients/terminal.hpp"
#include "labs/runner/judge.hpp"

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
volatile std::sig_atomic_t told_to_end = 0;

}  // namespace

class AtThePrompt::Impl {
 public:
  Impl(const Activity& activity, Workplace& workplace, const Voice& voice, std::string prompt,
       bool came_back)
      : activity_(activity),
        workplace_(workplace),
        voice_(voice),
        prompt_(std::move(prompt)),
        came_back_(came_back) {
    struct sigaction on_resize {};
    on_resize.sa_handler = [](int) { resized = 1; };
    ::sigaction(SIGWINCH, &on_resize, nullptr);
    workplace_.begin(activity.to_do().size());
    resized = 1;  // it may have happened while nobody looked
  }

  unsigned hints_given() const { return static_cast<unsigned>(hints_given_); }
  const std::vector<std::string>& commands() const { return run_; }
  unsigned typed_for_them() const { return static_cast<unsigned>(typed_for_them_); }

  /// Until the activity is done, or the student wants to go elsewhere.
  Move work() {
    invite();
    const RawTerminal raw;
    waits_ = hold_next_ = false;
    held_before_ = came_back_ && is_done();
    show_prompt();
    for (;;) {
      wait();
      fetch();
      while (!events_.empty()) {
        const auto event = std::move(events_.front());
        events_.pop_front();
        if (const auto move = hear(event)) return *move;
      }
      if (hold_next_ && Clock::now() - held_since_ > effect_max) {
        workplace_.shell().type("\x05\x15\n");  // the shell does not listen to Ctrl-C (trap '' INT)
        held_since_ = Clock::now();
      }
      if (!waits_) continue;
      const bool done = is_done();
      held_before_ = held_before_ && done;
      // What was so from the start (after "back") is not what they have done.
      if (done && !held_before_) {
        // The shell shows a prompt, perhaps with half a line: Ctrl-C takes that back.
        workplace_.shell().type("\x03");
        hold_next_ = true;
        held_since_ = Clock::now();
        waits_ = false;
      }
    }
  }

  void show_prompt() { workplace_.shell().prompt(prompt_); }

  /// What has happened in the shell, in its order.
  void fetch() {
    for (auto& event : workplace_.shell().read()) events_.push_back(std::move(event));
  }

  bool is_done() { return !judge(activity_, workplace_.picture(), Judge::student); }

  /// Keys, output, or a while.
  void wait() {
    leave_if_told_to();
    if (resized != 0) {
      resized = 0;
      winsize size{};
      if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        workplace_.shell().resize(size.ws_row, size.ws_col);
    }
    std::array<pollfd, 2> ready{pollfd{STDIN_FILENO, POLLIN, 0},
                                pollfd{workplace_.shell().descriptor(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), static_cast<int>(look_every.count())) <= 0) return;
    if ((ready[0].revents & (POLLIN | POLLHUP)) == 0) return;
    std::array<char, 512> keys;
    const auto got = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (got > 0)
      type({keys.data(), static_cast<std::size_t>(got)});
    else if (got == 0 || errno != EINTR)
      throw Failure(Exit::no_connection, "the terminal is gone");
  }

  /// Not the echo of the student's keys: that has no end of line before Enter.
  bool is_of_the_background(const std::string& text) const {
    return waits_ && ((!typing_ && !echoing_) || text.find('\n') != std::string::npos);
  }

  /// The prompt was taken back.
  Move go_on() {
    hold_next_ = false;
    print("\n");
    return Move::next;
  }

  void type(std::string_view keys) {
    ahead_ = ahead_ || !waits_;
    enter_alone_ = waits_ && !typing_ && (keys == "\r" || keys == "\n");
    typing_ = true;
    // From Enter on the prompt is not there to be taken back.
    if (keys.find_first_of("\r\n") != std::string_view::npos) waits_ = false;
    workplace_.shell().type(keys);
  }

  std::optional<Move> hear(const ShellEvent& event) {
    using Kind = ShellEvent::Kind;
    switch (event.kind) {
      case Kind::output:
        if (!hold_next_) print(event.text);
        if (running_)
          keep(event.text);
        else if (is_of_the_background(event.text))
          workplace_.remember_more(event.text);
        return std::nullopt;
      case Kind::ready:
        waits_ = true;
        typing_ = false;
        echoing_ = std::exchange(ahead_, false);
        if (const auto keys = std::exchange(to_type_, {}); !keys.empty()) type(keys);
        return std::nullopt;
      case Kind::started:
        hold_next_ = false;
        running_ = true;
        waits_ = false;
        output_.clear();
        return std::nullopt;
      case Kind::asked:
        asked_ = event.text;
        return std::nullopt;
      case Kind::ended:
        print("\nThe lab's shell has ended.\n");
        return Move::quit;
      case Kind::empty:
        if (hold_next_) return go_on();
        if (std::exchange(enter_alone_, false))
          type_for_them();
        else
          show_prompt();
        return std::nullopt;
      case Kind::broken:
        if (hold_next_) return go_on();
        show_prompt();
        return std::nullopt;
      case Kind::done:
        running_ = false;
        return after(event);
    }
    return std::nullopt;
  }

  /// Enter alone: the next command is typed for them.
  void type_for_them() {
    if (activity_.commands.empty() && !std::exchange(warned_, true)) {
      voice_.say(
          "This one is yours: the text says what to do. (Enter once more types it for you.)\n");
      return show_prompt();
    }
    const auto commands = to_do(activity_, workplace_.captured);
    if (!commands.empty()) to_type_ = commands[typed_for_them_++ % commands.size()] + "\n";
    show_prompt();
  }

  /// A command has ended.
  std::optional<Move> after(const ShellEvent& event) {
    if (const auto word = std::exchange(asked_, {}); !word.empty()) {
      if (word == "hint") {
        voice_.hint(activity_.hints, hints_given_++, "The next thing to do: " + next_action());
      } else if (word == "why") {
        voice_.explain(activity_.why, "This step is done when there is " + all_expected() + ".");
      } else if (const auto move = move_named(word)) {
        return move;
      }
      show_prompt();
      return std::nullopt;
    }
    workplace_.remember({event.text, event.status, output_});
    if (run_.size() == commands_kept) run_.erase(run_.begin());
    run_.push_back(event.text);
    const auto end = Clock::now() + effect_max;
    do {
      if (is_done()) {
        hear_the_background();
        return Move::next;
      }
      hear_more(milliseconds(50));
    } while (Clock::now() < end && is_one_of_theirs(event.text) &&
             !is_followed_by_another(event.text));
    if (!is_followed_by_another(event.text) && !is_just_a_look(event)) complain();
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
      pollfd ready{workplace_.shell().descriptor(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(limit.count())) > 0) fetch();
    }
    bool heard = false;
    for (; !events_.empty() && events_.front().kind == ShellEvent::Kind::output; heard = true) {
      print(events_.front().text);
      workplace_.remember_more(events_.front().text);
      events_.pop_front();
    }
    return heard;
  }

  /// One of several commands, and not the last: nothing is wrong yet.
  bool is_followed_by_another(const std::string& command) const {
    const auto& commands = activity_.to_do();
    const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
    return !commands.empty() &&
           std::any_of(commands.begin(), commands.end() - 1, [&](const std::string& one) {
             return command.starts_with(first_line(one));  // of a here-document
           });
  }

  /// Whether this command is one that the step asks for: others are welcome, and need no comment.
  bool is_one_of_theirs(const std::string& command) {
    const auto& commands = activity_.to_do();
    return std::any_of(commands.begin(), commands.end(), [&](const std::string& one) {
      return command.starts_with(one.substr(0, 12));
    });
  }

  /// Another program, and nothing was wrong with it: ls, vi, cat. That needs no comment.
  bool is_just_a_look(const ShellEvent& event) {
    const auto program = [](const std::string& command) {
      return command.substr(0, command.find_first_of(" \n"));
    };
    const auto& commands = activity_.to_do();
    return event.status == 0 && program(event.text) != "portlab" &&
           std::none_of(commands.begin(), commands.end(), [&](const std::string& one) {
             return program(one) == program(event.text);
           });
  }

  std::string next_action() const {
    if (!activity_.next.empty()) return activity_.next;
    const auto& commands = activity_.to_do();
    return commands.empty() ? "" : commands[typed_for_them_ % commands.size()];
  }

  std::string all_expected() {
    std::string text;
    for (const auto& condition : activity_.conditions)
      text += (text.empty() ? "" : ", and ") + condition.expected();
    return text.empty() ? "the output that is expected" : text;
  }

  void complain() {
    const auto unmet = judge(activity_, workplace_.picture(), Judge::student);
    if (!unmet) return;
    const auto line = [&](const std::string& name, const std::string& text) {
      print(wrap(name + text, voice_.columns(), 10) + "\n");
    };
    print(voice_.style().paint("not yet", "33") + "\n");
    line("expected  ", unmet->expected);
    // What was printed stands on the screen already.
    const auto printed = unmet->observed.find("it printed:\n");
    line("observed  ", printed == std::string::npos
                           ? unmet->observed
                           : unmet->observed.substr(0, printed) + "it printed something else");
    if (const auto trouble = workplace_.network().trouble()) {
      line("trouble   ", *trouble);
      line("next      ", "quit, and come back: the servers are started anew");
      return;
    }
    line("next      ", next_action() + "   (hint: more help)");
  }

 private:
  void invite() const {
    if (activity_.commands.empty()) return;
    print(activity_.commands.size() == 1 ? "Type this, or press Enter to have it typed:\n"
                                         : "Type these, or press Enter to have them typed:\n");
    for (const auto& command : activity_.commands)
      for (std::size_t begin = 0; begin < command.size();) {  // a here-document has many lines
        const auto end = std::min(command.find('\n', begin), command.size());
        print("  " + voice_.style().paint(command.substr(begin, end - begin), "1;36") + "\n");
        begin = end + 1;
      }
    print("\n");
  }

  const Activity& activity_;
  Workplace& workplace_;
  const Voice& voice_;
  const std::string prompt_;
  const bool came_back_;
  std::size_t hints_given_ = 0;
  std::size_t typed_for_them_ = 0;
  std::string output_, asked_, to_type_;
  std::vector<std::string> run_;
  Clock::time_point held_since_;
  std::deque<ShellEvent> events_;  ///< that are still to be looked at
  bool running_ = false;           ///< a command
  bool waits_ = false;             ///< the shell, at its prompt
  bool enter_alone_ = false;       ///< was pressed, at a prompt with nothing typed
  bool held_before_ = false;       ///< all that is checked was so from the start
  bool warned_ = false;            ///< that Enter types what the text leaves to them
  bool ahead_ = false;             ///< keys were pressed before there was a prompt …
  bool echoing_ = false;           ///< … and are shown at this one
  bool typing_ = false;            ///< keys were pressed since
  bool hold_next_ = false;         ///< the prompt was taken back, and the next event says so
};

void watch_for_the_end() {
  struct sigaction on_end {};
  on_end.sa_handler = [](int) { told_to_end = 1; };
  for (const int number : {SIGTERM, SIGHUP}) ::sigaction(number, &on_end, nullptr);
}

void leave_if_told_to() {
  if (told_to_end != 0) throw Failure(Exit::no_connection, "the lab was ended from outside");
}

AtThePrompt::AtThePrompt(const Activity& activity, Workplace& workplace, const Voice& voice,
                         std::string prompt, bool came_back)
    : impl_(std::make_unique<Impl>(activity, workplace, voice, std::move(prompt), came_back)) {}
AtThePrompt::~AtThePrompt() = default;
Move AtThePrompt::work() { return impl_->work(); }
unsigned AtThePrompt::hints_given() const { return impl_->hints_given(); }
const std::vector<std::string>& AtThePrompt::commands() const { return impl_->commands(); }
unsigned AtThePrompt::typed_for_them() const { return impl_->typed_for_them(); }

}  // namespace portlab::labs
