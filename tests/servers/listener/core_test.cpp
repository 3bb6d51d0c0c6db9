#include "servers/listener/core.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

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
  BOOST_TEST(running.core.close(spec("echo=" + std::to_string(first.port))).has_value());
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
  const auto moved = running.core.move(spec("echo=0")).value();
  BOOST_REQUIRE(moved.size() == 2U);
  BOOST_TEST(moved[0].port == moved[1].port);
  BOOST_TEST(refused(old));
  BOOST_TEST(echo(client, "after") == "after");
  TestClient there(moved[0]);
  BOOST_TEST(echo(there, "found") == "found");
  const auto rows = running.core.listeners();
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[0].moved());
}

BOOST_AUTO_TEST_CASE(a_move_to_a_port_in_use_changes_nothing) {
  RunningCore running(make_echo_service());
  RunningCore other(make_echo_service());
  const auto here = running.listen("echo/tcp=0");
  const auto there = other.listen("echo/tcp=0");
  const auto moved = running.core.move(spec("echo=" + std::to_string(there.port)));
  BOOST_REQUIRE(moved.has_error());
  BOOST_TEST(moved.error().text.find("address already in use") != std::string::npos);
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
      const auto again = second.core.listen(spec(what + std::to_string(taken.port)));
      BOOST_REQUIRE(again.has_error());
      BOOST_TEST(again.error().text.find("already in use") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_endpoint_the_cause_and_what_to_try) {
  RunningCore running(make_echo_service());
  const auto foreign = running.core.listen(spec("echo=203.0.113.77:7000"));
  BOOST_REQUIRE(foreign.has_error());
  BOOST_TEST(foreign.error().text.find("tcp 203.0.113.77:7000") != std::string::npos);
  BOOST_TEST(foreign.error().text.find("try 127.0.0.1") != std::string::npos);
  BOOST_TEST(running.core.listen(spec("gopher=70")).error().text.find("echo") != std::string::npos);
  BOOST_TEST(running.core.close(spec("echo=70")).error().text.find("nothing is open") !=
             std::string::npos);
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
  BOOST_TEST(second.core.listen(spec("echo=unix:" + path)).has_error());
  BOOST_TEST(running.core.close(spec("echo=unix:" + path)).has_value());
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

BOOST_AUTO_TEST_CASE(a_core_that_never_ran_goes_quietly) {
  Log log;
  Core core({}, log);
  core.add(make_echo_service());
  BOOST_TEST(core.listen(spec("echo=0")).has_value());
}

BOOST_AUTO_TEST_CASE(a_reset_ends_its_session_and_no_other) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=0");
  TestClient good(server);
  echo(good, "x");
  for (int i = 0; i < 100; ++i) {
    TestClient rude(server);
    rude.send("x");
    rude.reset();
  }
  BOOST_TEST(echo(good, "still here") == "still here");
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == 1; }));
}
