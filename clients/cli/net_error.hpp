#pragma once
// The network errors of the clients, each with its name for `portlab why`.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab {

/// The kinds of network errors.
enum class NetError : std::uint8_t {
  refused,        ///< nothing listens on the port
  timeout,        ///< no answer in time
  unreachable,    ///< no route, or no machine at the address
  reset,          ///< the peer reset the connection
  closed,         ///< the peer closed too early
  rejected,       ///< accepted and closed at once: a limit of the server
  wrong_service,  ///< the server speaks another protocol
  tls,            ///< the two ends can't agree on a TLS session
  certificate,    ///< the server's certificate is not accepted
  name,           ///< no address for the name
  in_use,         ///< another socket has the source port
  denied,         ///< the user lacks the permission
  not_available,  ///< the source address is not one of this machine
  taken,          ///< the 4-tuple exists; or all source ports are used
  no_family,      ///< this machine has no IPv6, or no IPv4
  descriptors,    ///< no file descriptor is left
  too_long,       ///< the message does not fit into a datagram
  no_socket,      ///< no such Unix socket
};

/// The names of an error.
struct NetErrorName {
  NetError net_error;
  std::string_view name;      ///< "in-use": what portlab why takes
  std::string_view errnos;    ///< "EADDRINUSE", errno(3); empty where it has none
  std::string_view summary;   ///< one line
  std::string_view synonyms;  ///< other words for it, between spaces
};

/// All of them, in the order of portlab why.
std::span<const NetErrorName> net_errors();

/// The names of this one.
const NetErrorName& names_of(NetError net_error);

/// By its name, an errno's name or a natural synonym, in any case: "timed out", "ECONNREFUSED".
std::optional<NetError> find_net_error(std::string_view words);

/// The error of an errno; `choosing_source`: bind(2) reported it. Nothing for other errnos.
std::optional<NetError> net_error_of(int system_error, bool choosing_source);

/// The text as a word for sh(1), in quotes where it needs them.
std::string shell_word(const std::string& text);

/// The endpoint as portlab why reads it: "127.0.0.1:83", "127.0.0.1:53/udp", "192.0.2.1" for port
/// 0, a socket's path.
std::string place_text(const Endpoint& endpoint);

}  // namespace portlab
