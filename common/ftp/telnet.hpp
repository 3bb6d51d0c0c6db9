#pragma once
// The lines of the FTP control connection, which follows the telnet protocol (RFC 959 section
// 3.3.1): a line ends with CRLF, and a byte 255 (IAC) begins a telnet command (RFC 854) that is not
// part of the line. Every telnet option is refused, as RFC 1123 section 4.1.2.12 requires.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/telnet/telnet_decoder.hpp"

namespace portlab::ftp {

/// One line, without its line end and without telnet commands.
struct ControlLine {
  enum class Fault : std::uint8_t {
    none,
    too_long,  ///< longer than the limit; `text` holds its first bytes
    has_nul,   ///< contains a NUL that is not part of CR NUL
  };
  std::string text;
  Fault fault = Fault::none;

  bool operator==(const ControlLine&) const = default;
};

/// Builds lines from bytes that arrive in pieces. Stores at most `line_bytes_max` bytes of a line.
/// A copy is independent of the original: use a copy to look ahead.
class ControlReader {
 public:
  explicit ControlReader(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Reads up to the end of the first line, or all bytes if there is no line end. Returns the
  /// number of bytes read.
  std::size_t read(std::string_view bytes);
  /// Whether the last read() completed a line.
  bool has_line() const { return complete_; }
  /// That line; nullopt if there is none.
  std::optional<ControlLine> take_line();
  bool has_telnet_replies() const { return !telnet_replies_.empty(); }
  /// The replies that RFC 854 requires: WONT for each DO, DONT for each WILL.
  std::string take_telnet_replies();

 private:
  bool read_byte(std::uint8_t byte);  // true if it ended a line
  void refuse(telnet::Command verb, telnet::Option option);
  bool read_data(char byte);
  void append(char byte);

  std::size_t line_bytes_max_;
  std::string line_;
  std::string telnet_replies_;
  ControlLine::Fault fault_ = ControlLine::Fault::none;
  telnet::Decoder telnet_;
  bool after_cr_ = false;
  bool complete_ = false;
};

/// Text in the form for the control connection: a byte 255 is doubled (RFC 854), and a NUL is added
/// after a CR (RFC 2640 section 3.1).
std::string telnet_escaped(std::string_view text);

}  // namespace portlab::ftp
