#pragma once
// Events about the session table and the listeners, for services that show them live: publish and
// subscribe. Each subscriber has a bounded queue, with one entry for each session that has changed
// since the subscriber read it: its newest row. Of many short sessions it has only the number. So
// few rows and little JSON are made on a busy server: bench cases `live page`.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/session_row.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

struct ChangeEvent {
  enum class Kind : std::uint8_t {
    session_opened,  ///< `session`, also a UDP flow
    session_noted,   ///< `session` has a new note, the last of `count` new ones
    session_closed,  ///< `session`, as it was at its end
    short_sessions,  ///< `count` sessions of `listener`'s service and endpoint opened and closed
    listener_opened,
    listener_closed,
    listener_moved,  ///< `listener` is where it is now, `moved_from` where it was
    missed,          ///< at this place `count` events were lost: the queue was full
  };

  Kind kind = Kind::missed;
  SessionRow session = {};
  ListenerRow listener = {};
  std::optional<Endpoint> moved_from = {};
  std::uint64_t count = 1;
};

/// A subscriber's queue. Its destructor ends the subscription.
class Subscription {
 public:
  using Clock = std::chrono::steady_clock;

  /// Sessions that opened and closed since the last call of next() or take() are counted; of the
  /// newest of them there are all events.
  static constexpr std::size_t short_sessions_shown = 10;

  struct Queue;
  explicit Subscription(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

  /// Waits until there is an event; all events since the last call, those of a session in order.
  /// One call at a time, from a coroutine of any worker. Throws SessionEnded when the server stops
  /// and all events were returned. The wait has no deadline and does not see that the peer is gone:
  /// run it in a race() with Connection::wait_disconnect().
  Task<std::vector<ChangeEvent>> next();
  /// All events since the last call, without waiting.
  std::vector<ChangeEvent> take();

  /// While it exists, a list of all sessions is read. A session that is in the list has its event
  /// when it closes, also if it opened after the last call of take().
  class Reading {
   public:
    explicit Reading(std::shared_ptr<Queue> queue);
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading();

   private:
    const std::shared_ptr<Queue> queue_;
  };
  Reading reading() const { return Reading(queue_); }

 private:
  std::shared_ptr<Queue> queue_;
};

/// Distributes events to the subscribers. From any thread.
class ChangeFeed {
 public:
  using Clock = Subscription::Clock;

  /// `queued_max`: sessions and listeners whose events a queue holds.
  explicit ChangeFeed(std::size_t queued_max) : queued_max_(queued_max) {}

  Subscription subscribe();
  /// Without a subscriber nothing need be published; this is one load from memory.
  bool has_subscribers() const { return subscribers_.load(std::memory_order_relaxed) > 0; }
  /// An event of a listener.
  void publish(const ChangeEvent& event);
  /// An event of a session. `row`: without its age, which is counted from `began`. It is copied only
  /// if a queue stores it.
  void publish(ChangeEvent::Kind kind, const SessionRow& row, Clock::time_point began);
  /// No more events: next() throws.
  void close();

 private:
  const std::size_t queued_max_;
  std::atomic<std::size_t> subscribers_{0};
  std::mutex mutex_;
  std::vector<std::weak_ptr<Subscription::Queue>> queues_;
  bool closed_ = false;
};

}  // namespace portlab
