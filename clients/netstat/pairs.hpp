#pragma once
// From sockets to conversations: the two ends of a session on this machine are two rows of the
// kernel's table with the same 4-tuple, mirrored. Pure: rows in, pairs out.
//
// Who is the server? The end
//   1. whose local port has a listener of this machine (TCP: LISTEN; UDP: a socket without a peer);
//   2. that portlabd says is its own (an FTP data connection has no listener any more);
//   3. whose port is less of a client's: well-known before registered before this machine's
//      ephemeral range before whatever is left of IANA's dynamic range;
//   4. with the lower number.
// 3 and 4 are guesses. Where 3 sets a service's port (well-known or registered) against a client's,
// the guess is as good as knowledge; all others are marked. FTP's port 20 is the exception of rule
// 3: the server calls from there.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "clients/netstat/socket_row.hpp"
#include "common/port.hpp"

namespace portlab {

/// A conversation with both ends in their roles. A listener is a pair without a client end.
struct Pair {
  enum class Kind : std::uint8_t {
    listener,  ///< nobody is connected: only `server` means something
    session,   ///< both ends are addresses, and at least one socket is there
  };

  Transport transport = Transport::tcp;
  Kind kind = Kind::session;
  bool elsewhere = false;       ///< the end without a state belongs to another machine
  bool guessed = false;         ///< which end is the server: the port numbers do not really tell
  std::uint32_t interface = 0;  ///< that a socket seen is bound to
  SocketEnd client;
  SocketEnd server;
  std::optional<TcpState> client_state;  ///< nothing: no such socket (any more)
  std::optional<TcpState> server_state;

  bool operator==(const Pair&) const = default;
};

/// What pairing must know beside the rows.
struct PairingFacts {
  std::optional<PortRange> ephemeral;    ///< this machine's
  std::vector<SocketEnd> own_addresses;  ///< of its interfaces; loopback need not be among them
  /// Sessions that somebody answers as a server though the port has no listener; may be empty.
  std::function<bool(Transport, const SocketEnd& server, const SocketEnd& client)> is_served;
};

/// All conversations, in order of transport, server and client; with their listeners when asked.
std::vector<Pair> pair_up(std::span<const SocketRow> rows, const PairingFacts& facts,
                          bool with_listeners);

/// Who waits where: finds the listener that a packet to this end would meet.
class ListenerIndex {
 public:
  explicit ListenerIndex(std::span<const SocketRow> rows);

  /// Whether a listener of this transport waits at this address and port, or at all addresses.
  bool waits_at(Transport transport, const SocketEnd& end) const;

 private:
  std::vector<const SocketRow*> listeners_;  // sorted by transport and port
};

/// How much a port looks like a server's: lower is more. See rule 3 above.
int server_rank(std::uint16_t port, const std::optional<PortRange>& ephemeral);

}  // namespace portlab
