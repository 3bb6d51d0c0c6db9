#pragma once
// Makes the services that common/known_services.hpp lists. The only file that includes each
// protocol; a protocol never includes another.

#include <memory>
#include <vector>

#include "servers/dns/zone_store.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// What services are made of.
struct ServiceContext {
  std::shared_ptr<SharedSite> site;
  std::shared_ptr<dns::ZoneStore> zones;
};

/// Makes all services of the list, in its order. `view` must outlive them. Throws std::logic_error
/// where the table in services.cpp and the list differ.
std::vector<Service> make_services(const ServiceContext& context, const ServerView& view);

}  // namespace portlab
