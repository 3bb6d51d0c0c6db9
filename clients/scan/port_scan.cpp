#include "clients/scan/port_scan.hpp"

#include <utility>

#include "clients/scan/recognise_services.hpp"
#include "clients/scan/udp_scan.hpp"

namespace portlab {

namespace {

void prepare_results(ScanReport& report) {
  report.results.clear();
  report.results.reserve(report.ports.size());
  for (const auto port : report.ports.tcp)
    report.results.push_back({.transport = Transport::tcp, .port = port});
  for (const auto port : report.ports.udp)
    report.results.push_back({.transport = Transport::udp, .port = port});
}

}  // namespace

void scan_ports(ScanReport& report, const PortScan& how) {
  const auto begin = std::chrono::steady_clock::now();
  // The connection of an open port stays open for the questions, as far as there are descriptors: so
  // a server that accepts a single connection is recognised, too.
  const auto kept_max = sockets_at_once(256) / 4;
  std::size_t kept = 0;
  bool missing = false;  // one port is enough to know that no machine has the address
  bool answered = false;
  std::vector<OpenPort> open;
  prepare_results(report);
  const ScanRun run{.address = report.address,
                    .silence = how.silence,
                    .this_machine = how.this_machine,
                    .on_result =
                        [&](PortResult result, FileDescriptor connection) {
                          missing = missing || is_host_missing(result);
                          answered = answered || !is_host_missing(result);
                          auto& place = report.result_at(result.transport, result.port);
                          place = std::move(result);
                          how.on_port();
                          if (!connection) return;
                          if (kept >= kept_max)
                            end_connection(std::exchange(connection, FileDescriptor()));
                          kept += connection ? 1 : 0;
                          open.push_back({&place, std::move(connection)});
                        },
                    .stopped = [&] { return how.stopped() || (missing && !answered); }};
  scan_tcp(report.ports.tcp, run);
  recognise_services(open, run);
  open.clear();  // the descriptors
  scan_udp(report.ports.udp, run);
  report.complete = report.count(PortState::unknown) == 0;
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
}

}  // namespace portlab
