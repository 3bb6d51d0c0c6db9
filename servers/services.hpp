#pragma once
// Makes the services that common/known_services.hpp lists. The only file that includes each
// protocol; a protocol never includes another.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "servers/dns/dns_service.hpp"
#include "servers/dns/zone_set.hpp"
#include "servers/listener/refused_attempts.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/site.hpp"

namespace portlab {

/// What services are made of.
struct ServiceContext {
  std::shared_ptr<SharedSite> site;
  std::shared_ptr<dns::ZoneStore> zones;
  dns::DnsOptions dns;
  /// The address in FTP's reply to PASV, for clients on other machines.
  std::optional<asio::ip::address_v4> ftp_address;
  std::shared_ptr<const SharedTlsContext> tls;  ///< the certificate of https
  std::function<Result<void>()> prepare_tls;    ///< makes it, if there is none yet
  std::shared_ptr<RefusalWatch> refusals;       ///< for the live page; null: none
};

/// Makes all services of the list, in its order. `view` must outlive them. Throws std::logic_error
/// where the table in services.cpp and the list differ.
std::vector<Service> make_services(const ServiceContext& context, const ServerView& view);

}  // namespace portlab
