#pragma once
// Handlers of the paths that show what the server sees: the connection, the request, the listeners
// and the sessions.

#include "servers/http/routes.hpp"

namespace portlab::http {

/// Both ends of the connection, as text, or as JSON if Accept names application/json.
Task<void> whoami(const Request& request, ResponseWriter& response, const RequestContext& context);

/// The request to the byte: head and body.
Task<void> request_as_it_arrived(const Request& request, ResponseWriter& response,
                                 const RequestContext& context);

/// All sessions of the server, as JSON.
Task<void> list_sessions(const Request& request, ResponseWriter& response,
                         const RequestContext& context);

/// All listeners of the server, as JSON.
Task<void> list_listeners(const Request& request, ResponseWriter& response,
                          const RequestContext& context);

/// The site's front page; a POST gets its content back.
Task<void> front_page(const Request& request, ResponseWriter& response,
                      const RequestContext& context);

}  // namespace portlab::http
