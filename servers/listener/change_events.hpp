#pragma once
// Events about the session table and the listeners, for services that show them live: publish and
// subscribe. Each subscriber has a bounded queue. Events that do not fit are counted, and the queue
// ends with their number.

#include <atomic>
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
    session_noted,   ///< `session` has a new note
    session_closed,  ///< `session`, as it was at its end
    listener_opened,
    listener_closed,
    listener_moved,  ///< `listener` is where it is now, `moved_from` where it was
    missed,          ///< at this place `missed` events were lost: the queue was full
  };

  Kind kind = Kind::missed;
  SessionRow session;
  ListenerRow listener;
  std::optional<Endpoint> moved_from;
  std::uint64_t missed = 0;
};

/// A subscriber's queue. Its destructor ends the subscription.
class Subscription {
 public:
  struct Queue;
  explicit Subscription(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

  /// Waits until there is an event; all events since the last call, in order. One call at a time,
  /// from a coroutine of any worker. Throws SessionEnded when the server stops and all events were
  /// returned. The wait has no deadline and does not see that the peer is gone: run it in a race()
  /// with Connection::wait_disconnect().
  Task<std::vector<ChangeEvent>> next();

 private:
  std::shared_ptr<Queue> queue_;
};

/// Distributes events to the subscribers. From any thread.
class ChangeFeed {
 public:
  /// `queued_max`: events that a queue holds.
  explicit ChangeFeed(std::size_t queued_max) : queued_max_(queued_max) {}

  Subscription subscribe();
  /// Without a subscriber nothing need be composed or published; this is one load from memory.
  bool has_subscribers() const { return subscribers_.load(std::memory_order_relaxed) > 0; }
  void publish(const ChangeEvent& event);
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
