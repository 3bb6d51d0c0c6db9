#include "clients/telnet/local_terminal.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdlib>

namespace portlab {

LocalTerminal::LocalTerminal(char escape_key, bool used)
    : used_(used && ::tcgetattr(STDIN_FILENO, &before_) == 0), escape_key_(escape_key) {
  if (!used_) return;
  ::sigemptyset(&signals_);
  for (const int each : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH})
    ::sigaddset(&signals_, each);
  ::sigprocmask(SIG_BLOCK, &signals_, &signals_before_);
  signal_descriptor_ = FileDescriptor(::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
}

LocalTerminal::~LocalTerminal() {
  if (!used_) return;
  apply(Mode::as_before);
  ::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
}

void LocalTerminal::set(Mode mode) {
  if (!used_ || mode == mode_) return;
  mode_ = mode;
  apply(mode);
}

void LocalTerminal::apply(Mode mode) const {
  termios changed = before_;
  switch (mode) {
    case Mode::as_before:
      break;
    case Mode::silent_line:
      changed.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      [[fallthrough]];
    case Mode::line:
      changed.c_lflag |= ICANON;
      changed.c_cc[VEOL] = static_cast<cc_t>(escape_key_);
      break;
    case Mode::character:
      changed.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
      changed.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
      changed.c_oflag &= ~static_cast<tcflag_t>(ONLCR);  // the server sends CR LF itself
      changed.c_cc[VMIN] = 1;
      changed.c_cc[VTIME] = 0;
      break;
  }
  // TCSADRAIN: what was typed ahead is kept. A terminal that is gone can't be changed.
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &changed);
}

std::optional<int> LocalTerminal::next_signal() {
  signalfd_siginfo info{};
  if (!used_ || ::read(signal_descriptor_.get(), &info, sizeof info) != sizeof info)
    return std::nullopt;
  const int number = static_cast<int>(info.ssi_signo);
  if (number != SIGTSTP) return number;
  stop();
  return SIGWINCH;
}

void LocalTerminal::stop() {
  apply(Mode::as_before);
  sigset_t only_stop{};
  ::sigemptyset(&only_stop);
  ::sigaddset(&only_stop, SIGTSTP);
  ::raise(SIGTSTP);  // blocked; it stops the process in the next line
  ::sigprocmask(SIG_UNBLOCK, &only_stop, nullptr);
  ::sigprocmask(SIG_BLOCK, &only_stop, nullptr);
  apply(mode_);
}

void end_by(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(128 + signal);  // for a signal that does not end a process
}

}  // namespace portlab
