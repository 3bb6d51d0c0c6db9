#include "clients/http/http_url.hpp"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <locale>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

namespace urls = boost::urls;

const std::uint16_t default_port = default_port_of("http");
constexpr const char* shape = "http://HOST/PATH or http://HOST:PORT/PATH";

CommandError bad_url(const std::string& text, const std::string& why, const std::string& advice) {
  return usage_failure("'" + printable(text) + "' is not a URL for portlab http: " + why, advice);
}

bool is_scheme(std::string_view name, std::string_view wanted) {
  return boost::algorithm::iequals(name, wanted, std::locale::classic());
}

/// Adds http:// to a text without it. By RFC 3986 alone, "localhost" in "localhost:83" would be a
/// scheme.
std::string with_scheme(const std::string& text) {
  return text.find("://") == std::string::npos && !text.starts_with("http:") ? "http://" + text
                                                                             : text;
}

/// Throws for an invalid host or port. Boost.URL 1.81 accepts "h:8o/" as the port 8 and a path
/// "o/".
void check_authority(const std::string& text) {
  const auto mark = text.find("://");
  if (mark == std::string::npos) return;
  const auto begin = mark + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  const auto authority = text.substr(begin, end - begin);
  if (authority.find('@') != std::string::npos) return;  // rejected later, with its own message
  if (std::count(authority.begin(), authority.end(), ':') > 1 && !authority.starts_with('['))
    throw bad_url(text, "an IPv6 address needs brackets", "http://[::1]:83/");
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos || authority.find(']', colon) != std::string::npos) return;
  const auto port = authority.substr(colon + 1);
  if (!port.empty() && !parse_port(port)) throw not_a_port(port);
}

/// The error for a text that Boost.URL rejects.
CommandError explain(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') return bad_url(text, "it contains a space", "%20 in its place, in quotes");
    if (byte < 0x20 || byte == 0x7f)
      return bad_url(text, "it contains a control character", "%0A and the like in its place");
    if (byte >= 0x80)
      return bad_url(text, "it contains a character that is not ASCII",
                     "its UTF-8 bytes as %C3%BC; a host's name as xn--...");
  }
  if (text.find('%') != std::string::npos)
    return bad_url(text, "after % there must be two hexadecimal digits", "%25 for the sign itself");
  return bad_url(text, "it contains a character that is not allowed in a URL", shape);
}

/// Removes ".." above the root (RFC 3986 section 5.2.4), which Boost.URL 1.81 leaves in the path.
void stay_below_root(std::string& target) {
  while (target.starts_with("/../")) target.erase(0, 3);
  if (target == "/..") target = "/";
}

std::string target_of(const urls::url_view& url) {
  std::string target(url.encoded_path());
  if (target.empty()) target = "/";
  if (url.has_query()) target += "?" + std::string(url.encoded_query());
  return target;
}

/// Host, port and target of an absolute URL; `text` is for the errors.
HttpUrl parts_of(const urls::url_view& url, const std::string& text) {
  const std::string scheme(url.scheme());
  if (is_scheme(scheme, "https"))
    throw bad_url(text, "its scheme is https, but the lab has no TLS", "http://, or curl");
  if (is_scheme(scheme, "ftp"))
    throw bad_url(text, "ftp has its own client", "portlab ftp " + printable(text));
  if (!is_scheme(scheme, "http"))
    throw bad_url(text, "its scheme is " + printable(scheme) + ", not http", shape);
  if (url.has_userinfo())
    throw bad_url(text, "it contains a user's name, but the lab's servers have no users",
                  "-H 'Authorization: ...' for a server that does");
  HttpUrl out;
  const bool is_name = url.host_type() == urls::host_type::name;
  out.host = is_name ? std::string(url.host_name()) : std::string(url.host_address());
  if (!url.has_authority() || out.host.empty()) throw bad_url(text, "the host is missing", shape);
  // Percent-encoded characters are decoded here; a host name may not contain them.
  const std::string_view signs = is_name ? ".-_" : ".-_:%";
  const auto is_host_char = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           signs.find(c) != std::string_view::npos;
  };
  if (!std::all_of(out.host.begin(), out.host.end(), is_host_char))
    throw bad_url(text, "the host contains a character that is not allowed in host names", shape);
  if (url.has_port() && !url.port().empty()) {
    const auto port = parse_port(std::string(url.port()));
    if (!port) throw bad_url(text, port.error().text, shape);
    out.port = *port;
    out.explicit_port = true;
  }
  out.target = target_of(url);
  out.text = "http://" + out.authority() + out.target;
  return out;
}

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port ? name : name + ":" + std::to_string(port);
}

bool HttpUrl::same_origin(const HttpUrl& other) const {
  return port == other.port && boost::algorithm::iequals(host, other.host, std::locale::classic());
}

HttpUrl parse_http_url(const std::string& text) {
  if (text.empty()) throw bad_url(text, "it is empty", shape);
  const auto full = with_scheme(text);
  check_authority(full);
  const auto parsed = urls::parse_uri_reference(full);
  if (!parsed) throw explain(full);
  return parts_of(*parsed, full);
}

HttpUrl follow(const HttpUrl& from, const std::string& location) {
  const auto lost = [&](const std::string& why) {
    return CommandError(Exit::peer_said_no,
                        from.text + ": redirects to '" + printable(location) + "': " + why,
                        "without -L: the response itself");
  };
  const auto reference = urls::parse_uri_reference(location);
  if (!reference) throw lost("that is not a URL");
  urls::url out;
  const urls::url base(from.text);
  if (!urls::resolve(base, *reference, out)) throw lost("that can't be resolved");
  try {
    check_authority(std::string(out.buffer()));
    auto to = parts_of(out, std::string(out.buffer()));
    stay_below_root(to.target);
    to.text = "http://" + to.authority() + to.target;
    return to;
  } catch (const CommandError& failure) {
    throw lost(failure.reason());
  }
}

}  // namespace portlab
