#include <sys/socket.h>

#include "servers/ftp/control_connection.hpp"
#include "tests/servers/ftp/ftp_socket_client.hpp"
#include "tests/support/ipv6.hpp"

using namespace portlab;
using namespace portlab::ftp::server;
using namespace std::string_literals;

BOOST_AUTO_TEST_CASE(a_client_lists_and_fetches_over_the_data_connection) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  BOOST_TEST(ftp.fetch("NLST") == "docs\r\nempty\r\nhello.txt\r\nsay \"hi\"\r\n");
  ftp.command("TYPE I", "200");
  BOOST_TEST(ftp.fetch("RETR hello.txt") == "Hello, port!\n");
  ftp.command("REST 7", "350");
  BOOST_TEST(ftp.fetch("RETR hello.txt") == "port!\n");
  ftp.command("QUIT", "221");
  BOOST_TEST(ftp.control.is_closed_by_peer());
}

BOOST_AUTO_TEST_CASE(type_a_sends_crlf_and_type_i_the_bytes) {
  Server server;
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  server.files.write("long.txt", text);
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  std::string wanted;
  for (const char c : text) wanted += c == '\n' ? "\r\n"s : std::string(1, c);
  BOOST_TEST((ftp.fetch("RETR long.txt") == wanted));
  ftp.command("TYPE I", "200");
  BOOST_TEST((ftp.fetch("RETR long.txt") == text));
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_an_empty_list_are_complete) {
  Server server;
  server.files.write("nothing", "");
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  for (const auto* type : {"TYPE A", "TYPE I"}) {
    ftp.command(type, "200");
    BOOST_TEST(ftp.fetch("RETR nothing") == "");
  }
  BOOST_TEST(ftp.fetch("LIST empty") == "");
}

BOOST_AUTO_TEST_CASE(the_server_connects_to_the_port_that_port_names) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  const auto loopback = ftp.control.local().address;
  auto listening = open_listening(tcp_endpoint(loopback, 0), {}).value();
  const auto here = local_endpoint_of(listening.front().get(), Transport::tcp);
  ftp.command("PORT " + portlab::ftp::format_six_numbers(here), "200");
  ftp.command("NLST docs/deep", "150");
  ftp.expect("226");
  const auto again = "EPRT " + portlab::ftp::format_extended_port(here);
  ftp.command(again, "200");
  ftp.command("RETR hello.txt", "150");
  ftp.expect("226");
}

BOOST_AUTO_TEST_CASE(over_ipv6_epsv_and_eprt_do_what_pasv_can_not,
                     *boost::unit_test::precondition(ipv6_is_there)) {
  TemporarySite files;
  RunningCore running(make_ftp_service(files.site));
  FtpSocketClient ftp(running.listen("ftp=[::1]:0"));
  ftp.log_in();
  ftp.command("PASV", "522");
  TestClient data(ftp.epsv());
  ftp.command("NLST docs/deep", "150");
  BOOST_TEST(data.receive_all() == "docs/deep/c d.txt\r\n");
  ftp.expect("226");
  auto listening = open_listening(tcp_endpoint(ftp.control.local().address, 0), {}).value();
  const auto here = local_endpoint_of(listening.front().get(), Transport::tcp);
  ftp.command("EPRT " + portlab::ftp::format_extended_port(here), "200");
  ftp.command("NLST", "150");
  ftp.expect("226");
}

BOOST_AUTO_TEST_CASE(the_row_of_a_data_connection_names_the_control_connection_as_parent) {
  Server server;
  server.files.write("big", std::string(std::size_t{64} << 20, 'x'));
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in().command("TYPE I", "200");
  TestClient data(ftp.pasv());
  ftp.command("RETR big", "150");
  BOOST_TEST(server.running.eventually([](const auto& rows) {
    return rows.size() == 2 && rows[0].service == "ftp" && rows[1].service == "ftp-data" &&
           rows[1].parent_id == rows[0].id && rows[1].note == "RETR big" &&
           rows[0].note == "RETR big 150";
  }));
  BOOST_TEST(data.receive_all().size() == std::size_t{64} << 20);
  ftp.expect("226");
  BOOST_TEST(server.running.eventually(
      [](const auto& rows) { return rows.size() == 1 && rows[0].note == "RETR big 226"; }));
}

BOOST_AUTO_TEST_CASE(a_password_is_not_shown_in_the_session_table) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.command("USER anonymous", "331");
  ftp.command("PASS secret", "230");
  BOOST_TEST(
      server.running.eventually([](const auto& rows) { return rows[0].note == "PASS 230"; }));
}

