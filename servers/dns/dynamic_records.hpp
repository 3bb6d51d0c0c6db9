#pragma once
// Records whose data is computed for each response: the client's own endpoint (whoami), and SRV
// records with the ports on which services listen now.

#include <functional>
#include <optional>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// Returns the listeners of this server. Called only for SRV records of names like `_http._tcp`.
using CurrentListeners = std::function<std::vector<ListenerRow>()>;

/// The client's endpoint as TXT data, its address as A or AAAA data. nullopt for other types, or if
/// the address is of the other family.
std::optional<Rrset> client_record(Type type, const Endpoint& client);

/// The SRV set of `owner` with the ports on which the service listens now: the ports of
/// `_http._tcp` are those of the http listeners on tcp, not the port in the zone. If the service
/// has no listener here the set stays unchanged, except that port 0 in the zone becomes the target
/// "." (RFC 2782: the service is not available).
Rrset with_current_ports(const Rrset& srv, const Name& owner, const CurrentListeners& listeners);

}  // namespace portlab::dns
