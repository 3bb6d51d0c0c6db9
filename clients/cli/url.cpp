#include "clients/cli/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <cctype>

#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

/// Throws for an invalid port, or an IPv6 address without brackets. Boost.URL 1.81 accepts "h:8o/"
/// as the port 8 and a path "o/".
void check_authority(const std::string& text, const std::string& scheme) {
  const auto mark = text.find("://");
  if (mark == std::string::npos) return;
  auto authority = text.substr(mark + 3);
  authority.resize(std::min(authority.find_first_of("/?#"), authority.size()));
  authority.erase(0, authority.rfind('@') + 1);  // npos + 1 is 0
  if (std::count(authority.begin(), authority.end(), ':') > 1 && !authority.starts_with('['))
    throw bad_url(text, scheme, "an IPv6 address needs brackets", scheme + "://[::1]:83/");
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos || authority.find(']', colon) != std::string::npos) return;
  const auto port = authority.substr(colon + 1);
  if (!port.empty() && !parse_port(port)) throw not_a_port(port);
}

/// The error for a text that Boost.URL rejects.
CommandError explain(const std::string& text, const std::string& scheme) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ')
      return bad_url(text, scheme, "it contains a space", "%20 in its place, in quotes");
    if (byte < 0x20 || byte == 0x7f)
      return bad_url(text, scheme, "it contains a control character",
                     "%0A and the like in its place");
    if (byte >= 0x80)
      return bad_url(text, scheme, "it contains a character that is not ASCII",
                     "its UTF-8 bytes as %C3%BC; a host's name as xn--...");
  }
  if (text.find('%') != std::string::npos)
    return bad_url(text, scheme, "after % there must be two hexadecimal digits",
                   "%25 for the sign itself");
  return bad_url(text, scheme, "it contains a character that is not allowed in a URL");
}

void check_scheme(const std::string& text, const std::string& scheme, const std::string& found) {
  if (found == scheme || (scheme == "http" && found == "https")) return;
  if (found == "http" || found == "https" || found == "ftp")
    throw bad_url(text, scheme, found + " has its own client",
                  std::string("portlab ") + (found == "ftp" ? "ftp " : "http ") + printable(text));
  throw bad_url(text, scheme, "its scheme is " + printable(found) + ", not " + scheme);
}

/// The zone of an address, checked: it may come from a server's Location, and is shown and passed to
/// the resolver.
std::string checked_zone(const std::string& zone, const std::string& host,
                         const std::string& written, const std::string& scheme) {
  constexpr std::string_view signs = "-_.:@";
  const auto is_zone_char = [&](unsigned char c) {
    return std::isalnum(c) != 0 || signs.find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!std::all_of(zone.begin(), zone.end(), is_zone_char))
    throw bad_url(written, scheme,
                  "the zone '" + printable(zone) +
                      "' contains a character that is not allowed in an interface's name");
  const auto bare = parse_address(host);
  const bool has_zones =  // the loopback address is one of them (RFC 4291 section 2.5.3)
      bare && bare->is_v6() &&
      (bare->to_v6().is_link_local() || bare->is_loopback() || bare->is_multicast());
  if (!has_zones)
    throw bad_url(written, scheme, "only a link-local address has a zone (RFC 4007 section 6)",
                  "the address without %" + printable(zone));
  const auto address = parse_address(host + "%" + zone);
  if (!address || (address->to_v6().is_link_local() && address->to_v6().scope_id() == 0))
    throw bad_url(written, scheme, "this machine has no interface '" + printable(zone) + "'",
                  "ip link (lists the interfaces)");
  return zone;
}

}  // namespace

std::string with_scheme(const std::string& text, const std::string& scheme) {
  if (text.empty()) throw bad_url(text, scheme, "it is empty");
  const bool has_scheme = text.find("://") != std::string::npos || text.starts_with(scheme + ":");
  return has_scheme ? text : scheme + "://" + text;
}

Url parse_url(const std::string& written, const std::string& scheme) {
  namespace urls = boost::urls;
  std::string text = written;
  const auto zone = take_zone(text);
  check_authority(text, scheme);
  const auto parsed = urls::parse_uri(text);
  if (!parsed) throw explain(text, scheme);
  check_scheme(text, scheme, lower_case(parsed->scheme()));
  Url url;
  url.parts = *parsed;
  const bool is_name = parsed->host_type() == urls::host_type::name;
  url.host = is_name ? std::string(parsed->host_name()) : std::string(parsed->host_address());
  if (url.host.empty()) throw bad_url(text, scheme, "the host is missing");
  // Percent-encoded characters are decoded here; a host name may not contain them.
  const std::string_view signs = is_name ? ".-_" : ".-_:%";
  const auto is_host_char = [&](unsigned char c) {
    return std::isalnum(c) != 0 || signs.find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!std::all_of(url.host.begin(), url.host.end(), is_host_char))
    throw bad_url(text, scheme, "the host contains a character that is not allowed in host names");
  if (!zone.empty()) url.host += "%" + checked_zone(zone, url.host, written, scheme);
  if (const std::string port(parsed->port()); !port.empty()) {
    const auto number = parse_port(port);
    if (!number) throw not_a_port(port);
    url.port = *number;
  }
  return url;
}

std::string take_zone(std::string& text) {  // Boost.URL 1.81 does not know zones
  const auto begin = text.find("://");
  const bool has_brackets = begin != std::string::npos && text.compare(begin, 4, "://[") == 0;
  const auto close = text.find(']', has_brackets ? begin : 0);
  const auto percent = text.find('%', has_brackets ? begin : 0);
  if (!has_brackets || close == std::string::npos || percent > close) return {};
  auto zone = text.substr(percent + 1, close - percent - 1);
  text.erase(percent, close - percent);
  // A zone that is the number 25 itself needs the full form, %2525.
  if (zone.starts_with("25") && zone.size() > 2) zone.erase(0, 2);
  return zone;
}

std::string without_zone(const std::string& host) { return host.substr(0, host.find('%')); }

std::string authority_of(const std::string& host, std::uint16_t port, std::uint16_t default_port) {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port ? name : name + ":" + std::to_string(port);
}

std::optional<std::string> url_with_port(const std::string& host, const std::string& port,
                                         const std::string& scheme) {
  const auto url = with_scheme(host, scheme);
  const auto mark = url.find("://");
  if (mark == std::string::npos) return std::nullopt;
  const auto begin = mark + 3;
  auto name = url.substr(begin, url.find_last_not_of('/') + 1 - begin);
  const auto address = parse_address(name);
  if (address && address->is_v6() && !name.starts_with('[')) name = "[" + name + "]";
  const bool has_brackets = name.starts_with('[') && name.ends_with(']');
  if (name.empty() || name.find_first_of("/?#") != std::string::npos ||
      (!has_brackets && name.find(':') != std::string::npos))
    return std::nullopt;
  return url.substr(0, begin) + name + ":" + port + "/";
}

CommandError bad_url(const std::string& text, const std::string& scheme, const std::string& why,
                     const std::string& advice) {
  const auto form = scheme + "://HOST/PATH or " + scheme + "://HOST:PORT/PATH";
  return usage_failure("'" + printable(text) + "' is not a URL for portlab " + scheme + ": " + why,
                       advice.empty() ? form : advice);
}

}  // namespace portlab
