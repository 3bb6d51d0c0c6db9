#include "servers/services.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "servers/dns/dns_service.hpp"
#include "servers/echo/echo_service.hpp"
#include "servers/forward/forward_service.hpp"
#include "servers/ftp/ftp_service.hpp"
#include "servers/http/http_service.hpp"
#include "servers/http/live_feed.hpp"
#include "servers/listener/tls_context.hpp"
#include "servers/telnet/telnet_service.hpp"

namespace portlab {

namespace {

/// What the services are made of. `live`: what the live pages of http and https share.
struct Parts {
  const ServiceContext& context;
  const ServerView& view;
  std::shared_ptr<http::LiveFeed> live;
};

using Make = Service (*)(const Parts& parts);

std::function<std::string()> authority_of(const ServiceContext& context) {
  return [shared = context.tls] {
    const auto certificate = shared ? shared->get() : nullptr;
    return certificate ? certificate->authority() : std::string();
  };
}

Service make_plain_http_service(const Parts& parts) {
  return make_http_service(parts.context.site, parts.view, http::server_routes(),
                           authority_of(parts.context), parts.live);
}

/// HTTP over TLS (RFC 9110 section 4.2.2). Its certificate is made when it listens for the first
/// time.
Service make_https_service(const Parts& parts) {
  auto service = make_plain_http_service(parts);
  service.info = known_service("https");
  service.tls = parts.context.tls;
  service.check = [prepare = parts.context.prepare_tls](const ListenRequest&) { return prepare(); };
  return service;
}

/// How each service is made. A new protocol has a line here; its facts are in common's list.
const std::map<std::string_view, Make> makers{
    {"http", make_plain_http_service},
    {"https", make_https_service},
    {"ftp",
     [](auto& parts) { return make_ftp_service(parts.context.site, parts.context.ftp_address); }},
    {"dns",
     [](auto& parts) {
       return make_dns_service(parts.context.zones, parts.view, parts.context.dns);
     }},
    {"echo", [](auto&) { return make_echo_service(); }},
    {"telnet", [](auto& parts) { return make_telnet_service(parts.view); }},
    {"forward", [](auto&) { return make_forward_service(); }},
};

}  // namespace

std::vector<Service> make_services(const ServiceContext& context, const ServerView& view) {
  const Parts parts{context, view, std::make_shared<http::LiveFeed>(view, context.refusals)};
  std::vector<Service> services;
  for (const auto& known : known_services()) {
    const auto make = makers.find(known.name);
    if (make == makers.end())
      throw std::logic_error("servers/services.cpp can't make the service " +
                             std::string(known.name));
    services.push_back(make->second(parts));
  }
  return services;
}

}  // namespace portlab
