#pragma once
// DNS as a service of the core: authoritative for one zone, over UDP and TCP (RFC 1035, 7766).

#include <memory>

#include "servers/dns/zone_store.hpp"
#include "servers/listener/service.hpp"

namespace portlab {

/// Answers from the store's zone of the moment. `tables` must outlive the service; it is asked
/// where services listen when somebody asks for an SRV record.
Service make_dns_service(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& tables);

}  // namespace portlab
