#pragma once
// Lines from the data and the commands of a telnet client (RFC 854), whether it sends a line at a
// time or each key at once. In the second case the server echoes (RFC 857), and so the keys that edit
// a line are its task, too.

#include <cstdint>
#include <string>
#include <utility>

#include "common/telnet/telnet_protocol.hpp"

namespace portlab::telnet::server {

/// What the user has completed.
enum class Input : std::uint8_t {
  none,           ///< nothing yet
  line,           ///< a line: take_line()
  cancel,         ///< Ctrl-C, or the commands IP and BRK: the line is gone
  end,            ///< Ctrl-D in an empty line
  are_you_there,  ///< the command AYT; the line stays
  redraw,         ///< Ctrl-L, Ctrl-R: the line stays, and shall be shown again
};

/// What of the line is echoed.
enum class Echo : std::uint8_t {
  nothing,    ///< the client echoes
  line_ends,  ///< for a password
  all,
};

class LineEditor {
 public:
  /// The longest line in bytes, without its line end. What is beyond it is dropped.
  static constexpr std::size_t line_bytes_max = 200;

  /// Reads a byte of data. Appends to `output` what the user's terminal shall show.
  Input read_data(std::uint8_t byte, Echo echo, std::string& output);
  /// Reads a command of the client.
  Input read_command(Command command, Echo echo, std::string& output);

  /// The line without its line end, cut to line_bytes_max.
  std::string take_line() { return std::exchange(line_, {}); }
  /// The line as far as it is typed.
  const std::string& line() const { return line_; }

 private:
  /// Where in a key's escape sequence (ECMA-48) the input is: such keys have no effect here.
  enum class Escape : std::uint8_t { none, began, control_sequence, one_more };

  bool is_in_escape_sequence(std::uint8_t byte);
  Input read_control(std::uint8_t byte, Echo echo, std::string& output);
  void append(std::uint8_t byte, Echo echo, std::string& output);
  void erase_character(Echo echo, std::string& output);
  void erase_line(Echo echo, std::string& output);

  std::string line_;
  Escape escape_ = Escape::none;
  bool after_cr_ = false;
};

}  // namespace portlab::telnet::server
