#pragma once
// URLs of `portlab http` (RFC 3986; RFC 9110 section 4.2).

#include <cstdint>
#include <string>
#include <string_view>

#include "common/known_services.hpp"

namespace portlab {

/// The parts of an http URL.
struct HttpUrl {
  std::string host;  ///< without brackets
  std::uint16_t port = default_port_of("http");
  bool explicit_port = false;  ///< the URL names its port
  std::string target = "/";    ///< path and query, as written: the request line's target
  std::string text;            ///< the whole URL, without its fragment

  /// The value of the Host field: with the port unless it is 80.
  std::string authority() const;
  /// Whether both have the same host and port.
  bool same_origin(const HttpUrl& other) const;
};

/// Parses a URL; "127.0.0.1:83/x" means http. Throws a CommandError (exit status 2)
/// that explains what is wrong with it.
HttpUrl parse_http_url(const std::string& text);

/// The target of a Location field in the response for a URL (RFC 9110 section 10.2.2).
/// Throws a CommandError (exit status 1) if it is not an http URL.
HttpUrl follow(const HttpUrl& from, const std::string& location);

}  // namespace portlab
