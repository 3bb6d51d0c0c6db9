#include "labs/runner/interactive/shell_prompt.hpp"

namespace portlab::labs {

void ShellPrompt::type(std::string_view keys) {
  enter_alone_ = is_shown() && keys_ != Keys::typed && (keys == "\r" || keys == "\n");
  const bool redraws = keys == "\x0c";  // Ctrl-L: readline clears the screen, the line stays
  if (is_shown() && redraws && keys_ == Keys::none)
    keys_ = Keys::redrawn;
  else if (is_shown() && !redraws)
    keys_ = Keys::typed;
  else if (!is_shown())
    typed_ahead_ = true;
  // After Enter the prompt can no longer be withdrawn.
  if (is_shown() && keys.find_first_of("\r\n") != std::string_view::npos) state_ = State::busy;
  shell_.type(keys);
}

void ShellPrompt::withdraw() {
  shell_.type("\x03");
  state_ = State::withdrawn;
  withdrawn_at_ = Clock::now();
}

void ShellPrompt::retry_withdraw() {
  constexpr std::chrono::seconds reaction_max{2};
  if (!is_withdrawn() || Clock::now() - withdrawn_at_ < reaction_max) return;
  shell_.type("\x05\x15\n");  // Ctrl-E, Ctrl-U: to the end of the line, delete to its beginning
  withdrawn_at_ = Clock::now();
}

void ShellPrompt::on_ready() {
  // Readline prints the prompt, and so this mark, again after Ctrl-L or a change of the window.
  if (state_ != State::busy) return;
  state_ = State::at_prompt;
  keys_ = std::exchange(typed_ahead_, false) ? Keys::typed_ahead : Keys::none;
  if (const auto keys = std::exchange(next_keys_, {}); !keys.empty()) type(keys);
}

bool ShellPrompt::is_background_output(std::string_view output) const {
  return is_shown() && (keys_ == Keys::none || output.find('\n') != std::string_view::npos);
}

}  // namespace portlab::labs
