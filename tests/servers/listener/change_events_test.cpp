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

void publish(ChangeFeed& feed, Kind kind, std::uint64_t id, const std::string& note = {}) {
  SessionRow row;
  row.id = id;
  row.service = "http";
  row.local = tcp_endpoint(asio::ip::address_v4::loopback(), 80);
  row.note = note;
  feed.publish(kind, row, Clock::now());
}

void open_and_close(ChangeFeed& feed, std::uint64_t id) {
  publish(feed, Kind::session_opened, id);
  publish(feed, Kind::session_closed, id);
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
  for (std::uint64_t i = 0; i < 10; ++i) publish(feed, Kind::session_opened, i);
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
    for (std::size_t i = 0; i < published; ++i) publish(feed, Kind::session_opened, i);
    const auto events = next(subscription);
    const auto missed = published > limit ? published - limit : 0;
    BOOST_REQUIRE(events.size() == std::min(published, limit) + (missed > 0 ? 1 : 0));
    BOOST_TEST((events.back().kind == Kind::missed) == (missed > 0));
    if (missed > 0) BOOST_TEST(events.back().count == missed);
    publish(feed, Kind::session_opened, 77);  // after next() there is room again
    const auto later = next(subscription);
    BOOST_REQUIRE(later.size() == 1U);
    BOOST_TEST(later.front().session.id == 77U);
  }
}

BOOST_AUTO_TEST_CASE(of_several_notes_of_a_session_there_is_the_last_and_their_number) {
  ChangeFeed feed(1);
  auto subscription = feed.subscribe();
  for (const auto* note : {"GET /a 200", "GET /b 200", "GET /c 404"})
    publish(feed, Kind::session_noted, 7, note);
  const auto events = subscription.take();
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST((events[0].kind == Kind::session_noted));
  BOOST_TEST(events[0].count == 3U);
  BOOST_TEST(events[0].session.note == "GET /c 404");
}

BOOST_AUTO_TEST_CASE(a_session_opens_before_it_is_noted_and_closes) {
  ChangeFeed feed(10);
  auto subscription = feed.subscribe();
  publish(feed, Kind::session_opened, 7);
  publish(feed, Kind::session_noted, 7, "GET / 200");
  publish(feed, Kind::session_closed, 7, "GET / 200");
  const auto events = subscription.take();
  BOOST_REQUIRE(events.size() == 3U);
  BOOST_TEST((events[0].kind == Kind::session_opened));
  BOOST_TEST(events[0].session.note == "");
  BOOST_TEST((events[1].kind == Kind::session_noted));
  BOOST_TEST((events[2].kind == Kind::session_closed));
  BOOST_TEST(events[2].session.note == "GET / 200");
}

BOOST_AUTO_TEST_CASE(short_sessions_beyond_the_newest_are_counted) {
  constexpr auto limit = Subscription::short_sessions_shown;
  for (const std::size_t sessions : {limit - 1, limit, limit + 1, 100 * limit}) {
    ChangeFeed feed(limit + 2);  // fewer than the sessions: they need no more room
    auto subscription = feed.subscribe();
    publish(feed, Kind::session_opened, 1);  // stays open
    for (std::size_t i = 0; i < sessions; ++i) open_and_close(feed, 2 + i);
    const auto events = subscription.take();
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    std::uint64_t counted = 0;
    for (const auto& event : events) {
      BOOST_TEST((event.kind != Kind::missed));
      opened += event.kind == Kind::session_opened;
      closed += event.kind == Kind::session_closed;
      if (event.kind != Kind::short_sessions) continue;
      counted += event.count;
      BOOST_TEST(event.listener.service == "http");
      BOOST_TEST(event.listener.endpoint.to_string() == "tcp 127.0.0.1:80");
    }
    const auto shown = std::min(sessions, limit);
    BOOST_TEST(opened == shown + 1);
    BOOST_TEST(closed == shown);
    BOOST_TEST(counted == sessions - shown);
    BOOST_TEST(events.back().session.id == (counted > 0 ? 0 : sessions + 1));
    BOOST_TEST(subscription.take().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_session_that_is_in_a_list_has_its_end) {
  constexpr std::uint64_t many = 3 * Subscription::short_sessions_shown;
  ChangeFeed feed(1000);
  auto subscription = feed.subscribe();
  for (std::uint64_t id = 1; id <= many; ++id) publish(feed, Kind::session_opened, id);
  {
    const auto reading = subscription.reading();
    open_and_close(feed, many + 1);
    publish(feed, Kind::session_opened, many + 2);
  }
  for (std::uint64_t id = 1; id <= many; ++id) publish(feed, Kind::session_closed, id);
  publish(feed, Kind::session_closed, many + 2);
  std::size_t closed = 0;
  for (const auto& event : subscription.take()) closed += event.kind == Kind::session_closed;
  BOOST_TEST(closed == many + 2);
  // Those that open later are in no list.
  for (std::uint64_t id = 1; id <= many; ++id) open_and_close(feed, 1000 + id);
  closed = 0;
  for (const auto& event : subscription.take()) closed += event.kind == Kind::session_closed;
  BOOST_TEST(closed == Subscription::short_sessions_shown);
}

BOOST_AUTO_TEST_CASE(a_subscription_ends_with_its_object) {
  ChangeFeed feed(10);
  BOOST_TEST(!feed.has_subscribers());
  {
    const auto subscription = feed.subscribe();
    BOOST_TEST(feed.has_subscribers());
    publish(feed, Kind::session_opened, 1);
  }
  BOOST_TEST(!feed.has_subscribers());
  publish(feed, Kind::session_opened, 2);
}

BOOST_AUTO_TEST_CASE(a_closed_feed_returns_its_last_events_and_then_ends) {
  ChangeFeed feed(10);
  auto subscription = feed.subscribe();
  publish(feed, Kind::session_opened, 1);
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

  constexpr std::size_t count = Subscription::short_sessions_shown;
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

  const auto moved = running.change(&Core::move, "echo=0").value().front();
  BOOST_REQUIRE(running.change(&Core::close, "echo").has_value());
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
  BOOST_REQUIRE(running.change(&Core::close, "echo").has_value());
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
  running.core.add({{"watcher", 7003}, std::make_unique<Watcher>(), nullptr});
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
