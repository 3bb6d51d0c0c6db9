#pragma once
// Asks the kernel for its socket table: sock_diag(7) over netlink(7), the way ss(8) does. It needs
// no privilege, and it sees one network namespace: the one that the caller is in.
//
//   read_sockets → one dump request per family and transport → parse_dump on each datagram

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/netstat/socket_row.hpp"
#include "common/bytes.hpp"
#include "common/result.hpp"

namespace portlab {

/// What to ask for.
struct SocketQuery {
  bool tcp = true;
  bool udp = true;
  bool ipv4 = true;
  bool ipv6 = true;
};

/// All sockets of this network namespace, in the kernel's order. The error says what forbids it.
Result<std::vector<SocketRow>> read_sockets(const SocketQuery& query = {});

/// What one datagram of the kernel's answer said beside its rows.
struct DumpStatus {
  bool done = false;         ///< it was the last one
  bool interrupted = false;  ///< the table changed meanwhile: rows may be missing or twice
  int error = 0;             ///< an errno: there will be no answer
};

/// Reads one datagram (several netlink messages) of a dump with this sequence number and appends
/// its rows; others' messages are skipped, and a damaged one ends the datagram.
DumpStatus parse_dump(Bytes datagram, std::uint32_t sequence, Transport transport,
                      std::vector<SocketRow>& rows);

}  // namespace portlab
