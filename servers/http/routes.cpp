#include "servers/http/routes.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "servers/http/http_handlers.hpp"

namespace portlab::http {

namespace {

constexpr Methods reading{"GET, HEAD, OPTIONS"};
constexpr Methods posting{"GET, HEAD, OPTIONS, POST"};
constexpr Methods any{"GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE", true};

constexpr Route routes[] = {
    {"/", posting, BodyKept::content, front_page},
    {"/whoami", reading, BodyKept::nothing, whoami},
    {"/request", any, BodyKept::as_arrived, request_as_it_arrived},
    {"/api/sessions", reading, BodyKept::nothing, list_sessions},
    {"/authority.pem", reading, BodyKept::nothing, authority_certificate, find_authority_error},
    {"/api/listeners", reading, BodyKept::nothing, list_listeners},
    {"/api/events", reading, BodyKept::nothing, live_events},
    {"/live", reading, BodyKept::nothing, live_page, find_live_error},
    {"/live/*", reading, BodyKept::nothing, live_page, find_live_error},
    {"/*", reading, BodyKept::nothing, serve_file, find_file_error},
};

/// The methods of RFC 9110 section 9 and RFC 5789, without CONNECT. Any other method gets 501, not 405.
constexpr std::array<std::string_view, 8> known_methods = {"GET", "HEAD",   "OPTIONS", "POST",
                                                           "PUT", "DELETE", "PATCH",   "TRACE"};

bool matches(const Route& route, std::string_view path) {
  if (!route.path.ends_with('*')) return path == route.path;
  return path.starts_with(route.path.substr(0, route.path.size() - 1));
}

Response options(const Methods& methods) {
  Response response;
  response.fields = "Allow: " + std::string(methods.allow) + "\r\n";
  return response;
}

/// The response where no handler is called.
Response table_response(const Route* route, const Request& request, const RequestContext& context) {
  if (request.whole_server) return options(any);
  if (std::ranges::find(known_methods, request.method) == known_methods.end())
    return text_response(501, "this server does not implement that method");
  if (route == nullptr) return text_response(404, "this server has no such path");
  if (route->find_error != nullptr && request.method != "TRACE")  // TRACE is for no path here
    if (auto error = route->find_error(request, context)) return std::move(*error);
  if (request.method == "OPTIONS") return options(route->methods);
  auto response = text_response(405, "allowed here: " + std::string(route->methods.allow));
  response.fields += options(route->methods).fields;
  return response;
}

}  // namespace

std::span<const Route> server_routes() { return routes; }

const Route* find_route(std::span<const Route> routes, const Request& request) {
  // "/./whoami" is "/whoami" (RFC 3986 section 6.2.2.3).
  const bool has_dots = request.path.find("/.") != std::string::npos;
  const auto without_dots = has_dots ? "/" + normal_path(request.path) : std::string();
  const std::string_view path = has_dots ? without_dots : request.path;
  const auto found =
      std::ranges::find_if(routes, [&](const Route& route) { return matches(route, path); });
  return found == routes.end() ? nullptr : &*found;
}

bool is_allowed(const Route* route, std::string_view method) {
  if (route == nullptr || method == "OPTIONS") return false;  // the table answers OPTIONS itself
  ListReader allowed(route->methods.allow);
  while (const auto listed = allowed.next())
    if (*listed == method) return true;
  return route->methods.any_other && method != "TRACE";
}

Task<void> handle_request(const Route* route, const Request& request, ResponseWriter& response,
                          const RequestContext& context) {
  if (request.https_url && context.tls_version.empty())  // RFC 9110 section 7.4
    return response.send(text_response(421, "this connection is not encrypted"));
  if (is_allowed(route, request.method)) return route->handle(request, response, context);
  return response.send(table_response(route, request, context));
}

}  // namespace portlab::http
