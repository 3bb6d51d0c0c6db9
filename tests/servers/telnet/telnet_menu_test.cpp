#include "servers/telnet/telnet_menu.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "servers/telnet/login.hpp"

using namespace portlab;
using namespace portlab::telnet::server;

namespace {

Endpoint at(std::string_view address, std::uint16_t port) {
  return tcp_endpoint(asio::ip::make_address(address), port);
}

SessionRow session(std::string service, Endpoint local, Endpoint remote) {
  SessionRow row;
  row.service = std::move(service);
  row.local = std::move(local);
  row.remote = std::move(remote);
  return row;
}

const Endpoint client = at("127.0.0.1", 50'000);
const Endpoint server = at("127.0.0.1", 23);

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_command_is_a_word_or_its_number) {
  BOOST_TEST((parse_menu_command("whoami") == MenuCommand::whoami));
  BOOST_TEST((parse_menu_command("  WHO ") == MenuCommand::who));
  BOOST_TEST((parse_menu_command("3") == MenuCommand::ports));
  BOOST_TEST((parse_menu_command("?") == MenuCommand::help));
  BOOST_TEST((parse_menu_command("exit") == MenuCommand::quit));
  for (const auto* none : {"", " ", "0", "6", "who ami", "w sessions", "qu"})
    BOOST_TEST(!parse_menu_command(none), none);
}

BOOST_AUTO_TEST_CASE(whoami_shows_both_ends) {
  BOOST_TEST(whoami_text(client, server) == "you  tcp 127.0.0.1:50000\nme   tcp 127.0.0.1:23\n");
}

BOOST_AUTO_TEST_CASE(who_shows_the_end_that_connected_first_and_marks_the_own_session) {
  auto data = session("ftp-data", at("127.0.0.1", 20), at("127.0.0.1", 40'000));
  data.outgoing = true;
  auto control = session("control", local_endpoint("/run/control"), local_endpoint(""));
  const std::vector<SessionRow> rows{session("telnet", server, client), data, control,
                                     session("http", at("127.0.0.1", 83), client)};
  BOOST_TEST(who_text(rows, client, server, 80) ==
             "Proto  Client           Server           Service\n"
             "tcp    127.0.0.1:50000  127.0.0.1:23     telnet    (you)\n"
             "tcp    127.0.0.1:20     127.0.0.1:40000  ftp-data\n"
             "tcp    127.0.0.1:50000  127.0.0.1:83     http\n");
}

BOOST_AUTO_TEST_CASE(the_lists_have_a_limit) {
  for (const auto count : {listed_rows_max, listed_rows_max + 1, std::size_t{16'000}}) {
    const std::vector<SessionRow> sessions(count, session("telnet", server, client));
    const auto who = who_text(sessions, client, server, 80);
    BOOST_TEST(lines_of(who) == 1 + listed_rows_max + (count > listed_rows_max ? 1 : 0));
    BOOST_TEST(who.ends_with("... and " + std::to_string(count - listed_rows_max) + " more\n") ==
               (count > listed_rows_max));
  }
}

BOOST_AUTO_TEST_CASE(ports_says_which_service_has_moved) {
  const std::vector<ListenerRow> rows{{"http", at("127.0.0.1", 83), 80},
                                      {"telnet", at("::1", 23), 23},
                                      {"control", local_endpoint("/run/control")}};
  BOOST_TEST(ports_text(rows, 80) ==
             "Proto  Listens on    Service\n"
             "tcp    127.0.0.1:83  http     moved: default port 80\n"
             "tcp    [::1]:23      telnet\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_word_is_shown_without_control_characters) {
  const auto text = unknown_text("a\x1b[2J\xff" + std::string(300, 'x'));
  BOOST_TEST(text.starts_with("'a?[2J?xxx"));
  BOOST_TEST(text.ends_with("' is none of whoami, who, ports, help, quit.\n"));
  BOOST_TEST(text.size() < 100);
}

BOOST_AUTO_TEST_CASE(the_login_takes_the_name_and_the_password_of_the_greeting) {
  Login login;
  BOOST_TEST(login.read_line("") == "");
  BOOST_TEST(!login.wants_password());
  BOOST_TEST(login.read_line(" guest ") == "");
  BOOST_TEST(login.wants_password());
  BOOST_TEST(login.read_line("portlab") == "");
  BOOST_TEST(login.done());
}

BOOST_AUTO_TEST_CASE(three_wrong_passwords_end_the_login) {
  Login login;
  const auto attempt = [&](std::string_view name, std::string_view password) {
    login.read_line(name);
    return std::string(login.read_line(password));
  };
  BOOST_TEST(attempt("guest", "").starts_with("Login incorrect. The name is"));
  login.read_line("guest");
  login.restart();
  BOOST_TEST(!login.wants_password());
  BOOST_TEST(attempt("root", "portlab").starts_with("Login incorrect. The name is"));
  BOOST_TEST(!login.failed());
  BOOST_TEST(attempt("guest", "Portlab").starts_with("Login incorrect, three times"));
  BOOST_TEST(login.failed());
  BOOST_TEST(!login.done());
}
