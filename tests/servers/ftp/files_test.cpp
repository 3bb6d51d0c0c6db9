#include "tests/servers/ftp/visitor.hpp"

using namespace portlab::ftp::server;

namespace {

std::string range_of(const Answer& answer) {
  if (!answer.transfer) return "no transfer: " + std::to_string(answer.code);
  const auto& transfer = std::get<FileTransfer>(*answer.transfer);
  return std::to_string(transfer.range.offset) + "+" + std::to_string(transfer.range.length);
}

}  // namespace

BOOST_AUTO_TEST_CASE(cwd_walks_and_pwd_tells_where) {
  Visitor visitor;
  visitor.logged_in();
  const auto at = [&](const std::string& line) {
    visitor.say(line);
    return visitor.reply("PWD").substr(4, visitor.reply("PWD").rfind('"') - 3);
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

BOOST_AUTO_TEST_CASE(cwd_to_a_file_or_nowhere_or_out_changes_nothing) {
  Visitor visitor;
  visitor.logged_in();
  for (const auto* line : {"CWD hello.txt", "CWD nowhere", "CWD out", "CWD docs/nowhere/../..x"})
    CHECK_CODE(visitor, line, 550);
  BOOST_TEST(visitor.reply("PWD").starts_with("257 \"/\" "));
}

BOOST_AUTO_TEST_CASE(no_path_leaves_the_root) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  for (const auto* path : {"out/passwd", "docs/out.txt", "../../../../etc/passwd", "/../etc/passwd",
                           "..//..//etc", "docs/../../etc/passwd", "out/../../etc/passwd"})
    for (const auto* verb : {"RETR ", "SIZE ", "MDTM ", "MLST ", "LIST ", "NLST ", "MLSD ", "CWD "})
      CHECK_CODE(visitor, std::string(verb) + path, 550);
}

BOOST_AUTO_TEST_CASE(retr_sends_a_file_and_rest_says_from_where) {
  Visitor visitor;
  visitor.logged_in();
  visitor.say("PASV");
  visitor.say("TYPE I");
  BOOST_TEST(range_of(visitor.say("RETR hello.txt")) == "0+13");
  visitor.say("REST 12");
  BOOST_TEST(range_of(visitor.say("RETR hello.txt")) == "12+1");
  BOOST_TEST(range_of(visitor.say("RETR hello.txt")) == "0+13");  // REST holds once
  visitor.say("REST 13");
  BOOST_TEST(range_of(visitor.say("RETR hello.txt")) == "13+0");
  visitor.say("REST 14");
  CHECK_CODE(visitor, "RETR hello.txt", 554);
  visitor.say("REST 5");
  CHECK_CODE(visitor, "LIST", 150);
  BOOST_TEST(range_of(visitor.say("RETR hello.txt")) == "0+13");
}

BOOST_AUTO_TEST_CASE(the_reply_to_retr_names_type_and_size) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  BOOST_TEST(visitor.reply("RETR hello.txt") ==
             "150 Opening ASCII mode data connection for hello.txt.\r\n");
  visitor.say("TYPE I");
  BOOST_TEST(visitor.reply("RETR hello.txt") ==
             "150 Opening BINARY mode data connection for hello.txt (13 bytes).\r\n");
}

BOOST_AUTO_TEST_CASE(a_marker_that_counts_bytes_does_not_fit_type_a) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  visitor.say("REST 5");
  CHECK_CODE(visitor, "RETR hello.txt", 554);
  visitor.say("REST 0");
  CHECK_CODE(visitor, "RETR hello.txt", 150);
}

BOOST_AUTO_TEST_CASE(retr_of_a_directory_or_of_nothing_is_550) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  for (const auto* line : {"RETR docs", "RETR nowhere", "RETR hello.txt/", "RETR hello.txt/x",
                           "SIZE docs", "MDTM docs", "SIZE nowhere", "MDTM nowhere"})
    CHECK_CODE(visitor, line, 550);
}

