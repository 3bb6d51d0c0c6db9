#include "labs/runner/interactive/command_list.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "clients/cli/terminal.hpp"
#include "labs/runner/interactive/resume.hpp"
#include "labs/runner/interactive/screen.hpp"

using namespace portlab::labs;

BOOST_AUTO_TEST_CASE(a_command_that_only_looks_is_not_an_attempt) {
  const std::vector<std::string> expected{"portlab http http://127.0.0.1/", "kill %1; wait"};
  for (const char* command : {"ls", "ls /nonexistent", "man bash", "portlab netstat -an | grep :80",
                              "portlab why refused", "portlab port 80", "portlab http --help",
                              "cat x; jobs", "portlab server listeners"})
    BOOST_TEST(only_looks(command, expected), command);
  for (const char* command :
       {"portlab http http://127.0.0.1:81/", "portlab server close http", "portlabd", "kill %2",
        "prtlab", "ls; portlab dns www.lab.test", "sleep 5; ls", ""})
    BOOST_TEST(!only_looks(command, expected), command);
  // What a step asks for is an attempt, also where it only looks.
  BOOST_TEST(!only_looks("portlab netstat", {"portlab netstat -an"}));
  BOOST_TEST(!only_looks("cat /etc/hosts", {"x=$(cat file)", "cat file"}));
  BOOST_TEST(only_looks("portlab port 80", {"portlab netstat -an"}));
  for (const char* command : {"ss -tn", "netstat -n"}) {
    BOOST_TEST(!only_looks(command, {"portlab netstat -n"}), command);
    BOOST_TEST(only_looks(command, {"portlab http http://127.0.0.1/"}), command);
  }
  BOOST_TEST(only_looks("nft list ruleset", {"nft insert rule ip office input accept"}));
}

BOOST_AUTO_TEST_CASE(another_command_of_nft_is_not_the_next_one) {
  CommandList list(
      {"nft insert rule ip office input tcp dport 8085 accept", "portlab office rules"});
  list.on_end("nft add rule ip office input tcp dport 8085 accept");
  BOOST_TEST(list.done() == 0U);
  list.on_end("nft insert rule ip office input tcp dport { 8085 } accept");
  BOOST_TEST(list.done() == 1U);
}

BOOST_AUTO_TEST_CASE(the_next_command_follows_what_was_typed) {
  CommandList list({"first -a", "second", "third"});
  BOOST_TEST(list.next() == "first -a");
  BOOST_TEST(list.reminder() == "");
  list.on_end("ls");
  BOOST_TEST(list.next() == "first -a");
  list.on_end("first   -a");  // blanks do not matter
  BOOST_TEST(list.next() == "second");
  BOOST_TEST(list.reminder().find("next (2 of 3)  second") == 0U);
  list.on_end("third");  // one was left out
  BOOST_TEST(list.done() == 3U);
  BOOST_TEST(list.reminder() == "");
  BOOST_TEST(list.next() == "first -a");
  list.on_end("second");
  BOOST_TEST(list.next() == "third");
  list.on_end("first -a");  // again from the beginning
  BOOST_TEST(list.next() == "second");
}

BOOST_AUTO_TEST_CASE(a_command_that_was_typed_for_the_student_counts_in_any_form) {
  CommandList joined({"a & \\\nb", "c"});
  joined.on_end("a & b");
  BOOST_TEST(joined.next() == "c");
  CommandList list({"cat > x <<'END'\nline\nEND", "same", "same"});
  list.on_end("cat > x <<'END' line END");  // as the shell's history has it
  BOOST_TEST(list.next() == "same");
  list.on_end("same");
  BOOST_TEST(list.done() == 2U);
  list.take();
  list.on_end("in another form");
  BOOST_TEST(list.done() == 3U);
  BOOST_TEST(CommandList({}).next() == "");
}

BOOST_AUTO_TEST_CASE(a_command_with_other_options_counts_if_it_succeeded) {
  CommandList list({"./daytime &", "jobs"});
  list.on_end("./daytime > /dev/null", 0);  // not in the background
  list.on_end("./other &", 0);
  list.on_end("./daytime 2> log &", 1);
  BOOST_TEST(list.next() == "./daytime &");
  list.on_end("./daytime > /dev/null &", 0);
  BOOST_TEST(list.next() == "jobs");
  CommandList portlab({"portlab netstat -tn", "portlab server close dns"});
  portlab.on_end("portlab port 80", 0);
  BOOST_TEST(portlab.next() == "portlab netstat -tn");
  portlab.on_end("portlab netstat -tan", 0);
  BOOST_TEST(portlab.next() == "portlab server close dns");
}

