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

NetstatNames lab_names() {
  NetstatNames names;
  names.service = [](const Pair& pair) -> ServiceLabel {
    switch (pair.server.port) {
      case 83:
        return {"http", 80, true};
      case 21:
        return {"ftp", 21, false};
      case 53:
        return {"dns", 53, false};
      default:
        return {};
    }
  };
  return names;
}

const std::vector three_sessions{session(Transport::tcp, "127.0.0.1:49876", "127.0.0.1:83"),
                                 session(Transport::tcp, "127.0.0.1:40112", "127.0.0.1:21"),
                                 session(Transport::udp, "127.0.0.1:59210", "127.0.0.1:53")};

constexpr TableRoom roomy{.columns = 100};

std::string one_pair(const Pair& pair) {
  const auto text = pair_table(std::vector{pair}, {}, roomy);
  return text.substr(text.find('\n') + 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(pairs_look_as_people_were_promised) {
  BOOST_TEST(pair_table(three_sessions, lab_names(), roomy) ==
             "Proto  Client                  Server              Service  State\n"
             "tcp    127.0.0.1:49876    →    127.0.0.1:83        http *   ESTABLISHED\n"
             "tcp    127.0.0.1:40112    →    127.0.0.1:21        ftp      ESTABLISHED\n"
             "udp    127.0.0.1:59210    →    127.0.0.1:53        dns      no connection: udp has "
             "none\n"
             "* moved: http's default port is 80\n");
}

BOOST_AUTO_TEST_CASE(pairs_fit_a_terminal_of_80_columns) {
  BOOST_TEST(pair_table(three_sessions, lab_names(), {.columns = 80, .overlong = Overlong::wrap}) ==
             "Proto  Client            Server        Service  State\n"
             "tcp    127.0.0.1:49876 → 127.0.0.1:83  http *   ESTABLISHED\n"
             "tcp    127.0.0.1:40112 → 127.0.0.1:21  ftp      ESTABLISHED\n"
             "udp    127.0.0.1:59210 → 127.0.0.1:53  dns      no connection: udp has none\n"
             "* moved: http's default port is 80\n");
}

BOOST_AUTO_TEST_CASE(a_guess_has_no_direction) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:36000");
  pair.guessed = true;
  const auto text = pair_table(std::vector{pair}, {}, {.columns = 100});
  BOOST_TEST(text.find("127.0.0.1:40000    ↔    127.0.0.1:36000") != std::string::npos);
  BOOST_TEST(text.find("\n↔ neither port has a listener") != std::string::npos);
  const auto ascii = pair_table(std::vector{pair}, {}, {.columns = 100, .unicode = false});
  BOOST_TEST(ascii.find("127.0.0.1:40000    <>    127.0.0.1:36000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_unicode_the_signs_are_ascii) {
  auto pair = session(Transport::tcp, "127.0.0.1:40000", "127.0.0.1:80");
  pair.server_state.reset();
  const auto text = pair_table(std::vector{pair}, {}, {.columns = 100, .unicode = false});
  for (const unsigned char c : text) BOOST_TEST(c < 0x80);
  BOOST_TEST(text.find("127.0.0.1:40000    ->    127.0.0.1:80") != std::string::npos);
  BOOST_TEST(text.find("ESTABLISHED / -") != std::string::npos);
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
  BOOST_TEST(one_pair(pair).find("no connection: nobody is there") != std::string::npos);
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
  BOOST_TEST(socket_table(rows, {}, roomy) ==
             "Proto  Local Address            Foreign Address          State\n"
             "tcp    0.0.0.0:80               0.0.0.0:*                LISTEN\n"
             "tcp6   [::]:80                  0.0.0.0:*                LISTEN\n"
             "tcp    127.0.0.1:80             127.0.0.1:49876          CLOSE_WAIT\n"
             "tcp6   127.0.0.1:80             127.0.0.1:49878          ESTABLISHED\n"
             "udp    127.0.0.1:53             0.0.0.0:*\n"
             "udp    127.0.0.1:59210          127.0.0.1:53             no connection\n");
}

BOOST_AUTO_TEST_CASE(ports_and_interfaces_get_their_names_where_there_are_any) {
  NetstatNames names;
  names.port = [](Transport transport, const SocketEnd& end) -> std::string_view {
    return transport == Transport::tcp && end.port == 22 ? "ssh" : "";
  };
  names.interface = [](std::uint32_t) { return std::string("eth0"); };
  auto row = on_ipv6_socket(tcp("[fe80::1]:22", "[fe80::2]:50000"));
  row.interface = 2;
  const auto text = socket_table(std::vector{row}, names, roomy);
  BOOST_TEST(text.find("[fe80::1%eth0]:ssh") != std::string::npos);
  BOOST_TEST(text.find("[fe80::2]:50000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(comparing_tables_marks_what_came_went_and_changed) {
  const std::vector before{listener("127.0.0.1:80"), tcp("127.0.0.1:80", "127.0.0.1:40000"),
                           tcp("127.0.0.1:80", "127.0.0.1:40002")};
  const std::vector after{listener("127.0.0.1:80"),
                          tcp("127.0.0.1:80", "127.0.0.1:40002", TcpState::time_wait),
                          tcp("127.0.0.1:80", "127.0.0.1:40004")};
  std::string signs;
  for (const auto& marked : compare(std::span(before), std::span(after)))
    signs += static_cast<char>(marked.mark);
  BOOST_TEST(signs == " -~+");
  BOOST_TEST(socket_table(compare(std::span(before), std::span(after)), {}, roomy) ==
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
