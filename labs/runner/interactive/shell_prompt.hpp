#pragma once
// The shell's prompt as the student sees it: which keys were pressed at it, and how the runner
// takes it back when a step is done.
//
//   busy -> show() -> on_ready: at_prompt -> Enter: busy -> on_started: running -> on_end: busy
//                               at_prompt -> withdraw(): withdrawn -> on_end: busy

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "labs/runner/shell/lab_shell.hpp"

namespace portlab::labs {

class ShellPrompt {
 public:
  ShellPrompt(Shell& shell, std::string text) : shell_(shell), text_(std::move(text)) {}

  void show() { shell_.show_prompt(text_); }
  /// Passes keys of the student to the shell.
  void type(std::string_view keys);
  /// Types a command when the shell shows the next prompt.
  void type_at_next_prompt(const std::string& command) { next_keys_ = command + "\n"; }
  /// Ends the prompt by Ctrl-C, which also discards a line that is half typed.
  void withdraw();
  /// Where the shell did not react to Ctrl-C for two seconds (trap '' INT): empties the line and
  /// enters it.
  void retry_withdraw();

  // The events of the shell.
  void on_ready();
  void on_started() { state_ = State::running; }
  void on_end() { state_ = State::busy; }

  bool is_shown() const { return state_ == State::at_prompt; }
  bool is_running() const { return state_ == State::running; }
  bool is_withdrawn() const { return state_ == State::withdrawn; }
  /// Whether the last key was Enter at an empty prompt; false from then on.
  bool take_enter_alone() { return std::exchange(enter_alone_, false); }
  /// Whether this output comes from a background job. The echo of keys at the prompt does not: it
  /// has no line end before Enter.
  bool is_background_output(std::string_view output) const;

 private:
  using Clock = std::chrono::steady_clock;

  enum class State {
    busy,       ///< between prompts
    at_prompt,  ///< the shell waits for keys
    running,    ///< a command runs
    withdrawn,  ///< Ctrl-C was typed, and the shell has not reported it yet
  };
  enum class Keys {
    none,         ///< the line is empty
    typed_ahead,  ///< keys were pressed before the prompt was shown, and may be in the line
    redrawn,      ///< Ctrl-L has printed the prompt anew; the line is empty
    typed,        ///< keys were pressed at the prompt
  };

  Shell& shell_;
  const std::string text_;
  State state_ = State::busy;
  Keys keys_ = Keys::none;
  bool typed_ahead_ = false;  ///< keys were pressed since there was no prompt
  bool enter_alone_ = false;
  std::string next_keys_;
  Clock::time_point withdrawn_at_;
};

}  // namespace portlab::labs
