// Commands during a transfer (ABOR, STAT, QUIT), connections that close or break, and data
// connections that fail.

#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "servers/ftp/control_connection.hpp"
#include "tests/servers/ftp/ftp_socket_client.hpp"

using namespace portlab;
using namespace portlab::ftp::server;

namespace {

/// A client in the middle of a transfer that is larger than all buffers: the server waits for it.
struct Transferring {
  Transferring() : ftp(server.endpoint) {
    server.files.write("big", std::string(bytes, 'x'));
    ftp.log_in().command("TYPE I", "200");
    data.emplace(ftp.pasv());
    ftp.command("RETR big", "150");
    BOOST_REQUIRE(data->receive().starts_with("xx"));
  }

  /// Waits until the server has closed the data connection.
  void expect_end_of_data() {
    BOOST_TEST(server.running.eventually([](const auto& rows) { return rows.size() <= 1; }));
  }

  static constexpr std::size_t bytes = std::size_t{64} << 20;
  Server server;
  FtpSocketClient ftp;
  std::optional<TestClient> data;
};

}  // namespace

BOOST_AUTO_TEST_CASE(abor_aborts_a_transfer_with_426_and_gets_226) {
  Transferring client;
  client.ftp.command("ABOR", "426");
  client.ftp.expect("226");
  client.expect_end_of_data();
  client.data.reset();
  BOOST_TEST(client.ftp.fetch("RETR hello.txt") == "Hello, port!\n");
}

BOOST_AUTO_TEST_CASE(abor_may_be_preceded_by_interrupt_process_and_data_mark) {
  Transferring client;
  client.ftp.control.send("\xff\xf4\xff\xf2");
  client.ftp.command("ABOR", "426");
  client.ftp.expect("226");
}

BOOST_AUTO_TEST_CASE(abor_may_be_sent_as_urgent_data) {
  // ftplib sends all of "ABOR\r\n" as urgent data; only the last byte, the LF, is urgent then.
  Transferring client;
  const std::string abort = "ABOR\r\n";
  BOOST_REQUIRE(::send(client.ftp.control.descriptor(), abort.data(), abort.size(), MSG_OOB) == 6);
  client.ftp.expect("426");
  client.ftp.expect("226");
  // lftp and the old ftp(1): IAC IP as normal data, IAC DM as urgent data.
  const std::string synch = "\xff\xf2";
  client.ftp.control.send("\xff\xf4");
  BOOST_REQUIRE(::send(client.ftp.control.descriptor(), synch.data(), synch.size(), MSG_OOB) == 2);
  client.ftp.command("ABOR", "226");
}

BOOST_AUTO_TEST_CASE(commands_before_an_abor_are_run_in_order_after_the_transfer) {
  Transferring client;
  client.ftp.control.send("NOOP\r\nPWD\r\nABOR\r\nNOOP\r\n");
  for (const auto* code : {"426", "200", "257", "226", "200"}) client.ftp.expect(code);
}

