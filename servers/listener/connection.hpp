#pragma once
// A TCP or Unix connection, as a protocol sees it: its bytes, both endpoints, and its row of the
// session table.
//
// Every wait is bounded by the session's deadline. When the peer closes its direction of the
// stream, that is a return value (false, nullopt, no bytes). A reset, a missed deadline, the
// server's stop and input beyond the limits end the session: the wait throws SessionEnded, which
// the core catches. A protocol neither catches it nor checks errors.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/listener/buffer_pool.hpp"
#include "servers/listener/byte_stream.hpp"
#include "servers/listener/open_file.hpp"
#include "servers/listener/own_connections.hpp"
#include "servers/listener/pipe_pool.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/task.hpp"
#include "servers/listener/timed_socket.hpp"

namespace portlab {

class DataListener;  // below
struct Listener;

/// The maximum of a row's note, in bytes.
inline constexpr std::size_t note_bytes_max = 200;

/// Why an outgoing connection was not established.
enum class ConnectError : std::uint8_t {
  refused,            ///< the peer's machine answered that the port is closed (ECONNREFUSED)
  timed_out,          ///< no answer in time
  unreachable,        ///< no route to the peer's address
  denied,             ///< the system forbids it (EACCES, EPERM)
  too_many_sessions,  ///< this server has as many sessions as it may have
  loop,               ///< too many connections from this server to itself, one behind the other
  failed,             ///< another error of the system
};

/// How an outgoing connection is made.
struct ConnectOptions {
  ConnectOptions() = default;  // no aggregate: g++ 12 destroys temporary ones twice in co_await
  /// The source. A default Endpoint: the kernel chooses address and port; port 0: it chooses the
  /// port. A port that can't be bound is replaced by one that the kernel chooses.
  Endpoint from;
  std::chrono::seconds limit{10};
};

class Connection final : public TimedSocket {
 public:
  /// The maximum of received bytes that the protocol has not consumed yet.
  static constexpr std::size_t input_bytes_max = session_buffer_bytes;

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

  /// One or two parts, in one packet where they fit: a head and its body.
  Task<void> write(std::string_view head, std::string_view body = {});
  /// More follows at once: a head before a file.
  Task<void> write_more(std::string_view bytes);
  /// Writes, then closes this direction of the stream (FIN). Nothing can be written after that.
  Task<void> write_and_shutdown(std::string_view bytes);
  /// The peer will send nothing more, as it said (HTTP's "Connection: close"): the close does not
  /// wait for the peer's FIN.
  void skip_linger() { skip_linger_ = true; }
  /// Sends a part of a file (sendfile(2)). A file that is shorter than `range` ends the session,
  /// because the length was already promised to the peer.
  Task<void> send_file(File file, ByteRange range);

  /// Copies what this peer sends to `other`, and the other way round, until both have sent FIN;
  /// each FIN is passed on. Neither is read faster than the other one reads. Both end together, by
  /// a RST, when no byte was moved for --idle-timeout, and when one of them fails: a FIN would tell
  /// its peer that the data is complete. Throws SessionEnded then.
  Task<void> relay(Connection& other);
  /// Ends the session, and sends a RST instead of FIN: throws SessionEnded.
  [[noreturn]] void abort();

  /// Waits for this long: some clients can't handle a reply that arrives too early.
  Task<void> pause(std::chrono::milliseconds time);

  // Deadlines, and the row of the session table.

  /// The peer's next message may take --idle-timeout to begin. After that `final_reply` is sent and
  /// the session ends; when the server stops, `stop_reply`, or the same where it is empty. Both must
  /// outlive the session: string literals.
  void start_idle_timeout(std::string_view final_reply = {}, std::string_view stop_reply = {});
  /// The current message must be complete within `limit`, however many reads it takes.
  void set_message_deadline(std::chrono::seconds limit, std::string_view final_reply = {});
  /// No deadline until the next one is set: for a response that is sent in parts, minutes apart.
  /// Each write still has a deadline of its own. A stop of the server ends the session at once.
  void suspend_deadline();
  /// Sets the row's note: "GET /index.html 200". Shown by netstat, /api/sessions and the log.
  void note(std::string_view text);

  const Endpoint& local() const { return row_.local; }
  const Endpoint& remote() const { return row_.remote; }
  /// A number that changes at each epoll_wait(). A cache that stores it checks a file once for all
  /// requests that arrived together.
  std::uint64_t poll_generation() const;
  /// The user id of the peer of a Unix socket (SO_PEERCRED); nullopt for tcp.
  std::optional<std::uint32_t> peer_user_id() const;
  /// The version of TLS below this session: "1.3"; empty: none.
  std::string_view tls_version() const { return row_.tls; }
  /// The argument of the listener ("HOST:PORT" of forward=8080:HOST:PORT); empty: it has none.
  std::string_view argument() const;

  // Further connections of a session. Each is a row whose parent_id is this session.

  /// Listens on this session's local address, at any free port, for this session's peer only (other
  /// connections are closed at once, RFC 2577 section 4). Null: no port is free.
  std::unique_ptr<DataListener> open_data_listener(std::string_view service_name);
  /// Connects to `peer` (tcp or unix).
  Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> connect(
      Endpoint peer, std::string_view service_name, ConnectOptions options = {});

  // For the core.

  /// `listener`: where it was accepted; null for a further connection of a session.
  Connection(Worker& worker, FileDescriptor socket, Quota::Permit permit, SessionRow row,
             std::shared_ptr<const Listener> listener);
  ~Connection() override;

