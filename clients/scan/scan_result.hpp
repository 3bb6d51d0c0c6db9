#pragma once
// What a scan finds out about a port, and how it was known.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab {

enum class PortState : std::uint8_t {
  unknown,           ///< not scanned, because the scan was stopped
  open,              ///< something listens
  closed,            ///< nothing listens
  filtered,          ///< a firewall drops or rejects the packets
  open_or_filtered,  ///< udp: no answer; that is all there is to know
};

/// "open", "closed", "filtered", "open or filtered", "unknown".
std::string_view to_string(PortState state);

/// An ICMP or ICMPv6 error message (RFC 792, RFC 4443). The two families number them differently.
struct IcmpError {
  bool v6 = false;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  /// This machine's own kernel reports it: no machine has answered to ARP or Neighbor Discovery.
  bool by_this_machine = false;

  bool operator==(const IcmpError&) const = default;
};

/// "ICMP administratively prohibited", "ICMP port unreachable"; "ICMP type 3 code 77" for others.
std::string to_string(const IcmpError& error);
/// Whether it is "port unreachable"; "host unreachable", or "address unreachable" of ICMPv6.
bool is_port_unreachable(const IcmpError& error);
bool is_host_unreachable(const IcmpError& error);

/// How the state of a port was known.
enum class Evidence : std::uint8_t {
  none,
  syn_ack,             ///< tcp: the SYN was answered by SYN ACK
  syn_ack_then_reset,  ///< tcp: the same, and the server ended the connection at once
  reset,               ///< tcp: the SYN was answered by RST
  datagram,            ///< udp: an answer
  icmp,                ///< an ICMP error message
  silence,             ///< no answer, to several attempts
  refused_here,        ///< this machine's own firewall does not let the packet out (EPERM)
  error,               ///< another errno of connect(2)
};

struct PortResult {
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
  PortState state = PortState::unknown;
  Evidence evidence = Evidence::none;
  IcmpError icmp{};                   ///< with Evidence::icmp
  int error = 0;                      ///< with Evidence::error: errno(3)
  unsigned attempts = 0;              ///< packets that were sent to it
  std::chrono::microseconds took{0};  ///< until the answer; for silence: the whole time
  std::string service{};              ///< what answered: "http"; empty: not recognised
  bool was_asked = false;             ///< whether the questions to an open port of tcp are over
  std::string banner{};  ///< the first line that it sent, as it came: not yet fit for a terminal
};

/// "answered SYN ACK", "RST at once", "nothing for 3.5 s, SYN sent 4 times", "ICMP port unreachable".
/// Equal for ports that belong into one group.
std::string known_by(const PortResult& result);

/// Whether this machine's kernel reports that no machine has the address.
bool is_host_missing(const PortResult& result);

/// "0.005 ms", "0.12 ms", "12 ms", "3.0 s".
std::string duration_text(std::chrono::microseconds duration);

}  // namespace portlab
