"""The prompt of a lab's shell: its words, what is answered to a command, what stays on the screen, optional steps, the
recap; a second terminal; and where other machines could connect."""

import fcntl
import json
import os
import struct
import subprocess
import tempfile
import termios
import unittest
import unittest.mock

from labs_test import LONG, Student, lab, small_lab
from portlab_testing import TIME_LIMIT, namespaces_are_allowed, program, without_namespaces

TRUE = "```sh\ntrue\n```\n\n<!-- check\noutput never printed\nnext: do it\n-->"
SEVERAL = ("```sh\necho one\necho two\necho three\n```\n\n"
           "<!-- check\noutput two\noutput three\nnext: the last one\n-->")
CLOSE = ("```sh\nportlab server close dns/tcp\n```\n\n<!-- check\nnot listening tcp 53\n"
         "next: portlab server close dns/tcp\nlistening udp 53\nnext: portlab server listen dns/udp\n-->")


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class AtThePrompt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.state = folder.name
        # `portlab enter` looks for a lab beside the control socket: not for one of another test.
        patch = unittest.mock.patch.dict(os.environ, PORTLAB_CONTROL=os.path.join(self.state, "control"))
        patch.start()
        self.addCleanup(patch.stop)

    def student(self, *steps, rows=0):
        """Starts a lab with these steps, on a screen with that many rows."""
        self.path = small_lab(self.state, *steps)
        student = Student(self.state, self.path)
        self.addCleanup(student.close)
        if rows:
            fcntl.ioctl(student.parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
        return student

    def record(self):
        done = subprocess.run([program("PORTLAB"), "lab", "--report", "--json"], text=True,
                              capture_output=True, check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state})
        return json.loads(done.stdout)["labs"][self.path]

    def test_the_words_of_the_lab_are_taken_in_any_case(self):
        student = self.student("The text of this step.\n\n" + TRUE)
        student.expect(r"\$ $")
        for word in ("again", "AGAIN", "Again"):
            student.type(word)
            student.expect(r"Step 1/1(?s:.*)The text of this step(?s:.*)Type this(?s:.*)\$ $")
        for word in ("help", "?", "HELP"):
            student.type(word)
            student.expect(r"You are at step 1 of 1 of lab 1(?s:.*)again (?s:.*)\$ $")
        student.type("help cd")  # the shell's own
        student.expect(r"cd: cd \[")
        student.expect(r"\$ $")
        student.type("Hint")
        student.expect(r"Do this next: do it(?s:.*)\$ $")
        student.type("Quit")
        student.expect("Your progress is saved")

    def test_in_a_nested_shell_a_word_says_where_it_works(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        student.type("bash --norc")
        student.expect(r"bash-.*[$#] $")
        student.type("hint")
        student.expect("hint: works in the shell of the lab; exit leaves this one")
        student.type("exit")
        student.expect(r"1/1\) \$ $")
        student.type("hint")
        student.expect("Do this next")

    def test_enter_types_the_command_after_ctrl_l_too(self):
        student = self.student(SEVERAL)
        student.expect(r"1/1\) \$ $")
        os.write(student.parent, b"\x0c")
        student.expect(r"1/1\) \$ $")
        student.type("")
        student.expect(r"echo one(?s:.*)next \(2 of 3\)  echo two\r")

    def test_an_unfinished_command_has_another_prompt(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        student.type("echo 'one")
        student.expect(r"unfinished \(Ctrl-C\) > $")
        student.type("two'")
        student.expect(r"\none\r+\ntwo")

    def test_a_command_that_only_looks_is_not_answered(self):
        student = self.student(CLOSE)
        student.expect(r"\$ $")
        for command in ("ls /nonexistent", "portlab netstat -ln", "portlab why refused"):
            student.type(command)
            student.expect(r"1/1\) \$ $")
        self.assertNotIn("not yet", student.shown)
        student.type("portlab server close http")
        student.expect(r"not yet(?s:.*)next +portlab server close dns/tcp\r")
        student.expect(r"1/1\) \$ $")
        student.type("portlab server close dns")
        student.expect(r"not yet(?s:.*)next +portlab server listen dns/udp\r")  # the other condition

    def test_of_several_commands_the_next_one_is_marked(self):
        student = self.student(SEVERAL, TRUE)
        student.expect(r"\r\n→ echo one\r\n  echo two\r\n")
        student.expect(r"\$ $")
        student.type("echo one")
        student.expect(r"next \(2 of 3\)  echo two\r")
        student.expect(r"\$ $")
        student.type("ls")
        student.expect(r"next \(2 of 3\)  echo two\r")
        student.expect(r"\$ $")
        student.type("again")
        student.expect(r"\r\n  echo one\r\n→ echo two\r\n")
        student.expect(r"\$ $")
        student.type("")  # Enter types it
        student.expect(r"next \(3 of 3\)  echo three\r")
        student.expect(r"\$ $")
        student.type("echo three")
        student.expect(r"2/2\) \$ $")
        self.assertNotIn("not yet", student.shown)
        self.assertEqual(self.record()["done"][0]["typed_for_them"], 1)

    def test_what_ctrl_c_left_unfinished_was_not_done(self):
        here = ("```sh\ncat > file <<'END'\none\nEND\ncat file\n```\n\n"
                "<!-- check\noutput one\nexit 0\nnext: cat file\n-->")
        student = self.student(here)
        student.expect(r"\$ $")
        student.type("cat > file <<'END'")
        student.expect("unfinished")
        student.interrupt_until(r"1/1\) \$ $")
        student.type("Again")
        student.expect(r"1 of 2 \(next\):(?s:.*)\$ $")
        student.type("")
        student.expect(r"next \(2 of 2\)  cat file(?s:.*)\$ $")
        student.type("cat file")
        student.expect("is done")
        done = self.record()["done"][0]
        self.assertEqual(done["commands"][-2:], ["cat > file <<'END' ...", "cat file"])
        self.assertEqual(done["by_enter"], ["cat > file <<'END' ..."])

    def test_what_a_failing_command_printed_is_no_part_of_a_success(self):
        student = self.student("```sh\necho one\necho bind\n```\n\n<!-- check\noutput bind\nexit 0\nnext: n\n-->")
        student.expect(r"\$ $")
        student.type("(echo bind; false)")
        student.expect(r"\$ $")
        student.type("echo two")
        student.expect(r"\ntwo\r(?s:.*)\$ $")
        self.assertNotIn("is done", student.shown)

    def test_the_last_hint_is_about_what_is_missing_now(self):
        student = self.student(CLOSE)
        student.expect(r"\$ $")
        student.type("hint")
        student.expect(r"Do this next: portlab server close dns/tcp\r(?s:.*)\$ $")
        student.type("portlab server close dns")
        student.expect(r"not yet(?s:.*)\$ $")
        student.type("hint")
        student.expect(r"Do this next: portlab server listen dns/udp\r")

    def test_what_a_client_should_print_is_said_in_words(self):
        step = ("```sh\nportlab echo 127.0.0.1 hi\n```\n\n"
                "<!-- check\ntried 127.0.0.1:7 connected\n{}next: n\n-->")
        student = self.student(step.format(""), step.format("expect: your text comes back\n"))
        student.expect(r"1/2\) \$ $")
        student.type("portlab echo 127.0.0.1:80 hi")
        student.expect(r"not yet(?s:.*)expected  a client that uses 127\.0\.0\.1 port 7\r(?s:.*)\$ $")
        student.type("portlab echo 127.0.0.1 hi")
        student.expect(r"2/2\) \$ $")
        student.type("portlab echo 127.0.0.1:80 hi")
        student.expect(r"not yet(?s:.*)expected  your text comes back\r")

    def test_an_output_of_which_no_value_can_be_read_is_told_from_the_right_one(self):
        student = self.student("```sh\necho port 1\n```\n\n<!-- check\nexit 0\ncapture: x = port (\\d+)\nnext: n\n-->")
        student.expect(r"\$ $")
        student.type("echo port")
        student.expect(r"expected  output like that of 'echo port 1'\r\nobserved  'echo port': 'port'\r")

    def test_a_command_that_waits_is_explained(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        student.type("sleep 1234")
        student.expect(r"still running. Ctrl-C ends it")
        student.interrupt_until(r"\$ $")

    def test_back_puts_the_listeners_where_they_were(self):
        move = ("```sh\nportlab server move http=83\n```\n\n"
                "<!-- check\nlistening tcp 83\nnot listening tcp 80\nnext: do it\n-->")
        listen = ("```sh\nportlab server listen echo/tcp=1053\n```\n\n"
                  "<!-- check\nlistening tcp 1053\noutput echo\nnext: do it\n-->")
        student = self.student(move, listen, TRUE)
        for step in "12":
            student.expect(step + r"/3\) \$ $")
            student.type("")
        student.expect(r"3/3\) \$ $")
        student.type("back")
        student.expect("The services listen again where they did")
        student.expect(r"2/3\) \$ $")
        student.type("portlab server listen echo/tcp=1053")  # it would be in use
        student.expect(r"now listening(?s:.*)3/3\) \$ $")
        for step in "21":
            student.type("back")
            student.expect(step + r"/3\) \$ $")
        student.type("portlab server move http=83")
        student.expect(r"moved(?s:.*)2/3\) \$ $")
        student.type("quit")
        student.expect("Your progress is saved")
        again = Student(self.state, self.path)  # also to a part that was done before the lab was left
        self.addCleanup(again.close)
        again.expect(r"2/3\) \$ $")
        again.type("back")
        again.expect(r"1/3\) \$ $")
        again.type("portlab server move http=83")
        again.expect(r"moved(?s:.*)2/3\) \$ $")

    def test_a_client_may_be_ended_by_ctrl_c(self):
        student = self.student("```sh\nportlab echo 127.0.0.1 hello\n```\n\n"
                               "<!-- check\noutput hello\nexit 0\nnext: do it\n-->")
        student.expect(r"\$ $")
        student.type("portlab connect 127.0.0.1:7")
        student.expect("connected; Ctrl-D ends")
        student.type("hello")
        student.expect(r"hello\r+\nhello\r+\n")
        student.interrupt_until("is done")
        self.assertNotIn("not yet", student.shown)

    def test_localhost_is_the_address(self):
        student = self.student("```sh\nportlab http http://127.0.0.1:81/\n```\n\n"
                               "<!-- check\noutput 127.0.0.1:81: connection refused\nexit 3\nnext: do it\n-->")
        student.expect(r"\$ $")
        student.type("portlab http http://localhost:81/")
        student.expect("is done")

    def test_after_a_syntax_error_this_error_is_what_was_observed(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        student.type("portlab http http://127.0.0.1:81/")
        student.expect(r"not yet(?s:.*)observed (?s:.*)refused(?s:.*)\$ $")
        student.type("true )")
        student.expect(r"not yet(?s:.*)observed .*bash: syntax error")
        self.assertNotIn("refused", student.shown[student.shown.rindex("not yet"):])

    def test_the_first_part_of_a_command_is_not_judged(self):
        student = self.student("```sh\nkill %1; wait\n```\n\n<!-- check\noutput never printed\nnext: do it\n-->")
        student.expect(r"\$ $")
        student.type("sleep 1234 &")
        student.expect(r"1/1\) \$ $")
        student.type("kill %1")
        student.expect(r"This is the beginning of:  kill %1; wait\r(?s:.*)\$ $")
        self.assertNotIn("not yet", student.shown)

    def test_the_commands_fit_below_the_text_of_their_step(self):
        text = "\n\n".join(f"Paragraph {n}." for n in range(10))  # 19 rows
        student = self.student(TRUE.replace("output never printed", "exit 0"), text + "\n\n" + TRUE, rows=24)
        student.expect(r"1/2\) \$ $")
        student.type("true")
        student.expect(r"Press Enter to continue: $")
        student.type("")
        student.expect(r"Press Enter to continue: $|2/2\) \$ $")
        page = student.shown[student.shown.rindex("Step 2/2"):]
        self.assertLessEqual(page.count("\n"), 23)

    def test_in_its_own_shell_a_lab_is_not_started_again(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        student.type(f"portlab lab {self.path}")
        student.expect(r"this shell belongs to lab .*small.md, which\s+is\s+open\s+already")

    def test_of_two_labs_enter_says_which_one_it_enters(self):
        first = self.student(TRUE)
        first.expect(r"In a second terminal, 'portlab enter' opens(?s:.*)\$ $")
        other = Student(self.state, "1")
        self.addCleanup(other.close)
        other.expect("In a second terminal, 'portlab enter --lab 1' opens")
        other.expect(r"Press Enter to continue: $|\$ $|Your answer: $")

        def enter(*options):
            return subprocess.run([program("PORTLAB"), "enter", *options, "sh", "-c", "echo $PORTLAB_CONTROL"],
                                  text=True, capture_output=True, check=False, timeout=TIME_LIMIT)

        newest, named = enter(), enter("--lab", "1")
        self.assertEqual(newest.returncode, 0, newest.stderr)
        self.assertRegex(newest.stderr, r"You enter the network of lab 1. Others of your labs:\n  portlab enter --lab ")
        self.assertEqual((named.stdout, named.stderr), (newest.stdout, ""))
        self.assertNotEqual(enter("--lab", self.path).stdout, newest.stdout)
        unknown = enter("--lab", "7")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("no lab '7' is running: there is lab 1, lab", unknown.stderr)

    def test_what_skip_could_not_do_is_said_before_the_prediction(self):
        student = self.student("**Predict:** What?\n\n- a) one\n- b) two\n\n<!-- answer\na\nbecause: One.\n-->\n\n"
                               + CLOSE, TRUE)
        student.expect("Your answer: $")
        student.type("one")
        student.expect(r"\$ $")
        student.type("portlab server close dns")
        student.expect("not yet")
        student.expect(r"\$ $")
        student.type("skip")
        student.expect(r"That did not work from here(?s:.*)You predicted(?s:.*)makes its network anew")

    def test_skip_repairs_what_is_in_the_way(self):
        student = self.student(CLOSE, TRUE)
        student.expect(r"\$ $")
        student.type("portlab server close dns")
        student.expect("not yet")
        student.expect(r"\$ $")
        student.type("skip")
        student.expect("That did not work from here")
        student.expect("makes its network anew")
        student.expect(r"2/2\) \$ $")
        student.type("portlab netstat -lnu | grep -c :53")
        student.expect(r"\n1\r")
        self.assertTrue(self.record()["done"][0]["skipped"])

    def test_an_optional_step_is_left_as_a_whole(self):
        listen = ("```sh\nportlab server listen http=8123\n```\n\n"
                  "<!-- check\nlistening tcp 8123\nnext: do it\n-->")
        path = small_lab(self.state, TRUE.replace("output never printed", "exit 0"), listen + "\n\n" + TRUE, TRUE)
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("## 2. S", "## 2. S (for the curious)")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.path = path
        student = Student(self.state, path)
        self.addCleanup(student.close)
        student.expect(r"1/3\) \$ $")
        student.type("true")
        student.expect("This step is optional: 'skip'")
        student.expect(r"2/3\) \$ $")
        student.type("skip")  # nothing was done in it
        student.expect(r"3/3\) \$ $")
        self.assertNotIn("anew", student.shown)
        student.type("back")
        student.expect(r"2/3\) \$ $")
        student.type("back")
        student.expect(r"2/3\) \$ $")
        student.type("portlab server listen http=8123")
        student.expect(r"now listening(?s:.*)2/3\) \$ $")
        student.type("skip")
        student.expect("makes its network anew")
        student.expect(r"3/3\) \$ $")
        student.type("portlab netstat -ln | grep -c :8123")
        student.expect(r"\n0\r")

    def test_a_lab_is_done_when_its_last_check_is_and_ends_with_a_recap(self):
        done = TRUE.replace("output never printed", "output x\ncapture: x = (x)").replace("true", "echo x")
        student = self.student(done + "\n\nThe value was {x}.",
                               "A text after the last check.\n\n## Recap\n\nThis was it.\n\n```text\na -> b\n```")
        student.expect(r"1/2\) \$ $")
        student.type("echo x")
        student.expect("The value was x.")
        student.expect("Press Enter to continue: $")
        self.assertNotEqual(self.record()["finished"], 0)
        student.type("quit")
        student.expect("continues here; the lab is done")
        student.process.wait(TIME_LIMIT)
        student = Student(self.state, self.path)
        self.addCleanup(student.close)
        student.expect("Press Enter to continue: $")
        student.type("")
        student.expect("Press Enter to continue: $")
        student.type("")
        student.expect(r"Recap(?s:.*)This was it(?s:.*)a -> b(?s:.*)Lab 1 is done")

    def test_what_a_step_printed_stays_until_enter(self):
        long = "```sh\nseq 15\n```\n\n<!-- check\noutput 15\nnext: seq 15\n-->"
        question = "**Question:** How many?\n\n<!-- answer\n15\nhint: h\nbecause: b\n-->"
        lines = "\n\n".join(f"Paragraph {n}." for n in range(8))
        student = self.student(long + "\n\n" + lines + "\n\n" + question,
                               "\n\n".join(f"Page {n}." for n in range(20)) + "\n\n" + TRUE, rows=24)
        student.expect(r"\$ $")
        student.type("seq 15")
        student.expect("done\r\n(?s:.*)Press Enter to continue: $")
        self.assertNotIn("Paragraph", student.shown)
        student.type("")
        student.expect(r"Paragraph 7(?s:.*)Your answer: $")
        student.type("15")
        student.expect(r"Right\. b(?s:.*)Press Enter to continue: $")
        student.type("")
        student.expect(r"Page 0\.(?s:.*)Press Enter to continue: $")  # a text longer than the screen
        self.assertNotIn("Page 19.", student.shown)
        student.type("")
        student.expect(r"Page 17\.(?s:.*)Press Enter to continue: $")  # the commands need rows, too
        student.type("")
        student.expect(r"Page 19\.(?s:.*)2/2\) \$ $")

    def test_at_a_pause_a_command_that_only_shows_something_runs(self):
        student = self.student("A text.", TRUE)
        pause = "Press Enter to continue: $"
        for line, reply in (("portlab what kernel", "The kernel is the core"),
                            ("portlab netstat -ln", r"127\.0\.0\.1:80(?s:.*)LISTEN"),
                            ("portlab server close http", r"type 'back'(?s:.*)Other\s+commands\s+run at"),
                            ("ls -l", r"type 'back'(?s:.*)Other\s+commands\s+run at"), ("Help", "type 'back'")):
            student.expect(pause)
            student.type(line)
            student.expect(reply)
        student.expect(pause)

    def test_the_recap_stays_until_enter(self):
        lines = "\n\n".join(f"Sentence {n}." for n in range(8))
        student = self.student("```sh\ntrue\n```\n\n<!-- check\nexit 0\nnext: n\n-->\n\n## Recap\n\n" + lines, rows=24)
        student.expect(r"\$ $")
        student.type("true")
        student.expect(r"Recap(?s:.*)Sentence 7\.(?s:.*)Press Enter for the summary: $")
        self.assertNotIn("is done", student.shown.split("step 1/1 done")[1])
        student.type("")
        student.expect("Lab 1 is done")

    def test_a_short_output_needs_no_enter(self):
        short = "```sh\nseq 5\n```\n\n<!-- check\noutput 5\nnext: seq 5\n-->"
        student = self.student(short, TRUE, rows=24)
        student.expect(r"\$ $")
        student.type("seq 5")
        student.expect(r"2/2\) \$ $")
        self.assertNotIn("Press Enter to continue", student.shown)

    def test_the_second_terminal_says_where_words_work_and_when_the_lab_has_ended(self):
        student = self.student(TRUE)
        student.expect(r"\$ $")
        parent, child = os.openpty()
        self.addCleanup(os.close, parent)
        process = subprocess.Popen([program("PORTLAB"), "enter"], stdin=child, stdout=child, stderr=child,
                                   start_new_session=True,
                                   env={**os.environ, "HOME": self.state, "SHELL": "/bin/bash", "TERM": "xterm"})
        os.close(child)
        self.addCleanup(process.kill)
        shown = Student.__new__(Student)
        shown.parent, shown.shown, shown.seen = parent, "", 0
        shown.expect(r"The words of the lab .* work in its own terminal")
        shown.type("hint")
        shown.expect("hint: works in the terminal of the lab")
        student.type("quit")
        student.expect("Your progress is saved")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)
        shown.type("")
        shown.expect("The lab has ended")
        shown.type("exit")


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class SelfTest(unittest.TestCase):
    def selftest(self, check, optional=False):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "```sh\necho one\n```\n\n```output\none\n```\n\n"
                                     f"<!-- check\noutput one\nnext: n\n{check}\n-->",
                             "```sh\ncat file\n```\n\n```output\nx\n```\n\n<!-- check\nexit 0\nnext: n\n-->")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if optional:
                text = text.replace("## 1. S", "## 1. S (for the curious)")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return lab("lab", "--selftest", path)

    def test_wrong_commands_must_not_pass_and_other_ones_must(self):
        make = "echo x > file; "
        good = self.selftest(f"wrong: echo on\nwrong: {make}false\nalso: {make}echo ' one'\nalso: {make}echo one two")
        self.assertEqual((good.returncode, good.stderr.count("FAILED")), (0, 0), good.stderr)
        bad = self.selftest(f"wrong: {make}echo one")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("the wrong command 'echo x > file; echo one' passes this check", bad.stderr)
        bad = self.selftest(f"wrong: {make}false\nalso: {make}echo on")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("output that contains 'one'", bad.stderr)
        self.assertIn("with the commands of also:", bad.stderr)

    def test_the_second_run_is_without_optional_steps(self):
        needed = self.selftest("wrong: echo x > file", optional=True)  # step 2 needs what step 1 has done
        self.assertEqual(needed.returncode, 1)
        self.assertIn("without the optional steps", needed.stderr)


class WhereOthersCouldConnect(unittest.TestCase):
    def test_a_port_on_all_addresses_is_shown_and_not_opened(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "```sh\nportlab server listen http=0.0.0.0:9080\n```\n\n"
                                     "<!-- check\nlistening tcp 9080\nnext: n\n-->",
                             "```sh\nportlab netstat -ln\n```\n\n<!-- check\nno output :9080\nnext: n\n-->",
                             "```sh\nportlab netstat -ln\n```\n\n<!-- check\noutput LISTEN\nno output 0.0.0.0:90\n"
                             "next: n\n-->")
            done = without_namespaces(program("PORTLAB"), "lab", "--auto", path, timeout=LONG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("This needs a private network, which this machine does not allow", done.stdout)
        self.assertIn("portlab server listen http=0.0.0.0:9080", done.stdout)
        self.assertNotIn("now listening", done.stdout)


if __name__ == "__main__":
    unittest.main()