  /// How many connections of this server to itself are behind this session (own_connections.hpp).
  unsigned hops() const;

  /// The TLS handshake, with a deadline of its own. False: it failed, the row's note says why, and
  /// the session can only be closed. True at once where the connection is plain.
  Task<bool> handshake();
  /// Sends the final reply if the reason is a deadline or the server's stop.
  void end(EndReason reason) override;
  SessionRow row(Clock::time_point now) const;
  /// The same without its age, which counts from began(), and without a copy.
  const SessionRow& row_without_age() const { return row_; }
  Clock::time_point began() const { return began_; }
  /// For the protocol: reports how many bytes of this session's input it stores now, besides
  /// pending(); less than 4 GiB. False: all sessions together would store more than their limit,
  /// and the number is as before.
  bool keep_bytes(std::size_t bytes);
  /// For the protocol: bytes that the kernel has accepted so far.
  std::uint64_t bytes_out() const { return row_.bytes_out; }
  /// For the server's owner: the log has no line of it.
  bool is_admin() const;
  /// Whether a stop ends it at once: it is between two messages, with nothing received of the next,
  /// so that no data is lost; or its response has no end of its own.
  bool ends_at_stop() const;
  /// Closes this direction (FIN), then reads until the peer's FIN, bounded in time and bytes.
  /// Closing a socket that has unread bytes would send a RST, which can destroy what the peer has
  /// not read yet (RFC 9112 section 9.6).
  Task<void> close_in_order();

 private:
  /// What follows the bytes of a write: nothing, more bytes at once, or FIN.
  enum class Next : std::uint8_t { nothing, more, end };
  /// What the peer does, and so when the server's stop may end the session.
  enum class Phase : std::uint8_t { between_messages, message, stream, relay };

  Task<void> write(std::string_view head, std::string_view body, Next next);
  /// Ends this direction of the stream.
  Task<void> finish_output();
  /// Reads from the stream, and counts what TLS stores of an incomplete record.
  ByteStream::Result read_stream(std::span<char> buffer);
  /// As input: throws SessionEnded where all sessions together have too much of it.
  void count_incomplete_record();
  /// Reads without waiting. true: bytes came; false: the peer has closed; nullopt: wait again.
  std::optional<bool> try_receive();
  /// One direction of relay(). Where it fails, it ends both connections.
  Task<void> copy_to(Connection& to);
  /// Waits until the timer that it makes is cancelled.
  Task<void> wait_for_cancel(Timer*& waiting);
  /// Ends both, by a RST. The first reason of each counts.
  void end_with(Connection& other, EndReason reason);
  /// Sends what is pending, and waits until the kernel has accepted it. No buffer is used meanwhile.
  Task<void> send_pending_to(Connection& to);
  /// Moves what has arrived through the pipe; returns the number of bytes.
  Task<std::size_t> splice_to(Connection& to, std::unique_ptr<Pipe> pipe);
  /// Sends without waiting; returns the number of bytes.
  std::size_t send_now(std::string_view bytes);
  /// Both may be idle for --idle-timeout from now on.
  void postpone_deadline_with(Connection& other);
  void release_empty_buffer();
  /// Takes a buffer if there is none, and moves what is pending to its beginning.
  void prepare_buffer();
  void begin(Phase phase, Clock::time_point deadline, std::string_view final_reply,
             std::string_view stop_reply);
  /// Lets the other sessions of the worker run.
  Task<void> yield();
  /// The row of a further connection, without its endpoints.
  SessionRow child_row(std::string_view service_name) const;

  SessionRow row_;                        // without its age
  OwnConnections::Entry own_connection_;  // of an outgoing connection to this machine
  const Clock::time_point began_;
  const std::shared_ptr<const Listener> listener_;
  ByteStream stream_;
  Quota::Permit permit_;
  std::string_view final_reply_;
  std::string_view stop_reply_;
  // [buffer_begin_, buffer_end_) of the buffer is pending.
  BufferPool::Buffer buffer_;
  std::uint32_t buffer_begin_ = 0;
  std::uint32_t buffer_end_ = 0;
  std::uint32_t bytes_since_yield_ = 0;
  std::uint32_t kept_bytes_ = 0;
  std::uint32_t incomplete_record_bytes_ = 0;
  std::uint16_t writes_since_yield_ = 0;
  Phase phase_ = Phase::between_messages;
  AsyncSocket::Event read_event_ = AsyncSocket::Event::readable;  // what the next read waits for
  bool writing_ = false;
  bool fin_sent_ = false;
  bool peer_closed_ = false;
  bool skip_linger_ = false;
};

/// A listener for one expected connection.
class DataListener final : public TimedSocket {
 public:
  /// `row`: of the connection, without its endpoints.
  DataListener(Worker& worker, FileDescriptor socket, const asio::ip::address& expected,
               SessionRow row);

  const Endpoint& endpoint() const { return endpoint_; }
  /// Waits for the peer's connection. timed_out: there was none within `limit`.
  Task<boost::system::result<std::unique_ptr<Connection>, ConnectError>> accept(
      std::chrono::seconds limit);

 private:
  const Endpoint endpoint_;
  const asio::ip::address expected_;
  const SessionRow row_;
};

/// Runs both. The first to return or to throw ends the other: its wait throws SessionEnded, its
/// connections stay usable. True: `first` was first. Rethrows what the first one threw.
Task<bool> race(Task<void> first, Task<void> second);

}  // namespace portlab
