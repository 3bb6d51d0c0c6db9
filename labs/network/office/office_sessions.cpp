#include "labs/network/office/office_sessions.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "clients/netstat/pairs.hpp"
#include "common/port.hpp"

namespace portlab::office {

namespace {

/// A socket with a peer. Loopback addresses are in each host: then the host is part of the key.
using Key = std::tuple<Transport, std::string, SocketEnd, SocketEnd>;

/// A row, and its host.
struct Found {
  const std::string* host = nullptr;
  const SocketRow* row = nullptr;
};

std::uint8_t protocol_of(Transport transport) {
  return transport == Transport::tcp ? IPPROTO_TCP : IPPROTO_UDP;
}

class Joining {
 public:
  Joining(std::span<const HostSockets> tables, std::span<const TrackedConnection> tracked,
          const JoiningFacts& facts);

  OfficeTables run();

 private:
  /// What the peer of a row sees: its own end, and the end that it calls its peer.
  struct Peer {
    SocketEnd local, remote;
    const TrackedConnection* tracked = nullptr;
    bool row_opened = false;  ///< with `tracked`: the row's host sent the first packet
  };

  static Key key(Transport transport, const std::string& host, const SocketEnd& local,
                 const SocketEnd& remote) {
    return {transport, local.is_loopback() ? host : std::string(), local, remote};
  }
  Peer peer_of(const SocketRow& row) const;
  bool has_listener(Transport transport, const std::string& host, const SocketEnd& end) const;
  bool row_is_server(const Found& found, const Peer& peer, const std::string& peer_host) const;
  OfficeSession join(const Found& found);

  std::span<const HostSockets> tables_;
  const JoiningFacts& facts_;
  std::map<Key, Found> rows_;
  std::map<std::tuple<std::string, Transport, std::uint16_t>, std::vector<const SocketRow*>>
      listeners_;
  /// By protocol, source and destination; each translated connection in both directions.
  std::map<std::tuple<std::uint8_t, SocketEnd, SocketEnd>, const TrackedConnection*> tracked_;
  std::set<const SocketRow*> joined_;
};

Joining::Joining(std::span<const HostSockets> tables, std::span<const TrackedConnection> tracked,
                 const JoiningFacts& facts)
    : tables_(tables), facts_(facts) {
  for (const auto& table : tables)
    for (const auto& row : table.rows) {
      if (row.is_listener())
        listeners_[{table.host, row.transport, row.local.port}].push_back(&row);
      else
        rows_.emplace(key(row.transport, table.host, row.local, row.remote),
                      Found{&table.host, &row});
    }
  for (const auto& each : tracked) {
    if (!each.is_translated()) continue;
    tracked_[{each.protocol, each.original.source, each.original.destination}] = &each;
    tracked_[{each.protocol, each.reply.source, each.reply.destination}] = &each;
  }
}

Joining::Peer Joining::peer_of(const SocketRow& row) const {
  const auto found = tracked_.find({protocol_of(row.transport), row.local, row.remote});
  if (found == tracked_.end()) return {row.remote, row.local};
  const auto& tracked = *found->second;
  const bool opened = tracked.original.source == row.local;
  const auto& other = opened ? tracked.reply : tracked.original;
  return {other.source, other.destination, &tracked, opened};
}

bool Joining::has_listener(Transport transport, const std::string& host,
                           const SocketEnd& end) const {
  const auto found = listeners_.find({host, transport, end.port});
  return found != listeners_.end() && std::ranges::any_of(found->second, [&](const SocketRow* row) {
           return row->accepts(end);
         });
}

/// Whether the row is the server's: its host has a listener there, or its portlabd lists the session;
/// else what the router saw; else, as in `portlab netstat --pairs`, what the ports show.
bool Joining::row_is_server(const Found& found, const Peer& peer,
                            const std::string& peer_host) const {
  const auto& row = *found.row;
  const bool here = has_listener(row.transport, *found.host, row.local);
  const bool there = has_listener(row.transport, peer_host, peer.local);
  if (here != there) return here;
  if (facts_.is_served) {
    if (facts_.is_served(*found.host, row.transport, row.local, row.remote)) return true;
    if (facts_.is_served(peer_host, row.transport, peer.local, peer.remote)) return false;
  }
  if (peer.tracked != nullptr) return !peer.row_opened;
  constexpr PortRange linux_default{32768, 60999};
  const auto order = [&](const SocketEnd& end) {
    return std::pair(server_rank(end.port, linux_default), end);
  };
  return order(row.local) < order(peer.local);
}

OfficeSession Joining::join(const Found& found) {
  const auto& row = *found.row;
  const auto peer = peer_of(row);
  SessionEnd here{*found.host, row.local, row.state};
  SessionEnd there{peer.local.is_loopback() ? *found.host : facts_.host_of(peer.local), peer.local};
  const auto other = rows_.find(key(row.transport, *found.host, peer.local, peer.remote));
  if (other != rows_.end()) {
    joined_.insert(other->second.row);
    there.host = *other->second.host;
    there.state = other->second.row->state;
  }
  OfficeSession session{row.transport, {}, {}};
  const bool is_server = row_is_server(found, peer, there.host);
  if (peer.tracked != nullptr) {
    const auto& tracked = *peer.tracked;
    session.source_translated = tracked.reply.destination != tracked.original.source;
    session.router =
        session.source_translated ? tracked.reply.destination : tracked.original.destination;
  }
  session.client = is_server ? there : here;
  session.server = is_server ? here : there;
  return session;
}

OfficeTables Joining::run() {
  OfficeTables out;
  for (const auto& table : tables_)
    for (const auto& row : table.rows)
      if (row.is_listener())
        out.listeners.push_back({table.host, row.transport, row.local, row.inode});
  for (const auto& [unused, found] : rows_)
    if (joined_.insert(found.row).second) out.sessions.push_back(join(found));
  std::ranges::sort(out.sessions, {}, [](const OfficeSession& session) {
    return std::tie(session.transport, session.server.end, session.client.host, session.client.end);
  });
  return out;
}

}  // namespace

OfficeTables join_tables(std::span<const HostSockets> tables,
                         std::span<const TrackedConnection> tracked, const JoiningFacts& facts) {
  return Joining(tables, tracked, facts).run();
}

}  // namespace portlab::office
