#include "labs/runner/check/check_activity.hpp"

#include <boost/test/unit_test.hpp>

#include "labs/runner/check/answer.hpp"
#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/model/captured_values.hpp"

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
  Snapshot snapshot;
  snapshot.sockets = {row(TcpState::listen, "127.0.0.1", 83, "0.0.0.0", 0),
                      row(TcpState::established, "127.0.0.1", 40000, "127.0.0.1", 83),
                      row(TcpState::established, "127.0.0.1", 83, "127.0.0.1", 40000),
                      row(TcpState::time_wait, "127.0.0.1", 40001, "127.0.0.1", 83)};
  snapshot.last = CommandResult{"portlab http", 3, "127.0.0.1:80: connection refused\n"};
  return snapshot;
}

bool holds(const char* line) { return holds(parse_condition(line).value(), machine()); }

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

BOOST_AUTO_TEST_CASE(before_any_command_no_condition_of_a_command_holds) {
  Snapshot empty;
  for (const auto* line : {"exit 0", "output x", "no output x", "listening tcp 83"})
    BOOST_TEST(!holds(parse_condition(line).value(), empty), line);
}

BOOST_AUTO_TEST_CASE(a_failed_check_says_what_is_expected_and_observed) {
  Activity activity;
  activity.conditions = {parse_condition("listening tcp 80").value()};
  const auto failure = check_activity(activity, machine(), CheckMode::interactive);
  BOOST_REQUIRE(failure.has_value());
  BOOST_TEST(failure->expected == "a tcp listener on port 80");
  BOOST_TEST(failure->observed == "none; listeners on tcp: 83");
}

BOOST_AUTO_TEST_CASE(output_is_equal_except_for_what_differs_from_run_to_run) {
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
  BOOST_TEST(!same("…\n1\n…\n2\n…\n3\n…\n4\n", [] {  // without a long search
    std::string lines;
    for (int i = 0; i < 300; ++i) lines += "x\n";
    return lines;
  }()));
  BOOST_TEST(same("pid …, up\n", "pid 4711, up\n"));
  BOOST_TEST(same("a (b) [c] *\n", "a (b) [c] *\n"));
  BOOST_TEST(!same("one\n", "one\ntwo\n"));
  const auto difference = compare_output("one\ntwo\n", "one\n2\n");
  BOOST_REQUIRE(difference.has_value());
  BOOST_TEST(difference->expected == "two");
  BOOST_TEST(difference->actual == "2");
}

BOOST_AUTO_TEST_CASE(escape_sequences_are_not_part_of_the_text) {
  BOOST_TEST(plain_text("\x1b[1mbold\x1b[0m\r\n") == "bold\n");
  BOOST_TEST(plain_text("10 %\r20 %\r\ndone\r\n") == "20 %\ndone\n");
  BOOST_TEST(plain_text("\x1b]0;title\x07text") == "text");
  BOOST_TEST(plain_text("\x1b]8;;file:x\x1b\\name\x1b]8;;\x1b\\") == "name");
  BOOST_TEST(plain_text("ab\b\bcd") == "cd");
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_written_in_several_ways) {
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

BOOST_AUTO_TEST_CASE(the_letters_of_the_choices_are_listed_as_in_a_sentence) {
  Question question;
  question.choices = {{'a', "x"}, {'b', "y"}, {'c', "z"}};
  BOOST_TEST(letters_of(question) == "a, b or c");
  question.choices.pop_back();
  BOOST_TEST(letters_of(question) == "a or b");
  for (const auto* valid : {"b", "B", "b) y"}) BOOST_TEST(is_valid_choice(question, valid), valid);
  for (const auto* invalid : {"c", "", "bb"})
    BOOST_TEST(!is_valid_choice(question, invalid), invalid);
}

BOOST_AUTO_TEST_CASE(a_name_in_braces_stands_for_a_captured_value) {
  const CapturedValues values{{"client", "40000"}, {"word", "$(reboot)"}};
  BOOST_TEST(with_values("{client} | {other} ${client} {1..2}", values) ==
             "40000 | {other} ${client} {1..2}");
  BOOST_TEST(
      (names_in("{client} {b_2} ${HOME} {1..2} {X}") == std::set<std::string>{"client", "b_2"}));
  Activity activity;
  activity.auto_commands = {"echo {client} {word}"};  // not a plain word: stays as it is
  BOOST_TEST(commands_to_type(activity, values).at(0) == "echo 40000 {word}");
  activity.commands = {"echo {client}"};
  BOOST_TEST(commands_to_type(activity, values).at(0) == "echo {client}");
}
