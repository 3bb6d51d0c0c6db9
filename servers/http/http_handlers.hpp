#pragma once
// The handlers that the table of routes names.

#include "servers/http/routes.hpp"

namespace portlab::http {

/// Unix sockets, such as the control socket, are reachable on this machine only, so the lists leave
/// them out.
inline bool is_public(const Endpoint& local) { return local.transport != Transport::local; }

// server_resources.cpp: what the server sees of the connection, the request, the listeners and the
// sessions.

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

/// The certificate of the authority that this server made for itself, as PEM.
Task<void> authority_certificate(const Request& request, ResponseWriter& response,
                                 const RequestContext& context);

/// 404 where there is no such authority; else nullopt.
std::optional<Response> find_authority_error(const Request& request, const RequestContext& context);

/// The site's front page; a POST gets its content back.
Task<void> front_page(const Request& request, ResponseWriter& response,
                      const RequestContext& context);

// live_page.cpp: the live page.

/// A file of the page.
Task<void> live_page(const Request& request, ResponseWriter& response,
                     const RequestContext& context);

/// The error that GET of this path gets (404, 421); nullopt if it gets none.
std::optional<Response> find_live_error(const Request& request, const RequestContext& context);

/// What changes, as a stream of server-sent events.
Task<void> live_events(const Request& request, ResponseWriter& response,
                       const RequestContext& context);

// static_files.cpp: a file, a folder's index.html, a list of the folder, or a redirection to it.

/// Answers GET and HEAD of what the path leads to.
Task<void> serve_file(const Request& request, ResponseWriter& response,
                      const RequestContext& context);

/// The error that GET of this path gets (403, 404, 503); nullopt if it gets none.
std::optional<Response> find_file_error(const Request& request, const RequestContext& context);

}  // namespace portlab::http
