#pragma once
// HTTP/1.1 (RFC 9110, RFC 9112): serves the site, and shows each client what a server sees of it.

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "servers/http/routes.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/site.hpp"

namespace portlab {

/// HTTP/1.1 in a TLS handshake (ALPN, RFC 7301 section 6).
inline constexpr const char* http_protocol_name = "http/1.1";

/// The service "http". `server` and `routes` outlive it. `authority`: what /authority.pem answers.
/// `live`: what the live pages of all services share; null: a feed of its own.
Service make_http_service(std::shared_ptr<SharedSite> site, const ServerView& server,
                          std::span<const http::Route> routes = http::server_routes(),
                          std::function<std::string()> authority = {},
                          std::shared_ptr<http::LiveFeed> live = nullptr);

}  // namespace portlab
