#include "servers/services.hpp"

#include "servers/dns/dns.hpp"
#include "servers/echo/echo.hpp"
#include "servers/ftp/ftp.hpp"
#include "servers/http/http.hpp"

namespace portlab {

namespace {

using Make = Service (*)(const Furniture& furniture, const Tables& tables);

struct Row {
  const char* name;
  std::uint16_t home_port;
  Make make;
};

/// Name, home port, and how it is made. Adding a protocol is adding a line here.
constexpr Row table[] = {
    {"http", 80, [](const Furniture& f, const Tables& t) { return make_http_service(f.site, t); }},
    {"ftp", 21, [](const Furniture& f, const Tables&) { return make_ftp_service(f.site); }},
    {"dns", 53, [](const Furniture& f, const Tables& t) { return make_dns_service(f.zones, t); }},
    {"echo", 7, [](const Furniture&, const Tables&) { return make_echo_service(); }},
};

}  // namespace

std::vector<Service> make_services(const Furniture& furniture, const Tables& tables) {
  std::vector<Service> services;
  for (const auto& row : table) services.push_back(row.make(furniture, tables));
  return services;
}

std::vector<KnownService> known_services() {
  std::vector<KnownService> known;
  for (const auto& row : table) known.push_back({row.name, row.home_port});
  return known;
}

}  // namespace portlab
