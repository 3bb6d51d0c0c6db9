#pragma once
// How tasks wait for sockets: one epoll(7) set per worker, edge-triggered, in which each socket is
// registered once for its whole life.
//
//   the loop sleeps -> the set is readable -> dispatch: epoll_wait -> happened: whoever waits goes
//   on
//
// Asio's own reactor would ask the kernel anew at every wait (EPOLL_CTL_MOD): one system call in
// four of a small server's life. It would also keep 400 bytes more of each idle session.

#include <sys/epoll.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "servers/listener/socket.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class AsyncSocket;

/// When the kernel looks after a socket.
enum class Watch : std::uint8_t {
  always,  ///< registered once: what sessions need
  /// Only while a task waits to read. A socket that many datagrams reach wakes nobody while they
  /// are being answered, which spares their senders the work of waking.
  while_waiting,
};

/// The epoll set of one worker.
class Reactor {
 public:
  explicit Reactor(asio::io_context& loop);

  asio::io_context& loop() { return loop_; }
  /// Another number whenever the kernel has been asked what happened, and never that of another
  /// set.
  std::uint64_t poll_generation() const { return poll_generation_; }
  void add(int socket, AsyncSocket& waiting, Watch watch);
  /// A task waits again for what is watched only meanwhile.
  void add_again(int socket, AsyncSocket& waiting);
  /// Its socket stays open, and goes elsewhere.
  void remove(int socket);
  /// It goes: what was fetched of it and is not dispatched yet is dropped.
  void forget(const AsyncSocket& waiting);
  /// The loop need not stay for it any longer.
  void close();

 private:
  void watch();
  void dispatch();

  asio::io_context& loop_;
  ReactorDescriptor set_;
  std::array<epoll_event, 256> events_;
  std::uint64_t poll_generation_;
  int next_ = 0;   // of events_: the next to dispatch
  int count_ = 0;  // how many there are
};

/// A socket that doesn't block, and the tasks that wait for it.
class AsyncSocket {
 public:
  enum class Event : std::uint8_t {
    readable,  ///< bytes, a connection, or the peer's end
    writable,
    broken,  ///< reset, or closed in both directions
  };

  AsyncSocket(Reactor& set, FileDescriptor socket, Watch watch = Watch::always);
  AsyncSocket(const AsyncSocket&) = delete;
  AsyncSocket& operator=(const AsyncSocket&) = delete;
  ~AsyncSocket();

  int get() const { return socket_.get(); }
  explicit operator bool() const { return static_cast<bool>(socket_); }

  /// To be awaited: that the event came, since it was last waited for. Whoever waits tries again
  /// what would have blocked, and may be told once more that it does. Yields an error code: aborted
  /// when the wait was cancelled. One task at a time for each kind of event.
  auto async_wait(Event event);
  /// What came was not taken completely, and the kernel won't announce the rest again.
  void mark_readable() { came_ |= bit(Event::readable); }

  /// Ends the waits.
  void cancel();
  /// Ends the waits and closes the socket.
  void close();
  /// Gives the socket away.
  FileDescriptor release();

  /// For the set: what epoll says.
  void on_events(std::uint32_t epoll_events);

 private:
  /// A task that waits.
  class Wait {
   public:
    virtual ~Wait() = default;
    virtual void go_on(boost::system::error_code result) = 0;
  };
  template <class Handler>
  class WaitOf;

  static constexpr std::uint8_t bit(Event event) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(event));
  }
  std::unique_ptr<Wait>& wait_of(Event event) { return waits_[static_cast<std::size_t>(event)]; }

  void begin(Event event, std::unique_ptr<Wait> wait);
  void cancel(Event event);
  /// Goes on soon, but not here and now.
  void post(std::unique_ptr<Wait> wait, boost::system::error_code result);

  Reactor& set_;
  FileDescriptor socket_;
  const Watch watch_;
  std::uint8_t came_ = 0;  // bits: events that nobody has waited for yet
  std::uint8_t over_ = 0;  // bits: events that stay true, as the peer's end does
  bool urgent_ = false;    // a read stops before an urgent byte: one more is due
  std::array<std::unique_ptr<Wait>, 3> waits_;
};

template <class Handler>
class AsyncSocket::WaitOf final : public AsyncSocket::Wait {
 public:
  WaitOf(Handler handler, AsyncSocket& waiting, Event event) : handler_(std::move(handler)) {
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected())
      slot.assign([&waiting, event](asio::cancellation_type) { waiting.cancel(event); });
  }

  void go_on(boost::system::error_code result) override {
    asio::get_associated_cancellation_slot(handler_).clear();  // the waitable may soon be gone
    std::move(handler_)(result);
  }

 private:
  Handler handler_;
};

inline auto AsyncSocket::async_wait(Event event) {
  // Awaited in the frame of who awaits it; use_task would give it a frame of its own.
  constexpr auto awaited_in_place = asio::as_tuple(asio::deferred);
  return asio::async_initiate<decltype(awaited_in_place), void(boost::system::error_code)>(
      [this](auto handler, Event what) {
        begin(what, std::make_unique<WaitOf<decltype(handler)>>(std::move(handler), *this, what));
      },
      awaited_in_place, event);
}

}  // namespace portlab
