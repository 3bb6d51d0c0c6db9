#include "clients/ftp/ftp_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"

namespace portlab::ftp::client {

namespace {

namespace urls = boost::urls;

const std::uint16_t default_port = default_port_of("ftp");
constexpr const char* shape = "ftp://HOST/PATH or ftp://HOST:PORT/PATH";

CommandError bad_url(const std::string& text, const std::string& why, const std::string& advice) {
  return usage_failure("'" + printable(text) + "' is not a URL for portlab ftp: " + why, advice);
}

/// Throws for an invalid host or port: Boost.URL 1.81 accepts "h:8o/" as the port 8.
void check_authority(const std::string& text) {
  const auto begin = text.find("://") + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  auto authority = text.substr(begin, end - begin);
  authority.erase(0, authority.rfind('@') + 1);  // npos + 1 is 0
  if (std::count(authority.begin(), authority.end(), ':') > 1 && !authority.starts_with('['))
    throw bad_url(text, "an IPv6 address needs brackets", "ftp://[::1]:8021/");
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos || authority.find(']', colon) != std::string::npos) return;
  const auto port = authority.substr(colon + 1);
  if (!port.empty() && !parse_port(port)) throw not_a_port(port);
}

/// Takes ";type=a" from the end of the path.
void take_type(const std::string& text, std::string& path, FtpUrl& url) {
  const auto mark = path.rfind(";type=");
  if (mark == std::string::npos) return;
  const auto type = path.substr(mark + 6);
  if (type != "a" && type != "A" && type != "i" && type != "I")
    throw bad_url(text, "its type is neither a (text) nor i (bytes)", ";type=a, or none");
  url.as_text = type == "a" || type == "A";
  path.erase(mark);
}

FtpUrl parts_of(const urls::url_view& parsed, const std::string& text) {
  FtpUrl url;
  if (parsed.scheme() != "ftp")
    throw bad_url(text, "its scheme is " + printable(std::string(parsed.scheme())) + ", not ftp",
                  shape);
  url.host = parsed.host_type() == urls::host_type::name ? std::string(parsed.host_name())
                                                         : std::string(parsed.host_address());
  if (url.host.empty()) throw bad_url(text, "the host is missing", shape);
  if (parsed.has_query() || parsed.has_fragment())
    throw bad_url(text, "FTP has no query (?) and no fragment (#)",
                  "%3F or %23 if the name of the file contains them");
  if (parsed.has_userinfo()) url.user = parsed.user();
  if (parsed.has_password()) url.password = parsed.password();
  if (!parsed.port().empty()) {
    const auto port = parse_port(std::string(parsed.port()));
    if (!port) throw not_a_port(std::string(parsed.port()));
    url.port = *port;
  }
  std::string path = parsed.path();
  take_type(text, path, url);
  // The first "/" only ends the host; an absolute path begins with a second one.
  url.path = path.empty() ? path : path.substr(1);
  return url;
}

}  // namespace

std::string FtpUrl::server() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return "ftp://" + name + (port == default_port ? "" : ":" + std::to_string(port)) + "/";
}

FtpUrl parse_ftp_url(const std::string& text) {
  if (text.empty()) throw bad_url(text, "it is empty", shape);
  const auto full = text.find("://") == std::string::npos ? "ftp://" + text : text;
  check_authority(full);
  const auto parsed = urls::parse_uri(full);
  if (!parsed)
    throw bad_url(full,
                  "it contains a character that is not allowed in a URL, or a % without two digits",
                  "%20 for a space, %25 for the % itself");
  return parts_of(*parsed, full);
}

}  // namespace portlab::ftp::client
