#pragma once
// What the core asks of a protocol, and what it offers in return. A protocol is a StreamService, a
// DatagramService, or both, put together in a Service. It names no socket, no timer and no errno.

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
#include "common/session_row.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

/// What a service is called and where it is at home.
struct ServiceInfo {
  std::string_view name;           ///< "http"
  std::uint16_t default_port = 0;  ///< 80
  std::string_view specification;  ///< "RFC 9112"
  /// The owner's own way in (control): no limit turns it away, and the log does not mention it.
  bool is_admin = false;
};

/// The facts that common's list has about the service of this name.
inline ServiceInfo service_info(std::string_view name) {
  const auto& known = known_service(name);
  return {known.name, known.default_port, known.specification};
}

/// What answers on a TCP port (or a Unix socket): a conversation, from accept to close. Returning
/// closes it, in order: our FIN first, then theirs. One object serves all sessions of all workers,
/// so what it shares must be thread-safe.
class StreamService {
 public:
  virtual ~StreamService() = default;

  virtual Task<void> serve(Connection& client) = 0;

  /// What a newcomer is told when the house is full; empty: nothing, just a close.
  virtual std::string_view overload_reply() const { return {}; }
};

/// One datagram and the two ends it travelled between.
struct Datagram {
  Bytes payload;
  const Endpoint& local;   ///< the address and port it was sent to
  const Endpoint& remote;  ///< who sent it
  bool from_a_listener;    ///< the sender's port is one where this very server listens over UDP
};

/// What answers on a UDP port: one datagram in, at most one out. Pure: testable and fuzzable
/// without a socket. One object serves all workers, so what it shares must be thread-safe.
class DatagramService {
 public:
  virtual ~DatagramService() = default;

  /// The reply, written into `scratch` (65,535 bytes) or a part of the query itself. Nothing:
  /// silence. `note` may be set to a short text for the flow's row ("A www.lab.test NOERROR").
  virtual std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch,
                                     std::string& note) = 0;
};

/// What a service may ask the core about the core. Safe from every worker.
class ServerView {
 public:
  virtual ~ServerView() = default;

  /// All listeners, service by service, each in the order in which they were opened.
  virtual std::vector<ListenerRow> listeners() const = 0;
  /// All sessions of all workers, oldest first.
  virtual Task<std::vector<SessionRow>> sessions() const = 0;
};

/// A protocol as the core sees it: a name, a home, and what answers there.
struct Service {
  ServiceInfo info;
  std::unique_ptr<StreamService> stream;      ///< null: nothing answers over TCP
  std::unique_ptr<DatagramService> datagram;  ///< null: nothing answers over UDP
};

}  // namespace portlab