BOOST_AUTO_TEST_CASE(a_command_may_be_the_first_part_of_another) {
  const auto* all = "kill -9 %portlabd; sleep 1; portlab netstat -tn";
  BOOST_TEST(begins("kill %1", all));
  BOOST_TEST(begins("kill %1; sleep 2", all));
  for (const auto* other : {"", "sleep 1", "kill %1; portlab netstat", all})
    BOOST_TEST(!begins(other, all));
}

BOOST_AUTO_TEST_CASE(the_next_of_several_commands_is_marked) {
  CommandList list({"one", "two"});
  const std::string arrow(portlab::style_of(STDOUT_FILENO).arrow());
  BOOST_TEST(list.to_string() == arrow + " one\n  two\n");
  list.on_end("one");
  BOOST_TEST(list.to_string() == "  one\n" + arrow + " two\n");
  BOOST_TEST(CommandList({"one"}).to_string() == "  one\n");
}

BOOST_AUTO_TEST_CASE(commands_can_be_copied_from_the_screen) {
  // A here-document ends only with a line that has no margin.
  CommandList list({"cat > x <<'END'\n  line\nEND", "ls"});
  BOOST_TEST(list.to_string() == "1 of 2 (next):\ncat > x <<'END'\n  line\nEND\n2 of 2:\nls\n");
  const std::string word(30, 'a'), quoted = "'" + word + " " + word + "'";
  BOOST_TEST(CommandList({"x " + word + " " + word + " " + word}).to_string() ==
             "  x " + word + " " + word + " \\\n      " + word + "\n");
  BOOST_TEST(CommandList({"xyz " + word + " " + quoted}).to_string() ==
             "  xyz " + word + " \\\n      " + quoted + "\n");
  const std::string long_word(100, 'a');
  BOOST_TEST(CommandList({long_word}).to_string() == "  " + long_word + "\n");
}

BOOST_AUTO_TEST_CASE(a_command_after_a_label_can_be_copied) {
  BOOST_TEST(labelled_command("next  ", "ls -l") == "next  ls -l\n");
  BOOST_TEST(labelled_command("next  ", "cat <<E\n  a\nE") == "next\ncat <<E\n  a\nE\n");
  const std::string word(50, 'a');
  BOOST_TEST(labelled_command("next  ", word + " " + word) ==
             "next\n" + word + " \\\n    " + word + "\n");
  CommandList list({"one", "cat <<E\na\nE"});
  list.on_end("one");
  BOOST_TEST(list.reminder() == "next (2 of 2)\ncat <<E\na\nE\n");
}

BOOST_AUTO_TEST_CASE(rows_are_those_of_the_screen) {
  BOOST_TEST(rows_of("", 10) == 0U);
  BOOST_TEST(rows_of("a\n\nb\n", 10) == 3U);
  BOOST_TEST(rows_of(std::string(10, 'a'), 10) == 1U);
  BOOST_TEST(rows_of(std::string(11, 'a'), 10) == 2U);
  BOOST_TEST(rows_of("\x1b[1;36m" + std::string(10, 'a') + "\x1b[0m", 10) == 1U);
}

BOOST_AUTO_TEST_CASE(pages_end_between_paragraphs) {
  const std::string text = "a\nb\n\nc\nd\n\ne\n";
  BOOST_TEST(pages_of(text, 10, 80) == (std::vector<std::string>{text}));
  BOOST_TEST(pages_of(text, 5, 80) == (std::vector<std::string>{"a\nb\n\nc\nd\n", "\ne\n"}));
  BOOST_TEST(pages_of(text, 3, 80) == (std::vector<std::string>{"a\nb\n", "\nc\nd\n", "\ne\n"}));
  BOOST_TEST(pages_of("a\nb\n\n\n", 2, 80).size() == 1U);  // no page without text
  BOOST_TEST(pages_of("", 3, 80).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_lab_is_done_when_its_last_check_is) {
  Lab lab;
  lab.steps = {"A", "B (for the curious)", "C"};
  lab.parts = {{1, 0, "", Activity{}},
               {2, 1, "", Question{}},
               {3, 1, "", Activity{}},
               {4, 2, "", std::monostate{}}};
  BOOST_TEST(!is_done_at(lab, 0));
  BOOST_TEST(is_done_at(lab, 1));
  BOOST_TEST(is_done_at(lab, 4));
  BOOST_TEST(!has_activity_before(lab, 2));
  lab.parts[1].task = Activity{};
  BOOST_TEST(has_activity_before(lab, 2));
  BOOST_TEST(!has_activity_before(lab, 1));
}
