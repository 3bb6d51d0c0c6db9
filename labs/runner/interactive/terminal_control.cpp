#include "labs/runner/interactive/terminal_control.hpp"

#include <unistd.h>

#include <csignal>

#include "clients/cli/command_error.hpp"

namespace portlab::labs {

namespace {

volatile std::sig_atomic_t terminated = 0, interrupted = 0, resized = 0;

void set_flag(int signal_number) {
  if (signal_number == SIGINT)
    interrupted = 1;
  else if (signal_number == SIGWINCH)
    resized = 1;
  else
    terminated = 1;
}

bool take(volatile std::sig_atomic_t& flag) {
  const bool was_set = flag != 0;
  flag = 0;
  return was_set;
}

}  // namespace

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = set_flag;
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGWINCH})
    ::sigaction(number, &action, nullptr);
  std::signal(SIGQUIT, SIG_IGN);
}

void throw_if_terminated() {
  if (terminated != 0)
    throw CommandError(Exit::no_connection, "the lab was ended by a signal (SIGTERM or SIGHUP)");
}

bool take_interrupt() { return take(interrupted); }
bool take_resize() { return take(resized); }

RawTerminal::RawTerminal() : is_terminal_(::tcgetattr(STDIN_FILENO, &mode_before_) == 0) {
  termios raw = mode_before_;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST | ONLCR;  // "\n" in the runner's own output starts a new line
  if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

RawTerminal::~RawTerminal() {
  if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode_before_);
}

}  // namespace portlab::labs
