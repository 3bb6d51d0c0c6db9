#pragma once
// The lines of FTP's control connection, which is a telnet connection (RFC 959 section 3.3.1): both
// sides end a line with CRLF, and a byte 255 (IAC) begins a telnet command (RFC 854) that is no
// part of the line. Every telnet option is refused, as RFC 1123 section 4.1.2.12 demands.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::ftp {

/// One line, without its end and without telnet commands.
struct ControlLine {
  enum class Fault : std::uint8_t {
    none,
    too_long,  ///< more bytes than the limit; `text` holds the first of them
    has_nul,   ///< a NUL that is not telnet's CR NUL
  };
  std::string text;
  Fault fault = Fault::none;

  bool operator==(const ControlLine&) const = default;
};

/// Makes lines from bytes that arrive in pieces. Remembers no more than `line_bytes_max` of them.
/// A copy reads on independently: that is how to look ahead.
class ControlReader {
 public:
  explicit ControlReader(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Reads the bytes up to the end of the first line, or all; says how many it read.
  std::size_t read(std::string_view bytes);
  /// Whether the last read() completed a line.
  bool has_line() const { return complete_; }
  /// That line.
  std::optional<ControlLine> take_line();
  bool has_answers() const { return !answers_.empty(); }
  /// What telnet obliges us to send back: WONT for each DO, DONT for each WILL (RFC 854).
  std::string take_answers();

 private:
  enum class Telnet : std::uint8_t {
    data,
    command,            ///< after IAC
    option,             ///< after IAC and DO, DONT, WILL or WONT
    suboptions,         ///< after IAC SB
    suboption_command,  ///< after an IAC among them
  };

  bool read_byte(std::uint8_t byte);  // true: it ended a line
  void read_command(std::uint8_t byte);
  void read_option(std::uint8_t byte);
  bool read_data(char byte);
  void append(char byte);

  std::size_t line_bytes_max_;
  std::string line_;
  std::string answers_;
  ControlLine::Fault fault_ = ControlLine::Fault::none;
  Telnet telnet_ = Telnet::data;
  std::uint8_t verb_ = 0;  // the DO, DONT, WILL or WONT
  bool after_cr_ = false;
  bool complete_ = false;
};

/// Text as the control connection carries it: a byte 255 is sent twice (RFC 854), and a CR as CR
/// NUL (RFC 2640 section 3.1).
std::string telnet_escaped(std::string_view text);

}  // namespace portlab::ftp
