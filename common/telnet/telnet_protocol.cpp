#include "common/telnet/telnet_protocol.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/bytes.hpp"

namespace portlab::telnet {

namespace {

constexpr std::array command_names{"SE", "NOP", "DM", "BRK",  "IP",   "AO", "AYT", "EC",
                                   "EL", "GA",  "SB", "WILL", "WONT", "DO", "DONT"};

struct OptionName {
  std::uint8_t number;
  std::string_view name;
};

// The names of IANA's registry, where it has short ones. All that telnet programs in use send.
constexpr OptionName option_names[] = {
    {0, "BINARY"},
    {1, "ECHO"},
    {3, "SUPPRESS-GO-AHEAD"},
    {5, "STATUS"},
    {6, "TIMING-MARK"},
    {23, "SEND-LOCATION"},
    {24, "TERMINAL-TYPE"},
    {25, "END-OF-RECORD"},
    {31, "NAWS"},
    {32, "TERMINAL-SPEED"},
    {33, "TOGGLE-FLOW-CONTROL"},
    {34, "LINEMODE"},
    {35, "X-DISPLAY-LOCATION"},
    {36, "ENVIRON"},
    {37, "AUTHENTICATION"},
    {38, "ENCRYPT"},
    {39, "NEW-ENVIRON"},
    {42, "CHARSET"},
    {44, "COM-PORT-OPTION"},
};

}  // namespace

std::string to_string(Command command) {
  const unsigned number = static_cast<std::uint8_t>(command);
  const unsigned first = static_cast<std::uint8_t>(Command::subnegotiation_end);
  if (number < first || number - first >= command_names.size())
    return "command " + std::to_string(number);
  return command_names[number - first];
}

std::string to_string(Option option) {
  const unsigned number = static_cast<std::uint8_t>(option);
  const auto* found = std::ranges::find(option_names, number, &OptionName::number);
  return found == std::end(option_names) ? "option " + std::to_string(number)
                                         : std::string(found->name);
}

std::string escaped(std::string_view data) {
  std::string out;
  out.reserve(data.size());
  for (const char byte : data) {
    out += byte;
    if (byte == iac) out += iac;
  }
  return out;
}

std::string command_bytes(Command command) { return {iac, static_cast<char>(command)}; }

std::string negotiation_bytes(Command verb, Option option) {
  return {iac, static_cast<char>(verb), static_cast<char>(option)};
}

std::string subnegotiation_bytes(Option option, std::string_view parameters) {
  return negotiation_bytes(Command::subnegotiation, option) + escaped(parameters) +
         command_bytes(Command::subnegotiation_end);
}

std::optional<WindowSize> parse_window_size(std::string_view parameters) {
  ByteReader reader(as_bytes(parameters));
  const auto columns = reader.u16();
  const auto rows = reader.u16();
  if (!rows || reader.left() > 0) return std::nullopt;
  return WindowSize{*columns, *rows};
}

std::string window_size_parameters(WindowSize size) {
  std::array<std::uint8_t, 4> buffer{};
  ByteWriter writer(buffer);
  writer.u16(size.columns);
  writer.u16(size.rows);
  return std::string(as_text(writer.written()));
}

std::string NvtEncoder::encode(std::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  for (const char byte : piece) {
    const bool after_cr = std::exchange(after_cr_, byte == '\r');
    if (after_cr && byte != '\n') out += '\0';
    if (!after_cr && byte == '\n') out += '\r';
    out += byte;
    if (byte == iac) out += byte;
  }
  return out;
}

std::string NvtEncoder::finish() {
  return std::exchange(after_cr_, false) ? std::string(1, '\0') : std::string();
}

}  // namespace portlab::telnet
