#pragma once
// The URLs of `portlab http` and `portlab ftp` (RFC 3986).

#include <boost/url/url.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/command_error.hpp"

namespace portlab {

/// A URL with a valid host and port.
struct Url {
  std::string host;  ///< decoded, without brackets; an IPv6 zone as in "fe80::1%lo"
  std::optional<std::uint16_t> port;  ///< nothing: the URL names none
  boost::urls::url parts;             ///< the whole URL, without an IPv6 zone
};

/// Adds the scheme ("http") to a text without one: by RFC 3986 alone, "localhost" in "localhost:83"
/// would be a scheme. Throws a CommandError for an empty text.
std::string with_scheme(const std::string& text, const std::string& scheme);

/// Reads a URL of this scheme; of https, too, where it is http. Throws a CommandError (exit status 2)
/// that explains what is wrong with it.
Url parse_url(const std::string& text, const std::string& scheme);

/// Removes the zone from the IPv6 address of a URL, and returns it: "lo" of [fe80::1%25lo] (RFC 6874)
/// or [fe80::1%lo], which people write as well. Empty: there is none.
std::string take_zone(std::string& text);

/// The host without its IPv6 zone, which has a meaning on this machine only (RFC 6874 section 3).
std::string without_zone(const std::string& host);

/// "HOST:PORT": the host in brackets if it is an IPv6 address, and the port unless it is the default
/// one.
std::string authority_of(const std::string& host, std::uint16_t port, std::uint16_t default_port);

/// "SCHEME://HOST:PORT/" for a host that was typed, perhaps with a scheme, and a port that was typed
/// after it. Nothing: the host has a path or a port already.
std::optional<std::string> url_with_port(const std::string& host, const std::string& port,
                                         const std::string& scheme);

/// "'TEXT' is not a URL for portlab SCHEME: WHY": exit status 2.
CommandError bad_url(const std::string& text, const std::string& scheme, const std::string& why,
                     const std::string& advice = {});

}  // namespace portlab
