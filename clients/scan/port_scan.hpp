#pragma once
// A whole scan of one address: tcp, udp, and which service is behind each open port.

#include <chrono>
#include <functional>

#include "clients/scan/scan_report.hpp"

namespace portlab {

struct PortScan {
  std::chrono::milliseconds silence{3500};  ///< without an answer for so long, a port is silent
  bool this_machine = false;                ///< the address is one of this machine
  std::function<void()> on_port;            ///< a port is done
  std::function<bool()> stopped;            ///< whether to stop now
};

/// Scans report.ports of report.address, and fills in the results. Throws a CommandError where this
/// machine can't reach the address: exit status 3.
void scan_ports(ScanReport& report, const PortScan& how);

}  // namespace portlab
