#include "labs/runner/check/check_activity.hpp"

#include <boost/test/unit_test.hpp>

#include "labs/runner/check/expected_output.hpp"

using namespace portlab;
using namespace portlab::labs;

namespace {

SocketRow row(TcpState state, const char* local, std::uint16_t local_port, const char* remote,
              std::uint16_t remote_port) {
  SocketRow row;
  row.state = state;
  row.local = socket_end(parse_address(local).value(), local_port);
  row.remote = socket_end(parse_address(remote).value(), remote_port);
  return row;
}

Snapshot machine() {
  Snapshot now;
  now.sockets = {row(TcpState::listen, "127.0.0.1", 83, "0.0.0.0", 0),
                 row(TcpState::established, "127.0.0.1", 40000, "127.0.0.1", 83),
                 row(TcpState::established, "127.0.0.1", 83, "127.0.0.1", 40000),
                 row(TcpState::time_wait, "127.0.0.1", 40001, "127.0.0.1", 83)};
  now.last = CommandResult{"portlab http", 3, "127.0.0.1:80: connection refused\n"};
  return now;
}

bool holds(const char* line) { return parse_condition(line).value().holds(machine()); }

bool same(const std::string& expected, const std::string& actual) {
  return !compare_output(expected, actual);
}

}  // namespace

BOOST_AUTO_TEST_CASE(conditions_are_about_sockets_and_the_last_command) {
  BOOST_TEST(holds("listening tcp 83"));
  BOOST_TEST(holds("listening tcp 127.0.0.1:83"));
  BOOST_TEST(!holds("listening tcp 127.0.0.2:83"));
  BOOST_TEST(!holds("listening tcp 80"));
  BOOST_TEST(!holds("listening udp 83"));
  BOOST_TEST(holds("not listening tcp 80"));
  BOOST_TEST(holds("sockets tcp remote :83 state ESTABLISHED count 1"));
  BOOST_TEST(holds("sockets tcp remote :83 count 2+"));
  BOOST_TEST(!holds("sockets tcp remote :83 count 3+"));
  BOOST_TEST(holds("sockets tcp local :40001 remote 127.0.0.1:83 state TIME_WAIT"));
  BOOST_TEST(holds("no sockets tcp state CLOSE_WAIT"));
  BOOST_TEST(holds("exit 3"));
  BOOST_TEST(!holds("exit 0"));
  BOOST_TEST(holds("output connection refused"));
  BOOST_TEST(holds("no output timed out"));
}

BOOST_AUTO_TEST_CASE(before_any_command_nothing_was_printed) {
  Snapshot empty;
  for (const auto* line : {"exit 0", "output x", "no output x", "listening tcp 83"})
    BOOST_TEST(!parse_condition(line).value().holds(empty), line);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_in_words) {
  Activity activity;
  activity.conditions = {parse_condition("listening tcp 80").value()};
  const auto unmet = check_activity(activity, machine(), Judge::student);
  BOOST_REQUIRE(unmet.has_value());
  BOOST_TEST(unmet->expected == "a tcp listener at port 80");
  BOOST_TEST(unmet->observed == "none; listeners on tcp: 83");
}

BOOST_AUTO_TEST_CASE(output_is_the_same_up_to_what_differs_each_time) {
  BOOST_TEST(
      same("tcp  127.0.0.1:49876  →  127.0.0.1:80\n", "tcp 127.0.0.1:34567 → 127.0.0.1:80\n"));
  BOOST_TEST(!same("tcp 127.0.0.1:49876 → 127.0.0.1:80\n", "tcp 127.0.0.1:34567 → 127.0.0.1:83\n"));
  BOOST_TEST(same("took 0.001 s\n", "took 12.5 s\n"));
  BOOST_TEST(same("real 0m3.012s\n", "real\t1m0.100s\n"));
  BOOST_TEST(!same("real 0m3.012s\n", "real no time\n"));
  BOOST_TEST(!same("took 1 hour\n", "took 2 hour\n"));
  BOOST_TEST(same("first\n…\nlast\n", "first\n1\n2\nlast\n"));
  BOOST_TEST(same("first\n…\n", "first\n"));
  BOOST_TEST(!same("first\n…\nlast\n", "first\n1\n"));
  BOOST_TEST(same("…\nb\n…\nd\n", "a\nb\nc\nb\nd\n"));
  BOOST_TEST(!same("…\nb\n…\nb\n", "a\nb\n"));
  BOOST_TEST(!same("…\nb\n…\n", "a\nc\n"));
  BOOST_TEST(same("…\n…\n…\n…\n", std::string(2000, '\n') + "x\n"));
  BOOST_TEST(!same("…\n1\n…\n2\n…\n3\n…\n4\n", [] {  // and in no time
    std::string all;
    for (int i = 0; i < 300; ++i) all += "x\n";
    return all;
  }()));
  BOOST_TEST(same("pid …, up\n", "pid 4711, up\n"));
  BOOST_TEST(same("a (b) [c] *\n", "a (b) [c] *\n"));
  BOOST_TEST(!same("one\n", "one\ntwo\n"));
  const auto difference = compare_output("one\ntwo\n", "one\n2\n");
  BOOST_REQUIRE(difference.has_value());
  BOOST_TEST(difference->expected == "two");
  BOOST_TEST(difference->actual == "2");
}

BOOST_AUTO_TEST_CASE(a_terminals_signs_are_no_text) {
  BOOST_TEST(plain_text("\x1b[1mbold\x1b[0m\r\n") == "bold\n");
  BOOST_TEST(plain_text("10 %\r20 %\r\ndone\r\n") == "20 %\ndone\n");
  BOOST_TEST(plain_text("\x1b]0;title\x07text") == "text");
  BOOST_TEST(plain_text("\x1b]8;;file:x\x1b\\name\x1b]8;;\x1b\\") == "name");
  BOOST_TEST(plain_text("ab\b\bcd") == "cd");
}

BOOST_AUTO_TEST_CASE(answers_are_taken_as_people_write_them) {
  Question question;
  question.answer = "65535 | 65,536 minus one";
  for (const auto* right : {"65535", "65,535", " 65 535 ", "65535."})
    BOOST_TEST(is_right(question, right, {}), right);
  for (const auto* wrong : {"65536", "", "6553", "five"})
    BOOST_TEST(!is_right(question, wrong, {}), wrong);
  question.answer = "{client}";
  BOOST_TEST(is_right(question, "40000", {{"client", "40000"}}));
  BOOST_TEST(!is_right(question, "40001", {{"client", "40000"}}));
  question.answer = "Connection refused | refused";
  BOOST_TEST(is_right(question, "REFUSED", {}));
  question.answer = "b";
  BOOST_TEST(is_right(question, "b)", {}));
  BOOST_TEST(!is_right(question, "a", {}));
}
