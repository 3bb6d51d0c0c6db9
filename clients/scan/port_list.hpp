#pragma once
// The ports of a scan as users write them: 80  20-25  http  53/udp  udp/53  80,443  all

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/port.hpp"

namespace portlab {

/// The ports to scan, sorted, each once. Never port 0, to which nothing can be sent.
struct PortList {
  std::vector<std::uint16_t> tcp;
  std::vector<std::uint16_t> udp;

  bool empty() const { return tcp.empty() && udp.empty(); }
  std::size_t size() const { return tcp.size() + udp.size(); }
  /// Adds the ports of another list.
  void add(const PortList& other);
};

/// Parses the operands of a scan. `udp_only`: a port without /tcp or /udp is one of udp, else of
/// tcp; a service's name stands for its ports of the transports that it uses. Throws a CommandError
/// (exit status 2).
PortList parse_port_list(std::span<const std::string> words, bool udp_only);

/// All ports of tcp: 1 to 65535.
PortList all_tcp_ports();

/// Without operands: the well-known ports of tcp, and registered ones that servers often use, among
/// them those of portlabd; with `udp_only` the ports of udp for which there is a fitting question.
PortList usual_ports(bool udp_only);

/// "1-1023, 1433, 3306"; at most `ranges_max` ranges, then "and N others".
std::string ranges_text(std::span<const std::uint16_t> ports, std::size_t ranges_max);

/// What an audit expects to be open.
struct ExpectedPort {
  bool udp = false;
  std::uint16_t port = 0;
  std::string service;  ///< "http"; empty: any service
};

/// Parses --expect: "http=80,dns,22,ntp/udp", or "none". A name without a number stands for its
/// default ports.
/// Throws a CommandError (exit status 2).
std::vector<ExpectedPort> parse_expected(const std::string& text);

}  // namespace portlab
