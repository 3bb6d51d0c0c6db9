#pragma once
// Reads the kernel's socket table: sock_diag(7) over netlink(7), as ss(8) does. That needs no
// privilege, and shows the sockets of the caller's network namespace.
//
//   read_sockets → one dump request per family and transport → parse_dump on each datagram

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab {

/// Which sockets to read.
struct SocketQuery {
  bool tcp = true;
  bool udp = true;
  bool ipv4 = true;
  bool ipv6 = true;
};

/// All sockets of this network namespace, in the kernel's order. The error names what failed.
Result<std::vector<SocketRow>> read_sockets(const SocketQuery& query = {});

/// What one datagram of the kernel's answer reports in addition to its rows.
struct DumpStatus {
  bool done = false;         ///< it was the last datagram
  bool interrupted = false;  ///< the table changed: rows may be missing or listed twice
  int error = 0;             ///< an errno: the dump failed
};

/// Reads one datagram (several netlink messages) of a dump with this sequence number and appends
/// its rows; messages of other dumps are skipped, and a malformed one ends the datagram.
DumpStatus parse_dump(Bytes datagram, std::uint32_t sequence, Transport transport,
                      std::vector<SocketRow>& rows);

}  // namespace portlab
