#pragma once
// Scans ports of tcp by connect(2), many at once, without a raw socket and without privileges.
//
// The kernel sends the SYN again, after about 1, 2 … seconds (net.ipv4.tcp_syn_linear_timeouts); how
// often it did is read from TCP_INFO: tcp(7). The type and code of an ICMP error come from the
// socket's error queue: IP_RECVERR of ip(7).

#include <chrono>
#include <functional>
#include <span>

#include "clients/scan/scan_result.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

/// What is scanned, how long a port may be silent, and what gets the results.
struct ScanRun {
  asio::ip::address address;
  std::chrono::milliseconds silence{3500};  ///< without an answer for so long, a port is silent
  bool this_machine = false;                ///< the address is one of this machine
  /// A port is done; for an open one of tcp also its connection.
  std::function<void(PortResult, FileDescriptor)> on_result;
  /// Whether to stop now.
  std::function<bool()> stopped;
};

/// Scans all the ports, or until stopped. Throws a CommandError where this machine can't reach the
/// address at all, or has no descriptor left: exit status 3.
void scan_tcp(std::span<const std::uint16_t> ports, const ScanRun& run);

/// The sockets that a scan may have open at once: at most `most`, and fewer where the limit of open
/// files (RLIMIT_NOFILE, getrlimit(2)) is low. Raises this process's soft limit to the hard one.
std::size_t sockets_at_once(std::size_t most);

/// Ends a connection so that it leaves no state behind: neither a session in TIME_WAIT here nor one
/// at the server, which reads an orderly end.
void end_connection(FileDescriptor connection);

/// Takes an ICMP error from the error queue of a socket with IP_RECVERR; false: there is none.
bool take_icmp_error(int descriptor, IcmpError& error);
/// Makes a socket keep its ICMP errors.
void keep_icmp_errors(int descriptor, bool v6);

}  // namespace portlab
