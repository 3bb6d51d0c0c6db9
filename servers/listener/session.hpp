#pragma once
// The core's part of a connection: its socket, its row of the session table, its deadline and its
// input buffer.

#include <sys/types.h>

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"
#include "common/session_row.hpp"
#include "servers/listener/buffer_pool.hpp"
#include "servers/listener/byte_stream.hpp"
#include "servers/listener/connection.hpp"
#include "servers/listener/quota.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

using Clock = std::chrono::steady_clock;

/// The maximum of a row's note, in bytes.
inline constexpr std::size_t note_bytes_max = 200;

/// A socket whose waits have a deadline: of a session, of a data listener, of an outgoing
/// connection. Each worker has a list of them, and checks their deadlines once a second.
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

  /// Ends the waits: they throw SessionEnded. The first reason counts.
  virtual void end(EndReason reason);

  /// Ends the session from inside: throws SessionEnded.
  [[noreturn]] void throw_ended(EndReason reason);

  /// Waits for the event; throws SessionEnded.
  Task<void> wait_until(AsyncSocket::Event event);
  /// Never returns: throws SessionEnded when the connection is reset, closed or ended.
  Task<void> wait_disconnect();

 protected:
  /// Before and after each wait: throw SessionEnded if the session was ended.
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

/// What identifies a session.
struct SessionInfo {
  std::string_view service;  ///< outlives the session: the service's own name
  Endpoint local;
  Endpoint remote;
  std::uint64_t parent_id = 0;
  bool is_admin = false;
  std::shared_ptr<const std::string> argument;  ///< the listener's; null: none
};

/// One connection, TCP or Unix.
class Session final : public TimedSocket {
 public:
  Session(Worker& worker, FileDescriptor socket, Quota::Permit permit, SessionInfo info);
  ~Session() override;

  /// Sends the final reply if the reason is a deadline or the server's stop.
  void end(EndReason reason) override;

  SessionRow row(Clock::time_point now) const;
  std::uint64_t id() const { return id_; }
  const SessionInfo& info() const { return info_; }
  std::string_view note() const { return note_; }

  // Input: [buffer_begin_, buffer_end_) of the buffer is pending.
  std::string_view pending() const;
  void consume(std::size_t count);
  /// Drops what is pending after its first `count` bytes.
  void drop_after(std::size_t count);
  Task<bool> receive();
  Task<Bytes> read_some();

  // Output.
  /// What follows the bytes of a write: nothing, more bytes at once, or FIN.
  enum class Next : std::uint8_t { nothing, more, end };
  Task<void> write(std::string_view head, std::string_view body, Next next = Next::nothing);
  Task<void> send_file(int file, ByteRange range);

  void start_idle_timeout(std::string_view final_reply);
  void set_message_deadline(std::chrono::seconds limit, std::string_view final_reply);
  void skip_linger() { skip_linger_ = true; }
  void note(std::string_view text);

  /// Between two messages, with nothing received of the next: ending it now loses no data.
  bool idle() const;
  /// Closes our direction (FIN), then reads until the peer's FIN, bounded in time and bytes.
  /// Closing a socket that has unread bytes would send a RST, which can destroy what the peer has
  /// not read yet (RFC 9112 section 9.6).
  Task<void> close_in_order();

 private:
  Task<void> send_file_part(int file, off_t& offset, std::uint64_t left);
  /// Reads without waiting. true: bytes came; false: the peer has closed; nullopt: wait again.
  std::optional<bool> try_receive();
  void release_empty_buffer();
  /// Takes a buffer if there is none, and moves what is pending to its beginning.
  void prepare_buffer();
  void return_buffer();
  /// Lets the other sessions of the worker run.
  Task<void> yield();

  const SessionInfo info_;
  const std::uint64_t id_;
  const Clock::time_point began_;
  ByteStream stream_;
  Quota::Permit permit_;
  std::string_view final_reply_;
  std::string note_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  BufferPool::Buffer buffer_;
  std::uint32_t buffer_begin_ = 0;
  std::uint32_t buffer_end_ = 0;
  std::uint32_t bytes_since_yield_ = 0;
  std::uint16_t writes_since_yield_ = 0;
  bool between_messages_ = true;
  bool writing_ = false;
  bool fin_sent_ = false;
  bool peer_closed_ = false;
  bool skip_linger_ = false;
};

}  // namespace portlab
