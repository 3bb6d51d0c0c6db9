#pragma once
// HTTP/1.1 (RFC 9110, RFC 9112): serves the site, and shows each client what a server sees of it.

#include <memory>
#include <span>

#include "servers/http/routes.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// The service "http". `server` and `routes` outlive it.
Service make_http_service(std::shared_ptr<SharedSite> site, const ServerView& server,
                          std::span<const http::Route> routes = http::server_routes());

}  // namespace portlab
