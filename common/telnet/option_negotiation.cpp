#include "common/telnet/option_negotiation.hpp"

#include <optional>

namespace portlab::telnet {

namespace {

using State = OptionState;

/// What this end says about a side: DO or WILL where it is on, DONT or WONT where it is off.
Command verb_for(Side side, bool on) {
  if (side == Side::this_end) return on ? Command::will : Command::wont;
  return on ? Command::do_ : Command::dont;
}

unsigned shift_of(Side side) { return side == Side::peer ? 4 : 0; }

// The functions below are the tables of RFC 1143 section 7. Each changes the state and returns what
// to say: true for on (DO, WILL), false for off (DONT, WONT).

/// The peer says on: WILL about its own side, DO about this end's.
std::optional<bool> peer_says_on(State& state, bool agreed) {
  switch (state) {
    case State::no:
      if (agreed) state = State::yes;
      return agreed;
    case State::yes:
      break;
    case State::wants_no:  // an error of the peer: off was answered by on
      state = State::no;
      break;
    case State::wants_no_then_yes:  // the same error
    case State::wants_yes:
      state = State::yes;
      break;
    case State::wants_yes_then_no:
      state = State::wants_no;
      return false;
  }
  return std::nullopt;
}

/// The peer says off: WONT about its own side, DONT about this end's.
std::optional<bool> peer_says_off(State& state) {
  switch (state) {
    case State::no:
      break;
    case State::yes:
      state = State::no;
      return false;
    case State::wants_no_then_yes:
      state = State::wants_yes;
      return true;
    case State::wants_no:
    case State::wants_yes:
    case State::wants_yes_then_no:
      state = State::no;
      break;
  }
  return std::nullopt;
}

std::optional<bool> ask_for_on(State& state) {
  switch (state) {
    case State::no:
      state = State::wants_yes;
      return true;
    case State::wants_no:
      state = State::wants_no_then_yes;
      break;
    case State::wants_yes_then_no:
      state = State::wants_yes;
      break;
    case State::yes:
    case State::wants_no_then_yes:
    case State::wants_yes:
      break;
  }
  return std::nullopt;
}

std::optional<bool> ask_for_off(State& state) {
  switch (state) {
    case State::yes:
      state = State::wants_no;
      return false;
    case State::wants_no_then_yes:
      state = State::wants_no;
      break;
    case State::wants_yes:
      state = State::wants_yes_then_no;
      break;
    case State::no:
    case State::wants_no:
    case State::wants_yes_then_no:
      break;
  }
  return std::nullopt;
}

}  // namespace

OptionState OptionNegotiation::state(Side side, Option option) const {
  return OptionState((states_[static_cast<std::uint8_t>(option)] >> shift_of(side)) & 0xfU);
}

void OptionNegotiation::set(Side side, Option option, OptionState state) {
  auto& both = states_[static_cast<std::uint8_t>(option)];
  const auto others = both & ~(0xfU << shift_of(side));
  both = static_cast<std::uint8_t>(others | (static_cast<unsigned>(state) << shift_of(side)));
}

std::string OptionNegotiation::receive(Command verb, Option option) {
  const bool about_peer = verb == Command::will || verb == Command::wont;
  const auto side = about_peer ? Side::peer : Side::this_end;
  const bool on = verb == Command::will || verb == Command::do_;
  auto state = this->state(side, option);
  const auto answer = on ? peer_says_on(state, agrees_(side, option)) : peer_says_off(state);
  set(side, option, state);
  return answer ? negotiation_bytes(verb_for(side, *answer), option) : std::string();
}

std::string OptionNegotiation::request(Side side, Option option, bool on) {
  auto state = this->state(side, option);
  const auto message = on ? ask_for_on(state) : ask_for_off(state);
  set(side, option, state);
  return message ? negotiation_bytes(verb_for(side, *message), option) : std::string();
}

}  // namespace portlab::telnet
