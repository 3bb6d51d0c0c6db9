#pragma once
// The DNS server: authoritative for its zones, over UDP and TCP (RFC 1035, 7766).
//
//   dns_service.cpp -> make_response (dns_response.hpp) -> find_records (zone_lookup.hpp)

#include <memory>
#include <vector>

#include "servers/dns/response_rate_limit.hpp"
#include "servers/dns/zone_set.hpp"
#include "servers/listener/service.hpp"

namespace portlab {

namespace dns {

struct DnsOptions {
  /// What loopback addresses in the zones become for other hosts; empty: the address at which the
  /// question arrived.
  std::vector<asio::ip::address> public_addresses{};
  /// Responses over UDP per second to one network; 0: no limit.
  unsigned responses_per_second = ResponseRateLimit::default_per_second;
};

}  // namespace dns

/// The DNS service for the zones in `zones`. `server` must outlive the service; SRV records and
/// addresses depend on its listeners.
Service make_dns_service(std::shared_ptr<const dns::ZoneStore> zones, const ServerView& server,
                         const dns::DnsOptions& options = {});

}  // namespace portlab
