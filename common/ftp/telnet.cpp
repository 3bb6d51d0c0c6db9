#include "common/ftp/telnet.hpp"

#include <utility>

namespace portlab::ftp {

namespace {

// RFC 854, "TELNET command structure".
constexpr std::uint8_t SE = 240;
constexpr std::uint8_t SB = 250;
constexpr std::uint8_t WILL = 251;
constexpr std::uint8_t WONT = 252;
constexpr std::uint8_t DO = 253;
constexpr std::uint8_t DONT = 254;
constexpr std::uint8_t IAC = 255;

}  // namespace

std::size_t ControlReader::read(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && !complete_)
    complete_ = read_byte(static_cast<std::uint8_t>(bytes[count++]));
  return count;
}

bool ControlReader::read_byte(std::uint8_t byte) {
  switch (state_) {
    case Telnet::data:
      if (byte != IAC) return read_data(static_cast<char>(byte));
      state_ = Telnet::command;
      return false;
    case Telnet::command:
      read_command(byte);
      return false;
    case Telnet::option:
      read_option(byte);
      return false;
    case Telnet::suboptions:
      if (byte == IAC) state_ = Telnet::suboption_command;
      return false;
    case Telnet::suboption_command:
      state_ = byte == SE ? Telnet::data : Telnet::suboptions;
      return false;
  }
  return false;
}

void ControlReader::read_command(std::uint8_t byte) {
  state_ = Telnet::data;
  if (byte == IAC) {  // IAC IAC: one byte 255 in the line
    read_data(static_cast<char>(byte));
  } else if (byte >= WILL) {
    verb_ = byte;
    state_ = Telnet::option;
  } else if (byte == SB) {
    state_ = Telnet::suboptions;
  }
  // The other commands are two bytes long and are ignored. Interrupt Process and Data Mark precede
  // an ABOR (RFC 959 section 4.1.3); only the ABOR has an effect.
}

void ControlReader::read_option(std::uint8_t byte) {
  state_ = Telnet::data;
  // WONT and DONT get no reply; otherwise two peers could confirm each other endlessly.
  if (verb_ != DO && verb_ != WILL) return;
  telnet_replies_ += static_cast<char>(IAC);
  telnet_replies_ += static_cast<char>(verb_ == DO ? WONT : DONT);
  telnet_replies_ += static_cast<char>(byte);
}

bool ControlReader::read_data(char byte) {
  if (byte == '\n') return true;  // also without CR: some clients send LF only
  if (std::exchange(after_cr_, false)) {
    append('\r');
    if (byte == '\0') return false;  // CR NUL: a CR inside a line (RFC 854)
  }
  if (byte == '\r') {
    after_cr_ = true;
    return false;
  }
  if (byte == '\0' && fault_ == ControlLine::Fault::none) fault_ = ControlLine::Fault::has_nul;
  append(byte);
  return false;
}

void ControlReader::append(char byte) {
  if (line_.size() < line_bytes_max_)
    line_ += byte;
  else
    fault_ = ControlLine::Fault::too_long;
}

std::optional<ControlLine> ControlReader::take_line() {
  if (!std::exchange(complete_, false)) return std::nullopt;
  after_cr_ = false;
  return ControlLine{std::exchange(line_, {}), std::exchange(fault_, ControlLine::Fault::none)};
}

std::string ControlReader::take_telnet_replies() { return std::exchange(telnet_replies_, {}); }

std::string telnet_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    out += byte;
    if (byte == '\r') out += '\0';
    if (static_cast<std::uint8_t>(byte) == IAC) out += byte;
  }
  return out;
}

}  // namespace portlab::ftp
