#pragma once
// The forwarded ports of the router: elements of two maps of nft(8).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// A port of the router, and where it leads.
struct PortForward {
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
  asio::ip::address address;
  std::uint16_t to_port = 0;

  bool operator==(const PortForward&) const = default;
};

/// A port of the router.
struct OutsidePort {
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
};
/// Reads "8080", "8080/tcp" or "53/udp".
Result<OutsidePort> parse_outside_port(std::string_view text);

/// Reads the target of a forwarded port: "server1:80" or "192.168.1.10:80", a host of the office.
Result<Endpoint> parse_forward_target(const std::string& text);

/// Reads the output of `nft -j list table ip office`. Nothing: it has another form.
std::optional<std::vector<PortForward>> parse_forwards(std::string_view json);

/// The forwarded ports, tcp first, sorted. The error has nft's message.
Result<std::vector<PortForward>> read_forwards(const RunningOffice& office);

/// Ports of the router itself that a rule of the chain input accepts, for a visitor from outside.
struct AcceptedPorts {
  Transport transport = Transport::tcp;
  std::uint16_t first = 0, last = 0;
  bool comes_too_late = false;  ///< a rule before it drops all packets

  bool contain(Transport other_transport, std::uint16_t port) const {
    return transport == other_transport && first <= port && port <= last;
  }
};

/// What the router's rules say about ports.
struct RouterPorts {
  std::vector<PortForward> forwards;
  std::vector<AcceptedPorts> accepted;

  /// Whether the firewall lets a visitor's packet for this port pass.
  bool accepts(Transport transport, std::uint16_t port) const;
};

/// Reads the output of `nft -j list table ip office`. Nothing: it has another form.
std::optional<RouterPorts> parse_router_ports(std::string_view json);

/// The router's rules now. The error has nft's message.
Result<RouterPorts> read_router_ports(const RunningOffice& office);

/// The words of the command that adds or removes the forwarded port.
std::vector<std::string> add_command(const PortForward& forward);
std::vector<std::string> remove_command(const PortForward& forward);

}  // namespace portlab::office
