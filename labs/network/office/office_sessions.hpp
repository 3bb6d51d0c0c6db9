#pragma once
// The sessions of the whole office: joins the two ends, which are rows of the socket tables of two
// hosts, also where the router translates addresses. Pure: tables in, sessions out.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "labs/network/office/conntrack.hpp"

namespace portlab::office {

/// The socket table of a host.
struct HostSockets {
  std::string host;
  std::vector<SocketRow> rows;
};

/// One end of a session.
struct SessionEnd {
  std::string host;                 ///< empty: no host of the office has the address
  SocketEnd end;                    ///< its own address and port
  std::optional<TcpState> state{};  ///< nothing: it has no such socket (any more)
};

struct OfficeSession {
  Transport transport = Transport::tcp;
  SessionEnd client, server;
  /// The router's end, where it translates: source NAT, the port that the server sees; destination
  /// NAT, the forwarded port that the client calls.
  std::optional<SocketEnd> router{};
  bool source_translated = false;  ///< with `router`: source NAT
};

/// A socket that waits for sessions.
struct OfficeListener {
  std::string host;
  Transport transport = Transport::tcp;
  SocketEnd end;
  std::uint32_t inode = 0;  ///< of the socket, in /proc/PID/fd
};

struct OfficeTables {
  std::vector<OfficeListener> listeners;
  std::vector<OfficeSession> sessions;
};

/// What joining needs in addition to the tables.
struct JoiningFacts {
  /// The name of the host with this address; empty: none.
  std::function<std::string(const SocketEnd&)> host_of;
  /// Whether a server of the host has this session, although its port has no listener: FTP's data
  /// connections. May be empty.
  std::function<bool(const std::string& host, Transport, const SocketEnd& server,
                     const SocketEnd& client)>
      is_served{};
};

/// All listeners, by host; and all sessions, sorted by transport, server and client.
OfficeTables join_tables(std::span<const HostSockets> tables,
                         std::span<const TrackedConnection> tracked, const JoiningFacts& facts);

}  // namespace portlab::office
