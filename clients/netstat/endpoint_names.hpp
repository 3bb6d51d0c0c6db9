#pragma once
// Names for the ports of this machine: of portlabd's services, else from IANA's registry.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/netstat/pairs.hpp"
#include "common/control_protocol.hpp"

namespace portlab {

/// The tables of a portlabd; empty when none runs in this network.
struct ServerTables {
  std::vector<ListenerRow> listeners;
  std::vector<SessionRow> sessions;  ///< also FTP's data connections that ended in the last minute
};

/// The service at a server's end.
struct ServiceLabel {
  std::string name;                ///< "http"; empty: unknown
  std::uint16_t default_port = 0;  ///< 0: unknown
  bool moved = false;              ///< a service of portlabd, not at its default port
};

/// The names of services for pair_up and for the tables.
class ServiceNames {
 public:
  /// No names: ports are shown as numbers.
  ServiceNames() = default;
  /// The names of portlabd, and with `registry` those of IANA for the other ports; ephemeral ports
  /// have one only with a listener in `rows`.
  ServiceNames(ServerTables tables, std::span<const SocketRow> rows, bool registry);

  /// The service of this session or listener; no name where no program listens on the port.
  ServiceLabel label(const Pair& pair) const;
  /// The service that portlabd has at this port, or that it reports for the whole session; empty:
  /// none. Valid as long as this object.
  std::string_view served_name(Transport transport, const SocketEnd& end) const;
  std::string_view session_name(Transport transport, const SocketEnd& one,
                                const SocketEnd& other) const;
  /// Whether portlabd has this session, and `server` accepted it.
  bool is_served(Transport transport, const SocketEnd& server, const SocketEnd& client) const;
  bool has_forwarded() const { return !forwarded_.empty(); }
  /// The ends, server and client, of the session for which portlabd made the connection from `client`
  /// to `server`; nothing: it did not, or that session has no port.
  std::optional<std::pair<SocketEnd, SocketEnd>> forwarded_from(Transport transport,
                                                                const SocketEnd& server,
                                                                const SocketEnd& client) const;
  /// IANA's name of the service at this port ("domain" for dns); empty: none is known. Valid as
  /// long as this object.
  std::string_view port_name(Transport transport, const SocketEnd& end) const;
  /// portlabd's listener there, if its service is not at its default port; else null.
  const ListenerRow* moved_listener_at(Transport transport, const SocketEnd& end) const;

 private:
  const ListenerRow* listener_at(Transport transport, const SocketEnd& end) const;

  std::vector<ListenerRow> listeners_;
  /// By the end that accepted the connection, and the end that made it.
  std::map<std::tuple<Transport, SocketEnd, SocketEnd>, std::string> sessions_;
  /// The same key, for connections of forward.
  std::map<std::tuple<Transport, SocketEnd, SocketEnd>, std::pair<SocketEnd, SocketEnd>> forwarded_;
  bool registry_ = false;
  std::set<std::pair<Transport, std::uint16_t>> listened_;
  std::optional<PortRange> ephemeral_;
};

}  // namespace portlab
