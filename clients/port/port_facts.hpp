#pragma once
// What is known about a port number: from RFC 6335, from IANA's registry, and from this machine.

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"

namespace portlab {

/// Whether this user could listen on a port now.
enum class Bindable : unsigned char {
  free,
  in_use,     ///< somebody listens there; this user may, at another time
  forbidden,  ///< only root may
  unknown,    ///< the system said something else
};

/// "free", "in use", "forbidden", "unknown".
std::string_view to_string(Bindable bindable);

/// Whether this user could listen there now: binds it for a moment.
Bindable try_to_bind(const Endpoint& where);

/// All about one port.
struct PortFacts {
  std::uint16_t port = 0;
  std::string transport;               ///< "tcp" or "udp": only this one was asked for
  std::optional<PortRange> ephemeral;  ///< this machine's range of client ports
  std::uint16_t first_unprivileged = 1024;
  Bindable tcp = Bindable::unknown;
  Bindable udp = Bindable::unknown;
};

/// Asks the system; to know whether a port can be bound, it binds it for a moment, on loopback.
PortFacts facts_of(std::uint16_t port, std::string_view transport = {});

/// A paragraph for people, in lines of so many columns.
std::string to_text(const PortFacts& facts, unsigned columns = 80);
boost::json::value to_json(const PortFacts& facts);

/// What is registered at a port, one line per name: "tcp udp  http  World Wide Web HTTP".
std::vector<std::string> registered_lines(std::uint16_t port, std::string_view transport = {});

/// Why this is no port number: a CommandError with exit status 2 that tells what it would be in 16 bits.
CommandError not_a_port(const std::string& text);

}  // namespace portlab
