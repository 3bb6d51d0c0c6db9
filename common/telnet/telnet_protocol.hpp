#pragma once
// The commands and options of Telnet (RFC 854, RFC 855), their names, and how they are written.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portlab::telnet {

/// Interpret As Command: the byte that begins each command. As data it is sent twice.
inline constexpr char iac = '\xff';

/// The byte after IAC (RFC 854, "TELNET command structure").
enum class Command : std::uint8_t {
  subnegotiation_end = 240,  ///< SE
  no_operation = 241,
  data_mark = 242,  ///< where urgent data ends: the Synch signal
  break_key = 243,
  interrupt_process = 244,
  abort_output = 245,
  are_you_there = 246,
  erase_character = 247,
  erase_line = 248,
  go_ahead = 249,
  subnegotiation = 250,  ///< SB
  will = 251,            ///< the sender wants to use an option, or does
  wont = 252,            ///< the sender does not use it
  do_ = 253,             ///< the receiver is asked to use an option, or may
  dont = 254,            ///< the receiver must not use it
};

/// A number of IANA's registry "Telnet Options". Other values than these occur, too.
enum class Option : std::uint8_t {
  echo = 1,               ///< RFC 857
  suppress_go_ahead = 3,  ///< RFC 858
  terminal_type = 24,     ///< RFC 1091
  window_size = 31,       ///< NAWS, RFC 1073
};

/// "WILL", "AYT"; "command 7" for a byte that is none.
std::string to_string(Command command);
/// "ECHO", by IANA's registry; "option 99" for one without a short name here.
std::string to_string(Option option);

/// Whether it is WILL, WONT, DO or DONT, which an option follows.
constexpr bool is_negotiation(Command command) { return command >= Command::will; }

/// Text or bytes as data: each IAC is doubled.
std::string escaped(std::string_view data);
/// IAC and the command.
std::string command_bytes(Command command);
/// IAC, WILL, WONT, DO or DONT, and the option.
std::string negotiation_bytes(Command verb, Option option);
/// IAC SB, the option, the parameters (escaped), IAC SE (RFC 855).
std::string subnegotiation_bytes(Option option, std::string_view parameters);

/// The size of a terminal's window in characters (RFC 1073). 0: unknown.
struct WindowSize {
  std::uint16_t columns = 0;
  std::uint16_t rows = 0;

  bool operator==(const WindowSize&) const = default;
};

/// The size in the parameters of NAWS; nothing unless they are four bytes.
std::optional<WindowSize> parse_window_size(std::string_view parameters);
/// The parameters of NAWS.
std::string window_size_parameters(WindowSize size);

/// Writes text for the network virtual terminal (RFC 854): LF and CR LF become CR LF, another CR
/// becomes CR NUL, and IAC is doubled. The pieces of a text may be cut anywhere.
class NvtEncoder {
 public:
  /// The next piece in the form for the wire. The NUL of a CR at its end is sent later.
  std::string encode(std::string_view piece);
  /// What is missing at the end of the text.
  std::string finish();

 private:
  bool after_cr_ = false;
};

}  // namespace portlab::telnet
