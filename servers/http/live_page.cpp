// The live page: its files below /live/, and the stream of events that it shows.
//
// GET /api/events is a stream of server-sent events (HTML Living Standard section 9.2): a snapshot,
// then batches of changes, at most ten in a second. A viewer that reads too slowly gets another
// snapshot instead of what it missed.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/known_services.hpp"
#include "common/system/interfaces.hpp"
#include "common/system/port_settings.hpp"
#include "servers/http/http_date.hpp"
#include "servers/http/http_handlers.hpp"
#include "servers/http/live_feed.hpp"
#include "servers/http/live_files.hpp"
#include "servers/http/own_host.hpp"

namespace portlab::http {

namespace {

namespace json = boost::json;

constexpr std::string_view live_path = "/live/";
/// Snapshots and batches are sent in pieces of this size; a batch that is larger, in one piece.
constexpr std::size_t piece_bytes = gathered_bytes_max;
/// A viewer that needs longer for a snapshot than this is disconnected.
constexpr std::chrono::seconds snapshot_seconds_max{20};

Response find_live_response(const Request& request, const RequestContext& context) {
  if (auto error = misdirection(request, context.own_names)) return std::move(*error);
  const auto path = "/" + normal_path(request.path) + (names_folder(request.path) ? "/" : "");
  if (path == "/live") {
    const auto location =
        std::string(live_path) + (request.query.empty() ? "" : "?" + request.query);
    auto response = text_response(301, "the live page is at " + location);
    response.fields += "Location: " + location + "\r\n";
    return response;
  }
  auto file = find_live_file(std::string_view(path).substr(live_path.size()));
  if (!file) return text_response(404, "the live page has no such file");
  return respond_with(std::move(file), request, seconds_now());
}

json::array own_addresses() {
  json::array addresses;
  for (const auto& own : interface_addresses())
    if (own.is_up && !own.address.is_loopback() && !is_link_local(own.address))
      addresses.emplace_back(own.address.to_string());
  return addresses;
}

json::array services_with_ports() {
  json::array services;
  for (const auto& service : known_services())
    if (service.default_port != 0)
      services.push_back(
          json::object{{"name", service.name}, {"default_port", service.default_port}});
  return services;
}

json::object refusals_visible(const std::string& why_not) {
  if (why_not.empty()) return {{"visible", true}};
  return {{"visible", false}, {"reason", why_not}};
}

/// The members of a snapshot that do not depend on the sessions, and the opening brace.
std::string begin_of_snapshot(const RequestContext& context, std::uint64_t missed) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  json::object facts{
      {"at", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
      {"missed", missed},
      {"host", own_host_name()},
      {"addresses", own_addresses()},
      {"you", to_json(context.remote)},
      {"me", to_json(context.local)},
      {"services", services_with_ports()},
      {"ephemeral", nullptr},
      {"refusals", refusals_visible(context.live.why_no_refusals())},
  };
  if (const auto range = ephemeral_range())
    facts["ephemeral"] = json::object{{"first", range->first}, {"last", range->last}};
  auto text = "event: snapshot\ndata: " + json::serialize(facts);
  text.back() = ',';  // instead of the closing brace
  return text;
}

/// False: the viewer is too slow.
Task<bool> send_snapshot(ResponseWriter& response, const RequestContext& context,
                         LiveFeed::Viewer& viewer) {
  const auto text = co_await viewer.snapshot();
  if (!text) co_return true;  // later
  const auto begin = begin_of_snapshot(context, viewer.missed());
  co_await response.write(begin);
  const auto deadline = std::chrono::steady_clock::now() + snapshot_seconds_max;
  for (std::size_t at = 0; at < text->size(); at += piece_bytes) {
    const auto piece = std::string_view(*text).substr(at, piece_bytes);
    co_await response.write(piece);
    if (std::chrono::steady_clock::now() > deadline) co_return false;
  }
  co_await response.write("}\n\n");
  co_return true;
}

/// In pieces, so that no viewer holds a copy of all of it.
Task<void> send_batches(ResponseWriter& response, const std::vector<LiveFeed::Text>& batches) {
  std::string piece;
  for (const auto& batch : batches) {
    if (!piece.empty() && piece.size() + batch->size() > piece_bytes) {
      co_await response.write(piece);
      piece.clear();
    }
    if (batch->size() > piece_bytes)
      co_await response.write(*batch);
    else
      piece += *batch;
  }
  if (!piece.empty()) co_await response.write(piece);
}

Task<void> send_events(ResponseWriter& response, const RequestContext& context,
                       LiveFeed::Viewer& viewer) {
  co_await response.write("retry: 1500\n\n");
  bool in_time = true;
  while (in_time) {
    const auto news = viewer.next();
    co_await send_batches(response, news.batches);
    if (news.needs_snapshot) in_time = co_await send_snapshot(response, context, viewer);
    if (in_time) co_await response.pause(news.pause);
  }
}

}  // namespace

Task<void> live_page(const Request& request, ResponseWriter& response,
                     const RequestContext& context) {
  return response.send(find_live_response(request, context));
}

std::optional<Response> find_live_error(const Request& request, const RequestContext& context) {
  auto response = find_live_response(request, context);
  if (response.status < 400) return std::nullopt;
  return response;
}

Task<void> live_events(const Request& request, ResponseWriter& response,
                       const RequestContext& context) {
  if (auto error = misdirection(request, context.own_names)) {
    co_await response.send(std::move(*error));
    co_return;
  }
  const auto viewer = context.live.join();
  if (!viewer) {
    auto busy = text_response(503, "too many live pages are open; close one, or try again later");
    busy.fields += "Retry-After: 10\r\n";
    co_await response.send(std::move(busy));
    co_return;
  }
  Response head;
  head.fields =
      "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n";
  const bool has_body = co_await response.begin_stream(std::move(head));
  if (!has_body) co_return;
  co_await send_events(response, context, *viewer);
  co_await response.end_stream();
}

}  // namespace portlab::http
