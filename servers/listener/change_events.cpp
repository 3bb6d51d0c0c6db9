#include "servers/listener/change_events.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "servers/listener/connection.hpp"

namespace portlab {

struct Subscription::Queue {
  explicit Queue(std::size_t limit) : events_max(limit) {}

  const std::size_t events_max;
  std::mutex mutex;
  std::vector<ChangeEvent> events;
  std::uint64_t missed = 0;  // after the last of `events`
  bool closed = false;
  std::weak_ptr<Timer> waiting;  // next() waits on this timer, which never expires

  bool has_news() const { return !events.empty() || missed > 0; }

  void push(const ChangeEvent& event) {
    const std::lock_guard lock(mutex);
    // Once events were lost, those that follow are lost, too, until next(): the order stays right.
    if (missed > 0 || events.size() >= events_max)
      ++missed;
    else
      events.push_back(event);
    wake();
  }

  void close() {
    const std::lock_guard lock(mutex);
    closed = true;
    wake();
  }

  std::vector<ChangeEvent> take() {
    auto taken = std::exchange(events, {});
    if (missed > 0) {
      taken.emplace_back();
      taken.back().missed = std::exchange(missed, 0);
    }
    return taken;
  }

 private:
  void wake() {
    // A timer may be used by its own thread only. Posted, this runs after next() began to wait.
    if (const auto timer = std::exchange(waiting, {}).lock())
      asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }
};

Task<std::vector<ChangeEvent>> Subscription::next() {
  const auto queue = queue_;
  const auto executor = co_await asio::this_coro::executor;
  const auto timer = std::make_shared<Timer>(executor, Timer::time_point::max());
  for (;;) {
    {
      const std::lock_guard lock(queue->mutex);
      if (queue->has_news()) co_return queue->take();
      if (queue->closed) throw SessionEnded(EndReason::stop);
      queue->waiting = timer;
    }
    boost::system::error_code cancelled;  // by wake(), or by race()
    co_await timer->async_wait(asio::redirect_error(use_task, cancelled));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw SessionEnded(EndReason::reset);
  }
}

Subscription ChangeFeed::subscribe() {
  const std::lock_guard lock(mutex_);
  // The deleter runs on the subscriber's thread, and the list is cleaned at the next publish().
  auto queue = std::shared_ptr<Subscription::Queue>(new Subscription::Queue(queued_max_),
                                                    [this](Subscription::Queue* gone) {
                                                      subscribers_.fetch_sub(1);
                                                      delete gone;
                                                    });
  subscribers_.fetch_add(1);
  queue->closed = closed_;
  std::erase_if(queues_, [](const auto& known) { return known.expired(); });
  queues_.push_back(queue);
  return Subscription(std::move(queue));
}

void ChangeFeed::publish(const ChangeEvent& event) {
  const std::lock_guard lock(mutex_);
  for (const auto& known : queues_)
    if (const auto queue = known.lock()) queue->push(event);
}

void ChangeFeed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& known : queues_)
    if (const auto queue = known.lock()) queue->close();
}

}  // namespace portlab
