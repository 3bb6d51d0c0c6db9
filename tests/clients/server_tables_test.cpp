#include "clients/server/server_tables.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

using namespace portlab;

namespace {

SessionRow session(std::uint64_t id, std::string service, std::uint16_t server_port,
                   std::uint16_t client_port, std::uint64_t parent_id = 0) {
  SessionRow row;
  row.id = id;
  row.parent_id = parent_id;
  row.service = std::move(service);
  const auto here = parse_address("127.0.0.1").value();
  row.local = tcp_endpoint(here, server_port);
  row.remote = tcp_endpoint(here, client_port);
  row.age_seconds = 7;
  row.bytes_in = 100;
  row.bytes_out = 2048;
  return row;
}

constexpr TableRoom terminal{.columns = 80, .overlong = Overlong::wrap};

}  // namespace

BOOST_AUTO_TEST_CASE(a_data_session_follows_the_session_that_opened_it) {
  auto rows = std::vector{session(1, "ftp", 21, 40001), session(2, "http", 80, 40002),
                          session(3, "ftp-data", 50001, 40003, 1)};
  rows[0].note = "RETR hello.txt";
  rows[1].note = "GET /index.html 200";
  BOOST_TEST(session_table(rows, terminal) ==
             "Service     Client            Server           Age   In   Out  Last\n"
             "ftp         127.0.0.1:40001 → 127.0.0.1:21      7s  100  2.0K  RETR hello.txt\n"
             "└ ftp-data  127.0.0.1:40003 → 127.0.0.1:50001   7s  100  2.0K\n"
             "http        127.0.0.1:40002 → 127.0.0.1:80      7s  100  2.0K  GET /index.html …\n");
}

BOOST_AUTO_TEST_CASE(a_forwarded_session_is_two_lines_from_the_client_to_the_target) {
  const auto at = [](const char* address, std::uint16_t port) {
    return tcp_endpoint(parse_address(address).value(), port);
  };
  auto rows = std::vector{session(1, "forward", 8080, 40112), session(2, "forward", 0, 0, 1)};
  rows[0].local = at("203.0.113.1", 8080);
  rows[0].remote = at("203.0.113.80", 40112);
  rows[0].note = "from 192.168.1.1:51514 to 192.168.1.10:80";
  rows[1].local = at("192.168.1.1", 51514);
  rows[1].remote = at("192.168.1.10", 80);
  rows[1].outgoing = true;
  const auto text = session_table(rows, terminal);
  BOOST_TEST(text.find("\nforward    203.0.113.80:40112 → 203.0.113.1:8080 ") != text.npos, text);
  BOOST_TEST(text.find("\n└ forward  192.168.1.1:51514  → 192.168.1.10:80 ") != text.npos, text);
  // The target is no client.
  const auto groups = session_groups_table(rows, terminal);
  BOOST_TEST(groups.find("192.168.1.10") == groups.npos, groups);
  BOOST_TEST(groups.find("\n1 sessions") != groups.npos, groups);
}

BOOST_AUTO_TEST_CASE(a_listener_shows_where_it_leads_to) {
  const ListenerRow row{.service = "forward",
                        .endpoint = tcp_endpoint(parse_address("127.0.0.1").value(), 8080),
                        .argument = "192.168.1.10:80"};
  const auto text = listener_table(std::vector{row}, terminal);
  BOOST_TEST(text.find("127.0.0.1:8080 ") != text.npos, text);
  BOOST_TEST(text.find(" ⇒ 192.168.1.10:80\n") != text.npos, text);
  BOOST_TEST(text.find("moved") == text.npos, text);
}

