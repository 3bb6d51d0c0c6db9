#include "servers/http/http_handlers.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>

#include "servers/http/http_date.hpp"
#include "servers/http/own_host.hpp"

namespace portlab::http {

namespace {

namespace json = boost::json;

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

Response fresh_response(const Request& request, std::string_view type, std::string content) {
  return respond_with(fresh_representation(type, std::move(content)), request, seconds_now());
}

Response json_response(const Request& request, const json::value& value) {
  return fresh_response(request, "application/json", json::serialize(value) + "\n");
}

/// Whether the parameters of a media range (";v=1;q=0") contain the weight 0: not acceptable
/// (RFC 9110 section 12.4.2).
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

/// Whether Accept (RFC 9110 section 12.5.1) names JSON, with a weight other than 0.
bool accepts_json(const Request& request) {
  bool accepts = false;
  request.for_each_element("Accept", [&](std::string_view element) {
    const auto semicolon = std::min(element.find(';'), element.size());
    if (equal_ignoring_case(trim(element.substr(0, semicolon)), "application/json"))
      accepts = !has_weight_0(element.substr(semicolon));
  });
  return accepts;
}

}  // namespace

Task<void> whoami(const Request& request, ResponseWriter& response, const RequestContext& context) {
  json::object as_json{{"you", to_json(context.remote)}, {"me", to_json(context.local)}};
  auto text = "you  " + context.remote.to_string() + "\nme   " + context.local.to_string() + "\n";
  if (!context.tls_version.empty()) {
    as_json["tls"] = context.tls_version;
    text += "tls  " + std::string(context.tls_version) + "\n";
  }
  auto both_ends = accepts_json(request) ? json_response(request, as_json)
                                         : fresh_response(request, plain_text, std::move(text));
  both_ends.fields += "Vary: Accept\r\n";
  co_await response.send(std::move(both_ends));
}

Task<void> request_as_it_arrived(const Request& request, ResponseWriter& response,
                                 const RequestContext&) {
  auto same = fresh_response(request, plain_text, request.head + request.body);
  // Content-Length is that of GET (RFC 9110 section 9.3.2); "HEAD" has a letter more.
  if (request.is_head() && same.status == 200) --same.length;
  co_await response.send(std::move(same));
}

Task<void> list_sessions(const Request& request, ResponseWriter& response,
                         const RequestContext& context) {
  if (auto error = misdirection(request, context.own_names)) {
    co_await response.send(std::move(*error));
    co_return;
  }
  auto rows = co_await context.server.sessions();
  std::erase_if(rows, [](const SessionRow& row) { return !is_public(row.local); });
  auto list = json_response(request, to_json(std::span(std::as_const(rows))));
  co_await response.send(std::move(list));
}

Task<void> list_listeners(const Request& request, ResponseWriter& response,
                          const RequestContext& context) {
  if (auto error = misdirection(request, context.own_names)) {
    co_await response.send(std::move(*error));
    co_return;
  }
  auto rows = context.server.listeners();
  std::erase_if(rows, [](const ListenerRow& row) { return !is_public(row.endpoint); });
  auto list = json_response(request, to_json(std::span(std::as_const(rows))));
  co_await response.send(std::move(list));
}

Task<void> authority_certificate(const Request& request, ResponseWriter& response,
                                 const RequestContext& context) {
  if (auto error = find_authority_error(request, context)) return response.send(std::move(*error));
  return response.send(fresh_response(request, "application/x-pem-file", context.authority()));
}

std::optional<Response> find_authority_error(const Request&, const RequestContext& context) {
  if (context.authority && !context.authority().empty()) return std::nullopt;
  return text_response(404,
                       "this server has no certificate authority of its own: it makes one when "
                       "https listens without --certificate");
}

Task<void> front_page(const Request& request, ResponseWriter& response,
                      const RequestContext& context) {
  if (request.is_read()) return serve_file(request, response, context);
  return response.send(fresh_response(request, plain_text, request.body));
}

}  // namespace portlab::http
