#pragma once
// The table of routes: which handler answers which path, for which methods.
//
// To add a route, write a handler and add one line to the table in routes.cpp.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"
#include "servers/http/file_cache.hpp"
#include "servers/http/http_response.hpp"
#include "servers/http/request.hpp"
#include "servers/http/response_writer.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/site.hpp"

namespace portlab::http {

class LiveFeed;
class OwnNames;

/// What a handler may need beside the request.
struct RequestContext {
  const Endpoint& local;   ///< the server's end of the connection
  const Endpoint& remote;  ///< the client's end
  const ServerView& server;
  const SharedSite& site;
  FileCache& files;
  LiveFeed& live;
  std::uint64_t poll_generation;  ///< Connection::poll_generation, when the request was read
  std::string_view tls_version;   ///< "1.3"; empty: the connection is not encrypted
  /// The PEM of the authority that signed this server's certificate; empty: it has none of its own.
  const std::function<std::string()>& authority;
  const OwnNames& own_names;
};

/// Answers one request through `response`. All three outlive the coroutine.
using Handler = Task<void> (*)(const Request& request, ResponseWriter& response,
                               const RequestContext& context);

/// The error of a path below a prefix where nothing is; nullopt if something is there.
using FindError = std::optional<Response> (*)(const Request& request,
                                              const RequestContext& context);

struct Methods {
  std::string_view allow;  ///< the Allow field (RFC 9110 section 10.2.1)
  bool any_other = false;  ///< the handler also gets methods that are not listed, except TRACE
};

struct Route {
  std::string_view path;  ///< "/whoami"; or a prefix, with a "*" behind it: "/docs/*"
  Methods methods;
  BodyKept body = BodyKept::nothing;
  Handler handle = nullptr;
  FindError find_error = nullptr;  ///< for a prefix; not set: all of its paths exist
};

/// This server's table. The first route that matches is taken.
std::span<const Route> server_routes();

/// The route of a request; null if there is none.
const Route* find_route(std::span<const Route> routes, const Request& request);

/// Whether the route's handler gets requests with that method.
bool is_allowed(const Route* route, std::string_view method);

/// Answers a request that has been read to its end: by its route's handler; or 404, 405, 501, or
/// OPTIONS, from the table. `route`: as find_route returned it.
Task<void> handle_request(const Route* route, const Request& request, ResponseWriter& response,
                          const RequestContext& context);

}  // namespace portlab::http
