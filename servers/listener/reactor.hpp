#pragma once
// How coroutines wait for sockets: one epoll(7) set per worker.
//
// A server with thousands of sockets can't call recv() on each of them to find out which have data.
// Linux offers epoll: a set of descriptors inside the kernel. It has three system calls:
//
//   epoll_create1()  makes the set
//   epoll_ctl()      adds a socket, changes what to report about it, or removes it
//   epoll_wait()     returns the sockets of the set that have an event
//
// Level-triggered or edge-triggered. By default epoll reports a socket at every epoll_wait() for as
// long as it has unread data (level-triggered). With EPOLLET it reports a socket once when new data
// arrives, and not again until more arrives (edge-triggered):
//
//   data arrives      ──┐        ┌── read() takes all ──┐      ┌── data arrives
//   socket readable     └────────┘                      └──────┘
//   level-triggered     reported at every epoll_wait()          and again at every epoll_wait()
//   edge-triggered      reported once                           reported once
//
// Edge-triggered, a socket is registered once, for all kinds of events, for its whole life. In
// exchange the program must store an event that was reported and is not used up yet:
// `pending_` of AsyncSocket. A read that fails with EAGAIN has used it up. A read that fills its
// buffer may have left data behind, for which there will be no second report: it calls
// mark_readable().
//
// Asio's own reactor is edge-triggered, too, but it registers what a socket waits for again at
// every wait (EPOLL_CTL_MOD). Registering once saves one of the four system calls of a round trip:
// bench case `echo tcp`, 148,000 -> 200,000 round trips/s. It also saves 400 bytes of each idle
// session.
//
// EPOLLONESHOT. A UDP socket of a busy server receives datagrams all the time, also while the
// previous ones are being answered. Edge-triggered, each of them would wake the loop, which
// takes processor time from the sender. EPOLLONESHOT reports one event and then nothing until the socket is armed
// again: a UDP socket is armed only while its task waits (Watch::while_waiting).
//
// The whole path, from the kernel to a coroutine:
//
//   Asio's loop waits until the set itself is readable (an epoll set is a descriptor, too)
//     -> Reactor::dispatch(): epoll_wait()
//       -> AsyncSocket::on_events(): which waits are over?
//         -> the coroutine that awaited async_wait() continues

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

/// When epoll reports events of a socket.
enum class Watch : std::uint8_t {
  always,         ///< edge-triggered, registered once: sessions and TCP listeners
  while_waiting,  ///< only while a task waits to read (EPOLLONESHOT): UDP listeners
};

/// The epoll set of one worker.
class Reactor {
 public:
  explicit Reactor(asio::io_context& loop);

  asio::io_context& loop() { return loop_; }
  /// A number that changes at each epoll_wait() and is never the same for two sets.
  std::uint64_t poll_generation() const { return poll_generation_; }

  /// Registers a socket. Throws std::system_error.
  void add(int socket, AsyncSocket& owner, Watch watch);
  /// Arms a socket that is watched while_waiting: its next event is reported.
  void rearm(int socket, AsyncSocket& owner);
  /// Removes a socket that stays open. (Closing a socket removes it, too: epoll(7).)
  void remove(int socket);
  /// Discards events of this socket that epoll_wait() returned and that are not dispatched yet.
  void discard_events(const AsyncSocket& owner);
  /// The event loop does not wait for the set any more.
  void close();

 private:
  void wait_readable();
  void dispatch();

  asio::io_context& loop_;
  ReactorDescriptor set_;
  std::array<epoll_event, 256> events_;
  std::uint64_t poll_generation_;
  int next_ = 0;   // index of the next event to dispatch
  int count_ = 0;  // number of events that the last epoll_wait() returned
};

/// A non-blocking socket that tasks can wait for.
class AsyncSocket {
 public:
  enum class Event : std::uint8_t {
    readable,  ///< there are bytes, a connection to accept, or the peer's end of the stream
    writable,
    broken,  ///< reset, or closed in both directions
  };

  AsyncSocket(Reactor& reactor, FileDescriptor socket, Watch watch = Watch::always);
  AsyncSocket(const AsyncSocket&) = delete;
  AsyncSocket& operator=(const AsyncSocket&) = delete;
  ~AsyncSocket();

  int get() const { return socket_.get(); }
  explicit operator bool() const { return static_cast<bool>(socket_); }

  /// To be awaited. Completes when the event occurs, or at once if it occurred after the previous wait
  /// (error operation_aborted: the wait was cancelled). The caller then tries its system call again,
  /// which may block once more (a false alarm). One task at a time for each kind of event.
  auto async_wait(Event event);
  /// For a read or accept that may have left data: epoll will not report that data again.
  void mark_readable() { pending_ |= bit(Event::readable); }

  /// Ends the waits.
  void cancel();
  /// Ends the waits and closes the socket.
  void close();
  /// Ends the waits and returns the socket, which stays open.
  FileDescriptor release();

  /// For the reactor: what epoll_wait() returned for this socket.
  void on_events(std::uint32_t epoll_events);

 private:
  /// A suspended task.
  class Wait {
   public:
    virtual ~Wait() = default;
    virtual void resume(boost::system::error_code result) = 0;
  };
  template <class Handler>
  class HandlerWait;

  static constexpr std::uint8_t bit(Event event) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(event));
  }
  std::unique_ptr<Wait>& wait_of(Event event) { return waits_[static_cast<std::size_t>(event)]; }

  void start_wait(Event event, std::unique_ptr<Wait> wait);
  void cancel(Event event);
  /// Resumes the task from the event loop, not from inside the caller.
  void post(std::unique_ptr<Wait> wait, boost::system::error_code result);

  Reactor& reactor_;
  FileDescriptor socket_;
  const Watch watch_;
  std::uint8_t pending_ = 0;    // bits: events reported, and not waited for yet
  std::uint8_t permanent_ = 0;  // bits: events that stay true, such as the end of the stream
  bool urgent_ = false;         // a read stops before an urgent byte: one more read is due
  std::array<std::unique_ptr<Wait>, 3> waits_;
};

template <class Handler>
class AsyncSocket::HandlerWait final : public AsyncSocket::Wait {
 public:
  HandlerWait(Handler handler, AsyncSocket& socket, Event event) : handler_(std::move(handler)) {
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected())
      slot.assign([&socket, event](asio::cancellation_type) { socket.cancel(event); });
  }

  void resume(boost::system::error_code result) override {
    // The slot refers to the socket, which the task may destroy.
    asio::get_associated_cancellation_slot(handler_).clear();
    std::move(handler_)(result);
  }

 private:
  Handler handler_;
};

inline auto AsyncSocket::async_wait(Event event) {
  // `deferred` waits inside the frame of the awaiting coroutine; use_task would allocate another.
  constexpr auto awaited_in_place = asio::as_tuple(asio::deferred);
  return asio::async_initiate<decltype(awaited_in_place), void(boost::system::error_code)>(
      [this](auto handler, Event what) {
        using HandlerType = decltype(handler);
        start_wait(what,
                   std::make_unique<HandlerWait<HandlerType>>(std::move(handler), *this, what));
      },
      awaited_in_place, event);
}

}  // namespace portlab
