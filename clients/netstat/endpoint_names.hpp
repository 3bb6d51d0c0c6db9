#pragma once
// Names for the ports of this machine: of portlabd's services, else from IANA's registry.

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

/// The tables of a portlabd; empty when none runs in this network.
struct ServerTables {
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;
};

/// The names of services for pair_up and for the tables.
class ServiceNames {
 public:
  ServiceNames(ServerTables tables, std::span<const SocketRow> rows);

  /// portlabd's name for this session or listener, else IANA's name for the server's port; empty
  /// for an ephemeral port without a listener.
  ServiceLabel label(const Pair& pair) const;
  /// Whether portlabd has this session, as its server.
  bool is_served(Transport transport, const SocketEnd& server, const SocketEnd& client) const;
  /// portlabd's name for its port, else IANA's, with the same exception. Valid as long as this
  /// object.
  std::string_view port_name(Transport transport, const SocketEnd& end) const;

 private:
  const ListenerRow* listener_at(Transport transport, const SocketEnd& end) const;

  std::vector<ListenerRow> listeners_;
  std::map<std::tuple<Transport, SocketEnd, SocketEnd>, std::string> sessions_;
  std::vector<bool> listened_tcp_;
  std::vector<bool> listened_udp_;
  std::optional<PortRange> ephemeral_;
};

/// Whether a session is at none of portlabd's listeners, so that portlabd's table of sessions is
/// needed to explain it: FTP's data connections.
bool has_unexplained_session(std::span<const SocketRow> rows,
                             std::span<const ListenerRow> listeners);

}  // namespace portlab
