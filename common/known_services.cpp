#include "common/known_services.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/text.hpp"

namespace portlab {

namespace {

/// A new protocol begins with a row here.
constexpr KnownService services[] = {
    {.name = "http",
     .default_port = 80,
     .tcp = true,
     .specification = "RFC 9112",
     .tcp_command = "portlab http http://HOST/"},
    {.name = "ftp",
     .default_port = 21,
     .tcp = true,
     .specification = "RFC 959",
     .tcp_command = "portlab ftp ftp://HOST/ ls"},
    {.name = "dns",
     .default_port = 53,
     .tcp = true,
     .udp = true,
     .specification = "RFC 1035",
     .tcp_command = "portlab dns --tcp www.lab.test @HOST",
     .udp_command = "portlab dns www.lab.test @HOST"},
    {.name = "echo",
     .default_port = 7,
     .tcp = true,
     .udp = true,
     .specification = "RFC 862",
     .tcp_command = "portlab echo HOST hello",
     .udp_command = "portlab echo --udp HOST hello"},
    {.name = "telnet",
     .default_port = 23,
     .tcp = true,
     .specification = "RFC 854",
     .only_if_named = true,
     .tcp_command = "portlab telnet HOST"},
    {.name = "https",
     .default_port = 443,
     .tcp = true,
     .specification = "RFC 9110",
     .only_if_named = true,
     .tcp_command = "portlab http https://HOST/"},
    {.name = "forward",
     .tcp = true,
     .udp = true,
     .specification = "RFC 1919",
     .argument = "HOST:PORT",
     .udp_if_named = true},
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

std::string client_command(std::string_view service, const Endpoint& endpoint) {
  const bool is_udp = endpoint.transport == Transport::udp;
  const auto* known = find_known_service(service);
  const auto own = known == nullptr ? std::string_view()
                   : is_udp         ? known->udp_command
                                    : known->tcp_command;
  std::string command(!own.empty() ? own
                      : is_udp     ? "portlab connect -u HOST"
                                   : "portlab connect HOST");
  return command.replace(command.find(host_in_command), host_in_command.size(),
                         endpoint.address_and_port());
}

std::string services_and_ports(std::uint16_t shift) {
  std::vector<std::string> texts;
  for (const auto& service : services)
    if (service.is_default())
      texts.push_back(std::string(service.name) + " " +
                      std::to_string(unsigned{service.default_port} + shift));
  const auto last = std::move(texts.back());
  texts.pop_back();
  return join(texts, ", ") + " and " + last;
}

}  // namespace portlab
