#pragma once
// What a conversation sees of the core: bytes, both endpoints, and its row of the session table.
//
// Every wait is bounded by the row's deadline. The peer's orderly close is a value (false, nullopt,
// empty bytes). A reset, a missed deadline, the server's stop and input beyond the limit end the
// conversation by SessionEnded, which the core catches once: a protocol neither catches it nor
// checks errors.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "servers/listener/open_file.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Session;       // the core's side of a connection
class DataListener;  // below

/// Why a conversation was ended from outside.
enum class EndReason : std::uint8_t {
  none,      ///< still running, or it returned by itself
  reset,     ///< the peer broke the connection, or it could not be written to
  deadline,  ///< the peer took too long
  stop,      ///< this server is shutting down
  limit,     ///< the peer sent more than a session may hold
};

/// "reset", "timed out", "server stopped", …
std::string_view to_string(EndReason reason);

/// Ends a conversation; thrown by every wait of Connection.
class SessionEnded : public std::exception {
 public:
  explicit SessionEnded(EndReason reason) : reason_(reason) {}
  EndReason reason() const { return reason_; }
  const char* what() const noexcept override { return to_string(reason_).data(); }

 private:
  EndReason reason_;
};

class Connection {
 public:
  /// The most that is kept of what a peer sent and the protocol has not consumed: a DNS message
  /// over TCP with its length prefix (2 + 65,535 bytes) fits.
  static constexpr std::size_t input_bytes_max = std::size_t{68} * 1024;

  explicit Connection(std::unique_ptr<Session> session);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Input. An idle session owns no buffer: one is taken when bytes arrive and given back when all
  // are consumed.

  /// What has arrived and is not consumed yet. Valid until the next receive, read_some or
  /// read_line.
  std::string_view pending() const;
  /// Waits until more bytes are pending than before; false: the peer closed and nothing more will
  /// come.
  Task<bool> receive();
  /// Drops the first `count` bytes of pending().
  void consume(std::size_t count);
  /// Reads nothing and never returns; throws when the connection breaks or is ended. For what must
  /// not read on beside a transfer (race).
  Task<void> wait_disconnect();
  /// Everything pending, or what comes next, consumed; valid until the next read. Empty: the peer
  /// closed.
  Task<Bytes> read_some();
  /// The next line, consumed, without its CRLF or LF; valid until the next read. nullopt: the peer
  /// closed before one was complete. A line longer than `limit` bytes is read to its end and comes
  /// back as its first `limit` + 1 bytes.
  Task<std::optional<std::string_view>> read_line(std::size_t limit);

  // Output. Each returns when the kernel has taken everything.

  Task<void> write(std::string_view bytes);
  /// Two parts in one packet where they fit: a head and its body.
  Task<void> write(std::string_view head, std::string_view body);
  /// What more follows at once: a head before a file.
  Task<void> write_more(std::string_view bytes);
  /// The last words: our FIN travels with them. Nothing can be written any more.
  Task<void> write_and_shutdown(std::string_view bytes);
  /// The peer has promised to send nothing more (HTTP's "Connection: close"): its end is not waited
  /// for when the conversation is over.
  void skip_linger();
  /// sendfile(2). A file that is shorter than `range` ends the session, as the promised length
  /// can't be kept.
  Task<void> send_file(File file, ByteRange range);

  /// Lets that much time pass, for a peer that would stumble over a faster answer.
  Task<void> pause(std::chrono::milliseconds time);

  // The row of the session table.

  /// Until the next message the peer may take as long as --idle-timeout. If it does not, it is sent
  /// `farewell` (which must outlive the session: a literal) and the conversation ends. The same
  /// farewell goes out when the server stops.
  void start_idle_timeout(std::string_view farewell = {});
  /// The message that is now due must be complete within `limit`, however many reads it takes.
  void set_message_deadline(std::chrono::seconds limit, std::string_view farewell = {});
  /// No deadline until the next one is set: for a response that is sent in parts, minutes apart.
  /// Each write still has its own.
  void suspend_deadline();
  /// What the row says last: "GET /index.html 200". Shown by netstat, /api/sessions and the log.
  void note(std::string_view text);

  const Endpoint& local() const;
  const Endpoint& remote() const;
  /// The same number for all that is answered between two looks at what the network brought: what
  /// was found out for one of these answers is as new for the next.
  std::uint64_t poll_generation() const;
  /// The user at the other end of a Unix socket; nullopt on a network.
  std::optional<std::uint32_t> peer_user_id() const;

  // A second port, for protocols that need one (FTP's data connection). Its sessions are rows that
  // belong to this one.

  /// Listens on this session's local address at any free port, for this session's peer alone (RFC
  /// 2577 section 4: others are closed at once). nullopt: no port could be had.
  std::optional<DataListener> open_data_listener(std::string_view service_name);
  /// Connects to `peer`; from `from_port` if the system allows that, else from an ephemeral port.
  /// nullopt: refused, timed out or unreachable.
  Task<std::optional<Connection>> connect_back(Endpoint peer, std::uint16_t from_port,
                                               std::string_view service_name);

  Session& session() { return *session_; }

 private:
  std::unique_ptr<Session> session_;
};

/// A listener for one expected connection. Closes with its last use.
class DataListener {
 public:
  class Impl;
  explicit DataListener(std::unique_ptr<Impl> impl);
  ~DataListener();
  DataListener(DataListener&&) noexcept;
  DataListener& operator=(DataListener&&) noexcept;

  const Endpoint& endpoint() const;
  /// Waits at most `limit` for the peer; nullopt: it did not come.
  Task<std::optional<Connection>> accept(std::chrono::seconds limit);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Runs both; the first to finish (or to throw) ends the other, whose wait throws SessionEnded and
/// whose connections stay usable. True: `first` was first. For FTP's ABOR beside a transfer.
Task<bool> race(Task<void> first, Task<void> second);

}  // namespace portlab
