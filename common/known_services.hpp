#pragma once
// The list of Portlab's services: what each is called, and where it listens by default. Servers,
// clients, labs, settings and advice all read it here. servers/services.cpp creates the services.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace portlab {

/// A service that portlabd offers.
struct KnownService {
  std::string_view name;           ///< "dns", as on the command line
  std::uint16_t default_port = 0;  ///< 53
  bool tcp = false;                ///< it answers over TCP
  bool udp = false;                ///< it answers over UDP
  std::string_view specification;  ///< "RFC 1035"
};

/// All services, in the order in which programs list them.
std::span<const KnownService> known_services();

/// The service of this name; null where there is none.
const KnownService* find_known_service(std::string_view name);

/// The service of this name. Throws std::out_of_range where there is none: for names that are literals in the source.
const KnownService& known_service(std::string_view name);

/// The default port of the service of this name; throws as known_service does.
std::uint16_t default_port_of(std::string_view name);

/// The services with their default ports plus `shift`: "http 80, ftp 21, dns 53 and echo 7".
std::string services_and_ports(std::uint16_t shift = 0);

}  // namespace portlab
