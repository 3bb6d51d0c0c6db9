#include "common/port.hpp"

#include <algorithm>
#include <charconv>

namespace portlab {

PortCategory category_of(std::uint16_t port) {
  if (port < 1024) return PortCategory::well_known;
  if (port < 49152) return PortCategory::registered;
  return PortCategory::dynamic;
}

std::string_view to_string(PortCategory category) {
  switch (category) {
    case PortCategory::well_known:
      return "well-known";
    case PortCategory::registered:
      return "registered";
    case PortCategory::dynamic:
      return "dynamic";
  }
  return "unknown";
}

PortRange range_of(PortCategory category) {
  switch (category) {
    case PortCategory::well_known:
      return {0, 1023};
    case PortCategory::registered:
      return {1024, 49151};
    case PortCategory::dynamic:
      return {49152, 65535};
  }
  return {};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return '0' <= c && c <= '9'; });
  const std::string quoted = "'" + std::string(text) + "'";
  if (!digits)
    return Error{quoted + " is not a port number: a port is a whole number from 0 to 65535"};
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || number > 65535)
    return Error{quoted +
                 " is not a port number: a port has 16 bits, so it is a whole number from 0 to "
                 "65535"};
  return static_cast<std::uint16_t>(number);
}

}  // namespace portlab
