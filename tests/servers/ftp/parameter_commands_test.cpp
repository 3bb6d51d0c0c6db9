#include "tests/servers/ftp/ftp_test_client.hpp"

using namespace portlab::ftp::server;

BOOST_AUTO_TEST_CASE(type_mode_and_stru_accept_what_rfc_1123_requires) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line :
       {"TYPE A", "TYPE a", "TYPE A N", "TYPE I", "TYPE L 8", "MODE S", "mode s", "STRU F"})
    CHECK_CODE(client, line, 200);
  for (const auto* line : {"TYPE E", "TYPE E N", "TYPE A T", "TYPE A C", "TYPE L 7", "MODE B",
                           "MODE C", "STRU R", "STRU P"})
    CHECK_CODE(client, line, 504);
  for (const auto* line : {"TYPE X", "TYPE AA", "TYPE A X", "MODE X", "MODE SS", "STRU X"})
    CHECK_CODE(client, line, 501);
}

BOOST_AUTO_TEST_CASE(rest_takes_a_number_of_bytes) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "REST 0", 350);
  CHECK_CODE(client, "REST 18446744073709551615", 350);
  for (const auto* line : {"REST 18446744073709551616", "REST -1", "REST x", "REST 5x", "REST  5"})
    CHECK_CODE(client, line, 501);
}

BOOST_AUTO_TEST_CASE(allo_needs_a_number_and_does_nothing) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "ALLO 100", 202);
  CHECK_CODE(client, "ALLO 100 R 10", 202);
  CHECK_CODE(client, "ALLO x", 501);
}

BOOST_AUTO_TEST_CASE(opts_choose_facts_and_utf8) {
  FtpTestClient client;
  CHECK_CODE(client, "OPTS UTF8 ON", 200);
  CHECK_CODE(client, "opts utf8 on", 200);
  CHECK_CODE(client, "OPTS UTF8", 200);
  CHECK_CODE(client, "OPTS UTF8 OFF", 501);
  CHECK_CODE(client, "OPTS LIST -a", 501);
  BOOST_TEST(client.reply("OPTS MLST Type;size;colour;") == "200 MLST OPTS type;size;\r\n");
  BOOST_TEST(client.reply("FEAT").find(" MLST type*;size*;modify;perm;unique;\r\n") !=
             std::string::npos);
  BOOST_TEST(client.reply("OPTS MLST") == "200 MLST OPTS\r\n");
}

BOOST_AUTO_TEST_CASE(feat_lists_one_feature_per_line_after_one_space) {
  FtpTestClient client;
  BOOST_TEST(client.reply("FEAT") ==
             "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MLST "
             "type*;size*;modify*;perm*;unique*;\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n "
             "UTF8\r\n211 End\r\n");
}

BOOST_AUTO_TEST_CASE(stat_shows_the_state_of_the_session) {
  FtpTestClient client;
  client.logged_in().command("PORT 127,0,0,1,195,80");
  const auto status = client.reply("STAT");
  for (const auto* part : {"211-", "127.0.0.1:40000", "anonymous", "TYPE A", "127.0.0.1:50000"})
    BOOST_TEST(status.find(part) != std::string::npos, part << " is missing in\n" << status);
  BOOST_TEST(client.reply("SYST") == "215 UNIX Type: L8\r\n");
}
