#include "servers/listener/core.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "servers/echo/echo_service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

ListenSpec spec(const std::string& text) { return parse_listen_spec(text).value(); }

bool refused(const Endpoint& endpoint) {
  try {
    TestClient client(endpoint);
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

std::string echo(TestClient& client, const std::string& text) {
  client.send(text);
  return client.receive_exactly(text.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_session_is_a_row_with_both_ends) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=0");
  std::vector<TestClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(server);
    echo(clients.back(), "hello");
  }
  const auto rows = running.sessions();
  BOOST_REQUIRE(rows.size() == 5U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BOOST_TEST(rows[i].service == "echo");
    BOOST_TEST(rows[i].local.to_string() == server.to_string());
    BOOST_TEST(rows[i].remote.to_string() == clients[i].local().to_string());
    BOOST_TEST(rows[i].bytes_in == 5U);
    BOOST_TEST(rows[i].bytes_out == 5U);
  }
  clients.clear();
  BOOST_TEST(running.eventually([](const auto& now) { return now.empty(); }));
}

BOOST_AUTO_TEST_CASE(a_listener_opens_and_closes_while_the_server_runs) {
  RunningCore running(make_echo_service());
  const auto first = running.listen("echo/tcp=0");
  TestClient client(first);
  echo(client, "before");
  const auto second = running.listen("echo/tcp=0");
  BOOST_TEST(running.change(&Core::close, "echo=" + std::to_string(first.port)).has_value());
  BOOST_TEST(refused(first));
  BOOST_TEST(echo(client, "sessions on a closed port live on").size() == 33U);
  TestClient other(second);
  BOOST_TEST(echo(other, "here") == "here");
}

BOOST_AUTO_TEST_CASE(a_service_moves_with_all_its_transports_and_its_sessions_stay) {
  RunningCore running(make_echo_service());
  const auto old = running.listen("echo=0");
  TestClient client(old);
  echo(client, "before");
  const auto moved = running.change(&Core::move, "echo=0").value();
  BOOST_REQUIRE(moved.size() == 2U);
  BOOST_TEST(moved[0].port == moved[1].port);
  BOOST_TEST(refused(old));
  BOOST_TEST(echo(client, "after") == "after");
  TestClient there(moved[0]);
  BOOST_TEST(echo(there, "found") == "found");
  const auto rows = running.core.listeners();
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[0].moved());
  BOOST_TEST(rows[0].accepted == 2U);  // one of them at the old port
}

BOOST_AUTO_TEST_CASE(a_move_takes_one_listener_and_leaves_the_others) {
  using Reason = ListenError::Reason;
  RunningCore running(make_echo_service());
  const auto first = running.listen("echo/tcp=0");
  const auto second = running.listen("echo/tcp=0");
  // None of them is at the default port 7.
  const auto which = running.change(&Core::move, "echo=0");
  BOOST_REQUIRE(which.has_error());
  BOOST_TEST((which.error().reason == Reason::several_open));
  BOOST_TEST(which.error().open.size() == 2U);

  const auto move = [&](std::uint16_t from, std::uint16_t to) {
    return running.change(&Core::move, "echo:" + std::to_string(from) + "=" + std::to_string(to));
  };
  const auto moved = move(second.port, 0).value();
  BOOST_REQUIRE(moved.size() == 1U);
  BOOST_TEST(refused(second));
  TestClient client(first);
  BOOST_TEST(echo(client, "still here") == "still here");

  // Onto the other one: neither is dropped.
  BOOST_TEST((move(moved.front().port, first.port).error().reason == Reason::own_listener));
  BOOST_TEST(running.core.listeners().size() == 2U);
  BOOST_TEST((move(1, 0).error().reason == Reason::not_open));
}

BOOST_AUTO_TEST_CASE(the_listener_at_the_default_port_moves) {
  CoreOptions options;
  options.shift = 18000;
  RunningCore running(make_echo_service(), options);
  const auto other = running.listen("echo/tcp=0");
  const auto home = running.listen("echo/tcp");
  BOOST_TEST(running.change(&Core::move, "echo=0").has_value());
  BOOST_TEST(refused(home));
  TestClient client(other);
  BOOST_TEST(echo(client, "still here") == "still here");
}

