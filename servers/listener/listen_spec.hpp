#pragma once
// What to listen on, as people write it:
//
//   SERVICE[/tcp|/udp]                             http, dns/udp
//   SERVICE[/tcp|/udp]=[ADDRESS:]PORT[:ARGUMENT]   http=83, http=127.0.0.1:83, dns/udp=[::1]:53,
//                                                  forward=8080:192.168.1.10:80
//   SERVICE[/tcp|/udp]:PORT=[ADDRESS:]PORT            http:8080=83: the one at 8080 moves to 83
//   SERVICE=unix:PATH[:ARGUMENT]                   http=unix:/run/portlab/http
//
// A ':' in the path of a Unix socket is written '\:', and a '\' as '\\', as in ssh -L.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"
#include "common/result.hpp"

namespace portlab {

/// A service and where it should listen. Which services exist, and which of them take an argument,
/// is checked by the core.
struct ListenSpec {
  std::string service;
  std::optional<Transport> transport;        ///< absent: every transport of the service
  std::optional<asio::ip::address> address;  ///< absent: the default addresses
  std::optional<std::uint16_t> port;         ///< absent: the default port; 0: any free port
  std::string path;                          ///< of a Unix socket, instead of address and port
  std::optional<std::uint16_t> from_port;    ///< in a move: where the listener is now
  std::string argument;                      ///< what the service needs beyond that; empty: nothing

  /// The text that parses to the same spec.
  std::string to_string() const;
};

/// The longest argument: a domain name (253 bytes, RFC 1035 section 2.3.4), a colon and a port fit.
inline constexpr std::size_t listen_argument_bytes_max = 512;

/// Parses such a text, without the form for a move; the error says what is wrong and shows the syntax.
Result<ListenSpec> parse_listen_spec(std::string_view text);

/// Parses the text of a move.
Result<ListenSpec> parse_move_spec(std::string_view text);

}  // namespace portlab
