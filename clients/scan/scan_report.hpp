#pragma once
// The result of a scan, as a table or as the document of --json; and the audit of --expect.

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "clients/scan/port_list.hpp"
#include "clients/scan/scan_result.hpp"
#include "common/text_table.hpp"

namespace portlab {

struct ScanReport {
  std::string host;                         ///< as the user typed it
  asio::ip::address address;                ///< that was scanned
  std::vector<asio::ip::address> others{};  ///< addresses of the host that were not
  PortList ports{};                         ///< that were to be scanned
  std::vector<PortResult> results{};        ///< of all ports, tcp first, in order
  std::chrono::microseconds took{0};
  bool complete = true;  ///< false: stopped by Ctrl-C

  /// The result of a port of the list.
  PortResult& result_at(Transport transport, std::uint16_t port);
  const PortResult* find(Transport transport, std::uint16_t port) const;
  std::size_t count(PortState state) const;
  /// Whether any port has answered, by whatever.
  bool has_answer() const;
  /// Whether this machine's kernel reported that no machine has the address, and nothing answered.
  bool is_unreachable() const;
};

/// A difference between what is expected and what was found.
struct AuditFinding {
  enum class Kind : std::uint8_t { missing, unexpected, other_service };
  Kind kind = Kind::missing;
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
  std::string expected;  ///< the service; empty: any
  const PortResult* found = nullptr;
};

/// "missing", "unexpected", "other service".
std::string_view to_string(AuditFinding::Kind kind);

/// Compares; empty: exactly the expected ports are open. The findings point into the report.
std::vector<AuditFinding> audit(const ScanReport& report,
                                const std::vector<ExpectedPort>& expected);

/// "http", "http, though 8021 is not http's port", "unknown; 83 is registered for mit-ml-dev".
std::string service_text(const PortResult& result);

/// The table of the ports, the ports that are not listed, and with `summary` the last line.
std::string to_text(const ScanReport& report, const TableRoom& room, bool summary);
/// The findings, ports of which the same is said in one line; and whether the audit agrees.
std::string to_text(const std::vector<AuditFinding>& findings, std::size_t expected,
                    const ScanReport& report, const TableRoom& room);

boost::json::object to_json(const ScanReport& report);
boost::json::object to_json(const std::vector<AuditFinding>& findings);

}  // namespace portlab
