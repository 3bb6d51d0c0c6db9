#pragma once
// The core's side of a conversation: its socket, its row of the session table, its deadline, its
// buffer.

#include <sys/types.h>

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/socket.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

using Clock = std::chrono::steady_clock;

/// What a row's note has at most.
inline constexpr std::size_t note_bytes_max = 200;

/// Memory for bytes that have arrived and are not consumed. A worker keeps a few; an idle session
/// has none.
class BufferPool {
 public:
  using Buffer = std::unique_ptr<char[]>;

  Buffer take();
  void give_back(Buffer buffer);

 private:
  static constexpr std::size_t kept_max = 64;
  std::vector<Buffer> kept_;
};

/// Something that waits on a socket and has a deadline: a session, or a second port. It is in its
/// worker's list while it lives; the worker looks at all deadlines once a second.
class TimedSocket : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  TimedSocket(Worker& worker, FileDescriptor socket);
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;
  virtual ~TimedSocket() = default;

  Worker& worker() { return worker_; }
  int socket() { return socket_.get(); }
  EndReason ended() const { return ended_; }
  Clock::time_point deadline() const { return deadline_; }
  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

  /// Ends whatever waits on it, now; what waits throws SessionEnded. The first reason counts.
  virtual void end(EndReason reason);

  /// The conversation can't go on, and this is why.
  [[noreturn]] void throw_ended(EndReason reason);

  /// Waits for the event; throws SessionEnded.
  Task<void> wait_until(AsyncSocket::Event event);
  /// Never returns: waits until the connection breaks or is ended, and throws SessionEnded.
  Task<void> wait_disconnect();

 protected:
  /// Around every wait: throw SessionEnded where it may not begin, or was ended.
  void check_before_wait();
  void check_after_wait(const boost::system::error_code& failed);

  AsyncSocket socket_;

 private:
  Worker& worker_;
  Clock::time_point deadline_;
  EndReason ended_ = EndReason::none;
};

using TimedSocketList =
    boost::intrusive::list<TimedSocket, boost::intrusive::constant_time_size<false>>;

/// One conversation over a stream.
class Session final : public TimedSocket {
 public:
  struct Origin {
    std::string_view service;  ///< outlives the session: the service's own name
    Transport transport = Transport::tcp;
    std::uint64_t parent_id = 0;
    bool is_admin = false;
  };

  struct Ends {
    Endpoint local;
    Endpoint remote;
  };

  Session(Worker& worker, FileDescriptor socket, Quota::Permit permit, const Origin& origin,
          Ends ends);
  ~Session() override;

  void end(EndReason reason) override;

  SessionRow row(Clock::time_point now) const;
  std::uint64_t id() const { return id_; }
  std::string_view service() const { return service_; }
  bool is_admin() const { return is_admin_; }
  const Endpoint& local() const { return local_; }
  const Endpoint& remote() const { return remote_; }

  // Input: [begin_, end_) of the buffer.
  std::string_view pending() const;
  void consume(std::size_t count);
  /// Forgets what is pending beyond its first `count` bytes.
  void drop_after(std::size_t count);
  Task<bool> receive();
  Task<Bytes> read_some();

  // Output.
  /// What follows what is written: nothing now, more at once, or our FIN.
  enum class Next : std::uint8_t { nothing, more, end };
  Task<void> write(std::string_view head, std::string_view body, Next next = Next::nothing);
  Task<void> send_file(int file, ByteRange range);

  void start_idle_timeout(std::string_view farewell);
  void set_message_deadline(std::chrono::seconds limit, std::string_view farewell);
  void skip_linger() { peer_is_done_ = true; }
  void note(std::string_view text);

  /// Between two messages, with nothing arrived: what a stop may end without anybody losing
  /// anything.
  bool idle();
  /// Closes in order: our FIN, then theirs, bounded in time and bytes. Closing with unread bytes
  /// would send a RST, which may destroy what we have just written (RFC 9112 section 9.6).
  Task<void> close_in_order();

 private:
  Task<void> send_piece(int file, off_t& offset, std::uint64_t left);
  /// Reads without waiting: true, something came; false, the peer has closed; nothing: wait again.
  std::optional<bool> take_what_arrived();
  void release_empty_buffer();
  /// Takes a buffer if there is none, and moves what is pending to its beginning.
  void make_room();
  /// Lets the others have their turn.
  Task<void> yield();

  const std::string_view service_;
  const std::uint64_t id_;
  const std::uint64_t parent_id_;
  const Endpoint local_;
  const Endpoint remote_;
  const Clock::time_point began_;
  Quota::Permit permit_;
  std::string_view farewell_;
  std::string note_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  BufferPool::Buffer buffer_;
  std::uint32_t buffer_begin_ = 0;
  std::uint32_t buffer_end_ = 0;
  std::uint32_t bytes_this_turn_ = 0;
  std::uint16_t writes_this_turn_ = 0;
  const bool is_admin_;
  bool between_messages_ = true;
  bool writing_ = false;
  bool fin_sent_ = false;
  bool peer_closed_ = false;
  bool peer_is_done_ = false;
};

}  // namespace portlab
