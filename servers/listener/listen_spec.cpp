#include "servers/listener/listen_spec.hpp"

#include <algorithm>

#include "common/port.hpp"

namespace portlab {

namespace {

Error syntax_error(std::string_view text, const std::string& why) {
  return Error{"'" + std::string(text) + "': " + why +
               ": write SERVICE, SERVICE=PORT, SERVICE=ADDRESS:PORT (IPv6 in brackets) or "
               "SERVICE=unix:PATH; SERVICE/tcp and SERVICE/udp choose one transport"};
}

constexpr std::string_view unix_prefix = "unix:";
/// sun_path has 108 bytes, one of them for the terminating zero (unix(7)).
constexpr std::size_t unix_path_bytes_max = 107;

/// "PORT[:ARGUMENT]" or "ADDRESS:PORT[:ARGUMENT]" in its parts. Which of the two it is, the first
/// part says: a number is a port.
struct Place {
  std::optional<std::string_view> host;  ///< with the brackets of an IPv6 address
  std::string_view port;
  std::optional<std::string_view> argument;
};

/// The position of the first colon outside brackets, or the end.
std::size_t end_of_part(std::string_view text) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  return std::min(text.find(':', std::min(bracket, text.size())), text.size());
}

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789+-") == std::string_view::npos;
}

Result<Place> split(std::string_view text, std::string_view place) {
  const auto before_last = place.substr(0, std::min(place.rfind(':'), place.size()));
  const auto whole = parse_address(before_last);
  if (whole && whole->is_v6() && !place.starts_with('['))
    return syntax_error(text, "an IPv6 address with a port needs brackets");
  Place parts;
  auto end = end_of_part(place);
  if (!is_number(place.substr(0, end))) {
    parts.host = place.substr(0, end);
    if (end == place.size())
      return syntax_error(text, "'" + std::string(place) + "' is not a port");
    place.remove_prefix(end + 1);
    end = end_of_part(place);
  }
  parts.port = place.substr(0, end);
  if (end < place.size()) parts.argument = place.substr(end + 1);
  return parts;
}

std::optional<Error> read_argument(std::string_view text, std::string_view argument,
                                   ListenSpec& to) {
  if (argument.empty()) return syntax_error(text, "the argument after the last ':' is missing");
  if (argument.size() > listen_argument_bytes_max)
    return syntax_error(text, "an argument has at most 512 bytes");
  to.argument = argument;
  return std::nullopt;
}

/// Takes the path off the beginning of "PATH[:ARGUMENT]".
std::string take_path(std::string_view& text) {
  std::string path;
  while (!text.empty() && text.front() != ':') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    path += text.front();
    text.remove_prefix(1);
  }
  return path;
}

std::string escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == ':' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

std::optional<Error> read_unix_path(std::string_view text, std::string_view place, ListenSpec& to) {
  const auto path = take_path(place);
  if (path.empty()) return syntax_error(text, "the path is missing");
  if (path.size() > unix_path_bytes_max)
    return syntax_error(text, "the path of a Unix socket has at most 107 bytes");
  if (to.transport == Transport::udp) return syntax_error(text, "a Unix socket is not udp");
  to.path = path;
  to.transport = Transport::local;
  return place.empty() ? std::nullopt : read_argument(text, place.substr(1), to);
}

std::optional<Error> read_place(std::string_view text, std::string_view place, ListenSpec& to) {
  const auto parts = split(text, place);
  if (!parts) return parts.error();
  if (parts->host) {
    const auto address = parse_address(*parts->host);
    if (!address) return syntax_error(text, address.error().text);
    to.address = *address;
  }
  const auto port = parse_port(parts->port);
  if (!port) return syntax_error(text, port.error().text);
  to.port = *port;
  return parts->argument ? read_argument(text, *parts->argument, to) : std::nullopt;
}

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
      return syntax_error(text, "a transport is tcp or udp, not '" + std::string(transport) + "'");
  }
  if (name.empty()) return syntax_error(text, "the name of the service is missing");
  spec.service = name;
  if (equals == std::string_view::npos) return spec;
  const auto place = text.substr(equals + 1);
  const auto wrong = place.starts_with(unix_prefix)
                         ? read_unix_path(text, place.substr(unix_prefix.size()), spec)
                         : read_place(text, place, spec);
  if (wrong) return *wrong;
  return spec;
}

Result<ListenSpec> parse_move_spec(std::string_view text) {
  const auto equals = text.find('=');
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon > equals) return parse_listen_spec(text);
  const auto port = parse_port(text.substr(colon + 1, equals - colon - 1));
  if (!port) return syntax_error(text, port.error().text);
  if (equals == std::string_view::npos) return syntax_error(text, "the port to move to is missing");
  auto spec =
      parse_listen_spec(std::string(text.substr(0, colon)) + std::string(text.substr(equals)));
  if (spec) spec->from_port = *port;
  return spec;
}

std::string ListenSpec::to_string() const {
  std::string text = service;
  if (transport && *transport != Transport::local)
    text += "/" + std::string(portlab::to_string(*transport));
  if (from_port) text += ":" + std::to_string(*from_port);
  if (!path.empty())
    text += "=unix:" + escaped(path);
  else if (port)
    text +=
        "=" + (address ? tcp_endpoint(*address, *port).address_and_port() : std::to_string(*port));
  return argument.empty() ? text : text + ":" + argument;
}

}  // namespace portlab
