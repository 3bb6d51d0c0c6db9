#include "servers/telnet/line_editor.hpp"

namespace portlab::telnet::server {

namespace {

// Keys, as the terminals of today send them.
constexpr std::uint8_t ctrl_c = 3;
constexpr std::uint8_t ctrl_d = 4;
constexpr std::uint8_t backspace = 8;
constexpr std::uint8_t ctrl_l = 12;
constexpr std::uint8_t ctrl_r = 18;
constexpr std::uint8_t ctrl_u = 21;
constexpr std::uint8_t escape = 27;
constexpr std::uint8_t first_printable = 32;
constexpr std::uint8_t delete_key = 127;

constexpr std::string_view erase_one = "\b \b";
constexpr std::string_view bell = "\a";

/// A byte of UTF-8 that is not the first one of its character: it takes no column of its own.
bool continues_character(char byte) { return (static_cast<std::uint8_t>(byte) & 0xc0U) == 0x80U; }

}  // namespace

Input LineEditor::read_data(std::uint8_t byte, Echo echo, std::string& output) {
  const bool after_cr = std::exchange(after_cr_, byte == '\r');
  if (after_cr && (byte == '\n' || byte == '\0')) return Input::none;  // the rest of a line end
  if (is_in_escape_sequence(byte)) return Input::none;
  if (byte >= first_printable && byte != delete_key) {
    append(byte, echo, output);
    return Input::none;
  }
  return read_control(byte, echo, output);
}

Input LineEditor::read_command(Command command, Echo echo, std::string& output) {
  switch (command) {
    case Command::interrupt_process:
    case Command::break_key:
      return read_control(ctrl_c, echo, output);
    case Command::erase_character:
      erase_character(echo, output);
      return Input::none;
    case Command::erase_line:
      erase_line(echo, output);
      return Input::none;
    case Command::are_you_there:
      return Input::are_you_there;
    default:
      return Input::none;
  }
}

Input LineEditor::read_control(std::uint8_t byte, Echo echo, std::string& output) {
  switch (byte) {
    case '\r':  // a line end is CR LF (RFC 854); CR NUL from clients that send keys; also LF alone
    case '\n':
      if (echo != Echo::nothing) output += "\r\n";
      return Input::line;
    case ctrl_c:
      line_.clear();
      output += echo == Echo::nothing ? "\r\n" : "^C\r\n";
      return Input::cancel;
    case ctrl_d:
      return line_.empty() ? Input::end : Input::none;
    case backspace:
    case delete_key:
      erase_character(echo, output);
      return Input::none;
    case ctrl_l:
    case ctrl_r:
      return Input::redraw;
    case ctrl_u:
      erase_line(echo, output);
      return Input::none;
    default:
      return Input::none;
  }
}

bool LineEditor::is_in_escape_sequence(std::uint8_t byte) {
  // A control character ends a sequence that is not complete: a line end always counts.
  if (byte < first_printable) {
    escape_ = byte == escape ? Escape::began : Escape::none;
    return byte == escape;
  }
  switch (escape_) {
    case Escape::none:
      return false;
    case Escape::began:  // "ESC [ A", "ESC O A"; or Alt and a key, "ESC a"
      escape_ = byte == '['   ? Escape::control_sequence
                : byte == 'O' ? Escape::one_more
                              : Escape::none;
      return true;
    case Escape::control_sequence:
      if (byte >= 0x40 && byte <= 0x7e) escape_ = Escape::none;
      return true;
    case Escape::one_more:
      escape_ = Escape::none;
      return true;
  }
  return false;
}

void LineEditor::append(std::uint8_t byte, Echo echo, std::string& output) {
  const char character = static_cast<char>(byte);
  if (line_.size() >= line_bytes_max) {
    if (echo != Echo::nothing) output += bell;
    return;
  }
  line_ += character;
  if (echo != Echo::all) return;
  output += character;
  if (character == iac) output += iac;
}

void LineEditor::erase_character(Echo echo, std::string& output) {
  if (line_.empty()) return;
  while (line_.size() > 1 && continues_character(line_.back())) line_.pop_back();
  line_.pop_back();
  if (echo == Echo::all) output += erase_one;
}

void LineEditor::erase_line(Echo echo, std::string& output) {
  while (!line_.empty()) erase_character(echo, output);
}

}  // namespace portlab::telnet::server
