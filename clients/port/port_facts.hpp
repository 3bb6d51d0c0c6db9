#pragma once
// What is known about a port: from RFC 6335, from IANA's registry, and from this machine.

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/host_info.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"

namespace portlab {

/// The properties of one port.
struct PortFacts {
  std::uint16_t port = 0;
  std::string transport;               ///< "tcp" or "udp": only this one; empty: both
  std::optional<PortRange> ephemeral;  ///< this machine's range of client ports
  std::uint16_t first_unprivileged = 1024;
  Bindable tcp = Bindable::unknown;
  Bindable udp = Bindable::unknown;
};

/// Reads the settings, and tries to bind the port on loopback.
PortFacts facts_of(std::uint16_t port, std::string_view transport = {});

/// As text, in lines of so many columns.
std::string to_text(const PortFacts& facts, unsigned columns = 80);
boost::json::value to_json(const PortFacts& facts);

/// What is registered at a port, one line per name: "tcp udp  http  World Wide Web HTTP".
std::vector<std::string> registered_lines(std::uint16_t port, std::string_view transport = {});

}  // namespace portlab
