#include "clients/http/http_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <cctype>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "clients/cli/url.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace urls = boost::urls;

/// Host, port and target of an absolute URL.
HttpUrl parts_of(const std::string& text) {
  const auto url = parse_url(text, "http");
  if (url.parts.has_userinfo())
    throw bad_url(text, "http", "it contains a user's name, but the lab's servers have no users",
                  "-H 'Authorization: ...' for a server that does");
  HttpUrl out;
  out.scheme = lower_case(url.parts.scheme());
  out.host = url.host;
  out.port = url.port.value_or(out.default_port());
  out.explicit_port = url.port.has_value();
  out.target = std::string(url.parts.encoded_path());
  if (out.target.empty()) out.target = "/";
  if (url.parts.has_query()) out.target += "?" + std::string(url.parts.encoded_query());
  return out;
}

/// The length of "SCHEME://[ADDRESS%ZONE]:PORT" or "//[ADDRESS%ZONE]:PORT" at the beginning; 0:
/// there is no host.
std::size_t host_part_of(std::string_view raw) {
  const auto begin = raw.find("//");
  const bool has_scheme = begin != std::string_view::npos && begin > 0 && raw[begin - 1] == ':' &&
                          raw.find_first_of("/?#[") == begin;
  if (begin != 0 && !has_scheme) return 0;
  return std::min(raw.find_first_of("/?#", begin + 2), raw.size());
}

/// Writes as %XX what must not be in a URL: servers send spaces, quotes, brackets and UTF-8 in
/// Location, and curl and browsers follow. A second # is part of the fragment.
std::string escaped(std::string_view raw) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view forbidden = " \"<>\\^`{|}[]";
  const auto host_end = host_part_of(raw);
  bool in_fragment = false;
  const auto is_hex = [&](std::size_t at) {
    return at < raw.size() && std::isxdigit(static_cast<unsigned char>(raw[at])) != 0;
  };
  std::string out(raw.substr(0, host_end));
  for (std::size_t i = host_end; i < raw.size(); ++i) {
    const auto byte = static_cast<unsigned char>(raw[i]);
    const bool lone_percent = raw[i] == '%' && !(is_hex(i + 1) && is_hex(i + 2));
    const bool second_hash = raw[i] == '#' && std::exchange(in_fragment, true);
    if (byte < 0x20 || byte >= 0x7f || lone_percent || second_hash ||
        forbidden.find(raw[i]) != std::string_view::npos)
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    else
      out += raw[i];
  }
  return out;
}

}  // namespace

std::uint16_t HttpUrl::default_port() const { return default_port_of(scheme); }

std::string HttpUrl::authority() const {
  return authority_of(without_zone(host), port, default_port());
}

std::string HttpUrl::text() const {
  return scheme + "://" + authority_of(host, port, default_port()) + target;
}

bool HttpUrl::same_origin(const HttpUrl& other) const {
  return scheme == other.scheme && port == other.port && equal_ignoring_case(host, other.host);
}

HttpUrl parse_http_url(const std::string& text) { return parts_of(with_scheme(text, "http")); }

HttpUrl follow(const HttpUrl& from, const std::string& location) {
  const auto lost = [&](const std::string& why) {
    return CommandError(
        Exit::failed,
        printable(from.text()) + ": redirects to '" + printable(location) + "': " + why,
        "without -L: the response itself");
  };
  std::string valid = escaped(location);
  if (valid.starts_with("//")) valid.insert(0, from.scheme + ":");
  const auto zone = take_zone(valid);
  const auto reference = urls::parse_uri_reference(valid);
  if (!reference) throw lost("that is not a URL");
  urls::url out;
  const urls::url base(from.scheme + "://" + from.authority() + from.target);
  if (!urls::resolve(base, *reference, out)) throw lost("that can't be resolved");
  try {
    std::string text(out.buffer());
    if (!zone.empty()) text.insert(text.find(']'), "%" + zone);
    auto to = parts_of(text);
    if (to.host == without_zone(from.host)) to.host = from.host;  // the same machine, with its zone
    // Boost.URL 1.81 leaves ".." above the root in the path (RFC 3986 section 5.2.4).
    while (to.target.starts_with("/../")) to.target.erase(0, 3);
    if (to.target == "/..") to.target = "/";
    return to;
  } catch (const CommandError& failure) {
    throw lost(failure.reason());
  }
}

}  // namespace portlab
