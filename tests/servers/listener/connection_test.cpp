#include "servers/listener/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "common/port.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;

namespace {

/// A protocol made of one function.
class Scripted final : public StreamService {
 public:
  using Script = Task<void> (*)(Connection&);
  explicit Scripted(Script script) : script_(script) {}
  Task<void> serve(Connection& client) override { return script_(client); }

 private:
  Script script_;
};

Service scripted(Scripted::Script script) {
  return {{"scripted", 7000}, std::make_unique<Scripted>(script), nullptr};
}

constexpr std::size_t line_limit = 10;

Task<void> say_lines(Connection& client) {
  for (;;) {
    const auto line = co_await client.read_line(line_limit);
    if (!line) co_return;
    const auto reply = "[" + std::string(*line) + "]";
    co_await client.write(reply);
  }
}

Task<void> count_input(Connection& client) {
  for (;;) {
    const bool more = co_await client.receive();
    if (!more) co_return;
  }
}

Task<void> wait_a_second(Connection& client) {
  client.set_message_deadline(std::chrono::seconds(1), "too late\r\n");
  co_await client.receive();
}

/// Does something else while the line arrives.
Task<void> say_a_line_late(Connection& client) {
  co_await client.write("ready\n");
  co_await client.pause(std::chrono::milliseconds(30));
  co_await say_lines(client);
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_end_with_crlf_or_lf_wherever_the_packets_are_cut) {
  RunningCore running(scripted(say_lines));
  const auto server = running.listen("scripted=0");
  TestClient whole(server);
  whole.send("one\r\ntwo\nthree\r\n\r\nunfinished");
  whole.finish();
  BOOST_TEST(whole.receive_all() == "[one][two][three][]");
  TestClient pieces(server);
  pieces.send_in_pieces("one\r\ntwo\n");
  pieces.finish();
  BOOST_TEST(pieces.receive_all() == "[one][two]");
}

BOOST_AUTO_TEST_CASE(an_urgent_line_that_arrives_between_two_reads_is_read_to_its_end) {
  RunningCore running(scripted(say_a_line_late));
  TestClient client(running.listen("scripted=0"));
  BOOST_TEST(client.receive_exactly(6) == "ready\n");
  const std::string line = "ABOR\r\n";  // its LF is the urgent byte, before which a read stops
  BOOST_REQUIRE(::send(client.descriptor(), line.data(), line.size(), MSG_OOB) == 6);
  BOOST_TEST(client.receive_exactly(6) == "[ABOR]");
}

BOOST_AUTO_TEST_CASE(a_line_of_the_limit_is_whole_and_a_longer_one_shows_that_it_is) {
  RunningCore running(scripted(say_lines));
  const auto server = running.listen("scripted=0");
  for (const std::size_t length : {line_limit - 1, line_limit, line_limit + 1, line_limit + 2,
                                   line_limit + 3, std::size_t{500'000}}) {
    for (const auto* end : {"\n", "\r\n"}) {
      TestClient client(server);
      client.send(std::string(length, 'x') + end + "next" + end);
      client.finish();
      const auto shown = std::min(length, line_limit + 1);
      BOOST_TEST(client.receive_all() == "[" + std::string(shown, 'x') + "][next]");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_long_line_in_pieces_that_end_in_cr_stays_too_long) {
  RunningCore running(scripted(say_lines));
  TestClient client(running.listen("scripted=0"));
  client.send_in_pieces(std::string(line_limit + 1, 'x') + "\ryyy\n");
  client.finish();
  BOOST_TEST(client.receive_all() == "[" + std::string(line_limit + 1, 'x') + "]");
}

BOOST_AUTO_TEST_CASE(input_beyond_the_limit_ends_the_session) {
  RunningCore running(scripted(count_input));
  const auto server = running.listen("scripted=0");
  TestClient below(server);
  below.send(std::string(Connection::input_bytes_max - 1, 'x'));
  BOOST_TEST(running.eventually([](const auto& rows) {
    return rows.size() == 1 && rows[0].bytes_in == Connection::input_bytes_max - 1;
  }));
  TestClient at_the_limit(server);
  at_the_limit.send(std::string(Connection::input_bytes_max, 'x'));
  BOOST_TEST(at_the_limit.is_closed_by_peer());
  BOOST_TEST(running.sessions().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_missed_deadline_sends_the_final_reply_and_closes) {
  RunningCore running(scripted(wait_a_second));
  TestClient client(running.listen("scripted=0"));
  BOOST_TEST(client.receive_all() == "too late\r\n");
}

namespace {

std::string number_line(TestClient& client) {
  auto line = client.receive_until("\n");
  line.pop_back();
  return line;
}

std::string file_to_send;

Task<void> send_the_file(Connection& client) {
  const File file(::open(file_to_send.c_str(), O_RDONLY | O_CLOEXEC));
  const ByteRange range{1, std::filesystem::file_size(file_to_send) - 1};
  co_await client.send_file(file, range);
}

Task<void> second_port(Connection& client) {
  auto port = client.open_data_listener("second");
  const auto number = std::to_string(port->endpoint().port) + "\n";
  co_await client.write(number);
  auto second = co_await port->accept(std::chrono::seconds(5));
  const std::string answer = second ? "came\n" : "nobody\n";
  co_await client.write(answer);
  if (second) co_await client.read_some();
}

Task<void> forever(Connection& client) {
  client.set_message_deadline(std::chrono::seconds(100));
  for (;;) {
    const Bytes received = co_await client.read_some();
    if (received.empty()) co_return;
  }
}

Task<void> write_and_close(Connection& client) {
  const std::string answer(100'000, 'a');
  co_await client.write(answer);
}

Task<void> brief() { co_return; }

Task<void> race_and_report(Connection& client) {
  const bool first = co_await race(forever(client), brief());
  const std::string answer = first ? "first" : "second";
  co_await client.write(answer);
  const Bytes received = co_await client.read_some();
  co_await client.write(as_text(received));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_arrives_as_it_is_even_at_a_slow_reader) {
  file_to_send = (std::filesystem::temp_directory_path() /
                  ("portlab-connection-test-" + std::to_string(::getpid())))
                     .string();
  std::string content;
  for (int i = 0; i < 900'000; ++i) content += std::to_string(i) + "\n";
  std::ofstream(file_to_send, std::ios::binary) << content;
  RunningCore running(scripted(send_the_file));
  TestClient client(running.listen("scripted=0"));
  BOOST_TEST((client.receive_all() == content.substr(1)));
  std::filesystem::remove(file_to_send);
}

BOOST_AUTO_TEST_CASE(a_data_connection_is_a_row_of_its_parent) {
  RunningCore running(scripted(second_port));
  const auto server = running.listen("scripted=0");
  TestClient control(server);
  const auto number = parse_port(number_line(control));
  TestClient data(tcp_endpoint(server.address, number.value()));
  control.receive_until("came\n");
  const auto rows = running.sessions();
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[1].service == "second");
  BOOST_TEST(rows[1].parent_id == rows[0].id);
}

BOOST_AUTO_TEST_CASE(a_data_listener_accepts_only_the_peer_of_its_session) {
  RunningCore running(scripted(second_port));
  const auto server = running.listen("scripted=0.0.0.0:0");
  const auto from = [](const char* address) {
    return tcp_endpoint(asio::ip::make_address(address), 0);
  };
  const auto target = tcp_endpoint(asio::ip::make_address("127.0.0.1"), server.port);
  TestClient control(target, from("127.0.0.1"));
  const auto port = parse_port(number_line(control)).value();
  const auto second = tcp_endpoint(target.address, port);
  TestClient other(second, from("127.0.0.2"));
  BOOST_TEST(other.is_closed_by_peer());
  TestClient owner(second, from("127.0.0.1"));
  control.receive_until("came\n");
}

BOOST_AUTO_TEST_CASE(the_answer_arrives_although_the_client_goes_on_sending) {
  RunningCore running(scripted(write_and_close));
  const auto server = running.listen("scripted=0");
  for (int i = 0; i < 20; ++i) {
    TestClient client(server);
    client.send(std::string(50'000, 'q'));  // never read by the protocol: closing must not reset
    BOOST_TEST(client.receive_exactly(100'000).size() == 100'000U);
  }
}

BOOST_AUTO_TEST_CASE(the_first_of_two_ends_the_other) {
  RunningCore running(scripted(race_and_report));
  TestClient client(running.listen("scripted=0"));
  BOOST_TEST(client.receive_exactly(6) == "second");
  client.send("and the session goes on");
  BOOST_TEST(client.receive_all() == "and the session goes on");
}

namespace {

/// Says how connecting to its argument, a port of 127.0.0.1, went; then copies a line there and
/// back.
Task<void> relay_a_line(Connection& client) {
  const auto port = parse_port(client.argument()).value();
  const auto peer = tcp_endpoint(asio::ip::make_address("127.0.0.1"), port);
  ConnectOptions options;
  options.limit = std::chrono::seconds(5);
  auto connected = co_await client.connect(peer, "relayed", options);
  if (!connected) {
    const bool refused = connected.error() == ConnectError::refused;
    const bool too_many = connected.error() == ConnectError::too_many_sessions;
    co_await client.write(refused ? "refused" : too_many ? "too many sessions" : "failed");
    co_return;
  }
  auto& target = **connected;
  const auto line = co_await client.read_line(100);
  const auto sent = std::string(line.value()) + "\n";
  co_await target.write(sent);
  const auto reply = co_await target.read_some();
  co_await client.write(as_text(reply));
  co_await client.receive();
}

Service relay() {
  auto service = scripted(relay_a_line);
  service.info.argument = "PORT";
  return service;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_service_connects_to_the_port_of_its_argument) {
  RunningCore target(scripted(say_lines));
  const auto there = target.listen("scripted=0");
  RunningCore running(relay());
  TestClient client(running.listen("scripted=0:" + std::to_string(there.port)));
  client.send("hello\n");
  BOOST_TEST(client.receive_exactly(7) == "[hello]");
  const auto rows = running.sessions();
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[1].service == "relayed");
  BOOST_TEST(rows[1].parent_id == rows[0].id);
  BOOST_TEST(rows[1].remote.to_string() == there.to_string());
}

BOOST_AUTO_TEST_CASE(a_closed_port_refuses_an_outgoing_connection) {
  Endpoint closed;
  {
    RunningCore target(scripted(say_lines));
    closed = target.listen("scripted=0");
  }
  RunningCore running(relay());
  TestClient client(running.listen("scripted=0:" + std::to_string(closed.port)));
  BOOST_TEST(client.receive_all() == "refused");
}

BOOST_AUTO_TEST_CASE(an_outgoing_connection_counts_as_a_session) {
  RunningCore target(scripted(say_lines));
  const auto there = target.listen("scripted=0");
  CoreOptions options;
  options.limits.sessions_max = 1;
  RunningCore running(relay(), options);
  TestClient client(running.listen("scripted=0:" + std::to_string(there.port)));
  BOOST_TEST(client.receive_all() == "too many sessions");
}

BOOST_AUTO_TEST_CASE(a_service_that_needs_an_argument_does_not_listen_without_one) {
  RunningCore running(relay());
  const auto opened = running.change(&Core::listen, "scripted=0");
  BOOST_REQUIRE(opened.has_error());
  BOOST_TEST((opened.error().reason == ListenError::Reason::argument_missing));
}
