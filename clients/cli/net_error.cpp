#include "clients/cli/net_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace portlab {

namespace {

constexpr std::array table{
    NetErrorName{NetError::refused, "refused", "ECONNREFUSED",
                 "the machine answers that nothing listens on this port",
                 "connection-refused rst port-unreachable"},
    NetErrorName{NetError::timeout, "timeout", "ETIMEDOUT", "no answer before the time-out",
                 "timed-out connection-timed-out time-out silence no-answer filtered dropped"},
    NetErrorName{NetError::unreachable, "unreachable", "ENETUNREACH EHOSTUNREACH",
                 "no route leads there, or no machine has this address",
                 "network-is-unreachable network-unreachable host-unreachable host-is-unreachable "
                 "no-route no-route-to-host"},
    NetErrorName{NetError::reset, "reset", "ECONNRESET EPIPE",
                 "the peer ended the connection with a reset",
                 "connection-reset connection-reset-by-peer broken-pipe broken-off econnaborted"},
    NetErrorName{NetError::closed, "closed", "", "the peer closed before the exchange was complete",
                 "connection-closed eof end-of-file hung-up fin"},
    NetErrorName{NetError::turned_away, "turned-away", "",
                 "accepted and closed at once: the server has a limit",
                 "too-many-sessions limit rejected"},
    NetErrorName{NetError::wrong_service, "wrong-service", "",
                 "the server on this port speaks another protocol",
                 "protocol wrong-protocol no-http no-dns eproto"},
    NetErrorName{NetError::name, "name", "", "no address is known for this name",
                 "not-found nxdomain eai_noname no-such-name no-such-host unknown-host no-address "
                 "name-or-service-not-known could-not-resolve-host"},
    NetErrorName{NetError::in_use, "in-use", "EADDRINUSE", "another program has the port",
                 "address-in-use address-already-in-use already-in-use used busy"},
    NetErrorName{NetError::denied, "denied", "EACCES EPERM",
                 "not permitted: a low port, a firewall, a file's mode",
                 "permission-denied operation-not-permitted forbidden permission eacces"},
    NetErrorName{NetError::not_available, "not-available", "EADDRNOTAVAIL",
                 "the source address is not one of this machine",
                 "address-not-available cannot-assign-requested-address no-such-address "
                 "can't-assign-requested-address"},
    NetErrorName{NetError::taken, "taken", "EADDRNOTAVAIL EADDRINUSE",
                 "a session with these four values exists, or did a moment ago",
                 "exists exists-already 4-tuple four-tuple eisconn time-wait no-port-left"},
    NetErrorName{NetError::no_family, "no-family", "EAFNOSUPPORT",
                 "this machine has no IPv6 (or no IPv4)",
                 "no-ipv6 no-ipv4 address-family-not-supported "
                 "address-family-not-supported-by-protocol"},
    NetErrorName{NetError::descriptors, "descriptors", "EMFILE ENFILE",
                 "no file descriptor is left for another session",
                 "too-many-open-files open-files"},
    NetErrorName{NetError::too_long, "too-long", "EMSGSIZE", "too long for one datagram",
                 "message-too-long too-big"},
    NetErrorName{NetError::no_socket, "no-socket", "ENOENT",
                 "no such Unix socket: no portlabd of yours is running",
                 "no-portlabd no-server no-such-file-or-directory no-such-file"},
};

/// "Connection refused" and "connection_refused" become "connection-refused". Not std::tolower:
/// names do not depend on a locale.
std::string normal(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (c == ' ' || c == '_' || c == '-') {
      if (!out.empty() && out.back() != '-') out += '-';
    } else {
      out += 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  if (out.ends_with('.')) out.pop_back();  // "Connection refused."
  return out;
}

/// Whether the word is in the list, which has spaces between its words.
bool holds(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (end > 0 && normal(list.substr(0, end)) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::span<const NetErrorName> net_errors() { return table; }

const NetErrorName& names_of(NetError net_error) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const NetErrorName& each) {
    return each.net_error == net_error;
  });
  return found == table.end() ? table.front() : *found;
}

std::optional<NetError> find_net_error(std::string_view words) {
  const auto word = normal(words);
  for (const auto& each : table)
    if (word == each.name || holds(each.errnos, word) || holds(each.synonyms, word))
      return each.net_error;
  return std::nullopt;
}

std::optional<NetError> net_error_of(int system_error, bool choosing_source) {
  switch (system_error) {
    case ECONNREFUSED:
      return NetError::refused;
    case ETIMEDOUT:
      return NetError::timeout;
    case ENETUNREACH:
    case EHOSTUNREACH:
      return NetError::unreachable;
    case ECONNRESET:
    case EPIPE:
      return NetError::reset;
    case EADDRINUSE:
      return choosing_source ? NetError::in_use : NetError::taken;
    case EACCES:
    case EPERM:
      return NetError::denied;
    case EADDRNOTAVAIL:
      return choosing_source ? NetError::not_available : NetError::taken;
    case EAFNOSUPPORT:
      return NetError::no_family;
    case EMFILE:
    case ENFILE:
      return NetError::descriptors;
    case EMSGSIZE:
      return NetError::too_long;
    case ENOENT:
      return NetError::no_socket;
    default:
      return std::nullopt;
  }
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string place_text(const Endpoint& endpoint) {
  if (endpoint.transport == Transport::local) return shell_word(endpoint.path);
  if (endpoint.port == 0) return endpoint.address.to_string();
  return endpoint.address_and_port() + (endpoint.transport == Transport::udp ? "/udp" : "");
}

}  // namespace portlab
