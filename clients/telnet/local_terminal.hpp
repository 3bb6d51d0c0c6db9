#pragma once
// The user's terminal during a telnet session: who echoes, whether keys or lines are sent, and that it
// is as before at every end, also at a signal (termios(3), signalfd(2)).

#include <termios.h>
#include <csignal>
#include <cstdint>
#include <optional>

#include "common/system/file_descriptor.hpp"

namespace portlab {

class LocalTerminal {
 public:
  enum class Mode : std::uint8_t {
    as_before,    ///< as the shell left it
    line,         ///< the terminal edits and echoes lines; the escape key ends a line, too
    silent_line,  ///< the same without echo: the server echoes, or hides a password
    character,    ///< each key is read at once, nothing is echoed, Ctrl-C is a key
  };

  /// Takes over stdin where it is a terminal: the signals that would end or stop the process are
  /// blocked, and read by next_signal() instead. `escape_key` ends a line in the line modes.
  LocalTerminal(char escape_key, bool used);
  ~LocalTerminal();
  LocalTerminal(const LocalTerminal&) = delete;
  LocalTerminal& operator=(const LocalTerminal&) = delete;

  /// Whether stdin is a terminal, and used as one.
  bool is_used() const { return used_; }
  /// Does nothing without a terminal.
  void set(Mode mode);
  /// In this mode LF alone moves the cursor down and not to the first column.
  bool needs_carriage_return() const { return mode_ == Mode::character; }

  /// For poll(2): readable when a signal has come. Negative without a terminal.
  int signal_descriptor() const { return signal_descriptor_.get(); }
  /// The signal that has come: one that ends the process, or SIGWINCH. Nothing: none. For SIGTSTP
  /// the process stops here, with the terminal as before; after SIGCONT it returns SIGWINCH, since
  /// the window may have another size.
  std::optional<int> next_signal();

 private:
  void apply(Mode mode) const;
  void stop();

  termios before_{};
  bool used_;
  char escape_key_;
  Mode mode_ = Mode::as_before;
  sigset_t signals_{};
  sigset_t signals_before_{};
  FileDescriptor signal_descriptor_;
};

/// Ends the process by this signal, as if it had not been handled.
[[noreturn]] void end_by(int signal);

}  // namespace portlab
