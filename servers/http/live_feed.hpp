#pragma once
// What all streams of /api/events share: one subscription to the core's changes, the batches made
// of it and of refused attempts, and the newest snapshot of all sessions and listeners. It has no
// timer: a batch is made when a viewer asks for it and it is time; so nothing runs without a viewer.
// Texts are made once, and sent to all viewers.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "servers/listener/refused_attempts.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/task.hpp"

namespace portlab::http {

class LiveFeed {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// The time between two batches.
  static constexpr std::chrono::milliseconds batch_time{100};
  /// Where more viewers than this watch, each is sent two batches at a time. That halves what they
  /// cost: bench case `live page, 30 viewers`.
  static constexpr std::size_t viewers_few = 10;
  /// After this long without a change there is an empty batch: it shows the viewer that the stream
  /// still works.
  static constexpr std::chrono::seconds silence_max{5};
  /// Streams at the same time.
  static constexpr std::size_t viewers_max = 200;
  /// Batches that are kept for viewers that are late, in number and in bytes.
  static constexpr std::size_t batches_max = 64;
  static constexpr std::size_t batch_bytes_max = std::size_t{4} * 1024 * 1024;
  /// Snapshots that viewers are still receiving.
  static constexpr std::size_t snapshots_max = 6;

  /// `refusals`: null where the server has none to show.
  explicit LiveFeed(const ServerView& server, std::shared_ptr<RefusalWatch> refusals = nullptr)
      : server_(server), refusals_(std::move(refusals)) {}

  /// One stream. Its destructor ends it.
  class Viewer {
   public:
    explicit Viewer(LiveFeed& feed) : feed_(feed) {}
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    ~Viewer() { feed_.leave(); }

    /// What to send now.
    struct News {
      std::vector<Text> batches;
      bool needs_snapshot = false;  ///< changes were lost, or this viewer was too late for some
      std::chrono::milliseconds pause = batch_time;  ///< until the next call
    };
    /// The batches since the last call. At first a snapshot is needed.
    News next();
    /// The members "listeners" and "sessions" of the snapshot, without the braces. Null: there are
    /// too many snapshots on their way; ask again later.
    Task<Text> snapshot();
    /// Changes that this viewer did not get.
    std::uint64_t missed() const { return missed_; }

   private:
    LiveFeed& feed_;
    std::optional<std::uint64_t> next_batch_ = {};
    std::uint64_t next_change_ = 0;
    std::uint64_t missed_ = 0;
    std::uint64_t based_on_ = 0;  ///< the batch that follows its snapshot
  };

  /// Null: there are viewers_max.
  std::unique_ptr<Viewer> join();
  /// Why refused attempts can't be seen, as a part of a sentence; empty: they can.
  std::string why_no_refusals();

 private:
  using Clock = std::chrono::steady_clock;

  struct Batch {
    Text text;
    std::uint64_t first_change;  ///< changes before this batch
  };
  struct Snapshot {
    Text text;
    std::uint64_t next_batch;
    std::uint64_t next_change;
    Clock::time_point made;
  };

  void leave();
  void collect(Clock::time_point now);
  void add_batch(const std::vector<ChangeEvent>& events, const Refusals& refusals);
  Task<std::vector<SessionRow>> read_sessions();
  bool is_usable(const Snapshot& snapshot, Clock::time_point now) const;
  std::uint64_t end() const { return first_batch_ + batches_.size(); }

  const ServerView& server_;
  const std::shared_ptr<RefusalWatch> refusals_;
  std::mutex mutex_;
  std::size_t viewers_ = 0;
  std::optional<Subscription> subscription_;  // while there are viewers
  std::deque<Batch> batches_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t first_batch_ = 0;  // the number of batches_.front()
  std::uint64_t changes_ = 0;      // in all batches so far
  std::uint64_t lost_before_ = 0;  // changes were lost before the batch of this number
  Clock::time_point collected_{};
  Clock::time_point batch_added_{};
  std::optional<Snapshot> snapshot_;
  Clock::time_point next_snapshot_{};  // after a loss; not before
  std::vector<std::weak_ptr<const std::string>> sending_;
};

}  // namespace portlab::http
