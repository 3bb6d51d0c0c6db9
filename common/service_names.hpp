#pragma once
// IANA's registry of service names and port numbers (data/service-names.tsv, part of the program).
// A port belongs to a transport: tcp 53 and udp 53 are two ports, and either may be unassigned.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace portlab {

/// A line of the registry.
struct ServiceName {
  std::uint16_t port = 0;
  std::string_view transport;    ///< "tcp", "udp", "sctp" or "dccp"
  std::string_view name;         ///< "http"; empty where the port is reserved for nobody
  std::string_view description;  ///< "World Wide Web HTTP"
};

/// The whole registry, sorted by port and transport (tcp, udp, sctp, dccp); where a port has
/// several names, the primary one comes first.
std::span<const ServiceName> service_registry();

/// Everything that is registered for a port number, for all transports.
std::span<const ServiceName> services_at(std::uint16_t port);

/// The primary name of a port, such as "domain" for 53 and "udp"; empty where there is none.
std::string_view service_name(std::uint16_t port, std::string_view transport);

/// All lines with this name (or alias), in any case, sorted by port and transport.
std::vector<ServiceName> services_named(std::string_view name);

/// The day of the registry that this is, such as "2026-09-17".
std::string_view registry_date();

}  // namespace portlab
