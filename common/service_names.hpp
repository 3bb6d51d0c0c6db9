#pragma once
// IANA's registry of service names and port numbers (RFC 6335), which is compiled into the programs
// (data/service-names.tsv). tcp 53 and udp 53 are two ports, and each may be unassigned.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace portlab {

/// An entry of the registry.
struct ServiceName {
  std::uint16_t port = 0;
  std::string_view transport;    ///< "tcp", "udp", "sctp" or "dccp"
  std::string_view name;         ///< "http"; empty for a reserved port
  std::string_view description;  ///< "World Wide Web HTTP"
};

/// The whole registry, sorted by port and transport (tcp, udp, sctp, dccp); where a port has
/// several names, the primary one comes first.
std::span<const ServiceName> service_registry();

/// The entries of a port number, for all transports.
std::span<const ServiceName> services_at(std::uint16_t port);

/// The primary name of a port, such as "domain" for 53 and "udp"; empty where there is none.
std::string_view service_name(std::uint16_t port, std::string_view transport);

/// All entries with this name or alias, sorted by port and transport. Upper and lower case are equal.
std::vector<ServiceName> services_named(std::string_view name);

/// The date of this copy of the registry: "2026-09-17".
std::string_view registry_date();

}  // namespace portlab
