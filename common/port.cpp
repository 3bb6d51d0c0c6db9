#include "common/port.hpp"

#include <algorithm>
#include <array>

#include "common/text.hpp"

namespace portlab {

namespace {

struct Row {
  std::string_view name;
  PortRange range;
};
/// In the order of PortCategory.
constexpr Row rows[] = {
    {"well-known", {0, 1023}}, {"registered", {1024, 49151}}, {"dynamic", {49152, 65535}}};

const Row& row_of(PortCategory category) { return rows[static_cast<std::size_t>(category)]; }

}  // namespace

PortCategory category_of(std::uint16_t port) {
  if (port <= rows[0].range.last) return PortCategory::well_known;
  return port <= rows[1].range.last ? PortCategory::registered : PortCategory::dynamic;
}

std::string_view to_string(PortCategory category) { return row_of(category).name; }

PortRange range_of(PortCategory category) { return row_of(category).range; }

Result<std::uint16_t> parse_port(std::string_view text) {
  if (const auto number = parse_decimal<std::uint16_t>(text)) return *number;
  const bool is_number =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  return Error{"'" + std::string(text) + "' is not a port number: a port " +
               (is_number ? "has 16 bits, so it is a whole number" : "is a whole number") +
               " from 0 to 65535"};
}

bool replies_to_any_datagram(std::uint16_t port) {
  constexpr std::array<std::uint16_t, 9> ports = {
      7,    // echo
      13,   // daytime
      17,   // quote of the day
      19,   // character generator
      37,   // time
      53,   // domain
      123,  // ntp
      161,  // snmp
      520,  // rip
  };
  return std::ranges::find(ports, port) != ports.end();
}

}  // namespace portlab
