#pragma once
// The errors that the clients tell of, each with the name under which `portlab why` explains it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab {

/// What can go wrong between two ends.
enum class NetError : std::uint8_t {
  refused,        ///< the machine is there, and nothing listens on the port
  timeout,        ///< silence
  unreachable,    ///< no way there, or nobody at the address
  reset,          ///< broken off by the other side
  closed,         ///< ended by the other side in order, but too early
  turned_away,    ///< taken on and let go at once: a limit
  wrong_service,  ///< somebody answers, in another protocol
  name,           ///< no address for the name
  in_use,         ///< somebody has the port that was to be ours
  denied,         ///< this user may not
  not_available,  ///< the source address is none of this machine's
  taken,          ///< the 4-tuple exists already; or all of them do
  no_family,      ///< this machine has no IPv6, or no IPv4
  descriptors,    ///< none is left for another session
  too_long,       ///< more than one datagram carries
  no_socket,      ///< no such Unix socket
};

/// How an error is called.
struct NetErrorName {
  NetError net_error;
  std::string_view name;      ///< "in-use": what portlab why takes
  std::string_view errnos;    ///< "EADDRINUSE", as the manuals write it; empty where it has none
  std::string_view summary;   ///< one line
  std::string_view synonyms;  ///< other words for it, between spaces
};

/// All of them, in the order of portlab why.
std::span<const NetErrorName> net_errors();

/// The names of this one.
const NetErrorName& names_of(NetError net_error);

/// By its name, an errno's name or a natural synonym, in any case: "timed out", "ECONNREFUSED".
std::optional<NetError> find_net_error(std::string_view words);

/// What an errno of a client means; `choosing_source`: it came from bind. None for those without a
/// name of ours.
std::optional<NetError> net_error_of(int system_error, bool choosing_source);

/// The text as a shell takes it: in quotes where it needs them.
std::string shell_word(const std::string& text);

/// The place as portlab why takes it: "127.0.0.1:83", "127.0.0.1:53/udp", "192.0.2.1" for port 0, a
/// socket's path.
std::string place_text(const Endpoint& endpoint);

}  // namespace portlab
