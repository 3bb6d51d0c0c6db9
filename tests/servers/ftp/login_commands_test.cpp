#include "tests/servers/ftp/ftp_test_client.hpp"

using namespace portlab::ftp::server;

BOOST_AUTO_TEST_CASE(anonymous_and_ftp_log_in_in_any_case) {
  for (const auto* name : {"anonymous", "ftp", "Anonymous", "FTP"}) {
    FtpTestClient client;
    CHECK_CODE(client, std::string("USER ") + name, 331);
    CHECK_CODE(client, "PASS me@lab.test", 230);
    CHECK_CODE(client, "PWD", 257);
  }
}

BOOST_AUTO_TEST_CASE(the_password_may_be_empty) {
  FtpTestClient client;
  CHECK_CODE(client, "USER anonymous", 331);
  CHECK_CODE(client, "PASS", 230);
}

BOOST_AUTO_TEST_CASE(pass_without_user_is_503) {
  FtpTestClient client;
  CHECK_CODE(client, "PASS me", 503);
  CHECK_CODE(client.logged_in(), "PASS again", 202);
}

BOOST_AUTO_TEST_CASE(any_other_user_is_refused_before_the_password) {
  FtpTestClient client;
  CHECK_CODE(client, "USER root", 530);
  CHECK_CODE(client, "PASS secret", 503);
  CHECK_CODE(client, "USER anonymouse", 530);
  CHECK_CODE(client, "USER", 501);
}

BOOST_AUTO_TEST_CASE(the_fifth_refused_login_ends_the_session_also_after_rein) {
  FtpTestClient client;
  for (int i = 1; i < logins_refused_max; ++i) {
    CHECK_CODE(client, "USER root", 530);
    CHECK_CODE(client, "REIN", 220);
  }
  const auto last = client.command("USER root");
  BOOST_TEST(last.code == 421);
  BOOST_TEST(last.closes);
}

BOOST_AUTO_TEST_CASE(a_new_user_logs_the_old_one_out) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "USER root", 530);
  CHECK_CODE(client, "PWD", 530);
}

BOOST_AUTO_TEST_CASE(before_the_login_only_information_commands_work) {
  FtpTestClient client;
  for (const auto& row : command_table()) {
    const std::string line = std::string(row.verb) + (row.argument == Argument::none ? "" : " x");
    if (row.needs == Needs::login) CHECK_CODE(client, line, 530);
  }
  for (const auto* line : {"SYST", "FEAT", "HELP", "NOOP", "STAT", "OPTS UTF8 ON", "ABOR"})
    BOOST_TEST(client.code(line) / 100 == 2, client.dialogue);
  CHECK_CODE(client, "STAT /", 530);
}

BOOST_AUTO_TEST_CASE(rein_resets_the_session) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"CWD docs", "TYPE I", "EPSV ALL", "EPSV", "REST 5"})
    client.command(line);
  CHECK_CODE(client, "REIN", 220);
  BOOST_TEST(!client.port.opened);
  CHECK_CODE(client, "PWD", 530);
  client.logged_in();
  BOOST_TEST(client.reply("PWD").starts_with("257 \"/\""));
  CHECK_CODE(client, "RETR hello.txt", 425);
  CHECK_CODE(client, "PASV", 227);
  BOOST_TEST(client.reply("RETR hello.txt").find("ASCII") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(quit_ends_the_session) {
  FtpTestClient client;
  const auto reply = client.command("QUIT");
  BOOST_TEST(reply.code == 221);
  BOOST_TEST(reply.closes);
}

BOOST_AUTO_TEST_CASE(unknown_unimplemented_and_malformed_commands_have_a_code_each) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"", " ", "XYZZY", "RETRx hello.txt", "GET / HTTP/1.1", "\xf2NOOP", "R"})
    CHECK_CODE(client, line, 500);
  for (const auto* line : {"AUTH TLS", "PBSZ 0", "PROT P", "SMNT x", "LANG", "LPRT 6", "LPSV"})
    CHECK_CODE(client, line, 502);
  for (const auto* line : {"PASV x", "CDUP x", "PWD x", "SYST x", "RETR", "CWD", "SIZE", "TYPE"})
    CHECK_CODE(client, line, 501);
}

BOOST_AUTO_TEST_CASE(help_names_every_command_and_each_one_alone) {
  FtpTestClient client;
  const auto all = client.reply("HELP");
  for (const auto& row : command_table()) {
    BOOST_TEST(all.find("\n " + std::string(row.verb)) != std::string::npos);
    CHECK_CODE(client, "HELP " + std::string(row.verb), 214);
  }
  CHECK_CODE(client, "help retr", 214);
  CHECK_CODE(client, "HELP XYZZY", 501);
}
