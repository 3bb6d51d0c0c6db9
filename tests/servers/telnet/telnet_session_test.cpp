// The telnet server over real sockets.

#include "servers/telnet/telnet_session.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "servers/telnet/telnet_service.hpp"
#include "tests/support/running_core.hpp"
#include "tests/support/test_client.hpp"

using namespace portlab;
using namespace portlab::telnet;
using namespace std::string_literals;

namespace {

class TelnetServer : public RunningCore {
 public:
  explicit TelnetServer(CoreOptions options = {}) : RunningCore(options) {
    core.add(make_telnet_service(core));
    start();
    endpoint = listen("telnet=0");
  }

  Endpoint endpoint;
};

const std::string offers = "\xff\xfb\x01\xff\xfb\x03\xff\xfd\x1f";  // WILL ECHO, WILL SGA, DO NAWS
const std::string agreed = "\xff\xfd\x01\xff\xfd\x03\xff\xfb\x1f";  // DO ECHO, DO SGA, WILL NAWS

/// Reads to the prompt "login: ", and logs in as a client without telnet does.
void log_in(TestClient& client) {
  client.receive_until("login: ");
  client.send("guest\nportlab\n");
  client.receive_until("guest> ");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_without_telnet_sends_lines) {
  TelnetServer server;
  TestClient client(server.endpoint);
  const auto greeting = client.receive_until("login: ");
  BOOST_TEST(greeting.starts_with(offers + "\r\0Portlab telnet server."s));
  client.send("guest\n");
  BOOST_TEST(client.receive_until(": ") ==
             "Password (not hidden, because your program did not agree to ECHO): ");
  client.send("portlab\n");
  BOOST_TEST(client.receive_until("guest> ").starts_with("\r\nWelcome, guest. "));
  client.send("whoami\n");
  BOOST_TEST(client.receive_until("guest> ") == "you  " + client.local().to_string() + "\r\nme   " +
                                                    server.endpoint.to_string() + "\r\nguest> ");
  client.send("quit\n");
  BOOST_TEST(client.receive_all() == "Goodbye.\r\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_agrees_to_echo_sends_keys) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send_in_pieces(agreed + "\xff\xfa\x1f\0\x50\0\x18\xff\xf0"s + "gueSt\x7f\x7fst\r\0"s);
  BOOST_TEST(client.receive_until("Password: ") == "gueSt\b \b\b \bst\r\nPassword: ");
  client.send_in_pieces("portlab\r\0"s);
  BOOST_TEST(client.receive_until("Welcome") == "\r\n\r\nWelcome");  // nothing of the password
  client.receive_until("guest> ");
  client.send_in_pieces("who\x03");
  BOOST_TEST(client.receive_until("guest> ") == "who^C\r\nguest> ");
  client.send_in_pieces("\x04");
  BOOST_TEST(client.receive_all() == "\r\nGoodbye.\r\n");
}

BOOST_AUTO_TEST_CASE(are_you_there_is_answered_and_the_line_stays) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send(agreed + "gue\xff\xf6");
  BOOST_TEST(client.receive_until("yes]\r\nlogin: gue") ==
             "gue\r\n[Portlab telnet server: yes]\r\nlogin: gue");
}

BOOST_AUTO_TEST_CASE(interrupt_and_break_cancel_the_line_and_a_password) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send(agreed + "guest\r\n");
  client.receive_until("Password: ");
  client.send("por\xff\xf4\xff\xf2");  // IP, DM: a Synch
  BOOST_TEST(client.receive_until("login: ") == "^C\r\nlogin: ");
  client.send("gue\xff\xf3");
  BOOST_TEST(client.receive_until("login: ") == "gue^C\r\nlogin: ");
}

BOOST_AUTO_TEST_CASE(what_the_server_does_not_know_is_refused_once) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send("\xff\xfb\x18\xff\xfd\x05\xff\xfc\x18\xff\xfe\x05\xff\xf6");
  BOOST_TEST(client.receive_until("\r\n[") == "\xff\xfe\x18\xff\xfc\x05\r\n[");
}

BOOST_AUTO_TEST_CASE(a_client_that_echoes_itself_gets_no_echo) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send("\xff\xfe\x01guest\r\n");
  BOOST_TEST(client.receive_until(": ").starts_with("Password (not hidden"));
}

