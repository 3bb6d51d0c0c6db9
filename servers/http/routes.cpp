#include "servers/http/resources.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "servers/http/date.hpp"
#include "servers/http/http_text.hpp"
#include "servers/http/sessions_page.hpp"

namespace portlab::http {

namespace {

namespace json = boost::json;

enum class Methods : std::uint8_t {
  reading,           ///< GET, HEAD, OPTIONS
  reading_and_post,  ///< and POST, which gets its own content back
  any,               ///< but TRACE and CONNECT
};

struct Resource {
  std::string_view path;
  Methods methods;
  Response (*answer)(const RequestContext&);
};

Response whoami(const RequestContext&);
Response request_as_it_arrived(const RequestContext&);
Response listeners(const RequestContext&);
Response sessions(const RequestContext&);

constexpr Resource resources[] = {
    {"/", Methods::reading_and_post, answer_from_site},
    {"/whoami", Methods::reading, whoami},
    {"/request", Methods::any, request_as_it_arrived},
    {"/api/listeners", Methods::reading, listeners},
    {"/api/sessions", Methods::reading, sessions},
};
constexpr Resource everything_else = {"", Methods::reading, answer_from_site};

constexpr std::string_view reading_methods = "GET, HEAD, OPTIONS";
constexpr std::string_view posting_methods = "GET, HEAD, OPTIONS, POST";
constexpr std::string_view any_methods = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";

/// RFC 9110 section 9 and RFC 5789: methods that this server knows, and may not allow.
constexpr std::array<std::string_view, 8> known_methods = {"GET", "HEAD",   "OPTIONS", "POST",
                                                           "PUT", "DELETE", "PATCH",   "TRACE"};

bool is_reading(std::string_view method) { return method == "GET" || method == "HEAD"; }

const Resource& resource_at(std::string_view path) {
  // "/./whoami" is "/whoami" (RFC 3986 section 6.2.2.3).
  const bool is_normal = path.find("/.") == std::string_view::npos;
  const auto normal = is_normal ? std::string() : "/" + normal_path(path);
  const auto* found = std::ranges::find(resources, is_normal ? path : normal, &Resource::path);
  return found == std::end(resources) ? everything_else : *found;
}

std::string_view allowed_by(const Resource& resource) {
  switch (resource.methods) {
    case Methods::reading:
      return reading_methods;
    case Methods::reading_and_post:
      return posting_methods;
    case Methods::any:
      return any_methods;
  }
  return reading_methods;
}

Response options(std::string_view allowed) {
  Response answer;
  answer.fields = "Allow: " + std::string(allowed) + "\r\n";
  return answer;
}

Response not_allowed(std::string_view allowed) {
  auto answer = text_answer(405, "this resource allows " + std::string(allowed));
  answer.fields += "Allow: " + std::string(allowed) + "\r\n";
  return answer;
}

/// A body that was made for this request: nobody may keep it, or take it for anything else.
Response no_store_response(const RequestContext& exchange, std::string_view type,
                           std::string content) {
  if (!is_reading(exchange.head.method)) {  // conditions are about reading
    Response answer;
    answer.fields = "Content-Type: " + std::string(type) +
                    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    answer.text = std::move(content);
    answer.length = answer.text.size();
    return answer;
  }
  return answer_with(fresh_representation(type, std::move(content)), exchange.head, seconds_now());
}

Response fresh_json(const RequestContext& exchange, const json::value& value) {
  return no_store_response(exchange, "application/json", json::serialize(value) + "\n");
}

/// Whether the parameters of a media range (";v=1;q=0") make it one that is not wanted (RFC 9110
/// section 12.4.2).
bool has_weight_0(std::string_view parameters) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);  // the semicolon
    const auto end = std::min(parameters.find(';'), parameters.size());
    const auto parameter = trim(parameters.substr(0, end));
    if (parameter.size() > 2 && equal_ignoring_case(parameter.substr(0, 2), "q="))
      return parameter.find_first_of("123456789") == std::string_view::npos;
    parameters.remove_prefix(end);
  }
  return false;
}

/// Whether an Accept field (RFC 9110 section 12.5.1) names JSON, and not with a weight of 0.
bool accepts_json(const Head& head) {
  bool accepts = false;
  head.each(Field::accept, [&](std::string_view value) {
    ListReader list(value);
    while (const auto element = list.next()) {
      const auto semicolon = std::min(element->find(';'), element->size());
      if (!equal_ignoring_case(trim(element->substr(0, semicolon)), "application/json")) continue;
      accepts = !has_weight_0(element->substr(semicolon));
    }
  });
  return accepts;
}

Response whoami(const RequestContext& exchange) {
  auto answer = accepts_json(exchange.head)
                    ? fresh_json(exchange, json::object{{"you", to_json(exchange.remote)},
                                                        {"me", to_json(exchange.local)}})
                    : no_store_response(exchange, "text/plain; charset=utf-8",
                                        "you  " + exchange.remote.to_string() + "\nme   " +
                                            exchange.local.to_string() + "\n");
  answer.fields += "Vary: Accept\r\n";
  return answer;
}

Response request_as_it_arrived(const RequestContext& exchange) {
  // The length is that of GET, although a request of HEAD is a letter longer.
  const std::size_t extra = exchange.head.method == "HEAD" ? 1 : 0;
  return no_store_response(exchange, "text/plain; charset=utf-8",
                           std::string(exchange.raw.substr(extra)));
}

Response listeners(const RequestContext& exchange) {
  json::array rows;
  for (const auto& row : exchange.tables.listeners()) rows.push_back(to_json(row));
  return fresh_json(exchange, rows);
}

Response sessions(const RequestContext& exchange) {
  if (exchange.sessions) return answer_with(exchange.sessions, exchange.head, seconds_now());
  Response later;
  later.wants_sessions = true;
  return later;
}

Response answer_by_method(const RequestContext& exchange) {
  const auto method = exchange.head.method;
  if (exchange.target.whole_server) return options(any_methods);
  const auto& resource = resource_at(exchange.target.path);
  const bool any = resource.methods == Methods::any;
  const auto allowed = allowed_by(resource);
  if (is_reading(method)) return resource.answer(exchange);
  if (method == "TRACE") return not_allowed(allowed);
  const bool known = std::ranges::find(known_methods, method) != known_methods.end();
  if (method != "OPTIONS") {
    if (any) return resource.answer(exchange);
    if (method == "POST" && resource.methods == Methods::reading_and_post)
      return no_store_response(exchange, "text/plain; charset=utf-8",
                               std::string(exchange.content));
    if (!known) return text_answer(501, "this server does not know that method");
  }
  // A path that leads nowhere allows nothing.
  if (&resource == &everything_else) {
    auto found = answer_from_site(exchange);
    if (found.status >= 400) return found;
  }
  return method == "OPTIONS" ? options(allowed) : not_allowed(allowed);
}

}  // namespace

BodyKept body_kept(std::string_view path) {
  switch (resource_at(path).methods) {
    case Methods::reading:
      return BodyKept::nothing;
    case Methods::reading_and_post:
      return BodyKept::content;
    case Methods::any:
      return BodyKept::raw;
  }
  return BodyKept::nothing;
}

Response answer(const RequestContext& exchange) {
  auto result = answer_by_method(exchange);
  result.head_only = exchange.head.method == "HEAD";
  return result;
}

}  // namespace portlab::http
