"""Questions and predictions at a terminal, the record of them, and the names of students."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

from labs_test import LONG, Student, lab, small_lab
from portlab_testing import TIME_LIMIT, namespaces_are_allowed, need, program

PREDICTION = ("**Predict:** What happens?\n\n- a) It works.\n- b) It is refused.\n- c) Both.\n\n"
              "<!-- answer\na\nif b: That needs a firewall.\nbecause: A listener is there.\n-->")
QUESTION = ("**Question:** How many?\n\n<!-- answer\n3 | three\nif 4: You counted the headline.\n"
            "hint: Look.\nbecause: There are three.\n-->")
TRUE = "```sh\ntrue\n```\n\n<!-- check\nexit 0\nnext: do it\n-->"
LISTEN = ("```sh\nportlab server listen http=8123\n```\n\n"
          "<!-- check\nlistening tcp 8123\nnext: do it\n-->")
VALUE = ("```sh\necho value $RANDOM$RANDOM\n```\n\n"
         "<!-- check\noutput value\ncapture: value = value (\\d+)\nnext: do it\n-->\n\n"
         "**Question:** Which value?\n\n<!-- answer\n{value}\nhint: It is {value}.\nbecause: b\n-->")
ANSWER = "Your answer: $"


class Names(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.environment = {**os.environ, "XDG_STATE_HOME": folder.name, "LANG": "C.UTF-8"}
        os.makedirs(os.path.join(folder.name, "portlab"))
        with open(os.path.join(folder.name, "portlab", "labs-Ana.json"), "w", encoding="utf-8") as file:
            json.dump({"labs": {}}, file)

    def lab(self, *arguments):
        return subprocess.run([program("PORTLAB"), "lab", *arguments], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, env=self.environment, timeout=LONG)

    def test_a_name_that_differs_in_case_alone_is_refused(self):
        for arguments in ((), ("--report",)):
            done = self.lab("--student", "ana", *arguments)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("--student Ana", done.stderr)
        self.assertEqual(self.lab("--student", "Ana").returncode, 0)

    def test_a_report_of_an_unknown_name_is_an_error_that_lists_the_names(self):
        for arguments in ((), ("--json",)):
            done = self.lab("--report", "--student", "Ben", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no record of 'Ben': there are Ana", done.stderr + done.stdout)

    def test_the_list_and_the_errors_keep_the_name(self):
        self.assertIn("--auto 5 --student Ana", self.lab("5", "--student", "Ana").stderr)
        self.assertIn("portlab lab --student Ana", self.lab("99", "--student", "Ana").stderr)
        self.assertIn("portlab lab N --student 'Ana B'", self.lab("--student", "Ana B").stdout)


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class Questions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.state = folder.name

    def student(self, *arguments, **options):
        student = Student(self.state, *arguments, **options)
        self.addCleanup(student.close)
        return student

    def at(self, *steps, options=()):
        """A student at the first prompt of a lab with these steps."""
        self.path = small_lab(self.state, *steps)
        return self.student(self.path, *options)

    def report(self, *arguments):
        done = subprocess.run([program("PORTLAB"), "lab", "--report", *arguments], text=True, capture_output=True,
                              check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state, "LANG": "C.UTF-8"})
        return done.stdout

    def test_a_prediction_is_answered_when_its_experiment_is_over(self):
        for answer, verdict in (("it WORKS", r"Right\. A listener"),
                                ("refused", r"Not this time: That needs a firewall\. A listener"),
                                ("both", r"Not this time\. A listener")):
            student = self.at(PREDICTION + "\n\n" + LISTEN, options=("--student", answer.replace(" ", "-")))
            student.expect(ANSWER)
            student.type(answer)
            letter, text = student.expect(r"Noted: ([abc])\) (.*?)\.\r").groups()
            self.assertIn(answer.lower(), text.lower())
            student.expect(r"\$ $")
            student.type("")
            student.expect(rf"You predicted: {letter}\) {text}\.")
            student.expect(verdict)
            student.expect("is done")

    def test_a_prediction_of_a_number_is_a_number(self):
        student = self.at(QUESTION.replace("Question", "Predict") + "\n\n" + TRUE)
        for answer, reply in (("many", "Type one number"), ("2 or 3", "Type one number"), ("two", "Noted: two")):
            student.expect(ANSWER)
            student.type(answer)
            student.expect(reply)
        student.expect(r"\$ $")
        student.type("")
        student.expect(r"You predicted: two\r\n+Not this time\. There are three")

    def test_a_prediction_that_was_skipped_is_answered_too(self):
        student = self.at(PREDICTION + "\n\n" + LISTEN, TRUE)
        student.expect(ANSWER)
        student.type("skip")
        student.expect(r"\$ $")
        self.assertNotIn("The answer", student.shown)
        student.type("")
        student.expect(r"The answer: [abc]\) It works\.\r\n+A listener is there")

    def test_a_prediction_that_is_changed_when_the_result_is_known_does_not_count(self):
        student = self.at(PREDICTION + "\n\n" + TRUE, TRUE)
        student.expect(ANSWER)
        student.type("refused")
        student.expect(r"\$ $")
        self.assertIn("(not tested yet)", self.report())
        self.assertNotIn("It works", self.report())
        self.assertIn('"right":"","was_right":false', self.report("--json"))
        student.type("")
        student.expect("Not this time")
        for _ in range(2):
            student.expect(r"\$ $")
            student.type("back")
        student.expect(ANSWER)
        student.type("it works")
        student.expect(r"\$ $")
        student.type("true")
        student.expect(r"Right\.(?s:.*)It does not count(?s:.*)2/2\) \$ $")
        text = " ".join(self.report().split())
        self.assertRegex(text, r"predicted: [abc]\) It works\. \(right answer: .*wrong before: [abc]\) It is refused")
        self.assertIn("0 of 1", text)

    def test_what_is_no_answer_is_no_try(self):
        student = self.at(PREDICTION, QUESTION, TRUE)
        for line, reply in (("no idea", "Please answer with a, b or c"), ("hint", "just guess"), ("c", "Noted"),
                            ("no idea", "Type one number"), ("netstat -ln", "This is a question"),
                            ("kill %1", "This is a question"),
                            ("portlab netstat -ln; ls", "a command runs alone"), ("hint", "Hint 1 of 1"),
                            ("hint", "no more hints"), ("3", "Right")):
            student.expect(ANSWER)
            student.type(line)
            student.expect(reply)
        student.expect(r"\$ $")
        record = json.loads(self.report("--json"))["labs"][self.path]
        self.assertEqual([answer["tries"] for answer in record["answers"]], [1, 1])
        self.assertEqual(record["hints"], 1)

    def test_again_shows_the_output_and_one_question(self):
        output = ("The first text.\n\n" + PREDICTION + "\n\n```sh\necho one; echo two\n```\n\n"
                  "<!-- check\noutput two\nnext: do it\n-->\n\nThe second text.\n\n")
        student = self.at(output + QUESTION + "\n\n" + QUESTION.replace("How many", "How few"), TRUE)
        student.expect(ANSWER)
        student.type("a")
        student.expect(r"\$ $")
        student.type("")
        student.expect(ANSWER)
        student.type("3")
        student.expect("How few")
        student.expect(ANSWER)
        student.type("again")
        shown = student.expect(r"Step 1/2(?s:.*)The first text\.(?s:.*)The second text\.(?s:.*)"
                               r"The last output:\r\none\r\ntwo\r\n(?s:.*)How few(?s:.*)" + ANSWER).group(0)
        self.assertNotIn("How many", shown)
        self.assertNotIn("What happens", shown)

    def test_commands_in_a_text_keep_the_name(self):
        student = self.at("Do `portlab lab 3` and `portlab myth 7`, not `portlab lab --report`.", TRUE,
                          options=("--student", "Ana B"))
        student.expect(r"'portlab lab 3 --student 'Ana B'' and 'portlab myth 7 --student 'Ana B'', not\s+"
                       r"'portlab lab --report'\.")

    def test_help_lists_the_words_that_work_there(self):
        student = self.at(PREDICTION, QUESTION, TRUE)
        for words, others in ((("again", "skip", "quit"), ("hint ", "Enter", "why  ")), (("hint ",), ("Enter",)),
                              (("Enter", "hint ", "why  "), ())):
            student.expect(ANSWER if others else r"\$ $")
            student.type("help")
            shown = student.expect(r"You are at step (?s:.*)(?:Your answer: |\$ )$").group(0)
            for word in words:
                self.assertRegex(shown, r"\n  " + word)
            for word in others:
                self.assertNotRegex(shown, r"\n  " + word)
            student.type("a" if "What happens" in student.shown and "How many" not in student.shown else "3")

    def test_exit_says_how_to_leave(self):
        student = self.at(QUESTION, TRUE)
        student.expect(ANSWER)
        student.type("exit")
        student.expect("'quit' leaves the lab(?s:.*)" + ANSWER)
        student.type("quit")
        student.expect("Your progress is saved")

    def test_a_wrong_answer_gets_its_own_reason(self):
        student = self.at(QUESTION, TRUE)
        for answer, reply in (("5", "Not quite"), ("four rows", "No. You counted the headline."),
                              ("3 or 4", "Type one number"), ("THREE rows", "Right. There are three.")):
            student.expect(ANSWER)
            student.type(answer)
            student.expect(reply)

    def test_lines_can_be_edited_and_come_back(self):
        student = self.at(QUESTION, TRUE)
        student.expect(ANSWER)
        student.type("4\x1b[D7\x05\x7f\x7f5")  # 4, left, 7: 74; end, backspace twice; 5
        student.expect("Not quite")
        student.expect(ANSWER)
        os.write(student.parent, b"\x1b[A")
        student.expect("5$")
        os.write(student.parent, b"\x0c")  # Ctrl-L: the line is shown again
        student.expect("Your answer: 5$")
        student.type("")
        student.expect("Not quite")
        student.expect(ANSWER)
        student.type("3")
        student.expect("Right")
        self.assertIn('"wrong":["5","5"]', self.report("--json"))

    def test_nothing_but_the_question_and_the_answer_is_on_the_screen(self):
        student = self.at(QUESTION, TRUE)
        student.expect(ANSWER)
        self.assertRegex(student.shown, r"How many\?\r\n\r\n\(1/2\) Your answer: $")
        os.write(student.parent, b"3\t\t\n")
        student.expect(r"3\r\n+Right\.")

    def test_commands_that_only_show_something_run_at_a_question(self):
        student = self.at(QUESTION, TRUE)
        for command, shown in (("portlab port 80", "port 80: well-known"),
                               ("portlab netstat -ltn | grep -c 127.0.0.1:80", "\n1\r"),
                               ("portlab http http://127.0.0.1/", "This is a question"),
                               ("portlab netstat > file", "This is a question")):
            student.expect(ANSWER)
            student.type(command)
            student.expect(shown)
        student.expect(ANSWER)
        os.write(student.parent, b"portlab netstat --watch\n")
        student.expect("every 1 s")
        student.interrupt_until(ANSWER)
        student.type("3")
        student.expect("Right")

    def test_the_words_of_the_lab_are_taken_in_any_case(self):
        student = self.at("The first text.\n\n" + TRUE + "\n\nThe second text.\n\n" + QUESTION, TRUE)
        student.expect(r"\$ $")
        student.type("")
        student.expect(ANSWER)
        for word, shown in (("?", r"You are at step 1 of 2(?s:.*)help, \?"), ("Help", "again +shows this step"),
                            ("HINT", "Hint 1 of 1: Look"), ("Again", "Step 1/2(?s:.*)The first text(?s:.*)How many"),
                            ("Back", "The first text")):
            student.type(word)
            student.expect(shown)
            student.expect(ANSWER if word != "Back" else r"\$ $")

    def test_an_answer_is_kept_only_while_it_is_right(self):
        student = self.at(VALUE, TRUE)
        student.expect(r"\$ $")
        student.type("")
        value = student.expect(r"\nvalue (\d+)").group(1)
        student.expect(ANSWER)
        student.type(value)
        student.expect("Right")
        student.expect(r"\$ $")
        student.type("back")
        student.expect(rf"{value} \(Enter keeps it\)")
        student.expect(ANSWER)
        student.type("back")
        student.expect(r"\$ $")
        student.type("")
        student.expect("That was right then")
        student.expect(ANSWER)
        student.type("")
        student.expect("Type your answer")
        student.expect(ANSWER)
        student.type(value)
        student.expect("Not quite")

    def test_a_value_does_not_outlive_a_new_run_of_its_step(self):
        student = self.at(VALUE, TRUE)
        student.expect(r"\$ $")
        student.type("")
        value = student.expect(r"\nvalue (\d+)").group(1)
        student.expect(ANSWER)
        student.type("hint")
        student.expect(f"Hint 1 of 1: It is {value}")
        student.expect(ANSWER)
        student.type("back")
        student.expect(r"\$ $")
        student.type("echo no value yet")
        student.expect(r"\$ $")
        student.type("skip")  # runs the command of the step
        student.expect(r"\nvalue (?!" + value + r")(\d+)")
        student.expect(ANSWER)
        student.type(value)
        student.expect("Not quite")

    def test_messages_keep_the_name(self):
        student = self.at(QUESTION, TRUE, options=("--student", "Ana B"))
        student.expect(r"\(1/2, Ana B\) Your answer: $")
        student.type("3")
        student.expect(r"2/2, Ana B\) \$ $")
        student.type("quit")
        student.expect(r"small\.md --student 'Ana B' continues here")
        again = self.student(self.path, "--student", "Ana B")
        again.expect(r"\$ $")
        again.type("")
        again.expect(r"--report --student 'Ana B'")
        again.expect(r"portlab lab next --student 'Ana B'")

    def test_the_report_shows_answers_and_commands(self):
        first, last = self.at(PREDICTION + "\n\n" + TRUE, TRUE), None
        first.expect(ANSWER)
        first.type("refused")
        first.expect(r"\$ $")
        first.type("")
        first.expect(r"\$ $")
        first.type("skip")
        first.expect("is done")
        other = os.path.join(self.state, "other")
        os.mkdir(other)
        last = self.student(small_lab(other, QUESTION, TRUE))
        last.expect(ANSWER)
        last.type("4")
        last.expect("No")
        last.type("three")
        last.expect(r"\$ $")
        last.type("true")
        last.expect("is done")
        text = " ".join(self.report().split())
        self.assertRegex(text, r"predicted: [abc]\) It is refused\. \(right answer: [abc]\) It works\.\)")
        self.assertRegex(text, r"typed: true \[by Enter\].*skipped: true")
        self.assertRegex(text, r"answered: three \(right, try 2\) How many\? \(wrong before: 4\).*typed: true")
        one = " ".join(self.report(self.path).split())
        self.assertIn("predicted", one)
        self.assertNotIn("How many?", one)
        self.assertEqual(list(json.loads(self.report("--json", self.path))["labs"]), [self.path])
        self.assertRegex(self.report("5"), r"Lab 5 has not been started: portlab lab lists them")

    def test_a_long_report_is_shown_by_a_pager(self):
        student = self.at(QUESTION, TRUE)
        student.expect(ANSWER)
        student.type("3")
        student.expect(r"\$ $")
        for rows, paged in ((3, True), (50, False)):
            parent, child = pty.openpty()
            self.addCleanup(os.close, parent)
            fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
            subprocess.run([program("PORTLAB"), "lab", "--report"], stdin=child, stdout=child, check=True,
                           timeout=TIME_LIMIT, env={**os.environ, "XDG_STATE_HOME": self.state,
                                                    "PAGER": "sed s/^/PAGE:/"})
            os.close(child)
            shown = Student.__new__(Student)
            shown.parent, shown.shown, shown.seen = parent, "", 0
            shown.expect("How many")
            self.assertEqual("PAGE:The record" in shown.shown, paged)

    def test_a_full_disk_stops_the_record_and_not_the_lab(self):
        need("unshare", "mount")
        for name, size in (("blocks", "size=64k"), ("inodes", "size=64k,nr_inodes=3")):  # no folder can be made either
            disk, runtime = (os.path.join(self.state, name + end) for end in ("", ".run"))
            os.mkdir(disk)
            os.mkdir(runtime)
            script = (f"mount -t tmpfs -o {size} disk {disk} && mkdir -p {disk}/portlab && "
                      f"cat /dev/zero > {disk}/fill 2> /dev/null; "
                      f"export XDG_STATE_HOME={disk} XDG_RUNTIME_DIR={runtime}; exec \"$@\"")
            student = self.student(small_lab(self.state, QUESTION, TRUE),
                                   before=("unshare", "-Urm", "sh", "-c", script, "sh"))
            student.expect(r"progress\s+can't\s+be\s+saved(?s:.*)No\s+space(?s:.*)goes\s+on")
            student.expect(ANSWER)
            student.type("3")
            student.expect("Right")
            student.expect(r"\$ $")
            student.type("true")
            student.expect("is done")
            self.assertEqual(len(re.findall(r"can't\s+be\s+saved", student.shown)), 1)
            self.assertEqual(student.process.wait(TIME_LIMIT), 0)


class Files(unittest.TestCase):
    def test_a_reason_for_a_right_answer_is_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, QUESTION.replace("if 4", "if three"))
            done = lab("lab", "--auto", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("'three' is right, and has a reason why it is wrong", done.stderr)


if __name__ == "__main__":
    unittest.main()
