#include "common/ftp/telnet.hpp"

#include <utility>

namespace portlab::ftp {

std::size_t ControlReader::read(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && !complete_)
    complete_ = read_byte(static_cast<std::uint8_t>(bytes[count++]));
  return count;
}

bool ControlReader::read_byte(std::uint8_t byte) {
  const auto event = telnet_.read(byte);
  if (!event) return false;
  if (event->kind == telnet::Event::Kind::data) return read_data(static_cast<char>(event->byte));
  // The other commands are ignored. Interrupt Process and Data Mark precede an ABOR (RFC 959 section
  // 4.1.3); only the ABOR has an effect.
  if (event->kind == telnet::Event::Kind::negotiation) refuse(event->command, event->option);
  return false;
}

void ControlReader::refuse(telnet::Command verb, telnet::Option option) {
  // WONT and DONT get no reply; otherwise two peers could confirm each other endlessly.
  if (verb == telnet::Command::do_)
    telnet_replies_ += telnet::negotiation_bytes(telnet::Command::wont, option);
  if (verb == telnet::Command::will)
    telnet_replies_ += telnet::negotiation_bytes(telnet::Command::dont, option);
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
    if (byte == telnet::iac) out += byte;
  }
  return out;
}

}  // namespace portlab::ftp
