#pragma once
// Scans ports of udp: a question to each, up to three times. There is no handshake, so a port that
// answers nothing may be open or filtered: a scan does not show which.
//
// A closed port is reported by ICMP "port unreachable". Linux sends few of them to one peer, about one
// a second after the first six (net.ipv4.icmp_ratelimit, icmp(7)). So the ports that were silent are
// asked again at that pace, if the host sends such messages at all.

#include <span>

#include "clients/scan/tcp_scan.hpp"

namespace portlab {

/// Scans all the ports, or until stopped. run.silence is the time for all three questions together.
/// Throws as scan_tcp() does.
void scan_udp(std::span<const std::uint16_t> ports, const ScanRun& run);

}  // namespace portlab
