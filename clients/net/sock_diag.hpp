#pragma once
// Reads the kernel's socket table: sock_diag(7) over netlink(7), as ss(8) does. That needs no
// privilege, and shows the sockets of the caller's network namespace.
//
//   read_socket_table → one dump request per family and transport → parse_dump on each datagram
//                     → where there is no sock_diag: read_proc_net

#include <cstdint>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/bytes.hpp"
#include "common/result.hpp"
#include "common/system/netlink.hpp"

namespace portlab {

/// Which sockets to read.
struct SocketQuery {
  bool tcp = true;
  bool udp = true;
  bool ipv4 = true;
  bool ipv6 = true;
};

/// The sockets that could be read. A transport that is unknown has no rows: that does not mean that
/// it has no sockets.
struct SocketTable {
  std::vector<SocketRow> rows;  ///< in the kernel's order
  std::string no_tcp;           ///< why there are no rows of tcp; empty: they are there, if wanted
  std::string no_udp;           ///< the same for udp
  bool from_proc = false;       ///< some rows are from /proc/net, which says less (proc_net.hpp)

  bool complete() const { return no_tcp.empty() && no_udp.empty(); }
};

/// All sockets of this network namespace: from sock_diag(7), or where that is missing, from
/// /proc/net.
SocketTable read_socket_table(const SocketQuery& query = {});

/// The same; an error, which names what failed, if one of the wanted transports is unknown.
Result<std::vector<SocketRow>> read_sockets(const SocketQuery& query = {});

/// Reads one datagram (several netlink messages) of a dump with this sequence number and appends
/// its rows; messages of other dumps are skipped, and a malformed one ends the datagram.
DumpStatus parse_dump(Bytes datagram, std::uint32_t sequence, Transport transport,
                      std::vector<SocketRow>& rows);

}  // namespace portlab
