#include "common/known_services.hpp"

#include <algorithm>
#include <stdexcept>

namespace portlab {

namespace {

/// A new protocol begins with a line here.
constexpr KnownService services[] = {
    {.name = "http", .default_port = 80, .tcp = true, .specification = "RFC 9112"},
    {.name = "ftp", .default_port = 21, .tcp = true, .specification = "RFC 959"},
    {.name = "dns", .default_port = 53, .tcp = true, .udp = true, .specification = "RFC 1035"},
    {.name = "echo", .default_port = 7, .tcp = true, .udp = true, .specification = "RFC 862"},
};

}  // namespace

std::span<const KnownService> known_services() { return services; }

const KnownService* find_known_service(std::string_view name) {
  const auto* found = std::find_if(std::begin(services), std::end(services),
                                   [&](const auto& service) { return service.name == name; });
  return found == std::end(services) ? nullptr : found;
}

const KnownService& known_service(std::string_view name) {
  if (const auto* found = find_known_service(name)) return *found;
  throw std::out_of_range("no service in common/known_services.cpp has the name " +
                          std::string(name));
}

std::uint16_t default_port_of(std::string_view name) { return known_service(name).default_port; }

std::string services_and_ports(std::uint16_t shift) {
  std::string text;
  for (std::size_t i = 0; i < std::size(services); ++i) {
    if (i > 0) text += i + 1 < std::size(services) ? ", " : " and ";
    text += std::string(services[i].name) + " " +
            std::to_string(unsigned{services[i].default_port} + shift);
  }
  return text;
}

}  // namespace portlab