BOOST_AUTO_TEST_CASE(a_move_to_one_address_drops_no_listener_of_another) {
  RunningCore running(make_echo_service());
  const auto first = running.listen("echo/tcp=0");
  const auto port = std::to_string(first.port);
  running.listen("echo/tcp=127.0.0.2:" + port);
  const auto moved = running.change(&Core::move, "echo=127.0.0.3:0");
  BOOST_TEST((moved.error().reason == ListenError::Reason::several_open));
  BOOST_TEST(running.core.listeners().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_move_to_a_port_in_use_changes_nothing) {
  RunningCore running(make_echo_service());
  RunningCore other(make_echo_service());
  const auto here = running.listen("echo/tcp=0");
  const auto there = other.listen("echo/tcp=0");
  const auto moved = running.change(&Core::move, "echo=" + std::to_string(there.port));
  BOOST_REQUIRE(moved.has_error());
  BOOST_TEST((moved.error().reason == ListenError::Reason::system));
  BOOST_TEST(moved.error().error_number == EADDRINUSE);
  TestClient client(here);
  BOOST_TEST(echo(client, "still here") == "still here");
}

BOOST_AUTO_TEST_CASE(a_move_from_one_address_to_all_of_them) {
  RunningCore running(make_echo_service());
  const auto here = running.listen("echo=0");
  TestClient client(here);
  echo(client, "before");
  const auto everywhere = "echo=0.0.0.0:" + std::to_string(here.port);
  BOOST_TEST(running.change(&Core::move, everywhere).value().size() == 2U);
  const auto rows = running.core.listeners();
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[0].endpoint.address.is_unspecified());
  BOOST_TEST(rows[0].accepted == 1U);
  BOOST_TEST(echo(client, "after") == "after");
  TestClient again(here);
  BOOST_TEST(echo(again, "also here") == "also here");
}

BOOST_AUTO_TEST_CASE(a_move_to_all_addresses_that_fails_changes_nothing) {
  RunningCore running(make_echo_service());
  RunningCore other(make_echo_service());
  const auto here = running.listen("echo/tcp=0");
  const auto port = std::to_string(here.port);
  other.listen("echo/tcp=127.0.0.2:" + port);
  const auto moved = running.change(&Core::move, "echo=0.0.0.0:" + port);
  BOOST_REQUIRE(moved.has_error());
  BOOST_TEST(moved.error().error_number == EADDRINUSE);
  TestClient client(here);
  BOOST_TEST(echo(client, "still here") == "still here");
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_with_any_number_of_workers) {
  for (const int workers : {1, 3}) {
    CoreOptions options;
    options.workers = workers;
    RunningCore first(make_echo_service(), options);
    RunningCore second(make_echo_service(), options);
    const auto taken = first.listen("echo=0");
    for (const auto* what : {"echo/tcp=", "echo/udp="}) {
      const auto again = second.change(&Core::listen, what + std::to_string(taken.port));
      BOOST_REQUIRE(again.has_error());
      BOOST_TEST(again.error().error_number == EADDRINUSE);
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_of_listening_are_facts) {
  using Reason = ListenError::Reason;
  RunningCore running(make_echo_service());
  const auto foreign = running.change(&Core::listen, "echo=203.0.113.77:7000");
  BOOST_REQUIRE(foreign.has_error());
  BOOST_TEST((foreign.error().reason == Reason::system));
  BOOST_TEST(foreign.error().error_number == EADDRNOTAVAIL);
  BOOST_TEST(foreign.error().endpoint.to_string() == "tcp 203.0.113.77:7000");
  BOOST_CHECK_EXCEPTION(foreign.value(), std::runtime_error, [](const std::exception& error) {
    return std::string(error.what()).find("tcp 203.0.113.77:7000") != std::string::npos;
  });
  const auto unknown = running.change(&Core::listen, "gopher=70");
  BOOST_TEST((unknown.error().reason == Reason::unknown_service));
  BOOST_TEST(unknown.error().services.front() == "echo");
  const auto closed = running.change(&Core::close, "echo=70");
  BOOST_TEST((closed.error().reason == Reason::not_open));
  BOOST_TEST(closed.error().open.empty());
  const auto server = running.listen("echo/tcp=0");
  const auto again = running.change(&Core::listen, "echo/tcp=" + std::to_string(server.port));
  BOOST_TEST((again.error().reason == Reason::own_listener));
  BOOST_TEST(again.error().open.front().endpoint.to_string() == server.to_string());
  const auto everywhere =
      running.change(&Core::listen, "echo/tcp=0.0.0.0:" + std::to_string(server.port));
  BOOST_TEST((everywhere.error().reason == Reason::own_listener));
  BOOST_TEST((running.change(&Core::move, "echo").error().reason == Reason::no_target_port));
  BOOST_TEST(
      (running.change(&Core::listen, "echo=70:x").error().reason == Reason::argument_unexpected));
}

BOOST_AUTO_TEST_CASE(a_unix_socket_serves_its_owner_and_its_file_goes_with_it) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("portlab-core-test-" + std::to_string(::getpid())))
          .string();
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=unix:" + path);
  const auto mode = std::filesystem::status(path).permissions();
  BOOST_TEST((mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
  TestClient client(server);
  BOOST_TEST(echo(client, "through a path") == "through a path");
  RunningCore second(make_echo_service());
  BOOST_TEST(second.change(&Core::listen, "echo=unix:" + path).has_error());
  BOOST_TEST(running.change(&Core::close, "echo=unix:" + path).has_value());
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(several_workers_share_one_port_and_one_table) {
  CoreOptions options;
  options.workers = 3;
  RunningCore running(make_echo_service(), options);
  const auto server = running.listen("echo=0");
  std::vector<TestClient> clients;
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back(server);
    BOOST_TEST(echo(clients.back(), "hello") == "hello");
  }
  BOOST_TEST(running.sessions().size() == 60U);
  TestClient udp(udp_endpoint(server.address, server.port));
  udp.send("datagram");
  BOOST_TEST(udp.receive() == "datagram");
}

BOOST_AUTO_TEST_CASE(a_wildcard_udp_listener_answers_from_the_address_it_was_asked_at) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo/udp=0.0.0.0:0");
  // A connected socket takes answers from exactly the address it asked.
  TestClient client(udp_endpoint(asio::ip::make_address("127.0.0.77"), server.port));
  client.send("who are you");
  BOOST_TEST(client.receive() == "who are you");
  BOOST_TEST(running.sessions().front().local.address.to_string() == "127.0.0.77");
}

BOOST_AUTO_TEST_CASE(a_stop_lets_running_sessions_finish_and_ends_idle_ones_at_once) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=0");
  TestClient idle(server);
  echo(idle, "x");
  running.core.stop();
  BOOST_TEST(idle.is_closed_by_peer());
  running.stop();
  BOOST_TEST(refused(server));
}

