#pragma once
// What `portlab http` needs to know from a URL (RFC 3986; RFC 9110 section 4.2).

#include <cstdint>
#include <string>
#include <string_view>

#include "common/known_services.hpp"

namespace portlab {

/// An http URL, taken apart.
struct HttpUrl {
  std::string host;  ///< without brackets
  std::uint16_t port = default_port_of("http");
  bool explicit_port = false;  ///< the URL names its port
  std::string target = "/";    ///< path and query, as written: the request line's target
  std::string text;            ///< the whole URL, without its fragment

  /// The Host field's value: with the port where it is not 80.
  std::string authority() const;
  /// Whether both lead to the same server and port.
  bool same_origin(const HttpUrl& other) const;
};

/// Reads a URL as people write it; "127.0.0.1:83/x" means http. Throws a CommandError (exit status 2)
/// that explains what is wrong with it.
HttpUrl parse_http_url(const std::string& text);

/// Where a Location field leads, seen from the URL that answered with it (RFC 9110 section 10.2.2).
/// Throws a CommandError (exit status 1) where that is no http URL.
HttpUrl follow(const HttpUrl& from, const std::string& location);

}  // namespace portlab
