#pragma once
// The size of a terminal's window.

#include <sys/ioctl.h>

#include <cstdint>
#include <optional>

namespace portlab {

/// In characters. 0: the terminal has not been told its size (a serial line, some containers).
struct TerminalSize {
  std::uint16_t columns = 0;
  std::uint16_t rows = 0;
};

/// The size of the terminal that this descriptor leads to (TIOCGWINSZ, ioctl_tty(2)); nothing where
/// it leads to none.
inline std::optional<TerminalSize> terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return std::nullopt;
  return TerminalSize{size.ws_col, size.ws_row};
}

}  // namespace portlab
