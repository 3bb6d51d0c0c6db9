#pragma once
// The negotiation of Telnet's options by the Q method of RFC 1143, which can't loop, whatever the
// peer sends: each end remembers what it has asked for, and answers only what changes something.
//
// An option has two sides: the one of this end (the peer says DO and DONT, this end WILL and WONT)
// and the one of the peer (the other way round). RFC 1143 calls them "us" and "him".

#include <array>
#include <cstdint>
#include <string>

#include "common/telnet/telnet_protocol.hpp"

namespace portlab::telnet {

/// Who uses an option.
enum class Side : std::uint8_t { this_end, peer };

/// The state of one side of an option; RFC 1143 section 7 has "him" and "himq" in two variables.
enum class OptionState : std::uint8_t {
  no,                 ///< off
  yes,                ///< on
  wants_no,           ///< WANTNO EMPTY: asked to switch it off, no answer yet
  wants_no_then_yes,  ///< WANTNO OPPOSITE: the same, and then the option is to be switched on
  wants_yes,          ///< WANTYES EMPTY: asked to switch it on, no answer yet
  wants_yes_then_no,  ///< WANTYES OPPOSITE: the same, and then the option is to be switched off
};

class OptionNegotiation {
 public:
  /// Whether this end agrees when the peer asks to switch on an option. All others are refused.
  using Agrees = bool (*)(Side side, Option option);

  explicit OptionNegotiation(Agrees agrees) : agrees_(agrees) {}

  /// The peer has sent `verb` (WILL, WONT, DO or DONT). Returns the answer: 3 bytes, or none.
  std::string receive(Command verb, Option option);
  /// This end wants the option on or off. Returns what to send: 3 bytes, or none.
  std::string request(Side side, Option option, bool on);

  OptionState state(Side side, Option option) const;
  /// Whether both ends have agreed that it is on.
  bool is_on(Side side, Option option) const { return state(side, option) == OptionState::yes; }

 private:
  void set(Side side, Option option, OptionState state);

  Agrees agrees_;
  std::array<std::uint8_t, 256> states_{};  // of both sides, four bits each: it is in each session
};

}  // namespace portlab::telnet
