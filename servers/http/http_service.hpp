#pragma once
// HTTP/1.1 (RFC 9110, 9112): reads the site, and shows each visitor what a server sees of it.

#include <memory>

#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// The service "http". `tables` outlives it.
Service make_http_service(std::shared_ptr<SharedSite> site, const ServerView& tables);

}  // namespace portlab
