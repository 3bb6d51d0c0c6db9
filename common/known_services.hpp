#pragma once
// The list of Portlab's services: what each is called, and where it listens by default. Servers,
// clients, labs, settings and advice all read it here. servers/services.cpp creates the services.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab {

/// What stands for the server in the commands of a KnownService.
inline constexpr std::string_view host_in_command = "HOST";

/// A service that portlabd offers.
struct KnownService {
  std::string_view name;                ///< "dns", as on the command line
  std::uint16_t default_port = 0;       ///< 53; 0: none, its port must be given
  bool tcp = false;                     ///< it answers over TCP
  bool udp = false;                     ///< it answers over UDP
  std::string_view specification = {};  ///< "RFC 1035"
  std::string_view argument = {};  ///< what SERVICE=PORT:ARGUMENT needs: "HOST:PORT"; empty: none
  bool udp_if_named = false;       ///< over UDP only where SERVICE/udp is written
  bool only_if_named = false;      ///< it listens only where it is named
  /// A command of portlab for the service: "portlab echo HOST hello". In place of HOST there may be
  /// HOST:PORT. Empty: portlab has no command.
  std::string_view tcp_command = {};
  std::string_view udp_command = {};  ///< the same over UDP

  /// Whether it listens without being named on the command line.
  bool is_default() const { return argument.empty() && !only_if_named; }
};

/// All services, in the order in which programs list them.
std::span<const KnownService> known_services();

/// The service of this name; null where there is none.
const KnownService* find_known_service(std::string_view name);

/// The service of this name. Throws std::out_of_range where there is none: for names that are literals in the source.
const KnownService& known_service(std::string_view name);

/// The default port of the service of this name; throws as known_service does.
std::uint16_t default_port_of(std::string_view name);

/// The command of portlab that uses the service at this endpoint (tcp or udp): the service's own, else
/// portlab connect.
std::string client_command(std::string_view service, const Endpoint& endpoint);

/// The default services with their ports plus `shift`: "http 80, ftp 21, dns 53 and echo 7".
std::string services_and_ports(std::uint16_t shift = 0);

}  // namespace portlab
