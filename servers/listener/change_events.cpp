#include "servers/listener/change_events.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <list>
#include <unordered_map>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/connection.hpp"

namespace portlab {

namespace {

/// What is new of one session or listener.
struct News {
  ChangeEvent event;                      // of a listener; of a session its newest row
  ChangeFeed::Clock::time_point began{};  // of the session
  bool opened = false;
  bool closed = false;
  std::uint64_t notes = 0;
};

void append(std::vector<ChangeEvent>& events, News news, ChangeFeed::Clock::time_point now) {
  using Kind = ChangeEvent::Kind;
  auto& event = news.event;
  if (!news.opened && !news.closed && news.notes == 0) {
    events.push_back(std::move(event));
    return;
  }
  event.session.age_seconds = std::chrono::duration<double>(now - news.began).count();
  if (event.session.local.transport == Transport::udp)  // flows have it as the service wrote it
    event.session.note = displayable(event.session.note, note_bytes_max);
  if (news.opened) {
    auto& opened = events.emplace_back(event);
    opened.kind = Kind::session_opened;
    if (news.notes > 0 || news.closed) {  // these came later
      opened.session.note.clear();
      opened.session.bytes_in = opened.session.bytes_out = 0;
    }
  }
  if (news.notes > 0) {
    auto& noted = events.emplace_back(event);
    noted.kind = Kind::session_noted;
    noted.count = news.notes;
  }
  if (!news.closed) return;
  event.kind = Kind::session_closed;
  events.push_back(std::move(event));
}

}  // namespace

struct Subscription::Queue {
  explicit Queue(std::size_t limit) : news_max(limit) {}

  const std::size_t news_max;
  std::mutex mutex;
  bool closed = false;
  std::weak_ptr<Timer> waiting;  // next() waits on this timer, which never expires
  bool has_news() const { return !news.empty() || !short_sessions.empty() || missed > 0; }

  void push(const ChangeEvent& event) {
    const std::lock_guard lock(mutex);
    if (has_room()) news.push_back({event});
    wake();
  }

  void push(ChangeEvent::Kind kind, const SessionRow& row, Clock::time_point began) {
    const std::lock_guard lock(mutex);
    push_session(kind, row, began);
    wake();
  }

  void close() {
    const std::lock_guard lock(mutex);
    closed = true;
    wake();
  }

  std::vector<ChangeEvent> take() {
    std::vector<ChangeEvent> taken;
    const auto now = Clock::now();
    for (auto& one : std::exchange(news, {})) append(taken, std::move(one), now);
    sessions.clear();
    shown.clear();
    std::ranges::move(std::exchange(short_sessions, {}), std::back_inserter(taken));
    if (missed > 0) {
      taken.emplace_back();
      taken.back().count = std::exchange(missed, 0);
    }
    return taken;
  }

  void end_reading() {
    const std::lock_guard lock(mutex);
    if (--readings == 0) known_up_to = newest;
  }

  void begin_reading() {
    const std::lock_guard lock(mutex);
    ++readings;
  }

 private:
  /// Of different endpoints.
  static constexpr std::size_t short_sessions_max = 64;

  using Place = std::list<News>::iterator;

  /// False: the event is lost. Once one was lost, those that follow are lost, too, until take(): the
  /// order stays right.
  bool has_room() {
    if (missed == 0 && news.size() < news_max) return true;
    ++missed;
    return false;
  }

  void push_session(ChangeEvent::Kind kind, const SessionRow& row, Clock::time_point began) {
    const bool opens = kind == ChangeEvent::Kind::session_opened;
    if (opens) newest = std::max(newest, row.id);
    const auto known = opens ? sessions.end() : sessions.find(row.id);
    if (known != sessions.end() && missed == 0) {
      auto& one = *known->second;
      auto& session = one.event.session;
      session.note = row.note;  // into the memory that it has
      session.tls = row.tls;
      session.bytes_in = row.bytes_in;
      session.bytes_out = row.bytes_out;
      note(one, kind);
      if (one.opened && one.closed) count_short(known->second);
    } else if (has_room()) {
      auto& one = news.emplace_back();
      one.event.session = row;
      one.began = began;
      one.opened = opens;
      note(one, kind);
      sessions.emplace(row.id, std::prev(news.end()));
    }
  }

  static void note(News& one, ChangeEvent::Kind kind) {
    if (kind == ChangeEvent::Kind::session_noted) ++one.notes;
    if (kind == ChangeEvent::Kind::session_closed) one.closed = true;
  }

  /// The session opened and closed since take(). The events of the newest ones stay; the others are
  /// counted, unless a list has them.
  void count_short(Place session) {
    if (readings > 0 || session->event.session.id <= known_up_to) return;
    shown.push_back(session);
    if (shown.size() <= short_sessions_shown) return;
    const auto oldest = shown.front();
    shown.pop_front();
    auto& row = oldest->event.session;
    const auto& server = row.outgoing ? row.remote : row.local;
    auto counted = std::ranges::find_if(short_sessions, [&](const ChangeEvent& one) {
      return one.listener.service == row.service && one.listener.endpoint == server;
    });
    if (counted == short_sessions.end()) {
      if (short_sessions.size() >= short_sessions_max) return;
      ChangeEvent first{.kind = ChangeEvent::Kind::short_sessions, .count = 0};
      first.listener.service = row.service;
      first.listener.endpoint = server;
      short_sessions.push_back(std::move(first));
      counted = std::prev(short_sessions.end());
    }
    ++counted->count;
    sessions.erase(row.id);
    news.erase(oldest);
  }

  void wake() {
    // A timer may be used by its own thread only. Posted, this runs after next() began to wait.
    if (waiting.expired()) return;
    if (const auto timer = std::exchange(waiting, {}).lock())
      asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }

  std::list<News> news;                               // in the order in which they began
  std::unordered_map<std::uint64_t, Place> sessions;  // by their ids
  std::deque<Place> shown;                            // of the short ones
  std::vector<ChangeEvent> short_sessions;            // the numbers of the others
  std::uint64_t missed = 0;                           // after the last of `news`
  std::uint64_t newest = 0;                           // id of a session that has opened
  int readings = 0;
  std::uint64_t known_up_to = 0;  // sessions up to this id may be in a list that was read
};

Subscription::Reading::Reading(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {
  queue_->begin_reading();
}

Subscription::Reading::~Reading() { queue_->end_reading(); }

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

std::vector<ChangeEvent> Subscription::take() {
  const std::lock_guard lock(queue_->mutex);
  return queue_->take();
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

void ChangeFeed::publish(ChangeEvent::Kind kind, const SessionRow& row, Clock::time_point began) {
  const std::lock_guard lock(mutex_);
  for (const auto& known : queues_)
    if (const auto queue = known.lock()) queue->push(kind, row, began);
}

void ChangeFeed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& known : queues_)
    if (const auto queue = known.lock()) queue->close();
}

}  // namespace portlab