BOOST_AUTO_TEST_CASE(a_core_that_never_ran_is_destroyed_in_order) {
  Log log;
  Core core({}, log);
  core.add(make_echo_service());
  BOOST_TEST(core.listen(spec("echo=0")).has_value());
}

BOOST_AUTO_TEST_CASE(a_reset_ends_its_session_and_no_other) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=0");
  TestClient other(server);
  echo(other, "x");
  for (int i = 0; i < 100; ++i) {
    TestClient resetting(server);
    resetting.send("x");
    resetting.reset();
  }
  BOOST_TEST(echo(other, "still here") == "still here");
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == 1; }));
}

namespace {

Core* core_to_change = nullptr;

/// Opens and closes a listener for each byte that it receives, on whatever worker it is.
class Changer final : public StreamService {
 public:
  Task<void> serve(Connection& client) override {
    for (;;) {
      const Bytes received = co_await client.read_some();
      if (received.empty()) co_return;
      auto where = spec("changer=0");
      const auto opened = co_await core_to_change->change(&Core::listen, where);
      bool closed = false;
      if (opened) {
        where.port = opened->front().port;
        const auto result = co_await core_to_change->change(&Core::close, where);
        closed = result.has_value();
      }
      const std::string reply = closed ? "+" : "-";
      co_await client.write(reply);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(listeners_change_from_all_threads_at_once) {
  CoreOptions options;
  options.workers = 2;
  RunningCore running(options);
  core_to_change = &running.core;
  running.core.add(make_echo_service());
  running.core.add({{"changer", 7001}, std::make_unique<Changer>(), nullptr});
  running.start();
  const auto server = running.listen("changer=0");
  // Sessions on both workers: the kernel distributes them by their source ports.
  std::vector<TestClient> clients;
  clients.reserve(12);
  for (int i = 0; i < 12; ++i) clients.emplace_back(server);
  std::atomic<int> changed{0};
  std::vector<std::thread> threads;
  threads.reserve(3);
  constexpr int rounds = 20;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const auto opened = running.change(&Core::listen, "echo=0");
        if (!opened) continue;
        const auto number = std::to_string(opened->front().port);
        if (running.change(&Core::close, "echo=" + number)) ++changed;
      }
    });
  for (int round = 0; round < rounds; ++round) {
    for (auto& client : clients) client.send("x");
    for (auto& client : clients) BOOST_TEST(client.receive_exactly(1) == "+");
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(changed == 3 * rounds);
  BOOST_TEST(running.core.listeners().size() == 1U);
}

namespace {

Task<ListenError> listen_until_an_error(Core& core) {
  const auto where = spec("echo=0");
  for (;;) {
    const auto opened = co_await core.change(&Core::listen, where);
    // The limit of open files may be reached before the stop.
    if (!opened && opened.error().reason != ListenError::Reason::system) co_return opened.error();
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_change_during_the_stop_returns) {
  for (int i = 0; i < 20; ++i) {
    CoreOptions options;
    options.workers = 2;
    RunningCore running(make_echo_service(), options);
    auto error =
        asio::co_spawn(running.core.loop(), listen_until_an_error(running.core), asio::use_future);
    running.core.stop(std::chrono::seconds(0));
    BOOST_TEST((error.get().reason == ListenError::Reason::stopping));
  }
}
