#pragma once
// Records whose data is computed for each response: the client's own endpoint (whoami), the
// addresses of this server, and SRV records with the ports on which services listen now.

#include <functional>
#include <optional>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/dns/server_address.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// Returns the listeners of this server. Called only for SRV records of names like `_http._tcp`.
using CurrentListeners = std::function<std::vector<ListenerRow>()>;

/// What the computed data of a response depends on.
struct QueryContext {
  const Endpoint& client;             ///< the data of the whoami records
  const CurrentListeners& listeners;  ///< the ports in SRV records
  /// What loopback addresses in the zone become; nullopt: they stay as they are.
  std::optional<ServerAddresses> server_addresses{};
};

/// The client's endpoint as TXT data, its address as A or AAAA data. nullopt for other types, or if
/// the address is of the other family.
std::optional<Rrset> client_record(Type type, const Endpoint& client);

/// The SRV set of `owner`, in which a record with port 0 has each port on which the service listens
/// now: for `_http._tcp` those of the http listeners on tcp. A record with another port stays as it
/// is. If the set would be empty, because the service has no listener here, its target is "." (RFC
/// 2782: the service is not available).
Rrset with_current_ports(const Rrset& srv, const Name& owner, const CurrentListeners& listeners);

/// The A or AAAA set with this server's address instead of each loopback address; without data if
/// the server can't be reached in that family. nullopt: the set has no loopback address.
std::optional<Rrset> with_server_address(const Rrset& rrset, const ServerAddresses& addresses);

}  // namespace portlab::dns
