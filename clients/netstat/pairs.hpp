#pragma once
// From sockets to sessions: the two ends of a session on this machine are two rows of the kernel's
// table with the same 4-tuple, local and remote exchanged. Pure: rows in, pairs out.
//
// The server is the end
//   1. whose local port has a listener of this machine (TCP: LISTEN; UDP: a socket without a peer);
//   2. that portlabd lists as its own (an FTP data connection has no listener any more);
//   3. whose port comes first in this order: well-known, registered, ephemeral on this machine,
//      the rest of IANA's dynamic range;
//   4. with the lower number.
// 3 and 4 are guesses, and marked as such, unless 3 compares a well-known or registered port with
// another port. NAT gives the two ends different 4-tuples: see Pair::translated. FTP's port 20 is the exception of rule 3: an FTP server connects from it.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/port.hpp"

namespace portlab {

/// A session with its client and its server end. A listener is a pair without a client end.
struct Pair {
  enum class Kind : std::uint8_t {
    listener,  ///< only `server` is set
    session,   ///< both ends are set, and at least one has a socket
  };

  Transport transport = Transport::tcp;
  Kind kind = Kind::session;
  bool elsewhere = false;       ///< the end without a state is on another machine
  bool guessed = false;         ///< the port numbers do not show which end is the server
  std::uint32_t interface = 0;  ///< to which a socket is bound
  SocketEnd client;
  SocketEnd server;
  std::optional<TcpState> client_state;  ///< nothing: no such socket
  std::optional<TcpState> server_state;
  /// Where NAT in this machine led the client, which called `server`: the server's own endpoint.
  std::optional<SocketEnd> translated;
  std::uint32_t count = 1;  ///< of the sessions that fold_time_wait() made one row
  /// Of a connection that portlabd made for another session (forward): the two ends of that one.
  std::optional<std::pair<SocketEnd, SocketEnd>> forwarded_from{};  // server, client

  bool operator==(const Pair&) const = default;
  /// What does not change while a session or listener exists. A forwarded session comes after the
  /// one that it was made for.
  auto identity() const {
    const auto& first_server = forwarded_from ? forwarded_from->first : server;
    const auto& first_client = forwarded_from ? forwarded_from->second : client;
    return std::tuple_cat(std::tie(transport, first_server, kind, first_client),
                          std::tuple(forwarded_from.has_value()), std::tie(server, client));
  }
  /// The same for both halves of a forwarded session.
  auto group() const {
    return std::tuple(transport, forwarded_from.value_or(std::pair(server, client)));
  }
  auto states() const { return std::tie(client_state, server_state, count); }
};

/// What pairing needs in addition to the rows.
struct PairingFacts {
  std::optional<PortRange> ephemeral;    ///< this machine's
  std::vector<SocketEnd> own_addresses;  ///< of the interfaces; loopback may be left out
  /// Whether a server has this session although its port has no listener; may be empty.
  std::function<bool(Transport, const SocketEnd& server, const SocketEnd& client)> is_served;
};

/// All sessions, in order of transport, server and client; optionally with the listeners.
std::vector<Pair> pair_up(std::span<const SocketRow> rows, const PairingFacts& facts,
                          bool with_listeners);

/// The rank of a port in rule 3 above; lower is more likely a server's.
int server_rank(std::uint16_t port, const std::optional<PortRange>& ephemeral);

}  // namespace portlab
