// One session of HTTP, from accept to close. The path of a request:
//
//   HeadReader       checks its lines and stores their parts     request_head.cpp
//     read_framing   where the body ends                         request_framing.cpp
//     read_target    the path and the query                      request_target.cpp
//   find_route       the row of the table for this path          routes.cpp
//   BodyReader       reads the body to its end                   request_body.cpp
//   handle_request   the route's handler, or 405 …               routes.cpp
//   ResponseWriter   sends what the handler responds             response_writer.cpp
//
// Responses to requests that arrived together are sent together.

#include "servers/http/http_service.hpp"

#include <optional>
#include <string>
#include <utility>

#include "servers/http/live_feed.hpp"
#include "servers/http/own_host.hpp"
#include "servers/http/request_body.hpp"
#include "servers/http/request_head.hpp"

namespace portlab {

namespace {

using namespace http;

constexpr std::chrono::seconds head_seconds_max{10};
constexpr std::chrono::seconds body_seconds_max{60};
/// At most this many responses are sent together.
constexpr int gathered_responses_max = 8;

/// A response that the core sends as a session ends. It is kept in `storage`, which must live as
/// long as the thread: the core holds a view of it. Later calls overwrite
/// only the Date; the length stays the same, so the view stays valid.
std::string_view last_response(std::string& storage, const Response& response) {
  storage.clear();
  append_head(storage, response);
  append_content_length(storage, response.length);
  storage += "Connection: close\r\n\r\n";
  return storage += response.text;
}

std::string_view request_timeout_response() {
  static thread_local std::string storage;
  return last_response(storage, text_response(408, "the request was not complete in time"));
}

class HttpStream final : public StreamService {
 public:
  HttpStream(std::shared_ptr<SharedSite> site, const ServerView& server,
             std::span<const Route> routes, std::function<std::string()> authority,
             std::shared_ptr<LiveFeed> live)
      : site_(std::move(site)),
        server_(server),
        routes_(routes),
        authority_(std::move(authority)),
        live_(std::move(live)) {}

  Task<void> serve(Connection& client) override;
  std::string_view overload_reply() const override;
  std::string_view no_tls_reply() const override;

 private:
  Task<bool> answer_pending(Connection& client);
  Task<ReadState> read_body(Connection& client, Request& request, ResponseWriter& response,
                            const Route* route, std::string& gathered);

