#pragma once
// Handler of the site: a file, a folder's index.html, a list of the folder, or a redirection to it.

#include "servers/http/routes.hpp"

namespace portlab::http {

/// Answers GET and HEAD of what the path leads to.
Task<void> serve_file(const Request& request, ResponseWriter& response,
                      const RequestContext& context);

/// The error that GET of this path gets (403, 404, 503); nullopt if it gets none.
std::optional<Response> find_file_error(const Request& request, const RequestContext& context);

}  // namespace portlab::http
