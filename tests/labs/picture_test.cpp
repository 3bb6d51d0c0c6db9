#include "labs/runner/model/picture.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace portlab::labs;

namespace {

std::string in_block(const std::string& line) { return "```\n" + line + "\n```\n"; }

void require_kept(const char* before, const char* after, const char* expected) {
  BOOST_TEST(with_columns_kept(in_block(before), in_block(after)) == in_block(expected));
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_follows_a_longer_port_stays_in_its_column) {
  require_kept("| port 83   | ----> | tcp 80  HTTP |", "| port 8083   | ----> | tcp 8080  HTTP |",
               "| port 8083 | ----> | tcp 8080 HTTP |");
  require_kept("127.0.0.1:80  x", "127.0.0.1:8080  x", "127.0.0.1:8080 x");
  require_kept("127.0.0.1:7     ESTABLISHED |", "127.0.0.1:8007     ESTABLISHED |",
               "127.0.0.1:8007  ESTABLISHED |");
}

BOOST_AUTO_TEST_CASE(what_follows_a_shorter_name_stays_in_its_column) {
  require_kept("www.lab.test  --->  x", "pc1.lab.test  --->  x", "pc1.lab.test  --->  x");
  require_kept("server1.lab.test  --->  x", "www.lab.test  --->  x", "www.lab.test      --->  x");
  require_kept("a:8083 ------> b", "a:80 ------> b", "a:80 --------> b");
}

BOOST_AUTO_TEST_CASE(a_line_without_room_keeps_its_words) {
  require_kept("a:80 b", "a:8080 b", "a:8080 b");
  require_kept("a:80", "a:8080", "a:8080");
  require_kept("\u2502 :80 \u2502", "\u2502 :8080 \u2502", "\u2502 :8080 \u2502");
}

BOOST_AUTO_TEST_CASE(only_pictures_are_changed) {
  for (const std::string begin : {"", "```sh\n", "```output\n"}) {
    const auto before = begin + "a:80    b\n", after = begin + "a:8080    b\n";
    BOOST_TEST(with_columns_kept(before, after) == after);
  }
  BOOST_TEST(with_columns_kept("```text\na:80    b\n```", "```text\na:8080    b\n```") ==
             "```text\na:8080  b\n```");
}
