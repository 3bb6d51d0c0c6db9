#include "labs/runner/check/output_words.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::labs;

namespace {

std::string words(const std::string& command, const std::string& output) {
  return output_in_words({command, 0, output});
}

/// A check with these lines, after this command with this output.
std::optional<CheckFailure> check(const std::vector<std::string>& lines, const CommandResult& last,
                                  CheckMode mode = CheckMode::interactive) {
  Activity activity;
  activity.commands = {"portlab netstat -ln"};
  for (const auto& line : lines) activity.conditions.push_back(parse_condition(line).value());
  Snapshot snapshot;
  snapshot.last = last;
  return check_activity(activity, snapshot, mode);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_output_is_described_in_words) {
  BOOST_TEST(words("ls", "\n") == "'ls': nothing");
  BOOST_TEST(words("portlab netstat -ln", "Proto\nx\n") ==
             "'portlab netstat -ln': a list of the listeners");
  BOOST_TEST(words("portlab netstat -an", "Proto\nx\n") ==
             "'portlab netstat -an': a list of listeners and sessions");
  BOOST_TEST(words("portlab netstat --pairs", "Proto\nx\n") ==
             "'portlab netstat --pairs': a list of sessions, both ends in one row");
  BOOST_TEST(words("portlab netstat", "Proto\nx\n") == "'portlab netstat': a list of sessions");
  BOOST_TEST(words("portlab netstat", "Proto\n") == "'portlab netstat': an empty list of sessions");
  BOOST_TEST(words("prtlab", "bash: prtlab: command not found\n") ==
             "'prtlab': an error, 'bash: prtlab: command not found'");
  BOOST_TEST(words("a", "tcp 1\nportlab: tcp 127.0.0.1:81: connection refused\n  try: x\n") ==
             "'a': an error, 'portlab: tcp 127.0.0.1:81: connection refused'");
  BOOST_TEST(words("echo 1", "1\n") == "'echo 1': '1'");
  BOOST_TEST(words("a", "1\n\n2\n") == "'a': '1' and 1 more line");
  BOOST_TEST(words("a", "1\n2\n3\n") == "'a': '1' and 2 more lines");
  const std::string long_text(70, 'x'), shown = std::string(60, 'x') + "\u2026";
  BOOST_TEST(words(long_text + "\nline", long_text) == "'" + shown + "': '" + shown + "'");
}

BOOST_AUTO_TEST_CASE(the_error_of_a_client_is_what_was_observed) {
  BOOST_TEST(words("a",
                   "gencache_init: Failed to expand path\n"
                   "do_connect: Connection to pc3 failed (Error NT_STATUS_IO_TIMEOUT)\n") ==
             "'a': an error, 'do_connect: Connection to pc3 failed (Error NT_STATUS_IO_TIM\u2026'");
}

BOOST_AUTO_TEST_CASE(the_row_that_a_capture_reads_is_what_is_expected) {
  Activity activity;
  activity.commands = {"portlab netstat -n :80"};
  activity.conditions = {parse_condition("exit 0").value()};
  activity.output = "Proto\ntcp    127.0.0.1:49876    127.0.0.1:80   ESTABLISHED\n";
  activity.captures = {{"client", R"(127\.0\.0\.1:(\d+) +127\.0\.0\.1:80 +ESTABLISHED)"}};
  Snapshot snapshot;
  snapshot.last =
      CommandResult{"portlab netstat :80", 0, "Proto\ntcp 127.0.0.1:49999 localhost:http\n"};
  const auto failure = check_activity(activity, snapshot, CheckMode::interactive);
  BOOST_REQUIRE(failure.has_value());
  BOOST_TEST(failure->expected == "a line such as 'tcp 127.0.0.1:49876 127.0.0.1:80 ESTABLISHED'");
  BOOST_TEST(failure->observed ==
             "'portlab netstat :80': a list of sessions, without the option -n");
}

BOOST_AUTO_TEST_CASE(a_student_is_told_which_command_prints_what_is_expected) {
  const auto other = check({"output LISTEN"}, {"portlab netstat", 0, "Proto\ntcp\n"});
  BOOST_TEST(other->expected == "output that contains 'LISTEN', as of 'portlab netstat -ln'");
  BOOST_TEST(other->observed == "'portlab netstat': a list of sessions");
  // The same command printed something else: then the text says more.
  const auto same = check({"output LISTEN"}, {"portlab netstat -ln", 0, "tcp\n"});
  BOOST_TEST(same->expected == "output that contains 'LISTEN'");
  const auto for_author =
      check({"output LISTEN"}, {"portlab netstat", 0, "tcp\n"}, CheckMode::unattended);
  BOOST_TEST(for_author->expected == "output that contains 'LISTEN'");
  BOOST_TEST(for_author->observed == "'portlab netstat': it printed:\ntcp\n");
}

BOOST_AUTO_TEST_CASE(only_what_can_change_is_waited_for) {
  const CommandResult other{"portlab netstat", 0, "tcp\n"};
  BOOST_TEST(check({"output LISTEN"}, other)->is_final);
  BOOST_TEST(check({"exit 3"}, other)->is_final);
  BOOST_TEST(!check({"listening tcp 83"}, other)->is_final);
  BOOST_TEST(check({"listening tcp 83", "exit 3"}, other)->is_final);
  const CommandResult job{"portlabd http=83 &", 0, ""};
  BOOST_TEST(!check({"output ready"}, job)->is_final);
  for (const char* command : {"a &", "a& b", "(a &)"}) BOOST_TEST(starts_job(command), command);
  for (const char* command : {"a && b", "a 2>&1", "a &> b", "a >& b"})
    BOOST_TEST(!starts_job(command), command);
}

BOOST_AUTO_TEST_CASE(the_first_condition_that_fails_says_what_to_do_next) {
  Activity activity;
  for (const char* line : {"exit 0", "output x", "output y"})
    activity.conditions.push_back(parse_condition(line).value());
  activity.conditions[1].next = "print x";
  activity.conditions[2].next = "print y";
  activity.expectation = "an x";
  Snapshot snapshot;
  snapshot.last = CommandResult{"echo y", 0, "y\n"};
  const auto failure = check_activity(activity, snapshot, CheckMode::interactive);
  BOOST_TEST(failure->next == "print x");
  BOOST_TEST(failure->expected == "an x");
}
