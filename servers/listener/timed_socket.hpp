#pragma once
// A socket whose waits have a deadline: of a connection, of a data listener, of an outgoing
// connection. Each worker has a list of them, and checks their deadlines once a second.

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>

#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

using Clock = std::chrono::steady_clock;

/// Why a session was ended by the core.
enum class EndReason : std::uint8_t {
  none,      ///< it runs, or the protocol ended it
  reset,     ///< the peer reset the connection, or writing failed
  deadline,  ///< the peer took too long
  stop,      ///< this server is stopping
  limit,     ///< more input than a session, or all sessions together, may store
  aborted,   ///< the protocol reset the connection
};

/// "reset", "timed out", "server stopped", …
std::string_view to_string(EndReason reason);

/// Ends a session; thrown by every wait of a TimedSocket.
class SessionEnded : public std::exception {
 public:
  explicit SessionEnded(EndReason reason) : reason_(reason) {}
  EndReason reason() const { return reason_; }
  const char* what() const noexcept override { return to_string(reason_).data(); }

 private:
  EndReason reason_;
};

class TimedSocket : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  TimedSocket(Worker& worker, FileDescriptor socket);
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;
  virtual ~TimedSocket() = default;

  EndReason ended() const { return ended_; }
  Clock::time_point deadline() const { return deadline_; }
  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

  /// Ends the waits: they throw SessionEnded. The first reason counts.
  virtual void end(EndReason reason);

  /// Waits for the event; throws SessionEnded.
  Task<void> wait_until(AsyncSocket::Event event);
  /// False: the event has not come within the deadline. A stop of the server still throws.
  Task<bool> wait_if_it_comes(AsyncSocket::Event event);

 protected:
  /// Ends the session from inside: throws SessionEnded.
  [[noreturn]] void throw_ended(EndReason reason);
  /// Before and after each wait: throw SessionEnded if the session was ended.
  void check_before_wait();
  void check_after_wait(const boost::system::error_code& failed);

  Worker& worker_;
  AsyncSocket socket_;

 private:
  Clock::time_point deadline_;
  EndReason ended_ = EndReason::none;
};

using TimedSocketList =
    boost::intrusive::list<TimedSocket, boost::intrusive::constant_time_size<false>>;

}  // namespace portlab
