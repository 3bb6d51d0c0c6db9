#include "common/system/port_settings.hpp"

#include <fstream>

namespace portlab {

std::optional<PortRange> ephemeral_range() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  PortRange range;
  if (!(file >> range.first >> range.last)) return std::nullopt;
  return range;
}

std::uint16_t first_unprivileged_port() {
  constexpr std::uint16_t traditional = 1024;
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  std::uint16_t first = 0;
  return file >> first ? first : traditional;
}

}  // namespace portlab
