#pragma once
// Records that are made at the moment of the question.

#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "servers/dns/dns_answer.hpp"
#include "servers/dns/zone.hpp"

namespace portlab::dns {

/// The asker's own endpoint as TXT, A or AAAA data; nothing for other types, or for an address of
/// the other family.
std::optional<Rrset> asker_as(Type type, const Endpoint& client);

/// The SRV set of `owner` with the ports on which the service is found now: `_http._tcp` follows
/// the listeners of http on tcp, whatever port the zone names. If the service does not listen here,
/// the set stays as the zone has it, but a port of 0 ("wherever it is") becomes the target "."
/// (RFC 2782: decidedly not available).
Rrset with_live_ports(const Rrset& srv, const Name& owner, const ListenersNow& listeners_now);

}  // namespace portlab::dns