BOOST_AUTO_TEST_CASE(three_wrong_passwords_end_the_session) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.send("guest\nx\nguest\ny\nguest\nz\nguest\nportlab\n");
  const auto all = client.receive_all();
  BOOST_TEST(all.ends_with("Login incorrect, three times: the session ends.\r\n"));
  BOOST_TEST(all.find("Welcome") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_session_table_never_shows_the_password) {
  TelnetServer server;
  TestClient client(server.endpoint);
  log_in(client);
  client.send("portlab\nwho\n");
  client.receive_until("(you)");
  client.receive_until("guest> ");
  const auto rows = server.sessions();
  BOOST_REQUIRE(rows.size() == 1);
  BOOST_TEST(rows[0].note == "guest: who");
}

BOOST_AUTO_TEST_CASE(who_and_ports_show_this_server) {
  TelnetServer server;
  TestClient other(server.endpoint);
  other.receive_until("login: ");
  TestClient client(server.endpoint);
  log_in(client);
  client.send("who\n");
  const auto who = client.receive_until("guest> ");
  BOOST_TEST(who.find(other.local().address_and_port()) != std::string::npos);
  BOOST_TEST(who.find(client.local().address_and_port()) != std::string::npos);
  client.send("ports\n");
  const auto ports = client.receive_until("guest> ");
  BOOST_TEST(ports.find(server.endpoint.address_and_port() + "  telnet   moved: default port 23") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_narrow_window_has_narrow_tables) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send("\xff\xfb\x1f\xff\xfa\x1f\0\x28\0\x18\xff\xf0"s);  // 40 columns
  client.send("guest\nportlab\nwho\n");
  client.receive_until("guest> ");
  const auto who = client.receive_until("guest> ");
  for (std::size_t at = 0; at < who.size();) {
    const auto end = std::min(who.find("\r\n", at), who.size());
    BOOST_TEST(end - at <= 40);
    at = end + 2;
  }
}

BOOST_AUTO_TEST_CASE(the_number_of_negotiations_is_limited) {
  using server::negotiations_max;
  for (const unsigned count : {negotiations_max - 1, negotiations_max, negotiations_max + 1}) {
    TelnetServer server;
    TestClient client(server.endpoint);
    client.receive_until("login: ");
    std::string flood;
    for (unsigned i = 0; i < count; ++i) flood += i % 2 == 0 ? "\xff\xfb\x18" : "\xff\xfc\x18";
    client.send(flood);
    if (count <= negotiations_max) {
      client.send("guest\nportlab\nquit\n");
      BOOST_TEST(client.receive_all().ends_with("Goodbye.\r\n"));
    } else {
      BOOST_TEST(client.receive_all().ends_with("Closing: too many negotiations of options.\r\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_endless_subnegotiation_or_line_is_bounded_by_the_deadline) {
  CoreOptions options;
  options.limits.idle_seconds = 3;
  TelnetServer server(options);
  for (const auto& begin : {"\xff\xfa\x1f"s, "x"s}) {
    TestClient client(server.endpoint);
    client.receive_until("login: ");
    client.send(begin + std::string(300'000, 'p'));
    BOOST_TEST(client.receive_all() == "\r\nClosing: idle for too long.\r\n");
  }
}

BOOST_AUTO_TEST_CASE(each_session_has_state_of_its_own) {
  TelnetServer server;
  std::vector<TestClient> clients;
  clients.reserve(30);
  for (int i = 0; i < 30; ++i) clients.emplace_back(server.endpoint);
  for (auto& client : clients) log_in(client);
  for (auto& client : clients) {
    client.send("whoami\n");
    BOOST_TEST(client.receive_until("guest> ").starts_with("you  " + client.local().to_string()));
  }
}

BOOST_AUTO_TEST_CASE(an_idle_session_ends_at_once_when_the_server_stops) {
  TelnetServer server;
  TestClient client(server.endpoint);
  client.receive_until("login: ");
  client.send(agreed + "gue");
  client.receive_until("gue");
  server.stop(std::chrono::seconds(60));
  BOOST_TEST(client.receive_all() == "\r\nClosing: the server stops.\r\n");
}
