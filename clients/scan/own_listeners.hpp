#pragma once
// `portlab scan` without a host: what listens on this machine, from where it can be reached, and what
// would stop if it were closed.

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/system/interfaces.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// The listeners of one program at one port, at whatever addresses.
struct OwnListener {
  Transport transport = Transport::tcp;
  std::uint16_t port = 0;
  std::vector<SocketRow> sockets;
  std::string program;       ///< "nginx (pid 4711)"; empty: unknown, as it belongs to another user
  std::string user;          ///< the owner of the socket
  std::string service;       ///< what answers there; empty: not recognised
  std::size_t sessions = 0;  ///< sessions with this port now
  std::vector<std::string> reached;  ///< "this machine only", or addresses: "192.168.1.10 (eth0)"
  bool everywhere = false;           ///< from every network that this machine has
  bool is_public = false;            ///< one of these addresses is not of a private network
};

/// Reads the kernel's table and asks each service what it is, unless `stopped`. Throws a CommandError
/// (exit status 3) where the table can't be read.
std::vector<OwnListener> own_listeners(const std::function<bool()>& stopped);

/// From where a socket can be reached: the addresses among `own` at which packets from other machines
/// get to it, with their interfaces; none: from this machine only. Firewalls are not considered.
std::vector<InterfaceAddress> reachable_at(const SocketRow& socket,
                                           const std::vector<InterfaceAddress>& own);

std::string to_text(const std::vector<OwnListener>& listeners, const TableRoom& room);
boost::json::value to_json(const std::vector<OwnListener>& listeners);

}  // namespace portlab
