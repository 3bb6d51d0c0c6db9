#include "servers/forward/forward_target.hpp"

#include <algorithm>

namespace portlab {

namespace {

constexpr std::string_view unix_prefix = "unix:";
/// sun_path has 108 bytes, one of them for the terminating zero (unix(7)).
constexpr std::size_t unix_path_bytes_max = 107;
/// Of a domain name (RFC 1035 section 2.3.4).
constexpr std::size_t name_bytes_max = 253;
constexpr std::string_view port_range = "a number from 1 to 65535";

Error wrong(std::string_view text, const std::string& why) {
  return Error{"'" + std::string(text) + "': " + why +
               ": write HOST:PORT (IPv6 in brackets) or unix:PATH"};
}

/// Letters, digits, and what host names have between them (RFC 1123 section 2.1, and "_").
bool is_host_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= name_bytes_max && text.front() != '-' &&
         std::ranges::all_of(text, fits);
}

/// What is wrong with a text that parse_host_and_port() does not read.
Error explain(std::string_view text, const Error& error) {
  const auto colon = text.rfind(':');
  const bool is_about_port =
      colon != std::string_view::npos && parse_host_and_port(text.substr(0, colon)).has_value();
  if (is_about_port && text.ends_with("/udp"))
    return Error{"'" + std::string(text) +
                 "': /udp is a part of the service: write forward/udp=PORT:" +
                 std::string(text.substr(0, text.rfind('/')))};
  if (!is_about_port) return wrong(text, error.text.substr(0, error.text.find("; write ")));
  return wrong(text, "'" + std::string(text.substr(colon + 1)) +
                         "' is no port of a target: " + std::string(port_range));
}

/// "1.2.3.400" and "192.168.1" are mistyped addresses, not names: no top-level domain is a number.
bool ends_like_an_address(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return last.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<ForwardTarget> parse_forward_target(std::string_view text) {
  ForwardTarget target;
  if (text.starts_with(unix_prefix)) {
    target.path = text.substr(unix_prefix.size());
    if (target.path.empty()) return wrong(text, "the path is missing");
    if (target.path.size() > unix_path_bytes_max)
      return wrong(text, "the path of a Unix socket has at most 107 bytes");
    return target;
  }
  const auto parsed = parse_host_and_port(text);
  if (!parsed) return explain(text, parsed.error());
  if (!parsed->port) return wrong(text, "the port is missing");
  if (*parsed->port == 0)
    return wrong(text, "nothing listens on port 0: a port is " + std::string(port_range));
  target.host = parsed->host;
  target.port = *parsed->port;
  if (const auto address = parse_address(parsed->host)) {
    if (address->is_unspecified() || address->is_multicast())
      return wrong(text, "this is not the address of one machine");
    target.address = *address;
    return target;
  }
  if (!is_host_name(target.host) || ends_like_an_address(target.host))
    return wrong(text, "'" + target.host + "' is neither an address nor a name");
  return target;
}

}  // namespace portlab
