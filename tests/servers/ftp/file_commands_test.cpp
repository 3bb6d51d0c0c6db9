#include "tests/servers/ftp/ftp_test_client.hpp"

using namespace portlab::ftp::server;

namespace {

std::string range_of(const Reply& reply) {
  if (!reply.transfer) return "no transfer: " + std::to_string(reply.code);
  const auto& transfer = std::get<FileTransfer>(*reply.transfer);
  return std::to_string(transfer.range.offset) + "+" + std::to_string(transfer.range.length);
}

}  // namespace

BOOST_AUTO_TEST_CASE(cwd_changes_the_working_directory_and_pwd_prints_it) {
  FtpTestClient client;
  client.logged_in();
  const auto at = [&](const std::string& line) {
    client.command(line);
    return client.reply("PWD").substr(4, client.reply("PWD").rfind('"') - 3);
  };
  BOOST_TEST(at("CWD docs") == "\"/docs\"");
  BOOST_TEST(at("CWD deep/") == "\"/docs/deep\"");
  BOOST_TEST(at("CDUP") == "\"/docs\"");
  BOOST_TEST(at("CWD ../docs/./deep/../../docs//deep") == "\"/docs/deep\"");
  BOOST_TEST(at("CWD /") == "\"/\"");
  BOOST_TEST(at("CWD ../../..") == "\"/\"");
  BOOST_TEST(at("XCWD say \"hi\"") == "\"/say \"\"hi\"\"\"");
  BOOST_TEST(at("XCUP") == "\"/\"");
}

BOOST_AUTO_TEST_CASE(cwd_to_a_file_a_missing_path_or_out_of_the_root_is_550) {
  FtpTestClient client;
  client.logged_in();
  for (const auto* line : {"CWD hello.txt", "CWD nowhere", "CWD out", "CWD docs/nowhere/../..x"})
    CHECK_CODE(client, line, 550);
  BOOST_TEST(client.reply("PWD").starts_with("257 \"/\" "));
}

BOOST_AUTO_TEST_CASE(no_path_leaves_the_root) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  for (const auto* path : {"out/passwd", "docs/out.txt", "../../../../etc/passwd", "/../etc/passwd",
                           "..//..//etc", "docs/../../etc/passwd", "out/../../etc/passwd"})
    for (const auto* verb : {"RETR ", "SIZE ", "MDTM ", "MLST ", "LIST ", "NLST ", "MLSD ", "CWD "})
      CHECK_CODE(client, std::string(verb) + path, 550);
}

BOOST_AUTO_TEST_CASE(retr_sends_a_file_from_the_offset_of_rest) {
  FtpTestClient client;
  client.logged_in();
  client.command("PASV");
  client.command("TYPE I");
  BOOST_TEST(range_of(client.command("RETR hello.txt")) == "0+13");
  client.command("REST 12");
  BOOST_TEST(range_of(client.command("RETR hello.txt")) == "12+1");
  BOOST_TEST(range_of(client.command("RETR hello.txt")) == "0+13");  // REST applies to one RETR
  client.command("REST 13");
  BOOST_TEST(range_of(client.command("RETR hello.txt")) == "13+0");
  client.command("REST 14");
  CHECK_CODE(client, "RETR hello.txt", 554);
  client.command("REST 5");
  CHECK_CODE(client, "LIST", 150);
  BOOST_TEST(range_of(client.command("RETR hello.txt")) == "0+13");
}

BOOST_AUTO_TEST_CASE(the_reply_to_retr_names_type_and_size) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  BOOST_TEST(client.reply("RETR hello.txt") ==
             "150 Opening ASCII mode data connection for hello.txt.\r\n");
  client.command("TYPE I");
  BOOST_TEST(client.reply("RETR hello.txt") ==
             "150 Opening BINARY mode data connection for hello.txt (13 bytes).\r\n");
}

BOOST_AUTO_TEST_CASE(rest_with_an_offset_is_refused_in_type_a) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  client.command("REST 5");
  CHECK_CODE(client, "RETR hello.txt", 554);
  client.command("REST 0");
  CHECK_CODE(client, "RETR hello.txt", 150);
}

BOOST_AUTO_TEST_CASE(retr_of_a_directory_or_of_nothing_is_550) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  for (const auto* line : {"RETR docs", "RETR nowhere", "RETR hello.txt/", "RETR hello.txt/x",
                           "SIZE docs", "MDTM docs", "SIZE nowhere", "MDTM nowhere"})
    CHECK_CODE(client, line, 550);
}

