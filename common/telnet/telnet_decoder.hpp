#pragma once
// Reads a stream of Telnet (RFC 854, RFC 855): tells its data from its commands. One byte at a time,
// so that it does not matter how the stream is cut. It never fails, and allocates nothing.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/telnet/telnet_protocol.hpp"

namespace portlab::telnet {

/// What a byte of the stream has completed.
struct Event {
  enum class Kind : std::uint8_t {
    data,            ///< `byte`
    command,         ///< `command`, with no option
    negotiation,     ///< `command` (WILL, WONT, DO, DONT) and `option`
    subnegotiation,  ///< `option`; Decoder::parameters()
  };

  Kind kind = Kind::data;
  std::uint8_t byte = 0;
  Command command = {};
  Option option = {};

  bool operator==(const Event&) const = default;
};

class Decoder {
 public:
  /// The longest parameters of a subnegotiation, in bytes. A longer one is read and dropped.
  static constexpr std::size_t parameter_bytes_max = 64;

  /// Reads the next byte. Nothing: it is a part of a command that is not complete yet.
  std::optional<Event> read(std::uint8_t byte);

  /// The parameters of the subnegotiation that was the last event; valid until the next read().
  std::string_view parameters() const { return {parameters_.data(), parameters_size_}; }

 private:
  enum class State : std::uint8_t {
    data,
    command,             ///< after IAC
    option,              ///< after IAC and WILL, WONT, DO or DONT
    suboption,           ///< after IAC SB
    parameters,          ///< after IAC SB and the option
    parameters_command,  ///< after an IAC in the parameters
  };

  std::optional<Event> read_command(std::uint8_t byte);
  std::optional<Event> end_parameters(std::uint8_t byte);
  void add_parameter(std::uint8_t byte);

  State state_ = State::data;
  Command verb_ = {};
  Option option_ = {};
  bool too_long_ = false;
  std::uint8_t parameters_size_ = 0;
  std::array<char, parameter_bytes_max> parameters_{};
};

}  // namespace portlab::telnet
