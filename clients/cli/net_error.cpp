#include "clients/cli/net_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>

namespace portlab {

namespace {

// In the order of NetError.
constexpr std::array table{
    NetErrorName{NetError::refused, "refused", "ECONNREFUSED",
                 "the machine answers that nothing listens on this port",
                 "connection-refused rst port-unreachable closed-port port-closed"},
    NetErrorName{
        NetError::timeout, "timeout", "ETIMEDOUT", "no answer before the time-out",
        "timed-out connection-timed-out time-out silence no-answer filtered filtered-port dropped"},
    NetErrorName{NetError::unreachable, "unreachable",
                 "ENETUNREACH EHOSTUNREACH ENETDOWN EHOSTDOWN ENOPROTOOPT",
                 "no route leads there, or no machine has this address",
                 "network-is-unreachable network-unreachable host-unreachable host-is-unreachable "
                 "no-route no-route-to-host protocol-unreachable"},
    NetErrorName{NetError::reset, "reset", "ECONNRESET EPIPE ECONNABORTED ENETRESET",
                 "the peer ended the connection with a reset",
                 "connection-reset connection-reset-by-peer broken-pipe broken-off"},
    NetErrorName{NetError::closed, "closed", "", "the peer closed before the exchange was complete",
                 "connection-closed eof end-of-file hung-up fin"},
    NetErrorName{NetError::rejected, "rejected", "",
                 "accepted and closed at once: the server has a limit",
                 "turned-away too-many-sessions limit"},
    NetErrorName{NetError::wrong_service, "wrong-service", "",
                 "the server on this port speaks another protocol",
                 "protocol wrong-protocol no-http no-dns eproto"},
    NetErrorName{NetError::tls, "tls", "", "the two ends can't agree on a TLS session",
                 "ssl ssl-error tls-error alert handshake handshake-failure protocol-version "
                 "no-common-version"},
    NetErrorName{
        NetError::certificate, "certificate", "", "the server's certificate is not accepted",
        "untrusted self-signed self-signed-certificate expired unknown-ca unknown-authority "
        "certificate-expired certificate-has-expired certificate-verify-failed "
        "wrong-host hostname-mismatch not-secure"},
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
    NetErrorName{NetError::taken, "taken", "EADDRNOTAVAIL EADDRINUSE EISCONN",
                 "a session with these four values exists, or did a moment ago",
                 "exists exists-already 4-tuple four-tuple time-wait no-port-left"},
    NetErrorName{NetError::no_family, "no-family", "EAFNOSUPPORT EPFNOSUPPORT",
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
static_assert(std::ranges::is_sorted(table, {}, &NetErrorName::net_error));

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
  std::istringstream words{std::string(list)};
  for (std::string each; words >> each;)
    if (normal(each) == word) return true;
  return false;
}

}  // namespace

std::span<const NetErrorName> net_errors() { return table; }

const NetErrorName& names_of(NetError net_error) {
  return table.at(static_cast<std::size_t>(net_error));
}

std::optional<NetError> find_net_error(std::string_view words) {
  const auto word = normal(words);
  for (const auto& each : table)
    if (word == each.name || holds(each.errnos, word) || holds(each.synonyms, word))
      return each.net_error;
  return std::nullopt;
}

std::optional<NetError> net_error_of(int system_error, bool choosing_source) {
  if (!choosing_source && (system_error == EADDRINUSE || system_error == EADDRNOTAVAIL))
    return NetError::taken;
  const char* const name = ::strerrorname_np(system_error);  // "ECONNREFUSED"
  if (name == nullptr) return std::nullopt;
  for (const auto& each : table)
    if (holds(each.errnos, normal(name))) return each.net_error;
  return std::nullopt;
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
