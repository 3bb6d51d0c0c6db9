// Every command gets a valid reply: a fixed number of mutated commands with a fixed seed. The
// builds with sanitizers find memory errors here.

#include <random>
#include <vector>

#include "common/ftp/telnet.hpp"
#include "tests/servers/ftp/ftp_test_client.hpp"

using namespace portlab::ftp::server;

namespace {

std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % std::max<std::size_t>(n, 1); };
  for (auto count = below(4); count > 0; --count) {
    const auto at = below(text.size());
    if (below(2) == 0)
      text.insert(at, 1 + below(3), static_cast<char>(random()));
    else if (!text.empty())
      text.erase(at, 1 + below(3));
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_mutated_command_gets_a_reply) {
  const std::vector<std::string> arguments = {"",
                                              "docs/../hello.txt",
                                              "127,0,0,1,195,80",
                                              "|1|127.0.0.1|50000|",
                                              "-la docs/*.t?t",
                                              "MLST type;size;",
                                              "../../../etc/passwd",
                                              "12",
                                              "A N"};
  FtpTestClient client;
  std::mt19937 random(2389);
  for (int round = 0; round < 20'000; ++round) {
    if (client.session.login != Login::done) client.session.login = Login::done;
    const auto table = command_table();
    const std::string verb(table[random() % table.size()].verb);
    const auto line = verb + " " + mutated(arguments[random() % arguments.size()], random);
    const auto given = run_command(client.session, portlab::ftp::parse_command(line));
    BOOST_REQUIRE_MESSAGE(given.code >= 150 && given.code < 600, line);
    BOOST_REQUIRE_MESSAGE(!given.text.empty() && (given.code == 150) == given.transfer.has_value(),
                          line << " got " << given.code << " " << given.text);
    const auto reply = portlab::ftp::format_reply(given.code, given.text);
    BOOST_REQUIRE(reply.ends_with("\r\n"));
  }
}
