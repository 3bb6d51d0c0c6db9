// The core at its limits: beyond them a new session is refused, and existing ones are not affected.

#include <poll.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <ctime>

#include "servers/echo/echo_service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

bool echoes(TestClient& client) {
  client.send("x");
  return client.receive() == "x";
}

CoreOptions with_limits(std::size_t in_all, std::size_t per_address) {
  CoreOptions options;
  options.limits.sessions_max = in_all;
  options.limits.sessions_per_address_max = per_address;
  return options;
}

Endpoint from(const char* address) { return tcp_endpoint(asio::ip::make_address(address), 0); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_session_beyond_the_limit_is_refused_until_another_ends) {
  RunningCore running(make_echo_service(), with_limits(3, 100));
  const auto server = running.listen("echo=0");
  std::vector<TestClient> in;
  for (int i = 0; i < 3; ++i) {
    in.emplace_back(server);
    BOOST_TEST(echoes(in.back()));
  }
  TestClient refused(server);
  BOOST_TEST(refused.is_closed_by_peer());
  for (auto& client : in) BOOST_TEST(echoes(client));
  in.pop_back();
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == 2; }));
  TestClient next(server);
  BOOST_TEST(echoes(next));
}

BOOST_AUTO_TEST_CASE(an_address_at_its_limit_does_not_affect_other_addresses) {
  RunningCore running(make_echo_service(), with_limits(100, 2));
  const auto server = running.listen("echo=0");
  TestClient first(server, from("127.0.0.11"));
  TestClient second(server, from("127.0.0.11"));
  BOOST_TEST(echoes(first));
  BOOST_TEST(echoes(second));
  TestClient third(server, from("127.0.0.11"));
  BOOST_TEST(third.is_closed_by_peer());
  TestClient other(server, from("127.0.0.12"));
  BOOST_TEST(echoes(other));
}

BOOST_AUTO_TEST_CASE(udp_flows_are_bounded_and_the_latest_are_kept) {
  CoreOptions options;
  options.limits.flows_max = 10;
  RunningCore running(make_echo_service(), options);
  const auto server = running.listen("echo/udp=0");
  std::vector<TestClient> clients;
  for (int i = 0; i < 30; ++i) {
    clients.emplace_back(server);
    BOOST_TEST(echoes(clients.back()));
  }
  const auto rows = running.sessions();
  BOOST_TEST(rows.size() <= 10U);
  BOOST_TEST(rows.back().remote.to_string() == clients.back().local().to_string());
}

BOOST_AUTO_TEST_CASE(without_descriptors_new_sessions_wait_and_the_others_go_on) {
  RunningCore running(make_echo_service());
  const auto server = running.listen("echo=0");
  TestClient inside(server);
  BOOST_TEST(echoes(inside));
  TestClient waiting_later(server);  // its descriptor exists before the shortage
  BOOST_TEST(echoes(waiting_later));

  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int spare = ::dup(0);
  FileDescriptor unused(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const rlimit none{static_cast<rlim_t>(spare) + 2, before.rlim_max};
  const auto address = to_socket_address(server);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  BOOST_REQUIRE(::connect(unused.get(), address.data(), address.size) == 0);
  const std::clock_t cpu_before = std::clock();
  for (int i = 0; i < 200; ++i) BOOST_REQUIRE(echoes(inside));
  pollfd nothing{-1, 0, 0};
  ::poll(&nothing, 0, 500);  // the time in which a busy loop would use CPU time
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  ::close(spare);
  BOOST_TEST(cpu_seconds < 0.4);

  BOOST_REQUIRE(::send(unused.get(), "x", 1, MSG_NOSIGNAL) == 1);
  pollfd ready{unused.get(), POLLIN, 0};
  BOOST_TEST(::poll(&ready, 1, 10'000) == 1, "the session was not accepted after the shortage");
}

namespace {

/// Never consumes what it receives: its session holds a buffer.
class BufferHolder final : public StreamService {
 public:
  Task<void> serve(Connection& client) override {
    for (;;) {
      const bool more = co_await client.receive();
      if (!more) co_return;
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_buffers_of_all_sessions_together_have_a_ceiling) {
  constexpr std::size_t buffers = 3;
  for (const std::size_t spare : {std::size_t{0}, session_buffer_bytes - 1}) {
    CoreOptions options;
    options.limits.buffer_bytes_max = buffers * session_buffer_bytes + spare;
    RunningCore running({{"holder", 7002}, std::make_unique<BufferHolder>(), nullptr}, options);
    const auto server = running.listen("holder=0");
    std::vector<TestClient> clients;
    for (std::size_t i = 1; i <= buffers; ++i) {
      clients.emplace_back(server);
      clients.back().send("x");
      BOOST_TEST(running.eventually(
          [i](const auto& rows) { return rows.size() == i && rows.back().bytes_in == 1; }));
    }
    TestClient idle(server);  // without bytes it needs no buffer
    TestClient beyond(server);
    beyond.send("x");
    BOOST_TEST(beyond.is_closed_by_peer());
    BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == buffers + 1; }));
    clients.pop_back();  // its buffer is free again
    BOOST_TEST(running.eventually([](const auto& rows) { return rows.size() == buffers; }));
    idle.send("x");
    BOOST_TEST(running.eventually(
        [](const auto& rows) { return rows.size() == buffers && rows.back().bytes_in == 1; }));
  }
}
