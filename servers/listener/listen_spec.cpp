#include "servers/listener/listen_spec.hpp"

#include "common/port.hpp"

namespace portlab {

namespace {

Error complain(std::string_view text, const std::string& why) {
  return Error{"'" + std::string(text) + "': " + why +
               ": write SERVICE, SERVICE=PORT, SERVICE=ADDRESS:PORT (IPv6 in brackets) or "
               "SERVICE=unix:PATH; SERVICE/tcp and SERVICE/udp choose one transport"};
}

constexpr std::string_view unix_prefix = "unix:";
/// sun_path holds 108 bytes, one of them for the end (unix(7)).
constexpr std::size_t unix_path_bytes_max = 107;

}  // namespace

Result<ListenSpec> parse_listen_spec(std::string_view text) {
  const auto equals = text.find('=');
  auto name = text.substr(0, equals);
  ListenSpec spec;
  if (const auto slash = name.find('/'); slash != std::string_view::npos) {
    const auto transport = name.substr(slash + 1);
    name = name.substr(0, slash);
    if (transport == "tcp")
      spec.transport = Transport::tcp;
    else if (transport == "udp")
      spec.transport = Transport::udp;
    else
      return complain(text, "a transport is tcp or udp, not '" + std::string(transport) + "'");
  }
  if (name.empty()) return complain(text, "the service's name is missing");
  spec.service = name;
  if (equals == std::string_view::npos) return spec;

  const auto place = text.substr(equals + 1);
  if (place.starts_with(unix_prefix)) {
    spec.path = place.substr(unix_prefix.size());
    if (spec.path.empty()) return complain(text, "the path is missing");
    if (spec.path.size() > unix_path_bytes_max)
      return complain(text, "a Unix socket's path has at most 107 bytes");
    if (spec.transport == Transport::udp) return complain(text, "a Unix socket carries no udp");
    spec.transport = Transport::local;
    return spec;
  }
  const bool only_port = place.find_first_not_of("0123456789+-") == std::string_view::npos;
  const auto colon = place.rfind(':');
  if (!only_port && colon == std::string_view::npos)
    return complain(text, "'" + std::string(place) + "' is no port");
  if (!only_port) {
    const auto host = place.substr(0, colon);
    const auto address = parse_address(host);
    if (!address) return complain(text, address.error().text);
    if (address->is_v6() && !host.starts_with('['))
      return complain(text, "an IPv6 address with a port needs brackets");
    spec.address = *address;
  }
  const auto port = parse_port(only_port ? place : place.substr(colon + 1));
  if (!port) return complain(text, port.error().text);
  spec.port = *port;
  return spec;
}

std::string ListenSpec::to_string() const {
  std::string text = service;
  if (transport && *transport != Transport::local)
    text += "/" + std::string(portlab::to_string(*transport));
  if (!path.empty()) return text + "=unix:" + path;
  if (!port) return text;
  if (!address) return text + "=" + std::to_string(*port);
  return text + "=" + tcp_endpoint(*address, *port).address_and_port();
}

}  // namespace portlab
