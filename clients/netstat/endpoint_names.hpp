#pragma once
// Who serves what on this machine: portlabd tells for its own ports, IANA's registry for all
// others.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clients/netstat/pairs.hpp"
#include "clients/netstat/print.hpp"
#include "common/control_protocol.hpp"

namespace portlab {

/// What a portlabd told; empty where none runs in this network.
struct ServerTables {
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;
};

/// Answers the questions of pair_up and of the tables.
class ServiceGuide {
 public:
  ServiceGuide(ServerTables tables, std::span<const SocketRow> rows);

  /// portlabd's name for what this session or listener belongs to, else IANA's for the server's
  /// port; none for a port that this machine hands out to clients and nobody listens on.
  ServiceLabel label(const Pair& pair) const;
  /// Whether portlabd holds this session at its end `server`.
  bool is_served(Transport transport, const SocketEnd& server, const SocketEnd& client) const;
  /// portlabd's name for its own port, else IANA's, with the same exception: a client's port is a
  /// number, not a service. Valid as long as the guide.
  std::string_view port_name(Transport transport, const SocketEnd& end) const;

 private:
  const ListenerRow* listener_at(Transport transport, const SocketEnd& end) const;

  std::vector<ListenerRow> listeners_;
  std::map<std::tuple<Transport, SocketEnd, SocketEnd>, std::string> sessions_;
  std::vector<bool> listened_tcp_;
  std::vector<bool> listened_udp_;
  std::optional<PortRange> ephemeral_;
};

/// Whether there is a session at none of portlabd's listeners, so that it may be one that only
/// portlabd's table of sessions explains: FTP's data connections.
bool has_unexplained_session(std::span<const SocketRow> rows,
                             std::span<const ListenerRow> listeners);

}  // namespace portlab
