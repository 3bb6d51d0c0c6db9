#pragma once
// The terminal that a lab is used at: its signals (signal(7)) and its mode (termios(3)). A signal
// handler only sets a flag; the functions here look at the flags.

#include <termios.h>

namespace portlab::labs {

/// From now on SIGTERM and SIGHUP (the terminal is closed), SIGINT (Ctrl-C) and SIGWINCH (another
/// size) set flags, and SIGQUIT is ignored.
void watch_signals();
/// Throws a CommandError after SIGTERM or SIGHUP. Called wherever the runner waits, so that the lab
/// ends in order: progress saved, no process left.
void throw_if_terminated();
/// Whether SIGINT has arrived since the last call.
bool take_interrupt();
/// Whether SIGWINCH has arrived since the last call.
bool take_resize();

/// While it exists, the terminal passes each key on at once, without echo; Ctrl-C is a byte, not a
/// signal. Output is processed as before.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios mode_before_{};
  bool is_terminal_ = false;
};

}  // namespace portlab::labs
