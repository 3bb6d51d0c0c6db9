#pragma once
// What a protocol sees of a session: its bytes, both endpoints, and its row of the session table.
//
// Every wait is bounded by the session's deadline. When the peer closes its direction of the
// stream, that is a return value (false, nullopt, no bytes). A reset, a missed deadline, the
// server's stop and input beyond the limits end the session: the wait throws SessionEnded, which
// the core catches. A protocol neither catches it nor checks errors.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "servers/listener/buffer_pool.hpp"
#include "servers/listener/open_file.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Session;       // the core's part of a connection
class DataListener;  // below

/// Why a session was ended by the core.
enum class EndReason : std::uint8_t {
  none,      ///< it runs, or the protocol ended it
  reset,     ///< the peer reset the connection, or writing failed
  deadline,  ///< the peer took too long
  stop,      ///< this server is stopping
  limit,     ///< more input than a session, or all sessions together, may store
};

/// "reset", "timed out", "server stopped", …
std::string_view to_string(EndReason reason);

/// Ends a session; thrown by every wait of Connection.
class SessionEnded : public std::exception {
 public:
  explicit SessionEnded(EndReason reason) : reason_(reason) {}
  EndReason reason() const { return reason_; }
  const char* what() const noexcept override { return to_string(reason_).data(); }

 private:
  EndReason reason_;
};

/// Why an outgoing connection was not established.
enum class ConnectError : std::uint8_t {
  refused,            ///< the peer's machine answered that the port is closed (ECONNREFUSED)
  timed_out,          ///< no answer in time
  unreachable,        ///< no route to the peer's address
  denied,             ///< the system forbids it (EACCES, EPERM)
  too_many_sessions,  ///< this server has as many sessions as it may have
  failed,             ///< another error of the system
};

/// "connection refused", "timed out", …
std::string_view to_string(ConnectError error);

/// How an outgoing connection is made.
struct ConnectOptions {
  ConnectOptions() = default;  // no aggregate: g++ 12 destroys temporary ones twice in co_await
  /// The source. A default Endpoint: the kernel chooses address and port; port 0: it chooses the
  /// port. A port that can't be bound is replaced by one that the kernel chooses.
  Endpoint from;
  std::chrono::seconds limit{10};
};

class Connection {
 public:
  /// The most that is stored of what a peer sent and the protocol has not consumed.
  static constexpr std::size_t input_bytes_max = session_buffer_bytes;

  explicit Connection(std::unique_ptr<Session> session);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Input. An idle session has no buffer: it takes one when bytes arrive and returns it when all of
  // them are consumed.

  /// What has arrived and is not consumed. Valid until the next receive, read_some or read_line.
  std::string_view pending() const;
  /// Waits until more bytes are pending than before; false: the peer has closed its direction.
  Task<bool> receive();
  /// Drops the first `count` bytes of pending().
  void consume(std::size_t count);
  /// Reads nothing and never returns: throws when the connection is reset, closed in both
  /// directions or ended. For race(), beside a transfer during which nothing may be read.
  Task<void> wait_disconnect();
  /// Everything pending, or what arrives next, consumed; valid until the next read. Empty: the peer
  /// has closed its direction.
  Task<Bytes> read_some();
  /// The next line, consumed, without its CRLF or LF; valid until the next read. nullopt: the peer
  /// closed its direction before the line was complete. A line longer than `limit` bytes is read to
  /// its end, and its first `limit` + 1 bytes are returned.
  Task<std::optional<std::string_view>> read_line(std::size_t limit);

  // Output. Each returns when the kernel has accepted everything.

  Task<void> write(std::string_view bytes);
  /// Two parts, in one packet where they fit: a head and its body.
  Task<void> write(std::string_view head, std::string_view body);
  /// More follows at once: a head before a file.
  Task<void> write_more(std::string_view bytes);
  /// Writes, then closes our direction of the stream (FIN). Nothing can be written after that.
  Task<void> write_and_shutdown(std::string_view bytes);
  /// The peer will send nothing more, as it said (HTTP's "Connection: close"): the close does not
  /// wait for the peer's FIN.
  void skip_linger();
  /// Sends a part of a file (sendfile(2)). A file that is shorter than `range` ends the session,
  /// because the length was already promised to the peer.
  Task<void> send_file(File file, ByteRange range);

  /// Waits for this long: some clients can't handle a reply that arrives too early.
  Task<void> pause(std::chrono::milliseconds time);

  // Deadlines, and the row of the session table.

  /// The peer's next message may take --idle-timeout to begin. After that, or when the server
  /// stops, `final_reply` is sent and the session ends. It must outlive the session: a string
  /// literal.
  void start_idle_timeout(std::string_view final_reply = {});
  /// The current message must be complete within `limit`, however many reads it takes.
  void set_message_deadline(std::chrono::seconds limit, std::string_view final_reply = {});
  /// No deadline until the next one is set: for a response that is sent in parts, minutes apart.
  /// Each write still has a deadline of its own.
  void suspend_deadline();
  /// Sets the row's note: "GET /index.html 200". Shown by netstat, /api/sessions and the log.
  void note(std::string_view text);

  const Endpoint& local() const;
  const Endpoint& remote() const;
  /// The same number for everything that runs between two calls of epoll_wait(): for caches.
  std::uint64_t poll_generation() const;
  /// The user id of the peer of a Unix socket (SO_PEERCRED); nullopt for tcp.
  std::optional<std::uint32_t> peer_user_id() const;
  /// The argument of the listener ("HOST:PORT" of forward=8080:HOST:PORT); empty: it has none.
  const std::string& argument() const;

  // Further connections of a session. Each is a row whose parent_id is this session.

  /// Listens on this session's local address, at any free port, for this session's peer only (other
  /// connections are closed at once, RFC 2577 section 4). nullopt: no port is free.
  std::optional<DataListener> open_data_listener(std::string_view service_name);
  /// Connects to `peer` (tcp or unix). `service_name` must outlive the session: a string literal.
  Task<boost::system::result<Connection, ConnectError>> connect(Endpoint peer,
                                                                std::string_view service_name,
                                                                ConnectOptions options = {});
  /// Connects from this session's local address; from `from_port` if the system allows that, else
  /// from an ephemeral port. nullopt: refused, timed out or unreachable.
  Task<std::optional<Connection>> connect_back(Endpoint peer, std::uint16_t from_port,
                                               std::string_view service_name);

  Session& session() { return *session_; }

 private:
  std::unique_ptr<Session> session_;
};

/// A listener for one expected connection.
class DataListener {
 public:
  class Impl;
  explicit DataListener(std::unique_ptr<Impl> impl);
  ~DataListener();
  DataListener(DataListener&&) noexcept;
  DataListener& operator=(DataListener&&) noexcept;

  const Endpoint& endpoint() const;
  /// Waits for the peer's connection; nullopt: there was none within `limit`.
  Task<std::optional<Connection>> accept(std::chrono::seconds limit);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Runs both. The first to return or to throw ends the other: its wait throws SessionEnded, its
/// connections stay usable. True: `first` was first. Rethrows what the first one threw.
Task<bool> race(Task<void> first, Task<void> second);

}  // namespace portlab