  std::shared_ptr<SharedSite> site_;
  const ServerView& server_;
  std::span<const Route> routes_;
  const std::function<std::string()> authority_;
  const OwnNames own_names_ = OwnNames::read();
  FileCache files_;
  const std::shared_ptr<LiveFeed> live_;
};

Task<void> flush(Connection& client, std::string& gathered) {
  if (!gathered.empty()) co_await client.write(gathered);
  gathered.clear();
}

template <class Reader>
ReadState read_pending(Connection& client, Reader& reader) {
  std::size_t used = 0;
  const auto state = reader.read(client.pending(), used);
  client.consume(used);
  return state;
}

/// Reads what is still to come of a head or a body. ReadState::more: the peer closed before its
/// end. refused: also when `fits` returns false.
template <class Reader, class Fits>
Task<ReadState> read_rest(Connection& client, Reader& reader, std::chrono::seconds limit,
                          std::string& gathered, Fits fits) {
  co_await flush(client, gathered);
  client.set_message_deadline(limit, request_timeout_response());
  auto state = ReadState::more;
  while (state == ReadState::more) {
    const bool arrived = co_await client.receive();
    if (!arrived) co_return state;
    state = read_pending(client, reader);
    if (!fits()) co_return ReadState::refused;
  }
  co_return state;
}

Task<void> refuse(ResponseWriter& response, const HttpError& error) {
  response.close_connection();  // where the next request begins is not certain
  return response.send(text_response(error.status, error.reason));
}

Task<void> HttpStream::serve(Connection& client) {
  bool more = true;
  while (more) {
    client.start_idle_timeout();
    if (client.pending().empty()) more = co_await client.receive();
    if (more) more = co_await answer_pending(client);
  }
}

/// Answers requests until nothing is pending. False: the session is over. Not a part of serve(), so
/// that an idle session needs little memory: this coroutine's frame is freed meanwhile.
Task<bool> HttpStream::answer_pending(Connection& client) {
  std::string gathered;
  for (int count = 1; !client.pending().empty(); ++count) {
    Request request;
    ResponseWriter response(client, request, gathered);
    HeadReader head(request);
    auto state = read_pending(client, head);
    if (state == ReadState::more)
      state = co_await read_rest(client, head, head_seconds_max, gathered, [] { return true; });
    if (state == ReadState::more) co_return false;
    client.set_message_deadline(response_seconds_max);
    if (state == ReadState::complete) {
      const Route* route = find_route(routes_, request);
      auto body = ReadState::complete;
      if (request.has_body()) body = co_await read_body(client, request, response, route, gathered);
      if (!request.keep_alive && body == ReadState::complete) client.skip_linger();
      const RequestContext context{
          client.local(),           client.remote(),      server_,    *site_,    files_, *live_,
          client.poll_generation(), client.tls_version(), authority_, own_names_};
      if (body != ReadState::refused) co_await handle_request(route, request, response, context);
      if (request.has_body()) client.keep_bytes(0);
    } else {
      co_await refuse(response, head.error());
    }
    if (response.closes_connection()) {
      co_await client.write_and_shutdown(gathered);
      co_return false;
    }
    if (gathered.size() > gathered_bytes_max || count % gathered_responses_max == 0)
      co_await flush(client, gathered);
  }
  co_await flush(client, gathered);
  co_return true;
}

/// Reads a request's body. ReadState::more: the client waits for a response before it sends the
/// body, so it was not read. ReadState::refused: the response has been sent.
Task<ReadState> HttpStream::read_body(Connection& client, Request& request,
                                      ResponseWriter& response, const Route* route,
                                      std::string& gathered) {
  const bool awaits_100 = request.expects_continue && client.pending().empty();
  if (awaits_100 && !is_allowed(route, request.method)) {
    // After this response the client may or may not send the body (RFC 9110 section 10.1.1), so it
    // is not known where the next request would begin.
    response.close_connection();
    co_return ReadState::more;
  }
  if (awaits_100) gathered += "HTTP/1.1 100 Continue\r\n\r\n";
  BodyReader body(request, route == nullptr ? BodyKept::nothing : route->body);
  bool is_kept = true;
  const auto fits = [&] { return is_kept = client.keep_bytes(request.body.capacity()); };
  auto state = read_pending(client, body);
  if (!fits()) state = ReadState::refused;
  if (state == ReadState::more)
    state = co_await read_rest(client, body, body_seconds_max, gathered, fits);
  client.set_message_deadline(response_seconds_max);
  if (!is_kept) {
    co_await refuse(response, {503, "too many bodies of requests at once; try again soon"});
    co_return ReadState::refused;
  }
  if (state == ReadState::complete) co_return state;
  constexpr HttpError too_short{400, "the body is shorter than announced"};
  co_await refuse(response, state == ReadState::refused ? body.error() : too_short);
  co_return ReadState::refused;
}

std::string_view HttpStream::no_tls_reply() const {
  static thread_local std::string storage;
  return last_response(
      storage, text_response(400, "this port speaks HTTP over TLS: the URL begins with https://"));
}

std::string_view HttpStream::overload_reply() const {
  static thread_local std::string storage;
  auto response = text_response(503, "too many sessions; try again soon");
  response.fields += "Retry-After: 5\r\n";
  return last_response(storage, response);
}

}  // namespace

Service make_http_service(std::shared_ptr<SharedSite> site, const ServerView& server,
                          std::span<const http::Route> routes,
                          std::function<std::string()> authority,
                          std::shared_ptr<http::LiveFeed> live) {
  if (!live) live = std::make_shared<http::LiveFeed>(server);
  return {known_service("http"),
          std::make_unique<HttpStream>(std::move(site), server, routes, std::move(authority),
                                       std::move(live)),
          nullptr};
}

}  // namespace portlab
