#include "tests/servers/ftp/ftp_test_client.hpp"

using namespace portlab::ftp::server;

BOOST_AUTO_TEST_CASE(the_reply_to_pasv_has_six_numbers_and_the_calculated_port) {
  FtpTestClient client;
  BOOST_TEST(client.logged_in().reply("PASV") ==
             "227 Entering Passive Mode (127,0,0,1,195,80). The data port is 195*256+80 = "
             "50000.\r\n");
  BOOST_TEST(client.port.opened);
}

BOOST_AUTO_TEST_CASE(the_reply_to_epsv_has_the_port_and_the_family_must_match) {
  FtpTestClient v4;
  BOOST_TEST(v4.logged_in().reply("EPSV") == "229 Entering Extended Passive Mode (|||50000|)\r\n");
  CHECK_CODE(v4, "EPSV 1", 229);
  BOOST_TEST(v4.reply("EPSV 2") == "522 Network protocol not supported, use (1)\r\n");
  CHECK_CODE(v4, "EPSV 3", 522);
  CHECK_CODE(v4, "EPSV x", 501);
  CHECK_CODE(v4, "EPSV -1", 501);

  FtpTestClient v6("::1");
  CHECK_CODE(v6.logged_in(), "EPSV", 229);
  CHECK_CODE(v6, "EPSV 2", 229);
  BOOST_TEST(v6.reply("EPSV 1") == "522 Network protocol not supported, use (2)\r\n");
}

BOOST_AUTO_TEST_CASE(pasv_over_ipv6_is_522) {
  FtpTestClient client("::1");
  CHECK_CODE(client.logged_in(), "PASV", 522);
  BOOST_TEST(!client.port.opened);
}

BOOST_AUTO_TEST_CASE(without_a_free_port_pasv_and_epsv_are_425) {
  FtpTestClient client;
  client.logged_in().port.available = false;
  CHECK_CODE(client, "PASV", 425);
  CHECK_CODE(client, "EPSV", 425);
  CHECK_CODE(client, "LIST", 425);
}

BOOST_AUTO_TEST_CASE(port_and_eprt_accept_the_clients_own_address) {
  FtpTestClient v4;
  CHECK_CODE(v4.logged_in(), "PORT 127,0,0,1,195,80", 200);
  BOOST_TEST(std::get<Active>(v4.session.data).port == 50'000);
  CHECK_CODE(v4, "EPRT |1|127.0.0.1|50001|", 200);
  BOOST_TEST(std::get<Active>(v4.session.data).port == 50'001);
  FtpTestClient v6("::1");
  CHECK_CODE(v6.logged_in(), "EPRT |2|::1|50000|", 200);
  BOOST_TEST(std::get<Active>(v6.session.data).port == 50'000);
}

BOOST_AUTO_TEST_CASE(port_and_eprt_to_another_host_are_refused) {
  // The bounce attack of RFC 2577.
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"PORT 127,0,0,2,195,80", "PORT 192,0,2,1,195,80", "PORT 0,0,0,0,195,80",
                           "EPRT |1|127.0.0.2|50000|", "EPRT |1|255.255.255.255|50000|"})
    CHECK_CODE(client, line, 504);
  CHECK_CODE(client, "EPRT |2|::1|50000|", 522);
  CHECK_CODE(client, "EPRT |2|::ffff:127.0.0.1|50000|", 522);
  CHECK_CODE(client, "LIST", 425);
  FtpTestClient v6("::1");
  v6.logged_in();
  CHECK_CODE(v6, "EPRT |2|2001:db8::1|50000|", 504);
  CHECK_CODE(v6, "EPRT |1|127.0.0.1|50000|", 522);
  CHECK_CODE(v6, "EPRT |2|::2|50000|", 504);
  CHECK_CODE(v6, "PORT 127,0,0,1,195,80", 504);
}

BOOST_AUTO_TEST_CASE(eprt_accepts_the_unspecified_address_that_lftp_sends) {
  FtpTestClient client("::1");
  CHECK_CODE(client.logged_in(), "EPRT |2|::|50000|", 200);
  BOOST_TEST(std::get<Active>(client.session.data).port == 50'000);
}

BOOST_AUTO_TEST_CASE(well_known_ports_are_refused_as_data_ports) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "PORT 127,0,0,1,0,25", 504);
  CHECK_CODE(client, "PORT 127,0,0,1,3,255", 504);  // 1023
  CHECK_CODE(client, "PORT 127,0,0,1,4,0", 200);    // 1024
  CHECK_CODE(client, "PORT 127,0,0,1,4,1", 200);    // 1025
  CHECK_CODE(client, "PORT 127,0,0,1,0,0", 504);
  CHECK_CODE(client, "EPRT |1|127.0.0.1|1023|", 504);
  CHECK_CODE(client, "EPRT |1|127.0.0.1|1024|", 200);
}

BOOST_AUTO_TEST_CASE(malformed_ports_are_bad_arguments) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"PORT 1,2,3,4,5", "PORT 127,0,0,1,256,1", "PORT x", "EPRT |1|127.0.0.1|",
                           "EPRT 1", "EPRT |1|::1|50000|", "EPRT |1|127.0.0.1|99999|"})
    CHECK_CODE(client, line, 501);
  CHECK_CODE(client, "EPRT |9|x|50000|", 522);
}

BOOST_AUTO_TEST_CASE(after_epsv_all_only_epsv_opens_a_data_port) {
  FtpTestClient client;
  CHECK_CODE(client.logged_in(), "epsv all", 200);
  for (const auto* line : {"PASV", "PORT 127,0,0,1,195,80", "EPRT |1|127.0.0.1|50000|"})
    CHECK_CODE(client, line, 501);
  CHECK_CODE(client, "EPSV", 229);
}

BOOST_AUTO_TEST_CASE(a_new_data_port_replaces_the_old_one) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  client.command("PORT 127,0,0,1,195,80");
  BOOST_TEST(!client.port.opened);
  client.command("EPSV");
  BOOST_TEST(client.port.opened);
  CHECK_CODE(client, "ABOR", 226);
  BOOST_TEST(!client.port.opened);
  CHECK_CODE(client, "NLST", 425);
}

BOOST_AUTO_TEST_CASE(a_refused_port_command_keeps_the_previous_data_port) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  CHECK_CODE(client, "PORT 127,0,0,2,195,80", 504);
  BOOST_TEST(client.port.opened);
  CHECK_CODE(client, "LIST", 150);
}

BOOST_AUTO_TEST_CASE(every_transfer_needs_a_data_port) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"LIST", "NLST", "MLSD", "RETR hello.txt", "RETR nowhere"})
    CHECK_CODE(client, line, 425);
}
