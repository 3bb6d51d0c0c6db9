#pragma once
// Where a request's body ends (RFC 9112 section 6), and what else of a head must be right before
// anybody looks at what it asks for.

#include <cstdint>
#include <optional>
#include <variant>

#include "servers/http/head.hpp"

namespace portlab::http {

/// The most content that a request may bring.
inline constexpr std::uint64_t body_bytes_max = std::uint64_t{1} << 20;

struct Framing {
  bool chunked = false;
  std::uint64_t content_length = 0;  ///< 0 too where there is no body, or it is chunked
  bool expects_continue = false;     ///< wants to hear "100 Continue" before it sends the body
  bool keep_alive = true;            ///< RFC 9112 section 9.3
  bool says_keep_alive = false;      ///< an HTTP/1.0 client that must be told so

  bool has_body() const { return chunked || content_length > 0; }
};

/// The framing, or why the request must be refused. After a refusal nobody knows where the next
/// request would begin: the connection ends.
std::variant<Framing, HttpError> framing_of(const Head& head);

/// Host = uri-host [ ":" port ] (RFC 9110 section 7.2), of an http URL: not empty.
bool is_valid_host(std::string_view host);

}  // namespace portlab::http
