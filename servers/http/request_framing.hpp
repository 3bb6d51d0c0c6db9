#pragma once
// What the field lines say about the message itself: where its body ends (RFC 9112 section 6), and
// whether another request may follow (section 9.3). And the fields that each request must have
// right whatever it asks for.

#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/http/request.hpp"

namespace portlab::http {

/// The most content that a request may bring.
inline constexpr std::uint64_t body_bytes_max = std::uint64_t{1} << 20;

/// Sets `chunked`, `content_length`, `expects_continue` and `keep_alive` from the request's fields;
/// or says why the request must be refused. After that the connection must be closed: it is not
/// certain where the next request begins.
std::optional<HttpError> read_framing(Request& request);

/// Whether this is Host = uri-host [ ":" port ] (RFC 9110 section 7.2), as in an http URL: not
/// empty.
bool is_valid_host(std::string_view host);

}  // namespace portlab::http
