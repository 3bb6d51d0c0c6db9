#pragma once
// URLs of `portlab http`: of the schemes http and https (RFC 3986; RFC 9110 section 4.2).

#include <cstdint>
#include <string>

#include "common/known_services.hpp"

namespace portlab {

/// The parts of a URL.
struct HttpUrl {
  std::string scheme = "http";  ///< or "https"
  std::string host;             ///< without brackets; an IPv6 zone as in "fe80::1%lo"
  std::uint16_t port = default_port_of("http");
  bool explicit_port = false;  ///< the URL names its port
  std::string target = "/";    ///< path and query, as written: the request line's target

  bool is_https() const { return scheme == "https"; }
  /// The port of the scheme: 80 or 443.
  std::uint16_t default_port() const;
  /// The value of the Host field: with the port unless it is the scheme's, without an IPv6 zone.
  std::string authority() const;
  /// The whole URL, without its fragment.
  std::string text() const;
  /// Whether both have the same scheme, host and port.
  bool same_origin(const HttpUrl& other) const;
};

/// Parses a URL; "127.0.0.1:83/x" means http. Throws a CommandError (exit status 2)
/// that explains what is wrong with it.
HttpUrl parse_http_url(const std::string& text);

/// The target of a Location field in the response for a URL (RFC 9110 section 10.2.2).
/// Throws a CommandError (exit status 1) if it is neither an http nor an https URL.
HttpUrl follow(const HttpUrl& from, const std::string& location);

}  // namespace portlab
