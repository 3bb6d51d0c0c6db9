// The rate of the batches that the viewers of the live page get.

#include "servers/http/live_feed.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "servers/listener/change_events.hpp"

using namespace portlab;
using namespace portlab::http;

namespace {

/// Without listeners and sessions.
struct EmptyServer : ServerView {
  std::vector<ListenerRow> listeners() const override { return {}; }
  Task<std::vector<SessionRow>> sessions() const override { co_return std::vector<SessionRow>(); }
  Subscription subscribe() const override { return feed.subscribe(); }

  mutable ChangeFeed feed{10};
};

}  // namespace

BOOST_AUTO_TEST_CASE(more_than_ten_viewers_are_sent_two_batches_at_a_time) {
  const EmptyServer server;
  LiveFeed feed(server);
  std::vector<std::unique_ptr<LiveFeed::Viewer>> viewers;
  const auto pause_of_each = [&](std::chrono::milliseconds pause) {
    for (const auto& viewer : viewers) BOOST_TEST((viewer->next().pause == pause));
  };
  while (viewers.size() < LiveFeed::viewers_few) viewers.push_back(feed.join());
  pause_of_each(LiveFeed::batch_time);
  viewers.push_back(feed.join());
  BOOST_TEST(viewers.size() == 11);
  pause_of_each(2 * LiveFeed::batch_time);
  viewers.pop_back();
  pause_of_each(LiveFeed::batch_time);
}
