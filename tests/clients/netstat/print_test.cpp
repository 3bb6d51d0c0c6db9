#include "clients/netstat/print.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/clients/netstat/rows.hpp"

using namespace portlab;
using namespace portlab::test;

namespace {

Pair session(Transport transport, std::string_view client, std::string_view server) {
  Pair pair;
  pair.transport = transport;
  pair.client = end(client);
  pair.server = end(server);
  pair.client_state = pair.server_state = TcpState::established;
  return pair;
}

ServiceNames lab_names() {
  const asio::ip::address host = asio::ip::address_v4::loopback();
  return {{.listeners = {{"http", tcp_endpoint(host, 83), 80},
                         {"ftp", tcp_endpoint(host, 21), 21},
                         {"dns", udp_endpoint(host, 53), 53}},
           .sessions = {}},
          {},
          false};
}

const std::vector three_sessions{session(Transport::tcp, "127.0.0.1:49876", "127.0.0.1:83"),
                                 session(Transport::tcp, "127.0.0.1:40112", "127.0.0.1:21"),
                                 session(Transport::udp, "127.0.0.1:59210", "127.0.0.1:53")};

constexpr TableRoom wide{.columns = 100};

std::string one_pair(const Pair& pair) {
  const auto text = pair_table(std::vector{pair}, {}, {}, wide);
  return text.substr(text.find('\n') + 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(pairs_have_the_documented_form) {
  BOOST_TEST(pair_table(three_sessions, {}, lab_names(), wide) ==
             "Proto  Client                  Server              Service  State\n"
             "tcp    127.0.0.1:49876    →    127.0.0.1:83        http *   ESTABLISHED\n"
             "tcp    127.0.0.1:40112    →    127.0.0.1:21        ftp      ESTABLISHED\n"
             "udp    127.0.0.1:59210    →    127.0.0.1:53        dns      no connection: udp has "
             "none\n"
             "* moved: http's default port is 80\n");
}

BOOST_AUTO_TEST_CASE(pairs_fit_a_terminal_of_80_columns) {
  BOOST_TEST(
      pair_table(three_sessions, {}, lab_names(), {.columns = 80, .overlong = Overlong::wrap}) ==
      "Proto  Client            Server        Service  State\n"
      "tcp    127.0.0.1:49876 → 127.0.0.1:83  http *   ESTABLISHED\n"
      "tcp    127.0.0.1:40112 → 127.0.0.1:21  ftp      ESTABLISHED\n"
      "udp    127.0.0.1:59210 → 127.0.0.1:53  dns      no connection: udp has none\n"
      "* moved: http's default port is 80\n");
}

BOOST_AUTO_TEST_CASE(the_halves_of_a_forwarded_session_are_joined) {
  const auto at = [](const char* address, std::uint16_t port) {
    return tcp_endpoint(asio::ip::make_address(address), port);
  };
  SessionRow accepted;
  accepted.id = 1;
  accepted.service = "forward";
  accepted.local = at("203.0.113.1", 8080);
  accepted.remote = at("203.0.113.80", 40112);
  SessionRow made;
  made.id = 2;
  made.parent_id = 1;
  made.outgoing = true;
  made.service = "forward";
  made.local = at("192.168.1.1", 51514);
  made.remote = at("192.168.1.10", 80);
  const ServiceNames names({.listeners = {}, .sessions = {accepted, made}}, {}, false);
  auto pair = session(Transport::tcp, "192.168.1.1:51514", "192.168.1.10:80");
  const auto first = session(Transport::tcp, "203.0.113.80:40112", "203.0.113.1:8080");
  pair.forwarded_from = names.forwarded_from(pair.transport, pair.server, pair.client);
  BOOST_TEST((pair.forwarded_from == std::pair(first.server, first.client)));
  BOOST_TEST(!names.forwarded_from(first.transport, first.server, first.client).has_value());
  BOOST_TEST((first.identity() < pair.identity()));
  BOOST_TEST((first.group() == pair.group()));
  BOOST_TEST(pair_table(std::vector{first, pair}, {}, names, {.columns = 80}) ==
             "Proto  Client                      Server              Service  State\n"
             "tcp    203.0.113.80:40112     →    203.0.113.1:8080    forward  ESTABLISHED\n"
             "tcp    ⇒ 192.168.1.1:51514    →    192.168.1.10:80     forward  ESTABLISHED\n"
             "⇒ forwarded: for the session above, portlabd made this connection to the target\n");
}

BOOST_AUTO_TEST_CASE(a_guess_has_no_direction) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:36000");
  pair.guessed = true;
  const auto text = pair_table(std::vector{pair}, {}, {}, {.columns = 100});
  BOOST_TEST(text.find("127.0.0.1:40000    ↔    127.0.0.1:36000") != std::string::npos);
  BOOST_TEST(text.find("\n↔ neither port has a listener") != std::string::npos);
  const auto ascii = pair_table(std::vector{pair}, {}, {}, {.columns = 100, .unicode = false});
  BOOST_TEST(ascii.find("127.0.0.1:40000    <>    127.0.0.1:36000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_unicode_the_signs_are_ascii) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  pair.client_state = TcpState::close_wait;
  pair.server_state.reset();
  const auto text = pair_table(std::vector{pair}, {}, {}, {.columns = 100, .unicode = false});
  for (const unsigned char c : text) BOOST_TEST(c < 0x80);
  BOOST_TEST(text.find("127.0.0.1:40000    ->    127.0.0.1:80") != std::string::npos);
  BOOST_TEST(text.find("CLOSE_WAIT / -") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ends_in_different_states_show_both_and_a_closed_end_a_dash) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  pair.client_state = TcpState::fin_wait2;
  pair.server_state = TcpState::close_wait;
  BOOST_TEST(
      one_pair(pair).find("FIN_WAIT2 / CLOSE_WAIT\nA / B: the client's end is in state A, the "
                          "server's in B; —: closed\n") != std::string::npos);
  pair.client_state.reset();
  BOOST_TEST(one_pair(pair).find("— / CLOSE_WAIT\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_session_with_another_machine_has_the_state_of_the_local_end) {
  auto pair = session(Transport::tcp, "198.51.100.7:40000", "192.0.2.1:22");
  pair.client_state.reset();
  pair.elsewhere = true;
  BOOST_TEST(one_pair(pair) ==
             "tcp    198.51.100.7:40000    →    192.0.2.1:22                 ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(udp_shows_whether_there_is_a_server) {
  auto pair = session(Transport::udp, "127.0.0.1:40000", "127.0.0.1:5353");
  BOOST_TEST(one_pair(pair).find("no connection: udp has none") != std::string::npos);
  pair.server_state.reset();
  BOOST_TEST(one_pair(pair).find("no connection: no server socket") != std::string::npos);
  pair.elsewhere = true;  // unknown from here
  BOOST_TEST(one_pair(pair).find("no connection: udp has none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sockets_look_as_netstat_prints_them) {
  const std::vector rows{listener("0.0.0.0:80"),
                         on_ipv6_socket(listener("[::]:80")),
                         tcp("127.0.0.1:80", "127.0.0.1:49876", TcpState::close_wait),
                         on_ipv6_socket(tcp("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:49878")),
                         bound_udp("127.0.0.1:53"),
                         udp("127.0.0.1:59210", "127.0.0.1:53")};
  BOOST_TEST(socket_table(unfolded(rows), {}, {}, wide) ==
             "Proto  Local Address            Foreign Address          State\n"
             "tcp    0.0.0.0:80               0.0.0.0:*                LISTEN\n"
             "tcp6   [::]:80                  0.0.0.0:*                LISTEN\n"
             "tcp    127.0.0.1:80             127.0.0.1:49876          CLOSE_WAIT\n"
             "tcp6   127.0.0.1:80             127.0.0.1:49878          ESTABLISHED\n"
             "udp    127.0.0.1:53             0.0.0.0:*\n"
             "udp    127.0.0.1:59210          127.0.0.1:53             no connection\n");
}

BOOST_AUTO_TEST_CASE(ports_and_interfaces_get_their_names_where_there_are_any) {
  auto row = on_ipv6_socket(tcp("[fe80::1]:22", "[fe80::2]:50000"));
  row.interface = 1;
  const std::vector rows{row};
  const auto text = socket_table(unfolded(rows), {}, ServiceNames({}, rows, true), wide);
  BOOST_TEST(text.find("[fe80::1%lo]:ssh") != std::string::npos);
  BOOST_TEST(text.find("[fe80::2]:50000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_of_portlabd_has_ianas_name_of_its_service) {
  const std::vector rows{bound_udp("127.0.0.1:53")};
  const auto text = socket_table(unfolded(rows), {}, lab_names(), wide);
  BOOST_TEST(text.find("127.0.0.1:domain ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_without_a_listener_has_no_service) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:8183");
  const ServiceNames no_listener({}, {}, true);
  BOOST_TEST(no_listener.label(pair).name == "");
  pair.elsewhere = true;  // a listener of another machine is not in this table
  BOOST_TEST(no_listener.label(pair).name == "proremote");
  pair.elsewhere = false;
  const std::vector rows{listener("127.0.0.1:8183")};
  BOOST_TEST(ServiceNames({}, rows, true).label(pair).name == "proremote");
}

BOOST_AUTO_TEST_CASE(comparing_tables_marks_what_came_went_and_changed) {
  const auto before =
      unfolded(std::vector{listener("127.0.0.1:80"), tcp("127.0.0.1:80", "127.0.0.1:40000"),
                           tcp("127.0.0.1:80", "127.0.0.1:40002")});
  const auto after = unfolded(std::vector{
      listener("127.0.0.1:80"), tcp("127.0.0.1:80", "127.0.0.1:40002", TcpState::time_wait),
      tcp("127.0.0.1:80", "127.0.0.1:40004")});
  const auto compared = compare(std::span(before), std::span(after));
  std::string signs;
  for (const auto mark : compared.marks) signs += static_cast<char>(mark);
  BOOST_TEST(signs == " -~+");
  BOOST_TEST(socket_table(compared.rows, compared.marks, {}, wide) ==
             "  Proto  Local Address            Foreign Address          State\n"
             "  tcp    127.0.0.1:80             0.0.0.0:*                LISTEN\n"
             "- tcp    127.0.0.1:80             127.0.0.1:40000          ESTABLISHED\n"
             "~ tcp    127.0.0.1:80             127.0.0.1:40002          TIME_WAIT\n"
             "+ tcp    127.0.0.1:80             127.0.0.1:40004          ESTABLISHED\n");
}

BOOST_AUTO_TEST_CASE(json_has_null_where_there_is_nothing) {
  BOOST_TEST(boost::json::serialize(sockets_json(std::vector{listener("127.0.0.1:80")})) ==
             R"({"sockets":[{"proto":"tcp","local":{"transport":"tcp","address":"127.0.0.1",)"
             R"("port":80},"remote":null,"state":"LISTEN","receive_queue":0,"send_queue":0,)"
             R"("user_id":0,"inode":0}]})");
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:83");
  pair.client_state.reset();
  BOOST_TEST(boost::json::serialize(pairs_json(std::vector{pair}, lab_names())) ==
             R"({"pairs":[{"transport":"tcp","client":{"transport":"tcp","address":"127.0.0.1",)"
             R"("port":40000},"server":{"transport":"tcp","address":"127.0.0.1","port":83},)"
             R"("client_state":null,"server_state":"ESTABLISHED","other_machine":false,)"
             R"("direction_known":true,)"
             R"("service":"http","moved":true,"home_port":80}]})");
}

// An end that is ESTABLISHED does not outlive the other one.
BOOST_AUTO_TEST_CASE(an_open_session_whose_other_end_is_not_found_is_not_called_closed) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  pair.server_state.reset();
  const auto text = one_pair(pair);
  BOOST_TEST(text.find("ESTABLISHED / ?\n?: no socket here") != std::string::npos, text);
  BOOST_TEST(text.find("closed") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_translated_session_shows_where_nat_leads_it) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  pair.translated = end("127.0.0.1:83");
  const auto text = pair_table(std::vector{pair}, {}, lab_names(), wide);
  BOOST_TEST(text.find("→    127.0.0.1:80        http *   ESTABLISHED, NAT to 127.0.0.1:83\n") !=
                 std::string::npos,
             text);
  const auto json = boost::json::serialize(pairs_json(std::vector{pair}, lab_names()));
  BOOST_TEST(json.find(R"("translated_to":{"transport":"tcp","address":"127.0.0.1","port":83})") !=
                 std::string::npos,
             json);
}

BOOST_AUTO_TEST_CASE(sessions_in_time_wait_are_one_row_per_server_port) {
  std::vector<Pair> pairs;
  for (int port = 40000; port < 40060; ++port) {
    pairs.push_back(session(Transport::tcp, "127.0.0.1:" + std::to_string(port), "127.0.0.1:80"));
    pairs.back().client_state = TcpState::time_wait;
    pairs.back().server_state.reset();
  }
  pairs.push_back(session(Transport::tcp, "127.0.0.1:41000", "127.0.0.1:80"));
  pairs.push_back(session(Transport::tcp, "127.0.0.1:41001", "127.0.0.1:21"));
  pairs.back().client_state.reset();
  pairs.back().server_state = TcpState::time_wait;
  BOOST_TEST(pair_table(fold_time_wait(pairs), {}, {}, wide) ==
             "Proto  Client                  Server              Service  State\n"
             "tcp    127.0.0.1:41001    →    127.0.0.1:21                 — / TIME_WAIT\n"
             "tcp    127.0.0.1:*        →    127.0.0.1:80                 60 × TIME_WAIT\n"
             "tcp    127.0.0.1:41000    →    127.0.0.1:80                 ESTABLISHED\n"
             "A / B: the client's end is in state A, the server's in B; —: closed\n"
             "N × TIME_WAIT: N ended sessions in one row; --all-states shows each\n");
}

BOOST_AUTO_TEST_CASE(an_address_that_differs_is_a_star_in_a_folded_row) {
  auto one = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  one.client_state = one.server_state = TcpState::time_wait;
  auto other = one;
  other.client = end("127.0.0.2:40000");
  other.server = end("127.0.0.3:80");
  const auto folded = fold_time_wait(std::vector{one, other});
  BOOST_REQUIRE(folded.size() == 1U);
  BOOST_TEST(one_pair(folded[0]).find("*:40000            →    *:80 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sockets_in_time_wait_are_folded_by_the_server_of_their_session) {
  const std::vector rows{tcp("127.0.0.1:40000", "127.0.0.1:80", TcpState::time_wait),
                         tcp("127.0.0.1:40002", "127.0.0.1:80", TcpState::time_wait),
                         tcp("127.0.0.1:80", "127.0.0.1:40004", TcpState::time_wait),
                         tcp("127.0.0.1:80", "127.0.0.1:40006", TcpState::time_wait),
                         tcp("127.0.0.1:80", "127.0.0.1:40008", TcpState::time_wait)};
  const PairingFacts facts{PortRange{32768, 60999}, {}, {}};
  BOOST_TEST(socket_table(fold_time_wait(rows, pair_up(rows, facts, false)), {}, {}, wide) ==
             "Proto  Local Address            Foreign Address          State\n"
             "tcp    127.0.0.1:*              127.0.0.1:80             2 × TIME_WAIT\n"
             "tcp    127.0.0.1:80             127.0.0.1:*              3 × TIME_WAIT\n"
             "N × TIME_WAIT: N ended sessions in one row; --all-states shows each\n");
}

BOOST_AUTO_TEST_CASE(colour_changes_no_words) {
  auto coloured = wide;
  coloured.colour = true;
  auto text = pair_table(three_sessions, {}, lab_names(), coloured);
  BOOST_TEST(text.find("\x1b[32mESTABLISHED\x1b[0m") != std::string::npos, text);
  for (auto escape = text.find('\x1b'); escape != std::string::npos; escape = text.find('\x1b'))
    text.erase(escape, text.find('m', escape) + 1 - escape);
  BOOST_TEST(text == pair_table(three_sessions, {}, lab_names(), wide));
}
