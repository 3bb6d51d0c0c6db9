#include "clients/server/server_tables.hpp"

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

BOOST_AUTO_TEST_CASE(a_data_session_without_its_parent_is_listed) {
  const auto text = session_table(std::vector{session(3, "ftp-data", 50001, 40003, 1)}, terminal);
  BOOST_TEST(text.find("\nftp-data") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_session_of_the_request_is_left_out) {
  BOOST_TEST(session_table(std::vector{session(1, "control", 0, 0)}, terminal) == "no sessions\n");
}

BOOST_AUTO_TEST_CASE(what_a_peer_wrote_cannot_steer_the_terminal) {
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
