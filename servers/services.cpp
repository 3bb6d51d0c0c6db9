#include "servers/services.hpp"

#include "servers/dns/dns_service.hpp"
#include "servers/echo/echo_service.hpp"
#include "servers/ftp/ftp_service.hpp"
#include "servers/http/http_service.hpp"

namespace portlab {

namespace {

using Make = Service (*)(const ServiceContext& context, const ServerView& tables);

struct Row {
  const char* name;
  std::uint16_t default_port;
  Make make;
};

/// Name, default port, and how it is made. Adding a protocol is adding a line here.
constexpr Row table[] = {
    {"http", 80,
     [](const ServiceContext& f, const ServerView& t) { return make_http_service(f.site, t); }},
    {"ftp", 21,
     [](const ServiceContext& f, const ServerView&) { return make_ftp_service(f.site); }},
    {"dns", 53,
     [](const ServiceContext& f, const ServerView& t) { return make_dns_service(f.zones, t); }},
    {"echo", 7, [](const ServiceContext&, const ServerView&) { return make_echo_service(); }},
};

}  // namespace

std::vector<Service> make_services(const ServiceContext& context, const ServerView& tables) {
  std::vector<Service> services;
  for (const auto& row : table) services.push_back(row.make(context, tables));
  return services;
}

std::vector<KnownService> known_services() {
  std::vector<KnownService> known;
  for (const auto& row : table) known.push_back({row.name, row.default_port});
  return known;
}

}  // namespace portlab
