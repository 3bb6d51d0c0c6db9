// Connections through forward: bytes, ends of the stream, and peers that misbehave.

#include "servers/forward/forward_service.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>

#include "servers/echo/echo_service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

/// Listens on loopback; the test accepts, and plays the target.
class Target {
 public:
  Target() : Target(tcp_endpoint(asio::ip::address_v4::loopback(), 0)) {}
  explicit Target(const Endpoint& at)
      : socket_(std::move(open_listening(at, {}).value().front())),
        endpoint_(at.transport == Transport::local
                      ? at
                      : local_endpoint_of(socket_.get(), Transport::tcp)) {}

  /// The next connection, blocking.
  FileDescriptor accept() const {
    pollfd ready{socket_.get(), POLLIN, 0};
    BOOST_REQUIRE(::poll(&ready, 1, 10'000) == 1);
    return FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  std::string argument() const {
    return endpoint_.transport == Transport::local ? "unix:" + endpoint_.path
                                                   : endpoint_.address_and_port();
  }
  void close() { socket_ = FileDescriptor(); }

 private:
  FileDescriptor socket_;
  Endpoint endpoint_;
};

std::string read_exactly(const FileDescriptor& socket, std::size_t count) {
  std::string all(count, '\0');
  const auto got = ::recv(socket.get(), all.data(), count, MSG_WAITALL);
  all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return all;
}

void write_all(const FileDescriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    BOOST_REQUIRE(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Sends as much as the kernel takes while the other end reads nothing.
std::string fill(int socket) {
  std::string sent;
  for (;;) {
    std::string block(65'536, static_cast<char>('a' + sent.size() / 65'536 % 26));
    const auto count = ::send(socket, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      sent.append(block, 0, static_cast<std::size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return sent;  // the relay ended the session
    pollfd ready{socket, POLLOUT, 0};
    if (::poll(&ready, 1, 300) != 1) return sent;
  }
}

std::string random_bytes(std::size_t count) {
  std::mt19937 random(count);
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// A forward to the target, on a core with these limits.
struct Forward {
  explicit Forward(const Target& target, CoreOptions options = {})
      : running(make_forward_service(), std::move(options)),
        endpoint(running.listen("forward=0:" + target.argument())) {}

  RunningCore running;
  Endpoint endpoint;
};

/// Whether the next thing that comes is a RST.
bool is_reset(TestClient& client) {
  try {
    return client.receive() == "never";
  } catch (const std::runtime_error& error) {
    return std::string_view(error.what()).find("reset") != std::string_view::npos;
  }
}

/// The same of a new connection. The RST may come before connect(2) returns.
bool resets(const Endpoint& endpoint) {
  try {
    TestClient client(endpoint);
    return is_reset(client);
  } catch (const std::runtime_error& error) {
    return std::string_view(error.what()).find("reset") != std::string_view::npos;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_go_both_ways) {
  const Target target;
  Forward forward(target);
  TestClient client(forward.endpoint);
  const auto server = target.accept();
  client.send("hello");
  BOOST_TEST(read_exactly(server, 5) == "hello");
  write_all(server, "and back");
  BOOST_TEST(client.receive_exactly(8) == "and back");
}

BOOST_AUTO_TEST_CASE(both_halves_are_rows_of_the_session_table) {
  const Target target;
  Forward forward(target);
  TestClient client(forward.endpoint);
  const auto server = target.accept();
  client.send("hello");
  read_exactly(server, 5);
  BOOST_TEST(forward.running.eventually(
      [](const auto& rows) { return rows.size() == 2 && rows[1].bytes_out == 5; }));
  const auto rows = forward.running.sessions();
  BOOST_TEST(rows[0].service == "forward");
  BOOST_TEST(rows[0].bytes_in == 5U);
  BOOST_TEST(rows[0].remote.port == client.local().port);
  BOOST_TEST(rows[1].parent_id == rows[0].id);
  BOOST_TEST(rows[1].outgoing);
  BOOST_TEST(rows[1].local.to_string() ==
             remote_endpoint_of(server.get(), Transport::tcp).to_string());
  BOOST_TEST(rows[1].four_tuple() ==
             rows[1].local.to_string() + " -> " + rows[1].remote.address_and_port());
  BOOST_TEST(rows[0].note ==
             "from " + rows[1].local.address_and_port() + " to " + target.argument());
  BOOST_TEST(forward.running.core.listeners().front().argument == target.argument());
}

BOOST_AUTO_TEST_CASE(each_direction_ends_by_itself) {
  const Target target;
  Forward forward(target);
  {
    TestClient client(forward.endpoint);
    const auto server = target.accept();
    client.send("request");
    client.finish();
    BOOST_TEST(read_exactly(server, 100) == "request");  // until FIN
    write_all(server, "response");
    ::shutdown(server.get(), SHUT_WR);
    BOOST_TEST(client.receive_all() == "response");
  }
  {
    TestClient client(forward.endpoint);
    const auto server = target.accept();
    write_all(server, "greeting");
    ::shutdown(server.get(), SHUT_WR);
    BOOST_TEST(client.receive_all() == "greeting");
    client.send("answer");
    BOOST_TEST(read_exactly(server, 6) == "answer");
  }
  BOOST_TEST(forward.running.eventually([](const auto& rows) { return rows.empty(); }));
}

BOOST_AUTO_TEST_CASE(large_transfers_arrive_whole_with_and_without_pipes) {
  RunningCore echo(make_echo_service());
  const auto target = echo.listen("echo/tcp=0");
  const auto sent = random_bytes(std::size_t{8} << 20);
  for (const std::size_t pipes : {0, 1, 64}) {
    CoreOptions options;
    options.limits.pipes_max = pipes;
    RunningCore running(make_forward_service(), options);
    TestClient client(running.listen("forward=0:" + target.address_and_port()));
    std::thread sender([&] {
      write_all(FileDescriptor(::dup(client.descriptor())), sent);
      client.finish();
    });
    const auto got = client.receive_all();
    sender.join();
    BOOST_TEST((got == sent), pipes << " pipes: " << got.size() << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_nothing_makes_the_other_one_wait) {
  const Target target;
  Forward forward(target);
  TestClient client(forward.endpoint);
  const auto server = target.accept();
  const auto sent = fill(client.descriptor());  // ends: the relay does not read without limit
  BOOST_TEST(sent.size() < (std::size_t{64} << 20));
  write_all(server, "meanwhile");  // the other direction goes on
  BOOST_TEST(client.receive_exactly(9) == "meanwhile");
  client.finish();
  BOOST_TEST((read_exactly(server, sent.size()) == sent));
  BOOST_TEST(read_exactly(server, 1).empty());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_sent_counts_as_stored) {
  const Target target;
  CoreOptions options;
  options.limits.kept_bytes_max = 0;
  options.limits.pipes_max = 0;
  Forward forward(target, options);
  TestClient client(forward.endpoint);
  const auto server = target.accept();
  // What the first call sent may fit into the buffers before the target, if the relay was slow.
  BOOST_TEST(forward.running.eventually([&](const auto& rows) {
    fill(client.descriptor());
    return rows.empty();
  }));
}

BOOST_AUTO_TEST_CASE(a_refused_target_resets_the_client) {
  Target target;
  Forward forward(target);
  target.close();
  BOOST_TEST(resets(forward.endpoint));
}

BOOST_AUTO_TEST_CASE(a_reset_is_passed_on_in_both_directions) {
  const Target target;
  Forward forward(target);
  {
    TestClient client(forward.endpoint);
    auto server = target.accept();
    const linger at_once{1, 0};
    ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    server = FileDescriptor();
    BOOST_TEST(is_reset(client));
  }
  {
    TestClient client(forward.endpoint);
    const auto server = target.accept();
    client.reset();
    char byte = 0;
    BOOST_TEST(::recv(server.get(), &byte, 1, 0) == -1);
    BOOST_TEST(errno == ECONNRESET);
  }
}

BOOST_AUTO_TEST_CASE(the_two_halves_time_out_together) {
  const Target target;
  CoreOptions options;
  options.limits.idle_seconds = 3;
  Forward forward(target, options);
  TestClient client(forward.endpoint);
  const auto server = target.accept();
  // One direction is silent for three times the limit; the other one keeps both open.
  for (int i = 0; i < 36; ++i) {
    write_all(server, "x");
    BOOST_TEST(client.receive_exactly(1) == "x");
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  client.send("still open");
  BOOST_TEST(read_exactly(server, 10) == "still open");
  BOOST_TEST(is_reset(client));
  char byte = 0;
  BOOST_TEST(::recv(server.get(), &byte, 1, 0) == -1);
  BOOST_TEST(forward.running.eventually([](const auto& rows) { return rows.empty(); }));
}

BOOST_AUTO_TEST_CASE(a_target_can_be_a_unix_socket) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("portlab-forward-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    const Target target(local_endpoint((folder / "target").string()));
    RunningCore running(make_forward_service());
    TestClient client(running.listen("forward=0:" + target.argument()));
    write_all(target.accept(), "from a Unix socket");
    BOOST_TEST(client.receive_all() == "from a Unix socket");
    // Sessions of Unix sockets can't be told apart: one that the server makes to itself is refused.
    // This test is a client in the server's process.
    const auto path = (folder / "listener").string();
    TestClient loop(running.listen("forward=unix:" + path + ":" + target.argument()));
    BOOST_TEST(loop.is_closed_by_peer());
  }
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(forwards_that_lead_to_each_other_end_at_the_limit_of_hops) {
  RunningCore running(make_forward_service());
  const auto first = running.listen("forward=0:127.0.0.1:9");
  const auto second = running.listen("forward=0:" + first.address_and_port());
  BOOST_REQUIRE(running.change(&Core::close, "forward=" + first.address_and_port()).has_value());
  running.listen("forward=" + first.address_and_port() + ":" + second.address_and_port());
  BOOST_TEST(resets(first));
  BOOST_TEST(running.eventually([](const auto& rows) { return rows.empty(); }));
  std::uint64_t accepted = 0;
  for (const auto& row : running.core.listeners()) accepted += row.accepted;
  BOOST_TEST(accepted == 1U + hops_max);
}

BOOST_AUTO_TEST_CASE(a_listener_that_would_lead_to_itself_does_not_open) {
  RunningCore running(make_forward_service());
  const auto at = running.listen("forward=0:127.0.0.1:9");
  const auto text = at.address_and_port();
  BOOST_REQUIRE(running.change(&Core::close, "forward=" + text).has_value());
  const auto opened = running.change(&Core::listen, "forward=" + text + ":" + text);
  BOOST_REQUIRE(opened.has_error());
  BOOST_TEST((opened.error().reason == ListenError::Reason::argument_wrong));
  // Nor is one moved there.
  const auto other = running.listen("forward=0:" + text);
  BOOST_TEST(running.change(&Core::move, "forward=" + std::to_string(at.port)).has_error());
  BOOST_TEST(running.core.listeners().front().endpoint.to_string() == other.to_string());
}