BOOST_AUTO_TEST_CASE(a_data_session_without_its_parent_is_listed) {
  const auto text = session_table(std::vector{session(3, "ftp-data", 50001, 40003, 1)}, terminal);
  BOOST_TEST(text.find("\nftp-data") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_session_is_one_line_of_80_columns) {
  auto row = session(1, "ftp-data", 50001, 40003);
  const auto far = parse_address("2001:db8:1234:5678:9abc:def0:1234:5678").value();
  row.local = tcp_endpoint(far, 50001);
  row.remote = tcp_endpoint(far, 40003);
  row.age_seconds = 119;
  row.bytes_in = row.bytes_out = 999 * 1024;
  row.note = "RETR a-file-with-a-long-name.tar.gz";
  const auto text = session_table(std::vector{row, session(2, "http", 80, 40001)}, terminal);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
  for (auto rest = std::string_view(text); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    BOOST_TEST(display_width(line) <= 80U, line);
    rest.remove_prefix(line.size() + 1);
  }
  BOOST_TEST(text.find(":40003 ") != std::string::npos, text);  // the ports stay
  BOOST_TEST(text.find(":50001 ") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(more_sessions_than_lines_are_grouped_by_client_and_service) {
  std::vector<SessionRow> rows;
  for (std::uint16_t port = 40000; port < 40030; ++port)
    rows.push_back(session(port, port < 40020 ? "http" : "echo", port < 40020 ? 80 : 7, port));
  rows.back().remote.address = parse_address("127.0.0.9").value();
  BOOST_TEST(sessions_text(rows, terminal, 30) ==
             "Service  Proto  Client           Sessions  Oldest    In   Out\n"
             "echo     tcp    127.0.0.1               9      7s   900   18K\n"
             "http     tcp    127.0.0.1              20      7s  2.0K   40K\n"
             "echo     tcp    127.0.0.9               1      7s   100  2.0K\n"
             "30 sessions, in one row per client address and service; --all shows each\n");
  BOOST_TEST(sessions_text(rows, terminal, 31) == session_table(rows, terminal));
}

BOOST_AUTO_TEST_CASE(the_session_of_the_request_is_left_out) {
  BOOST_TEST(session_table(std::vector{session(1, "control", 0, 0)}, terminal) == "no sessions\n");
}

BOOST_AUTO_TEST_CASE(control_characters_of_a_peer_are_escaped) {
  auto row = session(1, "http", 80, 40001);
  row.note = "GET /\x1b[2J 404";
  const auto text = session_table(std::vector{row}, {.columns = 100});
  BOOST_TEST(text.find('\x1b') == std::string::npos);
  BOOST_TEST(text.find("GET /\\x1b[2J 404") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(listeners_show_moved_services_and_not_the_control_socket) {
  const auto here = parse_address("::1").value();
  const std::vector<ListenerRow> rows{{"http", tcp_endpoint(here, 83), 80, 12},
                                      {"dns", udp_endpoint(here, 53), 53, 0},
                                      {"control", local_endpoint("/run/x/control"), 0, 1}};
  BOOST_TEST(listener_table(rows, {}) ==
             "Service  Proto  Listens on              Default port  Sessions so far\n"
             "http *   tcp    [::1]:83                          80               12\n"
             "dns      udp    [::1]:53                          53                0\n"
             "* moved: not at its default port\n");
}

BOOST_AUTO_TEST_CASE(bytes_are_written_in_at_most_five_columns) {
  BOOST_TEST(short_bytes(0) == "0");
  BOOST_TEST(short_bytes(999) == "999");
  BOOST_TEST(short_bytes(1000) == "1.0K");
  BOOST_TEST(short_bytes(1024 * 10) == "10K");
  BOOST_TEST(short_bytes(1024 * 999) == "999K");
  BOOST_TEST(short_bytes(1024 * 1024) == "1.0M");
  BOOST_TEST(short_bytes(~std::uint64_t{0}) == "16E");
}

BOOST_AUTO_TEST_CASE(ages_are_written_in_at_most_four_columns) {
  BOOST_TEST(short_age(0) == "0s");
  BOOST_TEST(short_age(119.9) == "119s");
  BOOST_TEST(short_age(120) == "2m");
  BOOST_TEST(short_age(7199) == "119m");
  BOOST_TEST(short_age(7200) == "2h");
  BOOST_TEST(short_age(172800) == "2d");
  BOOST_TEST(short_age(1e300) == "999d");
  BOOST_TEST(short_age(-1) == "0s");
  BOOST_TEST(short_age(std::nan("")) == "0s");
}

BOOST_AUTO_TEST_CASE(the_status_shows_how_to_enter_the_network) {
  BOOST_TEST(status_text({4711, "0.1.0", 1, true, 30, {}}) ==
             "portlabd 0.1.0, pid 4711, up 30s, 1 worker\n"
             "in a private network: portlab enter enters it\n");
  BOOST_TEST(status_text({4711, "0.1.0", 1, false, 30, {}, 3}).find("too many sessions: 3\n") !=
             std::string::npos);
  BOOST_TEST(status_text({4711, "0.1.0", 2, false, 30, {}}).find("2 workers") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_confinement_is_described) {
  Confinement confinement;
  BOOST_TEST(confinement_text(confinement) == "");  // the server does not report it
  confinement.user = "nobody";
  confinement.capabilities = {"CAP_NET_BIND_SERVICE"};
  BOOST_TEST(
      confinement_text(confinement) ==
      "confined: user nobody, CAP_NET_BIND_SERVICE; reads all files of its user: this kernel has "
      "no Landlock\n");
  confinement.landlock = 7;
  confinement.reads = {"/srv/site", "/srv/dns"};
  confinement.sockets = {"/run/portlab"};
  BOOST_TEST(confinement_text(confinement) ==
             "confined: user nobody, CAP_NET_BIND_SERVICE; by Landlock it reads only /srv/site, "
             "/srv/dns, and makes and removes sockets only in /run/portlab\n");
  confinement.wanted = false;
  BOOST_TEST(confinement_text(confinement) ==
             "not confined (--confine no): user nobody, CAP_NET_BIND_SERVICE\n");
}
