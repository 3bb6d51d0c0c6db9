#pragma once
// The interface between the core and a protocol. A protocol is a StreamService, a DatagramService,
// or both, in a Service. It uses no socket, no timer and no errno.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/known_services.hpp"
#include "common/session_row.hpp"
#include "servers/listener/change_events.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

/// A service's name, default port and properties.
struct ServiceInfo {
  std::string_view name;           ///< "http"
  std::uint16_t default_port = 0;  ///< 80
  std::string_view specification;  ///< "RFC 9112"
  /// For the server's owner (control): no limit of sessions applies, and the log has no line of it.
  bool is_admin = false;
  /// Its listeners need an argument: SERVICE=PORT:ARGUMENT.
  bool takes_argument = false;
};

/// The facts that common's list has about the service of this name.
inline ServiceInfo service_info(std::string_view name) {
  const auto& known = known_service(name);
  return {known.name, known.default_port, known.specification};
}

/// Answers on a TCP port or a Unix socket. One object serves all sessions of all workers, so what
/// it shares must be thread-safe.
class StreamService {
 public:
  virtual ~StreamService() = default;

  /// One session, from accept to close. When it returns, the core closes the connection in order:
  /// our FIN first, then the peer's.
  virtual Task<void> serve(Connection& client) = 0;

  /// Sent to a client that is refused because there are too many sessions; empty: just close.
  virtual std::string_view overload_reply() const { return {}; }
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
  ServiceInfo info;
  std::unique_ptr<StreamService> stream;      ///< null: not over TCP
  std::unique_ptr<DatagramService> datagram;  ///< null: not over UDP
};

}  // namespace portlab
