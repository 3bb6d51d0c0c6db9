#include "common/telnet/telnet_decoder.hpp"

namespace portlab::telnet {

namespace {

constexpr std::uint8_t iac_byte = 255;

Event data_event(std::uint8_t byte) { return {Event::Kind::data, byte, {}, {}}; }

}  // namespace

std::optional<Event> Decoder::read(std::uint8_t byte) {
  switch (state_) {
    case State::data:
      if (byte != iac_byte) return data_event(byte);
      state_ = State::command;
      return std::nullopt;
    case State::command:
      return read_command(byte);
    case State::option:
      state_ = State::data;
      return Event{Event::Kind::negotiation, 0, verb_, Option{byte}};
    case State::suboption:
      option_ = Option{byte};
      parameters_size_ = 0;
      too_long_ = false;
      state_ = State::parameters;
      return std::nullopt;
    case State::parameters:
      if (byte == iac_byte)
        state_ = State::parameters_command;
      else
        add_parameter(byte);
      return std::nullopt;
    case State::parameters_command:
      return end_parameters(byte);
  }
  return std::nullopt;
}

std::optional<Event> Decoder::read_command(std::uint8_t byte) {
  state_ = State::data;
  if (byte == iac_byte) return data_event(byte);
  const Command command{byte};
  if (command == Command::subnegotiation) {
    state_ = State::suboption;
    return std::nullopt;
  }
  if (!is_negotiation(command)) return Event{Event::Kind::command, 0, command, {}};
  verb_ = command;
  state_ = State::option;
  return std::nullopt;
}

std::optional<Event> Decoder::end_parameters(std::uint8_t byte) {
  if (byte == iac_byte) {  // IAC IAC: a parameter of 255
    add_parameter(byte);
    state_ = State::parameters;
    return std::nullopt;
  }
  // RFC 855 has no other command here. One that comes all the same ends the parameters, so that a
  // peer that forgets the SE loses only this subnegotiation, as in BSD's telnet.
  if (Command{byte} != Command::subnegotiation_end) return read_command(byte);
  state_ = State::data;
  if (too_long_) return std::nullopt;
  return Event{Event::Kind::subnegotiation, 0, Command::subnegotiation, option_};
}

void Decoder::add_parameter(std::uint8_t byte) {
  if (parameters_size_ < parameter_bytes_max)
    parameters_[parameters_size_++] = static_cast<char>(byte);
  else
    too_long_ = true;
}

}  // namespace portlab::telnet