BOOST_AUTO_TEST_CASE(size_and_mdtm_are_exact_or_refused) {
  Visitor visitor;
  visitor.logged_in();
  CHECK_CODE(visitor, "SIZE hello.txt", 550);  // TYPE A
  visitor.say("TYPE I");
  BOOST_TEST(visitor.reply("SIZE hello.txt") == "213 13\r\n");
  std::filesystem::last_write_time(visitor.files.root() / "hello.txt",
                                   std::chrono::file_clock::from_sys(std::chrono::sys_seconds(
                                       std::chrono::seconds(1'704'164'645))));
  BOOST_TEST(visitor.reply("MDTM hello.txt") == "213 20240102030405\r\n");
}

BOOST_AUTO_TEST_CASE(mlst_tells_facts_and_the_absolute_path) {
  Visitor visitor;
  visitor.logged_in();
  visitor.say("OPTS MLST type;size;perm;");
  visitor.say("CWD docs");
  BOOST_TEST(visitor.reply("MLST b.txt") ==
             "250-Facts of /docs/b.txt\r\n type=file;size=2;perm=r; /docs/b.txt\r\n250 End\r\n");
  BOOST_TEST(visitor.reply("MLST") ==
             "250-Facts of /docs\r\n type=dir;perm=el; /docs\r\n250 End\r\n");
  CHECK_CODE(visitor, "MLST nowhere", 550);
}

BOOST_AUTO_TEST_CASE(list_is_what_ls_writes_whatever_flags_are_sent) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  const auto all = visitor.list("LIST");
  BOOST_TEST(all.find("-r--r--r--    1 ftp      ftp                13 ") == all.find("-r--"), all);
  BOOST_TEST(all.find(" hello.txt\r\n") != std::string::npos, all);
  BOOST_TEST(all.find("dr-xr-xr-x    2 ftp ") == 0, all);
  for (const auto* line : {"LIST -a", "LIST -la", "LIST -a -l", "LIST .", "LIST /", "LIST -la /"})
    BOOST_TEST(visitor.list(line) == all, line);
  const auto one = visitor.list("LIST -l docs/b.txt");
  BOOST_TEST(one.ends_with(" b.txt\r\n"), one);
  BOOST_TEST(visitor.list("LIST empty") == "");
}

BOOST_AUTO_TEST_CASE(each_line_of_nlst_is_an_argument_for_retr) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  BOOST_TEST(visitor.list("NLST") == "docs\r\nempty\r\nhello.txt\r\nsay \"hi\"\r\n");
  BOOST_TEST(visitor.list("NLST docs") ==
             "docs/a.txt\r\ndocs/b.html\r\ndocs/b.txt\r\ndocs/deep\r\n");
  BOOST_TEST(visitor.list("NLST /docs/deep/") == "/docs/deep/c d.txt\r\n");
  BOOST_TEST(visitor.list("NLST hello.txt") == "hello.txt\r\n");
  BOOST_TEST(visitor.list("NLST docs/*.txt") == "docs/a.txt\r\ndocs/b.txt\r\n");
  BOOST_TEST(visitor.list("NLST h?llo.*") == "hello.txt\r\n");
  BOOST_TEST(visitor.list("NLST empty") == "");
  CHECK_CODE(visitor, "NLST *.none", 550);
  CHECK_CODE(visitor, "NLST nowhere", 550);
}

BOOST_AUTO_TEST_CASE(mlsd_tells_the_chosen_facts_of_a_directory_only) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  visitor.say("OPTS MLST type;size;");
  BOOST_TEST(visitor.list("MLSD docs") ==
             "type=file;size=1; a.txt\r\ntype=file;size=3; b.html\r\ntype=file;size=2; "
             "b.txt\r\ntype=dir; deep\r\n");
  BOOST_TEST(visitor.list("MLSD empty") == "");
  CHECK_CODE(visitor, "MLSD hello.txt", 501);
  CHECK_CODE(visitor, "MLSD nowhere", 550);
}

BOOST_AUTO_TEST_CASE(stat_with_a_path_lists_on_the_control_connection) {
  Visitor visitor;
  visitor.logged_in();
  const auto folder = visitor.reply("STAT docs");
  BOOST_TEST(folder.starts_with("212-Status:\r\n -r--r--r--"), folder);
  BOOST_TEST(folder.ends_with("deep\r\n212 End\r\n"), folder);
  BOOST_TEST(visitor.reply("STAT hello.txt").starts_with("213-"));
  CHECK_CODE(visitor, "STAT nowhere", 550);
}

BOOST_AUTO_TEST_CASE(whatever_would_change_something_is_refused_with_its_own_code) {
  Visitor visitor;
  visitor.logged_in().say("PASV");
  for (const auto* line : {"STOR x", "STOU", "STOU x", "APPE x"}) CHECK_CODE(visitor, line, 553);
  for (const auto* line : {"DELE hello.txt", "RMD docs", "MKD x", "XMKD x", "XRMD x", "RNFR x"})
    CHECK_CODE(visitor, line, 550);
  CHECK_CODE(visitor, "RNTO y", 503);
  CHECK_CODE(visitor, "SITE CHMOD 777 hello.txt", 501);
}

BOOST_AUTO_TEST_CASE(a_visitor_sees_the_new_site_once_it_was_swapped) {
  Visitor visitor;
  visitor.logged_in();
  visitor.say("TYPE I");
  TemporarySite other;
  other.write("hello.txt", "longer than before\n");
  visitor.files.site->replace(other.site->get());
  BOOST_TEST(visitor.reply("SIZE hello.txt") == "213 19\r\n");
}

BOOST_AUTO_TEST_CASE(lists_for_programs_name_what_can_be_fetched) {
  Visitor visitor;
  visitor.files.write(
      "odd/es\x1b"
      "c.txt",
      "x");
  visitor.files.write("odd/two\nlines.txt", "x");
  visitor.logged_in().say("PASV");
  BOOST_TEST(visitor.list("NLST odd") ==
             "odd/es\x1b"
             "c.txt\r\n");
  visitor.say("OPTS MLST type;");
  BOOST_TEST(visitor.list("MLSD odd") ==
             "type=file; es\x1b"
             "c.txt\r\n");
  BOOST_TEST(visitor.list("LIST odd").find("es?c.txt\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stat_knows_a_directory_behind_the_flags_of_ls) {
  Visitor visitor;
  visitor.logged_in();
  CHECK_CODE(visitor, "STAT -la docs", 212);
  CHECK_CODE(visitor, "STAT -l", 212);
}
