#include "common/ftp/data_address.hpp"

#include <array>
#include <string>

#include "common/ascii_digit.hpp"
#include "common/text.hpp"

namespace portlab::ftp {

namespace {

/// A decimal number from 0 to `largest`: digits only, at most five.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t largest) {
  constexpr std::size_t digits_max = 5;
  const auto value = text.size() <= digits_max ? parse_decimal<std::uint32_t>(text) : std::nullopt;
  return value && *value <= largest ? value : std::nullopt;
}

/// RFC 2428 section 2: any printable ASCII character. A digit would be ambiguous.
bool is_delimiter(char c) { return c > ' ' && c < '\x7f' && !is_digit(c); }

std::optional<std::uint16_t> parse_nonzero_port(std::string_view text) {
  const auto port = parse_number(text, 65535);
  if (!port || *port == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

/// Removes the text up to the next delimiter and returns it; nullopt if there is no delimiter.
std::optional<std::string_view> take_field(std::string_view& rest, char delimiter) {
  const auto end = rest.find(delimiter);
  if (end == std::string_view::npos) return std::nullopt;
  const auto field = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return field;
}

std::string without_blanks_beside_commas(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool blank = text[i] == ' ' || text[i] == '\t';
    const auto next = text.find_first_not_of(" \t", i);
    const bool before_comma = next != std::string_view::npos && text[next] == ',';
    if (blank && (before_comma || out.ends_with(','))) continue;
    out += text[i];
  }
  return out;
}

}  // namespace

Family family_of(const asio::ip::address& address) {
  return address.is_v6() ? Family::ipv6 : Family::ipv4;
}

std::string format_six_numbers(const Endpoint& endpoint) {
  std::string out;
  for (const auto byte : endpoint.address.to_v4().to_bytes()) out += std::to_string(byte) + ",";
  return out + std::to_string(endpoint.port / 256) + "," + std::to_string(endpoint.port % 256);
}

std::optional<Endpoint> parse_six_numbers(std::string_view text) {
  std::array<std::uint8_t, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool last = i + 1 == numbers.size();
    const auto field = last ? std::optional(text) : take_field(text, ',');
    const auto number = field ? parse_number(*field, 255) : std::nullopt;
    if (!number) return std::nullopt;
    numbers[i] = static_cast<std::uint8_t>(*number);
  }
  const asio::ip::address_v4 address({numbers[0], numbers[1], numbers[2], numbers[3]});
  return tcp_endpoint(address, static_cast<std::uint16_t>(numbers[4] * 256 + numbers[5]));
}

std::string port_arithmetic(std::uint16_t port) {
  return std::to_string(port / 256) + "*256+" + std::to_string(port % 256) + " = " +
         std::to_string(port);
}

std::string format_passive_text(const Endpoint& endpoint) {
  return "Entering Passive Mode (" + format_six_numbers(endpoint) + "). The data port is " +
         port_arithmetic(endpoint.port) + ".";
}

std::optional<Endpoint> parse_passive_text(std::string_view reply) {
  // RFC 1123 section 4.1.2.6: the reply is scanned for the digits; parentheses may be missing, and
  // servers write more after the sixth number.
  constexpr std::ptrdiff_t commas_between = 5;
  const std::string text = without_blanks_beside_commas(reply);
  for (std::size_t start = 0; start < text.size(); ++start) {
    if (!is_digit(text[start]) || (start > 0 && is_digit(text[start - 1]))) continue;
    std::size_t end = start;
    std::ptrdiff_t commas = 0;
    while (end < text.size() && (is_digit(text[end]) || text[end] == ',')) {
      if (text[end] == ',' && ++commas > commas_between) break;
      ++end;
    }
    const auto found = parse_six_numbers(std::string_view(text).substr(start, end - start));
    if (found) return found;
  }
  return std::nullopt;
}

std::string format_extended_passive_text(std::uint16_t port) {
  return "Entering Extended Passive Mode (|||" + std::to_string(port) + "|)";
}

std::optional<std::uint16_t> parse_extended_passive_text(std::string_view text) {
  for (auto open = text.find('('); open != std::string_view::npos;
       open = text.find('(', open + 1)) {
    const auto rest = text.substr(open + 1);
    const auto inside = rest.substr(0, rest.find(')'));
    if (inside.size() == rest.size() || inside.size() < 5 || !is_delimiter(inside[0])) continue;
    const char delimiter = inside[0];
    if (inside[1] != delimiter || inside[2] != delimiter || inside.back() != delimiter) continue;
    if (const auto port = parse_nonzero_port(inside.substr(3, inside.size() - 4))) return port;
  }
  return std::nullopt;
}

std::string format_extended_port(const Endpoint& endpoint) {
  auto address = endpoint.address;
  if (address.is_v6()) {  // a zone identifier ("%eth0") has a meaning on this machine only
    auto v6 = address.to_v6();
    v6.scope_id(0);
    address = v6;
  }
  return "|" + std::to_string(static_cast<int>(family_of(address))) + "|" + address.to_string() +
         "|" + std::to_string(endpoint.port) + "|";
}

boost::system::result<Endpoint, ExtendedPortError> parse_extended_port(std::string_view text) {
  if (text.empty() || !is_delimiter(text[0])) return ExtendedPortError::syntax;
  const char delimiter = text[0];
  auto rest = text.substr(1);
  const auto family = take_field(rest, delimiter);
  const auto host = take_field(rest, delimiter);
  const auto port = take_field(rest, delimiter);
  if (!family || !host || !port || !rest.empty()) return ExtendedPortError::syntax;

  const auto number = parse_number(*family, 65535);
  if (!number) return ExtendedPortError::syntax;
  if (*number != static_cast<int>(Family::ipv4) && *number != static_cast<int>(Family::ipv6))
    return ExtendedPortError::family;

  const auto port_number = parse_nonzero_port(*port);
  if (!port_number || host->find('%') != std::string_view::npos) return ExtendedPortError::syntax;
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(std::string(*host), failed);
  if (failed || *number != static_cast<std::uint32_t>(family_of(address)))
    return ExtendedPortError::syntax;
  return tcp_endpoint(address, *port_number);
}

}  // namespace portlab::ftp
