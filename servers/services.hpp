#pragma once
// The one table that names all protocols.

#include <memory>
#include <vector>

#include "servers/daemon/settings.hpp"
#include "servers/dns/zone_store.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// What services are made of.
struct ServiceContext {
  std::shared_ptr<SharedSite> site;
  std::shared_ptr<dns::ZoneStore> zones;
};

/// Every service, in the order in which portlabd lists them. `tables` must outlive them.
std::vector<Service> make_services(const ServiceContext& context, const ServerView& tables);

/// Their names and default ports, for the command line.
std::vector<KnownService> known_services();

}  // namespace portlab