BOOST_AUTO_TEST_CASE(size_and_mdtm_are_exact_or_refused) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "SIZE hello.txt", 550);  // TYPE A
  client.command("TYPE I");
  BOOST_TEST(client.reply("SIZE hello.txt") == "213 13\r\n");
  std::filesystem::last_write_time(client.files.root() / "hello.txt",
                                   std::chrono::file_clock::from_sys(std::chrono::sys_seconds(
                                       std::chrono::seconds(1'704'164'645))));
  BOOST_TEST(client.reply("MDTM hello.txt") == "213 20240102030405\r\n");
}

BOOST_AUTO_TEST_CASE(mlst_shows_facts_and_the_absolute_path) {
  FtpTestClient client;
  client.logged_in();
  client.command("OPTS MLST type;size;perm;");
  client.command("CWD docs");
  BOOST_TEST(client.reply("MLST b.txt") ==
             "250-Facts of /docs/b.txt\r\n type=file;size=2;perm=r; /docs/b.txt\r\n250 End\r\n");
  BOOST_TEST(client.reply("MLST") ==
             "250-Facts of /docs\r\n type=dir;perm=el; /docs\r\n250 End\r\n");
  CHECK_CODE(client, "MLST nowhere", 550);
}

BOOST_AUTO_TEST_CASE(list_is_what_ls_writes_whatever_flags_are_sent) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  const auto all = client.list("LIST");
  BOOST_TEST(all.find("-r--r--r--    1 ftp      ftp                13 ") == all.find("-r--"), all);
  BOOST_TEST(all.find(" hello.txt\r\n") != std::string::npos, all);
  BOOST_TEST(all.find("dr-xr-xr-x    2 ftp ") == 0, all);
  for (const auto* line : {"LIST -a", "LIST -la", "LIST -a -l", "LIST .", "LIST /", "LIST -la /"})
    BOOST_TEST(client.list(line) == all, line);
  const auto one = client.list("LIST -l docs/b.txt");
  BOOST_TEST(one.ends_with(" b.txt\r\n"), one);
  BOOST_TEST(client.list("LIST empty") == "");
}

BOOST_AUTO_TEST_CASE(each_line_of_nlst_is_an_argument_for_retr) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  BOOST_TEST(client.list("NLST") == "docs\r\nempty\r\nhello.txt\r\nsay \"hi\"\r\n");
  BOOST_TEST(client.list("NLST docs") ==
             "docs/a.txt\r\ndocs/b.html\r\ndocs/b.txt\r\ndocs/deep\r\n");
  BOOST_TEST(client.list("NLST /docs/deep/") == "/docs/deep/c d.txt\r\n");
  BOOST_TEST(client.list("NLST hello.txt") == "hello.txt\r\n");
  BOOST_TEST(client.list("NLST docs/*.txt") == "docs/a.txt\r\ndocs/b.txt\r\n");
  BOOST_TEST(client.list("NLST h?llo.*") == "hello.txt\r\n");
  BOOST_TEST(client.list("NLST empty") == "");
  CHECK_CODE(client, "NLST *.none", 550);
  CHECK_CODE(client, "NLST nowhere", 550);
}

BOOST_AUTO_TEST_CASE(mlsd_lists_the_chosen_facts_of_a_directory_only) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  client.command("OPTS MLST type;size;");
  BOOST_TEST(client.list("MLSD docs") ==
             "type=file;size=1; a.txt\r\ntype=file;size=3; b.html\r\ntype=file;size=2; "
             "b.txt\r\ntype=dir; deep\r\n");
  BOOST_TEST(client.list("MLSD empty") == "");
  CHECK_CODE(client, "MLSD hello.txt", 501);
  CHECK_CODE(client, "MLSD nowhere", 550);
}

BOOST_AUTO_TEST_CASE(stat_with_a_path_lists_on_the_control_connection) {
  FtpTestClient client;
  client.logged_in();
  const auto listed = client.reply("STAT docs");
  BOOST_TEST(listed.starts_with("212-Status:\r\n -r--r--r--"), listed);
  BOOST_TEST(listed.ends_with("deep\r\n212 End\r\n"), listed);
  BOOST_TEST(client.reply("STAT hello.txt").starts_with("213-"));
  CHECK_CODE(client, "STAT nowhere", 550);
}

BOOST_AUTO_TEST_CASE(every_command_that_would_change_a_file_is_refused) {
  FtpTestClient client;
  client.logged_in().command("PASV");
  for (const auto* line : {"STOR x", "STOU", "STOU x", "APPE x"}) CHECK_CODE(client, line, 553);
  for (const auto* line : {"DELE hello.txt", "RMD docs", "MKD x", "XMKD x", "XRMD x", "RNFR x"})
    CHECK_CODE(client, line, 550);
  CHECK_CODE(client, "RNTO y", 503);
  CHECK_CODE(client, "SITE CHMOD 777 hello.txt", 501);
}

BOOST_AUTO_TEST_CASE(after_a_reload_commands_use_the_new_site) {
  FtpTestClient client;
  client.logged_in();
  client.command("TYPE I");
  TemporarySite other;
  other.write("hello.txt", "longer than before\n");
  client.files.site->replace(other.site->get());
  BOOST_TEST(client.reply("SIZE hello.txt") == "213 19\r\n");
}

BOOST_AUTO_TEST_CASE(lists_for_programs_name_what_can_be_fetched) {
  FtpTestClient client;
  client.files.write(
      "odd/es\x1b"
      "c.txt",
      "x");
  client.files.write("odd/two\nlines.txt", "x");
  client.logged_in().command("PASV");
  BOOST_TEST(client.list("NLST odd") ==
             "odd/es\x1b"
             "c.txt\r\n");
  client.command("OPTS MLST type;");
  BOOST_TEST(client.list("MLSD odd") ==
             "type=file; es\x1b"
             "c.txt\r\n");
  BOOST_TEST(client.list("LIST odd").find("es?c.txt\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stat_finds_a_directory_after_the_options_of_ls) {
  FtpTestClient client;
  client.logged_in();
  CHECK_CODE(client, "STAT -la docs", 212);
  CHECK_CODE(client, "STAT -l", 212);
}
