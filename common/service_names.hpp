#pragma once
// IANA's registry of service names and port numbers (RFC 6335), which is compiled into the programs
// (data/service-names.tsv). tcp 53 and udp 53 are two ports, and each may be unassigned.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/port.hpp"

namespace portlab {

/// An entry of the registry.
struct ServiceName {
  std::uint16_t port = 0;
  std::string_view transport;    ///< "tcp", "udp", "sctp" or "dccp"
  std::string_view name;         ///< "http"; empty for a reserved port
  std::string_view description;  ///< "World Wide Web HTTP"
  PortRange range;               ///< x11 has 6000 to 6063; most have one port
};

/// The whole registry, sorted by port and transport (tcp, udp, sctp, dccp); where a port has
/// several names, the primary one comes first. A range has an entry for each of its ports.
std::span<const ServiceName> service_registry();

/// The entries of a port number, for all transports.
std::span<const ServiceName> services_at(std::uint16_t port);

/// The primary name of a port, such as "domain" for 53 and "udp"; empty where there is none.
std::string_view service_name(std::uint16_t port, std::string_view transport);

/// All entries with this name, sorted by port and transport; of a range, those of its first port.
/// Upper and lower case are equal.
std::vector<ServiceName> services_named(std::string_view name);

/// IANA's name for a service that is usually called by another name: "ms-wbt-server" for "rdp".
/// Empty where there is none. Upper and lower case are equal.
std::string_view registered_name(std::string_view usual_name);

/// A usual name, and IANA's.
struct UsualName {
  std::string_view usual;
  std::string_view registered;
};

/// All usual names that registered_name() has, sorted.
std::span<const UsualName> usual_names();

/// The date of this copy of the registry: "2026-09-17".
std::string_view registry_date();

}  // namespace portlab
