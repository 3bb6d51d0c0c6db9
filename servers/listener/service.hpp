#pragma once
// The interface between the core and a protocol. A protocol is a StreamService, a DatagramService,
// or both, in a Service. It uses no socket, no timer and no errno.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/known_services.hpp"
#include "common/result.hpp"
#include "common/session_row.hpp"
#include "common/shared_value.hpp"
#include "servers/listener/change_events.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class TlsContext;  // tls_context.hpp

/// The certificate of a service over TLS. A reload replaces it; sessions keep the one they began
/// with.
using SharedTlsContext = SharedValue<TlsContext>;

/// Answers on a TCP port or a Unix socket. One object serves all sessions of all workers, so what
/// it shares must be thread-safe.
class StreamService {
 public:
  virtual ~StreamService() = default;

  /// One session, from accept to close. When it returns, the core closes the connection in order:
  /// its FIN first, then the peer's.
  virtual Task<void> serve(Connection& client) = 0;

  /// Sent to a client that is refused because there are too many sessions; empty: just close.
  virtual std::string_view overload_reply() const { return {}; }

  /// Sent, not encrypted, to a client that sends an HTTP request without TLS to a TLS port; empty:
  /// just close.
  virtual std::string_view no_tls_reply() const { return {}; }
};

/// One datagram, its source and its destination.
struct Datagram {
  Bytes payload;
  const Endpoint& local;        ///< the address and port it was sent to
  const Endpoint& remote;       ///< its sender
  bool from_a_listener;         ///< the sender's port is the port of a UDP listener of this server
  std::string_view argument{};  ///< of the listener; empty: it has none
};

/// Answers on a UDP port: for one datagram, at most one reply. A pure function: it can be tested
/// without a socket. One object serves all workers, so what it shares must be thread-safe.
class DatagramService {
 public:
  virtual ~DatagramService() = default;

  /// The reply: bytes in `scratch` (65,535 bytes) or a part of the query itself. nullopt: none.
  /// `note` is the note of the flow's row ("A www.lab.test NOERROR") and may be set.
  virtual std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch,
                                     std::string& note) = 0;
};

/// Relays a UDP port: each flow gets a socket of its own to the target, and the core passes datagrams
/// on in both directions. One object serves all workers.
class DatagramRelayService {
 public:
  virtual ~DatagramRelayService() = default;

  /// Where the datagrams of a new flow go; nullopt: nowhere. `note` is the note of the flow's row.
  virtual std::optional<Endpoint> target(const Datagram& first, std::string& note) = 0;
};

/// A listener that is about to open.
struct ListenRequest {
  const Endpoint& at;
  std::string_view argument;
  bool at_start;  ///< before the server serves: what takes seconds may be done now
};

/// What a service can read about the server. From every worker.
class ServerView {
 public:
  virtual ~ServerView() = default;

  /// All listeners, service by service, each in the order in which they were opened.
  virtual std::vector<ListenerRow> listeners() const = 0;
  /// All sessions of all workers, oldest first.
  virtual Task<std::vector<SessionRow>> sessions() const = 0;
  /// Changes of both from now on. A subscriber that then reads sessions() misses none. The
  /// subscription must not outlive the server.
  virtual Subscription subscribe() const = 0;
};

/// A protocol as the core sees it.
struct Service {
  KnownService info;
  std::unique_ptr<StreamService> stream;      ///< null: not over TCP
  std::unique_ptr<DatagramService> datagram;  ///< null: not over UDP, or relayed
  /// For the server's owner (control): no limit of sessions applies, and the log has no line of it.
  bool is_admin = false;
  std::unique_ptr<DatagramRelayService> datagram_relay{};  ///< over UDP, instead of `datagram`
  /// Whether a listener may open, with this argument; the error says why not. What the service
  /// needs only with a listener, it makes here. Null: any may.
  std::function<Result<void>(const ListenRequest& request)> check{};
  /// Its connections are TLS connections. The value is not null while it has a listener.
  std::shared_ptr<const SharedTlsContext> tls{};

  bool speaks_udp() const { return datagram || datagram_relay; }
};

}  // namespace portlab
