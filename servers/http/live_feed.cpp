#include "servers/http/live_feed.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "servers/http/http_handlers.hpp"

namespace portlab::http {

namespace {

namespace json = boost::json;

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string_view kind_of(ChangeEvent::Kind kind) {
  switch (kind) {
    case ChangeEvent::Kind::session_opened:
      return "session_opened";
    case ChangeEvent::Kind::session_noted:
      return "session_noted";
    case ChangeEvent::Kind::session_closed:
      return "session_closed";
    case ChangeEvent::Kind::short_sessions:
      return "short_sessions";
    case ChangeEvent::Kind::listener_opened:
      return "listener_opened";
    case ChangeEvent::Kind::listener_closed:
      return "listener_closed";
    case ChangeEvent::Kind::listener_moved:
      return "listener_moved";
    case ChangeEvent::Kind::missed:
      break;
  }
  return "missed";
}

/// An opened session is a row as in /api/sessions; later changes have its id, and what changed.
json::object session_change(const ChangeEvent& event) {
  const auto& row = event.session;
  json::object change{{"kind", kind_of(event.kind)}};
  if (event.kind == ChangeEvent::Kind::session_opened) {
    change["session"] = to_json(row);
  } else {
    change["id"] = row.id;
    change["bytes_in"] = row.bytes_in;
    change["bytes_out"] = row.bytes_out;
    change["note"] = row.note;
    if (event.count > 1) change["times"] = event.count;
  }
  return change;
}

json::object listener_change(const ChangeEvent& event) {
  json::object change{{"kind", kind_of(event.kind)}, {"listener", to_json(event.listener)}};
  if (event.moved_from) change["moved_from"] = to_json(*event.moved_from);
  return change;
}

json::object refusal_change(const Refusal& refusal) {
  json::object change{{"kind", "refused"},
                      {"client", to_json(refusal.client)},
                      {"server", to_json(refusal.server)},
                      {"times", refusal.times}};
  if (!refusal.sweep) return change;
  const auto& sweep = *refusal.sweep;
  json::array ranges;
  for (const auto& range : sweep.new_ports) ranges.push_back({range.first, range.last});
  change["sweep"] = json::object{{"id", sweep.id},
                                 {"ports", sweep.ports},
                                 {"first", sweep.range.first},
                                 {"last", sweep.range.last},
                                 {"new_ports", std::move(ranges)}};
  return change;
}

/// So many sessions that opened and closed in this batch, beside those that it lists.
json::object short_sessions(const ChangeEvent& event) {
  return {{"kind", kind_of(event.kind)},
          {"service", event.listener.service},
          {"server", to_json(event.listener.endpoint)},
          {"sessions", event.count}};
}

/// The changes of a batch.
struct Changes {
  json::array list;
  std::uint64_t lost = 0;

  explicit Changes(const std::vector<ChangeEvent>& events) {
    for (const auto& event : events) add(event);
  }