BOOST_AUTO_TEST_CASE(only_the_control_connections_own_address_gets_data) {
  TemporarySite files;
  RunningCore running(make_ftp_service(files.site));
  const auto port = running.listen("ftp=0.0.0.0:0").port;
  const auto at = [&](const char* address) {
    return tcp_endpoint(parse_address(address).value(), 0);
  };
  FtpSocketClient ftp(tcp_endpoint(at("127.0.0.1").address, port), at("127.0.0.2"));
  ftp.log_in();
  const auto data_port = ftp.pasv();
  ftp.control.send("NLST\r\n");
  ftp.expect("150");
  TestClient other_host(data_port, at("127.0.0.3"));
  BOOST_TEST(other_host.receive_all() == "");
  TestClient own_host(data_port, at("127.0.0.2"));
  BOOST_TEST(own_host.receive_all().starts_with("docs\r\n"));
  ftp.expect("226");
  ftp.command("PORT 127,0,0,3,195,80", "504");
}

BOOST_AUTO_TEST_CASE(pipelined_commands_are_answered_in_order) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.control.send("USER ftp\r\nPASS x\r\nNOOP\r\nPWD\r\nXYZZY\r\nCWD docs\r\nSIZE a.txt\r\n");
  for (const auto* code : {"331", "230", "200", "257", "500", "250", "550"}) ftp.expect(code);
  const auto first = ftp.pasv();
  TestClient data(first);
  ftp.control.send("NLST\r\nPWD\r\nNOOP\r\nQUIT\r\n");
  for (const auto* code : {"150", "226", "257", "200", "221"}) ftp.expect(code);
  BOOST_TEST(data.receive_all().starts_with("a.txt\r\n"));
}

BOOST_AUTO_TEST_CASE(a_command_may_come_in_one_byte_pieces) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.control.send_in_pieces("USER ftp\r\nPASS x\r\nPWD\r\n");
  for (const auto* code : {"331", "230", "257"}) ftp.expect(code);
}

BOOST_AUTO_TEST_CASE(telnet_options_are_refused_and_the_line_is_read) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.control.send("\xff\xfd\x06NO\xff\xf1OP\r\n");
  BOOST_TEST(ftp.control.receive_exactly(3) == "\xff\xfc\x06");
  ftp.expect("200");
}

BOOST_AUTO_TEST_CASE(over_long_lines_and_nuls_get_a_reply_and_the_next_line_is_read) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  const auto line_of = [](std::size_t bytes) { return "HELP" + std::string(bytes - 4, ' '); };
  ftp.command(line_of(command_bytes_max - 1), "501");
  ftp.command(line_of(command_bytes_max), "501");
  ftp.command(line_of(command_bytes_max + 1), "500");
  ftp.command(std::string(1'000'000, 'A'), "500");
  ftp.command("NO\0OP"s, "501");
  ftp.command("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(after_random_bytes_the_server_still_serves) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  std::string bytes;
  for (unsigned i = 0; i < 30'000; ++i) bytes += static_cast<char>(i * 2'654'435'761U >> 24);
  ftp.control.send(bytes);
  ftp.control.finish();
  while (!ftp.control.receive().empty()) {
  }
  FtpSocketClient(server.endpoint).command("NOOP", "200");
}

BOOST_AUTO_TEST_CASE(after_a_reload_a_running_session_lists_the_new_site) {
  Server server;
  FtpSocketClient ftp(server.endpoint);
  ftp.log_in();
  TemporarySite other;
  other.write("new.txt", "new");
  server.files.site->replace(other.site->get());
  BOOST_TEST(ftp.fetch("NLST new.txt") == "new.txt\r\n");
}

BOOST_AUTO_TEST_CASE(beyond_the_session_limit_the_reply_is_421) {
  CoreOptions options;
  options.limits.sessions_max = 1;
  Server server(options);
  FtpSocketClient ftp(server.endpoint);
  TestClient late(server.endpoint);
  BOOST_TEST(late.receive_all().starts_with("421 "));
  ftp.log_in();
  TestClient data(ftp.pasv());  // a data connection counts as a session, too
  ftp.command("LIST", "150");
  ftp.expect("425 This server has as many sessions as it may have");
}

BOOST_AUTO_TEST_CASE(idle_time_out_and_server_stop_send_421) {
  CoreOptions options;
  options.limits.idle_seconds = 1;
  Server server(options);
  FtpSocketClient silent(server.endpoint);
  silent.expect("421");
  BOOST_TEST(silent.control.is_closed_by_peer());

  Server stopping;
  FtpSocketClient ftp(stopping.endpoint);
  ftp.log_in();
  stopping.running.stop(std::chrono::seconds(5));
  ftp.expect("421");
}
