#pragma once
// The four forms of a request target (RFC 9112 section 3.2).

#include <optional>

#include "servers/http/request.hpp"

namespace portlab::http {

/// Sets `whole_server`, `path` and `query` from the request's method and target; or says why they
/// can't be had. The host of an absolute target overrides the Host field (section 3.2.2); this
/// server has one site for all names, so it uses neither.
std::optional<HttpError> read_target(Request& request);

}  // namespace portlab::http
