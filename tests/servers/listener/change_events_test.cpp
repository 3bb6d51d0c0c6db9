#include "servers/listener/change_events.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "servers/echo/echo_service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

using Kind = ChangeEvent::Kind;
using Events = std::vector<ChangeEvent>;

/// Runs next() to its end on an event loop of the test's own.
Events next(Subscription& subscription) {
  asio::io_context loop{1};
  auto future = asio::co_spawn(loop, subscription.next(), asio::use_future);
  loop.run_for(std::chrono::seconds(10));
  return future.get();
}

ChangeEvent numbered(std::uint64_t id) {
  ChangeEvent event;
  event.kind = Kind::session_opened;
  event.session.id = id;
  return event;
}

/// Waits for events until `count` of them have come.
Events collect(Subscription& subscription, std::size_t count) {
  Events all;
  while (all.size() < count)
    for (auto& event : next(subscription)) all.push_back(std::move(event));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(events_come_in_order_to_every_subscriber) {
  ChangeFeed feed(100);
  auto first = feed.subscribe();
  auto second = feed.subscribe();
  for (std::uint64_t i = 0; i < 10; ++i) feed.publish(numbered(i));
  for (auto* subscription : {&first, &second}) {
    const auto events = next(*subscription);
    BOOST_REQUIRE(events.size() == 10U);
    for (std::uint64_t i = 0; i < 10; ++i) BOOST_TEST(events[i].session.id == i);
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_says_how_many_events_it_missed) {
  constexpr std::size_t limit = 4;
  for (const std::size_t published : {limit - 1, limit, limit + 1, limit + 5}) {
    ChangeFeed feed(limit);
    auto subscription = feed.subscribe();
    for (std::size_t i = 0; i < published; ++i) feed.publish(numbered(i));
    const auto events = next(subscription);
    const auto missed = published > limit ? published - limit : 0;
    BOOST_REQUIRE(events.size() == std::min(published, limit) + (missed > 0 ? 1 : 0));
    BOOST_TEST((events.back().kind == Kind::missed) == (missed > 0));
    BOOST_TEST(events.back().missed == missed);
    feed.publish(numbered(77));  // after next() there is room again
    const auto later = next(subscription);
    BOOST_REQUIRE(later.size() == 1U);
    BOOST_TEST(later.front().session.id == 77U);
  }
}

BOOST_AUTO_TEST_CASE(a_subscription_ends_with_its_object) {
  ChangeFeed feed(10);
  BOOST_TEST(!feed.has_subscribers());
  {
    const auto subscription = feed.subscribe();
    BOOST_TEST(feed.has_subscribers());
    feed.publish(numbered(1));
  }
  BOOST_TEST(!feed.has_subscribers());
  feed.publish(numbered(2));
}

BOOST_AUTO_TEST_CASE(a_closed_feed_returns_its_last_events_and_then_ends) {
  ChangeFeed feed(10);
  auto subscription = feed.subscribe();
  feed.publish(numbered(1));
  feed.close();
  BOOST_TEST(next(subscription).size() == 1U);
  BOOST_CHECK_THROW(next(subscription), SessionEnded);
}

BOOST_AUTO_TEST_CASE(sessions_and_listeners_of_all_workers_publish_their_changes) {
  CoreOptions options;
  options.workers = 2;
  RunningCore running(make_echo_service(), options);
  auto subscription = running.core.subscribe();
  const auto server = running.listen("echo/tcp=0");
  auto events = collect(subscription, 1);
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST((events[0].kind == Kind::listener_opened));
  BOOST_TEST(events[0].listener.endpoint.to_string() == server.to_string());

  constexpr std::size_t count = 20;
  std::set<std::string> peers;
  for (std::size_t i = 0; i < count; ++i) {
    TestClient client(server);
    client.send("x");
    client.receive_exactly(1);
    peers.insert(client.local().to_string());
  }
  events = collect(subscription, 2 * count);
  std::set<std::string> opened;
  std::set<std::string> closed;
  for (const auto& event : events) {
    const auto peer = event.session.remote.to_string();
    if (event.kind == Kind::session_opened) opened.insert(peer);
    if (event.kind != Kind::session_closed) continue;
    BOOST_TEST(opened.count(peer) == 1U);  // opened comes before closed
    BOOST_TEST(event.session.bytes_out == 1U);
    closed.insert(peer);
  }
  BOOST_TEST((opened == peers));
  BOOST_TEST((closed == peers));

  const auto moved = running.core.move(parse_listen_spec("echo=0").value()).value().front();
  BOOST_REQUIRE(running.core.close(parse_listen_spec("echo").value()).has_value());
  events = collect(subscription, 2);
  BOOST_TEST((events[0].kind == Kind::listener_moved));
  BOOST_TEST(events[0].moved_from.value().to_string() == server.to_string());
  BOOST_TEST(events[0].listener.endpoint.to_string() == moved.to_string());
  BOOST_TEST((events[1].kind == Kind::listener_closed));
}

BOOST_AUTO_TEST_CASE(udp_flows_publish_their_changes) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo/udp=0");
  auto subscription = running.core.subscribe();
  TestClient client(server);
  client.send("x");
  client.receive();
  BOOST_REQUIRE(running.core.close(parse_listen_spec("echo").value()).has_value());
  const auto events = collect(subscription, 4);
  BOOST_TEST((events[0].kind == Kind::session_opened));
  BOOST_TEST((events[1].kind == Kind::session_noted));
  BOOST_TEST(events[1].session.note == "echoed");
  BOOST_TEST((events[2].kind == Kind::session_closed));
  BOOST_TEST((events[3].kind == Kind::listener_closed));
}

namespace {

const ServerView* view = nullptr;

/// Sends a byte for each event, until its client is gone or the server stops.
class Watcher final : public StreamService {
 public:
  Task<void> serve(Connection& client) override {
    auto subscription = view->subscribe();
    client.start_idle_timeout("stopped");
    co_await client.write("ready");
    co_await race(send_events(client, subscription), client.wait_disconnect());
  }

 private:
  static Task<void> send_events(Connection& client, Subscription& subscription) {
    for (;;) {
      const auto events = co_await subscription.next();
      const std::string bytes(events.size(), '.');
      co_await client.write(bytes);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_service_subscribes_until_its_client_is_gone) {
  CoreOptions options;
  options.workers = 2;
  RunningCore running(options);
  view = &running.core;
  running.core.add(make_echo_service());
  running.core.add({{"watcher", 7003, "none"}, std::make_unique<Watcher>(), nullptr});
  running.start();
  const auto server = running.listen("watcher=0");
  TestClient client(server);
  BOOST_TEST(client.receive_exactly(5) == "ready");
  running.listen("echo/tcp=0");
  running.listen("echo/tcp=0");
  BOOST_TEST(client.receive_exactly(2) == "..");
  TestClient leaving(server);  // opened: one more event
  BOOST_TEST(leaving.receive_exactly(5) == "ready");
  leaving.reset();
  BOOST_TEST(client.receive_exactly(2) == "..");
  running.core.stop();
  BOOST_TEST(client.receive_all() == "stopped");
}
