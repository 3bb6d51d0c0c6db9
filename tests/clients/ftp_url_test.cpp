// What portlab ftp parses before it opens a connection: URLs and command lines.

#include <boost/test/unit_test.hpp>

#include "clients/ftp/ftp_shell.hpp"
#include "clients/ftp/ftp_url.hpp"

using namespace portlab;
using namespace portlab::ftp::client;

namespace {

int exit_of(const std::string& url) {
  try {
    parse_ftp_url(url);
    return 0;
  } catch (const CommandError& failure) {
    return static_cast<int>(failure.exit());
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_url_names_host_port_and_path) {
  const auto url = parse_ftp_url("ftp://127.0.0.1:8021/docs/two%20words.txt");
  BOOST_TEST(url.host == "127.0.0.1");
  BOOST_TEST(url.port == 8021);
  BOOST_TEST(url.path == "docs/two words.txt");
  BOOST_TEST(url.user == "anonymous");
  BOOST_TEST(url.names_file());
  BOOST_TEST(url.server() == "ftp://127.0.0.1:8021/");
}

BOOST_AUTO_TEST_CASE(what_is_left_out_of_a_url_has_its_usual_value) {
  const auto url = parse_ftp_url("ftp.lab.test");
  BOOST_TEST(url.host == "ftp.lab.test");
  BOOST_TEST(url.port == 21);
  BOOST_TEST(url.path == "");
  BOOST_TEST(!url.names_file());
  BOOST_TEST(url.server() == "ftp://ftp.lab.test/");
  BOOST_TEST(parse_ftp_url("localhost:8021/x").port == 8021);
  BOOST_TEST(!parse_ftp_url("ftp://h/docs/").names_file());
  BOOST_TEST(parse_ftp_url("ftp://h//etc").path == "/etc");
}

BOOST_AUTO_TEST_CASE(a_url_may_hold_a_user_an_ipv6_address_and_a_type) {
  const auto url = parse_ftp_url("ftp://me:p%40ss@[::1]:8021/a;type=a");
  BOOST_TEST(url.user == "me");
  BOOST_TEST(url.password == "p@ss");
  BOOST_TEST(url.host == "::1");
  BOOST_TEST(url.path == "a");
  BOOST_TEST(url.as_text);
  BOOST_TEST(url.server() == "ftp://[::1]:8021/");
  BOOST_TEST(!parse_ftp_url("ftp://h/a;type=i").as_text);
}

BOOST_AUTO_TEST_CASE(what_is_no_ftp_url_is_bad_usage) {
  for (const auto* wrong :
       {"", "http://127.0.0.1/", "ftp:///x", "ftp://h:65536/", "ftp://h:8o/", "ftp://::1/",
        "ftp://h/a b", "ftp://h/%zz", "ftp://h/a?b", "ftp://h/a;type=e", "ftp://h/a\nb"})
    BOOST_TEST(exit_of(wrong) == 2, "'" << wrong << "' was taken for a URL");
}

BOOST_AUTO_TEST_CASE(a_line_is_words_and_quotes_keep_spaces) {
  BOOST_TEST((split_words("get  hello.txt\tx\r") == Words{"get", "hello.txt", "x"}));
  BOOST_TEST((split_words("get \"two words.txt\"") == Words{"get", "two words.txt"}));
  BOOST_TEST((split_words("cd \"\"") == Words{"cd", ""}));
  BOOST_TEST((split_words("cd \"no end") == Words{"cd", "no end"}));
  BOOST_TEST(split_words("   ").empty());
}

BOOST_AUTO_TEST_CASE(commands_with_the_wrong_number_of_arguments_are_bad_usage) {
  for (const Words& right : {Words{"ls"}, Words{"ls", "x"}, Words{"get", "x", "y"}, Words{"help"}})
    BOOST_CHECK_NO_THROW(Shell::find(right));
  for (const Words& wrong :
       {Words{"ls", "x", "y"}, Words{"get"}, Words{"get", "x", "y", "z"}, Words{"lss"}, Words{""}})
    BOOST_CHECK_THROW(Shell::find(wrong), CommandError);
}
