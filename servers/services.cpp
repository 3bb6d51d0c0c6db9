#include "servers/services.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "servers/dns/dns_service.hpp"
#include "servers/echo/echo_service.hpp"
#include "servers/ftp/ftp_service.hpp"
#include "servers/http/http_service.hpp"

namespace portlab {

namespace {

using Make = Service (*)(const ServiceContext& context, const ServerView& view);

/// How each service is made. A new protocol has a line here; its facts are in common's list.
const std::map<std::string_view, Make> makers{
    {"http", [](auto& context, auto& view) { return make_http_service(context.site, view); }},
    {"ftp", [](auto& context, auto&) { return make_ftp_service(context.site); }},
    {"dns", [](auto& context, auto& view) { return make_dns_service(context.zones, view); }},
    {"echo", [](auto&, auto&) { return make_echo_service(); }},
};

}  // namespace

std::vector<Service> make_services(const ServiceContext& context, const ServerView& view) {
  std::vector<Service> services;
  for (const auto& known : known_services()) {
    const auto make = makers.find(known.name);
    if (make == makers.end())
      throw std::logic_error("servers/services.cpp can't make the service " +
                             std::string(known.name));
    services.push_back(make->second(context, view));
  }
  return services;
}

}  // namespace portlab
