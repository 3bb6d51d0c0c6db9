#pragma once
// The DNS server: authoritative for one zone, over UDP and TCP (RFC 1035, 7766).
//
//   dns_service.cpp -> make_response (dns_response.hpp) -> find_records (zone_lookup.hpp)

#include <memory>

#include "servers/dns/zone_store.hpp"
#include "servers/listener/service.hpp"

namespace portlab {

/// The DNS service for the zone in `zones`. `server` must outlive the service; SRV records use its
/// listeners.
Service make_dns_service(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& server);

}  // namespace portlab
