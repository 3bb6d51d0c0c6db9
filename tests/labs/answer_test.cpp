#include "labs/runner/check/answer.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>

#include "labs/runner/check/answer_words.hpp"

using namespace portlab::labs;

namespace {

using Texts = std::initializer_list<const char*>;

Question question_with(std::vector<std::string> answers) {
  Question question;
  question.answers = std::move(answers);
  return question;
}

void require_right(const Question& question, Texts answers, const CapturedValues& values = {}) {
  for (const auto* answer : answers)
    BOOST_TEST(is_right(question, answer, values), "refused: " << answer);
}

void require_wrong(const Question& question, Texts answers, const CapturedValues& values = {}) {
  for (const auto* answer : answers)
    BOOST_TEST(!is_right(question, answer, values), "accepted: " << answer);
}

/// How many processes are there?
Question processes() {
  auto question = question_with({"a"});
  question.choices = {{'a', "one"},
                      {'b', "four: one for each service"},
                      {'c', "six: one for each listener"},
                      {'d', "None of these."}};
  question.reasons = {{"b", {"Services are no processes.", "One has them all."}}};
  return question;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_number_may_have_separators_units_and_words_around_it) {
  require_right(question_with({"65535"}),
                {"65535", "65,535", " 65 535 ", "65.535", "65'535", "65535.", "port 65535",
                 "it is 65535!", "065535", "\"65535\"", "tcp 127.0.0.1:65535", "[::1]:65535"});
  require_wrong(question_with({"65535"}),
                {"65536", "", "6553", "five", "-65535", "not 65535", "65535 or 65536", "1 to 65535",
                 "v65535", "99999999999999999999"});
  require_right(question_with({"672"}), {"672 bytes", "672B", "672 bytes over udp"});
  require_right(question_with({"32442"}), {"portlabd (pid 32442)", "pid=32442"});
  require_right(question_with({"3"}), {"3 rows", "three", "Three rows.", "3, not 4"});
  require_right(question_with({"21"}), {"twenty-one", "Twenty one", "21/tcp"});
  require_right(question_with({"120"}), {"one hundred and twenty"});
  require_wrong(question_with({"3"}), {"two or three", "three of four", "3 of 4"});
  require_right(question_with({"four"}), {"4", "four"});
}

BOOST_AUTO_TEST_CASE(numbers_are_counted_once_each) {
  for (const auto* text : {"3", "three", "65,535"}) BOOST_TEST(is_number(text), text);
  for (const auto* text : {"", "3 rows", "ICMP", "127.0.0.1"}) BOOST_TEST(!is_number(text), text);
  BOOST_TEST(count_numbers("127.0.0.1:40000 \u2192 127.0.0.1:80") == 2U);
  BOOST_TEST(count_numbers("3 and 3") == 1U);
  BOOST_TEST(count_numbers("many") == 0U);
}

BOOST_AUTO_TEST_CASE(of_a_duration_the_whole_seconds_count) {
  require_right(question_with({"0"}), {"0", "0s", ".004", "0.004", "0,004 s", "0m0.004s", "zero"});
  require_right(question_with({"3"}), {"3.004", "3.004 seconds", "0m3.004s", "3 s"});
  require_right(question_with({"63"}), {"1m3.5s"});
  require_wrong(question_with({"3"}), {"0m4.003s", "4.003", "2.9"});
}

BOOST_AUTO_TEST_CASE(words_may_be_within_a_phrase_and_be_written_in_several_ways) {
  require_right(question_with({"ICMP"}), {"icmp", "the ICMP protocol", "'ICMP'", "ICMP, not UDP"});
  require_wrong(question_with({"ICMP"}),
                {"icmpv6", "not ICMP", "it isn't ICMP", "UDP or ICMP", ""});
  require_right(question_with({"portlabd"}), {"portlabd (pid 32442)", "Portlabd"});
  require_right(question_with({"TIME_WAIT"}),
                {"time wait", "TIME-WAIT", "the state TIME_WAIT", "timewait"});
  require_right(question_with({"FIN_WAIT2"}), {"FIN-WAIT-2", "fin wait 2"});
  require_right(question_with({"cstring", "string.h"}), {"<cstring>", "#include <string.h>"});
  require_wrong(question_with({"cstring"}), {"string"});
  require_right(question_with({"not found"}), {"it was not found"});
  require_right(question_with({"yes"}), {"Yes", "y", "yes, it does", "true"});
  require_wrong(question_with({"yes"}), {"no", "the answer", "maybe yes"});
  require_right(question_with({"no"}), {"No.", "nope", "no, yes is wrong", "no it doesn't"});
  require_wrong(question_with({"no"}), {"no idea", "no answer", "No clue", "number"});
  require_right(question_with({"mit-ml-dev"}), {"MIT ML Device", "the name mit ml dev"});
  require_wrong(question_with({"mit-ml-dev"}), {"MIT ML", "MIT ML D", "MIT Device", "mit-ml-dev1"});
}

BOOST_AUTO_TEST_CASE(a_captured_value_is_compared_like_a_number_of_the_file) {
  const auto question = question_with({"{client}"});
  require_right(question, {"40000", "port 40,000"}, {{"client", "40000"}});
  require_wrong(question, {"40001", "client"}, {{"client", "40000"}});
  require_wrong(question, {"40000", "1"});
}

BOOST_AUTO_TEST_CASE(a_choice_is_named_by_its_letter_or_by_its_words) {
  const auto question = processes();
  for (const auto* answer : {"a", "A", "a)", "(a)", "a.", "'a'", "option a", "a) one", "one",
                             "One.", "1", "only one", "1 process"})
    BOOST_TEST(letter_of(question, answer) == "a", answer);
  for (const auto* answer : {"b", "four", "4", "Four: one for each service", "for each service"})
    BOOST_TEST(letter_of(question, answer) == "b", answer);
  BOOST_TEST(letter_of(question, "none") == "d");
  for (const auto* answer : {"", "e", "ab", "for each", "seven", "a service"})
    BOOST_TEST(letter_of(question, answer) == "", answer);
  require_right(question, {"a", "one"});
  require_wrong(question, {"b", "six", "for each"});
  BOOST_TEST(answer_text(question, "FOUR") == "b) four: one for each service");
  BOOST_TEST(right_text(question, {}) == "a) one");
  BOOST_TEST(right_answers(question, {}) == "a");
}

BOOST_AUTO_TEST_CASE(yes_and_no_stand_for_the_choices_that_begin_with_them) {
  Question question;
  question.choices = {{'a', "Yes, it can."}, {'b', "No: both are in use."}};
  for (const auto* answer : {"yes", "Y", "Yes, it can"})
    BOOST_TEST(letter_of(question, answer) == "a", answer);
  for (const auto* answer : {"no", "n", "No, both are in use"})
    BOOST_TEST(letter_of(question, answer) == "b", answer);
  for (const auto* answer : {"no idea", "no answer", "no program listens there"})
    BOOST_TEST(letter_of(question, answer) == "", answer);
  question.choices.push_back({'c', "No answer comes."});
  BOOST_TEST(letter_of(question, "no answer") == "c");
}

BOOST_AUTO_TEST_CASE(a_choice_is_not_guessed_from_words_that_say_nothing_or_deny_it) {
  Question question;
  question.choices = {{'a', "It works."}, {'b', "The client is refused."}, {'c', "the server's"}};
  for (const auto* answer : {"the", "it", "it is", "it doesn't work", "the client is not refused"})
    BOOST_TEST(letter_of(question, answer) == "", answer);
  BOOST_TEST(letter_of(question, "it works") == "a");
  BOOST_TEST(letter_of(question, "client") == "b");
  for (const auto* answer : {"server", "the server", "server's", "the servers"})
    BOOST_TEST(letter_of(question, answer) == "c", answer);
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_gets_the_reason_that_was_written_for_it) {
  const auto question = processes();
  BOOST_TEST(reason_for(question, "4", {}) == "Services are no processes. One has them all.");
  BOOST_TEST(reason_for(question, "c", {}) == "");
  auto ports = question_with({"{client}"});
  ports.reasons = {{"{server}", {"{server} is the server's."}}, {"5353", {"No."}}};
  const CapturedValues values{{"client", "40000"}, {"server", "80"}};
  BOOST_TEST(reason_for(ports, "port 80", values) == "80 is the server's.");
  BOOST_TEST(reason_for(ports, "5353", values) == "No.");
  BOOST_TEST(reason_for(ports, "40000", values) == "");
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