BOOST_AUTO_TEST_CASE(stat_is_answered_while_a_transfer_runs) {
  Transferring client;
  const auto status = client.ftp.command("STAT", "211");
  BOOST_TEST(status.find("Now running: RETR big") != std::string::npos, status);
  client.ftp.command("STAT", "211");
  client.ftp.command("ABOR", "426");
  client.ftp.expect("226");
  BOOST_TEST(client.ftp.command("STAT", "211").find("running") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reply_to_stat_that_waits_when_the_transfer_ends_is_sent_once) {
  Transferring client;
  const int questions = 20'000;  // the replies are larger than all buffers of the kernel
  std::string all;
  for (int i = 0; i < questions; ++i) all += "STAT\r\n";
  client.ftp.control.send(all);
  client.data->receive_all();
  int completed = 0;
  for (int i = 0; i < questions + 1; ++i)
    if (client.ftp.expect("2").starts_with("226")) ++completed;
  BOOST_TEST(completed == 1);
  client.ftp.command("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(quit_waits_for_the_transfer_even_after_a_half_close) {
  Transferring client;
  client.ftp.control.send("QUIT\r\n");
  client.ftp.control.finish();
  client.data->receive_all();
  client.ftp.expect("226");
  client.ftp.expect("221");
}

BOOST_AUTO_TEST_CASE(closing_the_control_connection_ends_the_transfer) {
  for (const bool reset : {false, true}) {
    Transferring client;
    if (reset)
      client.ftp.control.reset();
    else
      client.ftp.control.close();
    BOOST_TEST(client.server.running.eventually([](const auto& rows) { return rows.empty(); }));
  }
}

BOOST_AUTO_TEST_CASE(a_reset_after_quit_ends_the_transfer_too) {
  Transferring client;
  client.ftp.control.send("QUIT\r\n");
  BOOST_TEST(client.server.running.eventually(
      [](const auto& rows) { return rows.size() == 2 && rows[0].bytes_in > 0; }));
  client.ftp.control.reset();
  BOOST_TEST(client.server.running.eventually([](const auto& rows) { return rows.empty(); }));
}

BOOST_AUTO_TEST_CASE(a_broken_data_connection_is_426_and_the_session_goes_on) {
  Transferring client;
  client.data->reset();
  client.ftp.expect("426");
  BOOST_TEST(client.ftp.fetch("RETR hello.txt") == "Hello, port!\n");
}

BOOST_AUTO_TEST_CASE(a_data_connection_that_sends_fin_and_rst_is_426) {
  // After FIN and RST sendfile(2) fails with EPIPE, and raises SIGPIPE unless it is ignored.
  Transferring client;
  client.data->finish();
  client.data->reset();
  client.ftp.expect("426");
  client.ftp.command("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(too_many_commands_during_a_transfer_wait_and_none_is_lost) {
  Transferring client;
  const int commands = 20'000;
  std::string all;
  for (int i = 0; i < commands; ++i) all += "NOOP\r\n";
  client.ftp.control.send(all);
  client.data->receive_all();
  client.ftp.expect("226");
  for (int i = 0; i < commands; ++i) client.ftp.expect("200");
}

BOOST_AUTO_TEST_CASE(abor_ends_the_wait_for_a_data_connection) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in().pasv();
  ftp.command("LIST", "150");
  ftp.command("ABOR", "426");
  ftp.expect("226");
  ftp.command("LIST", "425");
}

BOOST_AUTO_TEST_CASE(a_closed_port_after_port_is_425) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  auto listening = open_listening(tcp_endpoint(ftp.control.local().address, 0), {}).value();
  const auto target = local_endpoint_of(listening.front().get(), Transport::tcp);
  listening.clear();
  ftp.command("PORT " + portlab::ftp::format_six_numbers(target), "200");
  ftp.command("LIST", "150");
  ftp.expect("425");
  ftp.command("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(no_connection_to_the_passive_port_is_425_after_the_wait) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  const auto port = ftp.pasv();
  const auto before = Clock::now();
  ftp.command("LIST", "150");
  // The test client's own time-out is as long as the server's, so wait with poll(2) first.
  pollfd reply{ftp.control.descriptor(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&reply, 1, 2 * 1000 * static_cast<int>(data_connection_wait.count())) == 1);
  ftp.expect("425");
  BOOST_TEST((Clock::now() - before >= data_connection_wait - std::chrono::seconds(1)));
  BOOST_CHECK_THROW(TestClient late(port), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_passive_port_may_be_older_than_the_idle_time_out) {
  CoreOptions options;
  options.limits.idle_seconds = 3;
  Server server(options);
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in().command("TYPE I", "200");
  const auto port = ftp.pasv();
  const auto opened = Clock::now();
  // Deadlines are swept each second.
  while (Clock::now() - opened < std::chrono::milliseconds(5500)) {
    ftp.command("NOOP", "200");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  TestClient data(port);
  ftp.command("RETR hello.txt", "150");
  BOOST_TEST(data.receive_all() == "Hello, port!\n");
  ftp.expect("226");
}
