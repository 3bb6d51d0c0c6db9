#pragma once
// Endpoints: transport + address + port, written "tcp 127.0.0.1:83" and "udp [::1]:53". A 4-tuple
// is two of them.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/net.hpp"
#include "common/result.hpp"

namespace portlab {

enum class Transport : std::uint8_t {
  tcp,
  udp,
  local,  ///< a Unix stream socket: a path instead of address and port
};

/// "tcp", "udp" or "unix".
std::string_view to_string(Transport transport);

/// One end of a session, or the address and port of a listener.
struct Endpoint {
  Transport transport = Transport::tcp;
  asio::ip::address address;
  std::uint16_t port = 0;
  std::string path;  ///< Transport::local only; empty for a client, whose socket has no path

  bool operator==(const Endpoint&) const = default;

  /// "127.0.0.1:83", "[::1]:53", or the path.
  std::string address_and_port() const;
  /// "tcp 127.0.0.1:83", "udp [::1]:53", "unix /run/portlab/control".
  std::string to_string() const;
};

Endpoint tcp_endpoint(const asio::ip::address& address, std::uint16_t port);
Endpoint udp_endpoint(const asio::ip::address& address, std::uint16_t port);
Endpoint local_endpoint(std::string path);

/// A host, and a port if there is one: "HOST", "HOST:PORT", "[V6]", "[V6]:PORT", or an IPv6 address
/// without brackets. The host may be a name; it is not looked up.
struct HostAndPort {
  std::string host;
  std::optional<std::uint16_t> port;
};
Result<HostAndPort> parse_host_and_port(std::string_view text);

/// Reads an IPv4 or IPv6 address; an IPv6 address may have brackets. The error has examples.
Result<asio::ip::address> parse_address(std::string_view text);

}  // namespace portlab