 private:
  void add(const ChangeEvent& event) {
    switch (event.kind) {
      case ChangeEvent::Kind::missed:
        lost += event.count;
        break;
      case ChangeEvent::Kind::session_opened:
      case ChangeEvent::Kind::session_noted:
      case ChangeEvent::Kind::session_closed:
        if (is_public(event.session.local)) list.push_back(session_change(event));
        break;
      case ChangeEvent::Kind::short_sessions:
        if (is_public(event.listener.endpoint)) list.push_back(short_sessions(event));
        break;
      default:
        if (is_public(event.listener.endpoint)) list.push_back(listener_change(event));
    }
  }
};

}  // namespace

std::unique_ptr<LiveFeed::Viewer> LiveFeed::join() {
  const std::lock_guard lock(mutex_);
  if (viewers_ >= viewers_max) return nullptr;
  if (viewers_++ == 0) {
    subscription_.emplace(server_.subscribe());
    if (refusals_) refusals_->start();
  }
  return std::make_unique<Viewer>(*this);
}

void LiveFeed::leave() {
  const std::lock_guard lock(mutex_);
  if (--viewers_ > 0) return;
  subscription_.reset();
  if (refusals_) refusals_->stop();
  first_batch_ = end();
  batches_.clear();
  batch_bytes_ = 0;
  snapshot_.reset();
}

std::string LiveFeed::why_no_refusals() {
  const std::lock_guard lock(mutex_);
  return refusals_ ? refusals_->why_not() : "this server does not capture packets";
}

/// Makes a batch of what has changed, if it is time.
void LiveFeed::collect(Clock::time_point now) {
  if (now - collected_ < batch_time) return;
  collected_ = now;
  const auto events = subscription_->take();
  const auto refusals = refusals_ ? refusals_->take(now) : Refusals{};
  const bool is_silent = events.empty() && refusals.list.empty() && refusals.missed == 0;
  if (is_silent && now - batch_added_ < silence_max) return;
  batch_added_ = now;
  add_batch(events, refusals);
}

void LiveFeed::add_batch(const std::vector<ChangeEvent>& events, const Refusals& refusals) {
  Changes changes(events);
  for (const auto& refusal : refusals.list) changes.list.push_back(refusal_change(refusal));
  json::object batch{{"at", milliseconds_now()}};
  if (changes.lost > 0) batch["missed"] = changes.lost;
  if (refusals.missed > 0) batch["refusals_missed"] = refusals.missed;
  const auto first_change = changes_;
  changes_ += changes.list.size();
  batch["changes"] = std::move(changes.list);
  batches_.push_back({std::make_shared<const std::string>(
                          "event: changes\ndata: " + json::serialize(batch) + "\n\n"),
                      first_change});
  batch_bytes_ += batches_.back().text->size();
  if (changes.lost > 0) lost_before_ = end();
  while (batches_.size() > 1 && (batches_.size() > batches_max || batch_bytes_ > batch_bytes_max)) {
    batch_bytes_ -= batches_.front().text->size();
    batches_.pop_front();
    ++first_batch_;
  }
}

LiveFeed::Viewer::News LiveFeed::Viewer::next() {
  const std::lock_guard lock(feed_.mutex_);
  const auto now = Clock::now();
  feed_.collect(now);
  News news;
  if (feed_.viewers_ > viewers_few) news.pause = 2 * batch_time;
  if (!next_batch_) {
    news.needs_snapshot = true;
    return news;
  }
  if (*next_batch_ < feed_.first_batch_) {  // too late: skip ahead
    missed_ += feed_.changes_ - next_change_;
    next_batch_.reset();
    news.needs_snapshot = true;
    return news;
  }
  for (auto i = *next_batch_ - feed_.first_batch_; i < feed_.batches_.size(); ++i)
    news.batches.push_back(feed_.batches_[i].text);
  next_batch_ = feed_.end();
  next_change_ = feed_.changes_;
  news.needs_snapshot = based_on_ < feed_.lost_before_ && now >= feed_.next_snapshot_;
  return news;
}

/// Whether the batches that follow the snapshot are all there, and no change was lost since.
bool LiveFeed::is_usable(const Snapshot& snapshot, Clock::time_point now) const {
  return snapshot.next_batch >= first_batch_ && snapshot.next_batch >= lost_before_ &&
         now - snapshot.made < std::chrono::seconds(1);
}

/// Its session is listed, so its end must be in a batch.
Task<std::vector<SessionRow>> LiveFeed::read_sessions() {
  const auto reading = subscription_->reading();
  co_return co_await server_.sessions();
}

Task<LiveFeed::Text> LiveFeed::Viewer::snapshot() {
  Snapshot taken;
  {
    const std::lock_guard lock(feed_.mutex_);
    const auto now = Clock::now();
    if (feed_.snapshot_ && feed_.is_usable(*feed_.snapshot_, now)) {
      next_batch_ = based_on_ = feed_.snapshot_->next_batch;
      next_change_ = feed_.snapshot_->next_change;
      co_return feed_.snapshot_->text;
    }
    feed_.snapshot_.reset();
    std::erase_if(feed_.sending_, [](const auto& text) { return text.expired(); });
    if (feed_.sending_.size() >= snapshots_max) co_return nullptr;
    // What changes from here on is in a later batch, also if the rows below have it already.
    taken.next_batch = feed_.end();
    taken.next_change = feed_.changes_;
    taken.made = now;
  }
  auto sessions = co_await feed_.read_sessions();
  const auto began = Clock::now();
  auto listeners = feed_.server_.listeners();
  std::erase_if(sessions, [](const SessionRow& row) { return !is_public(row.local); });
  std::erase_if(listeners, [](const ListenerRow& row) { return !is_public(row.endpoint); });
  auto text = "\"listeners\":" + json::serialize(to_json(std::span(std::as_const(listeners)))) +
              ",\"sessions\":" + json::serialize(to_json(std::span(std::as_const(sessions))));
  taken.text = std::make_shared<const std::string>(std::move(text));

  const std::lock_guard lock(feed_.mutex_);
  const auto now = Clock::now();
  // While changes are lost again and again: at most one in a second, and 2 % of the time.
  feed_.next_snapshot_ =
      now + std::max<Clock::duration>(std::chrono::seconds(1), (now - began) * 50);
  feed_.sending_.push_back(taken.text);
  next_batch_ = based_on_ = taken.next_batch;
  next_change_ = taken.next_change;
  auto made = taken.text;
  feed_.snapshot_ = std::move(taken);
  co_return made;
}

}  // namespace portlab::http
