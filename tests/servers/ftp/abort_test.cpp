// What happens beside a transfer: ABOR, STAT, QUIT, hanging up, and data connections that fail.

#include <poll.h>
#include <sys/socket.h>

#include "servers/ftp/control_connection.hpp"
#include "tests/servers/ftp/talk.hpp"

using namespace portlab;
using namespace portlab::ftp::server;

namespace {

/// A guest in the middle of a transfer that is too long for any buffer: the server waits for them.
struct Transferring {
  Transferring() : talk(server.endpoint) {
    server.files.write("big", std::string(bytes, 'x'));
    talk.log_in().say("TYPE I", "200");
    data.emplace(talk.pasv());
    talk.say("RETR big", "150");
    BOOST_REQUIRE(data->receive().starts_with("xx"));
  }

  /// The data connection is gone for the server.
  void expect_end_of_data() {
    BOOST_TEST(server.running.eventually([](const auto& rows) { return rows.size() <= 1; }));
  }

  static constexpr std::size_t bytes = std::size_t{64} << 20;
  Server server;
  Talk talk;
  std::optional<TestClient> data;
};

}  // namespace

BOOST_AUTO_TEST_CASE(abor_ends_a_transfer_with_426_and_is_answered_226) {
  Transferring guest;
  guest.talk.say("ABOR", "426");
  guest.talk.expect("226");
  guest.expect_end_of_data();
  guest.data.reset();
  BOOST_TEST(guest.talk.fetch("RETR hello.txt") == "Hello, port!\n");
}

BOOST_AUTO_TEST_CASE(abor_may_be_preceded_by_interrupt_process_and_data_mark) {
  Transferring guest;
  guest.talk.control.send("\xff\xf4\xff\xf2");
  guest.talk.say("ABOR", "426");
  guest.talk.expect("226");
}

BOOST_AUTO_TEST_CASE(abor_may_be_sent_as_urgent_data) {
  // ftplib sends all of "ABOR\r\n" so: its last byte, the LF, is the urgent one.
  Transferring guest;
  const std::string abort = "ABOR\r\n";
  BOOST_REQUIRE(::send(guest.talk.control.descriptor(), abort.data(), abort.size(), MSG_OOB) == 6);
  guest.talk.expect("426");
  guest.talk.expect("226");
  // lftp and the old ftp(1): IAC IP as usual, IAC DM urgently.
  const std::string synch = "\xff\xf2";
  guest.talk.control.send("\xff\xf4");
  BOOST_REQUIRE(::send(guest.talk.control.descriptor(), synch.data(), synch.size(), MSG_OOB) == 2);
  guest.talk.say("ABOR", "226");
}

BOOST_AUTO_TEST_CASE(commands_before_an_abor_keep_their_turn) {
  Transferring guest;
  guest.talk.control.send("NOOP\r\nPWD\r\nABOR\r\nNOOP\r\n");
  for (const auto* code : {"426", "200", "257", "226", "200"}) guest.talk.expect(code);
}

BOOST_AUTO_TEST_CASE(stat_is_answered_while_a_transfer_runs) {
  Transferring guest;
  const auto status = guest.talk.say("STAT", "211");
  BOOST_TEST(status.find("Now running: RETR big") != std::string::npos, status);
  guest.talk.say("STAT", "211");
  guest.talk.say("ABOR", "426");
  guest.talk.expect("226");
  BOOST_TEST(guest.talk.say("STAT", "211").find("running") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(quit_waits_for_the_transfer_even_when_the_guest_has_nothing_more_to_say) {
  Transferring guest;
  guest.talk.control.send("QUIT\r\n");
  guest.talk.control.finish();
  guest.data->receive_all();
  guest.talk.expect("226");
  guest.talk.expect("221");
}

BOOST_AUTO_TEST_CASE(hanging_up_ends_the_transfer) {
  for (const bool reset : {false, true}) {
    Transferring guest;
    if (reset)
      guest.talk.control.reset();
    else
      guest.talk.control.close();
    BOOST_TEST(guest.server.running.eventually([](const auto& rows) { return rows.empty(); }));
  }
}

BOOST_AUTO_TEST_CASE(hanging_up_after_quit_by_reset_ends_the_transfer_too) {
  Transferring guest;
  guest.talk.control.send("QUIT\r\n");
  BOOST_TEST(guest.server.running.eventually(
      [](const auto& rows) { return rows.size() == 2 && rows[0].bytes_in > 0; }));
  guest.talk.control.reset();
  BOOST_TEST(guest.server.running.eventually([](const auto& rows) { return rows.empty(); }));
}

BOOST_AUTO_TEST_CASE(a_broken_data_connection_is_426_and_the_session_goes_on) {
  Transferring guest;
  guest.data->reset();
  guest.talk.expect("426");
  BOOST_TEST(guest.talk.fetch("RETR hello.txt") == "Hello, port!\n");
}

BOOST_AUTO_TEST_CASE(a_data_connection_that_says_goodbye_and_breaks_harms_nobody) {
  // After the FIN a RST is EPIPE for sendfile(2), and SIGPIPE for a process that does not ignore
  // it.
  Transferring guest;
  guest.data->finish();
  guest.data->reset();
  guest.talk.expect("426");
  guest.talk.say("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(whoever_pipelines_too_much_beside_a_transfer_waits_and_loses_nothing) {
  Transferring guest;
  const int commands = 20'000;
  std::string all;
  for (int i = 0; i < commands; ++i) all += "NOOP\r\n";
  guest.talk.control.send(all);
  guest.data->receive_all();
  guest.talk.expect("226");
  for (int i = 0; i < commands; ++i) guest.talk.expect("200");
}

BOOST_AUTO_TEST_CASE(abor_ends_the_wait_for_a_data_connection) {
  Server server;
  Talk talk(server.endpoint);
  talk.log_in().pasv();
  talk.say("LIST", "150");
  talk.say("ABOR", "426");
  talk.expect("226");
  talk.say("LIST", "425");
}

BOOST_AUTO_TEST_CASE(nobody_at_the_port_of_port_is_425) {
  Server server;
  Talk talk(server.endpoint);
  talk.log_in();
  auto mine = open_listening(tcp_endpoint(talk.control.local().address, 0), {}).value();
  const auto here = local_endpoint_of(mine.front().get(), Transport::tcp);
  mine.clear();
  talk.say("PORT " + portlab::ftp::format_six_numbers(here), "200");
  talk.say("LIST", "150");
  talk.expect("425");
  talk.say("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(nobody_at_the_passive_port_is_425_after_a_while) {
  Server server;
  Talk talk(server.endpoint);
  talk.log_in();
  const auto port = talk.pasv();
  talk.say("LIST", "150");
  const auto before = Clock::now();
  // The test client's own patience is as long as the server's: wait for it here.
  pollfd reply{talk.control.descriptor(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&reply, 1, 2 * 1000 * static_cast<int>(data_connection_wait.count())) == 1);
  talk.expect("425");
  BOOST_TEST((Clock::now() - before >= data_connection_wait - std::chrono::seconds(1)));
  BOOST_CHECK_THROW(TestClient late(port), std::runtime_error);
}
