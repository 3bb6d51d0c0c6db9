"""Labs at a terminal, as a student does them: wrong answers, Ctrl-C, quit and resume; and wrong usage."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from portlab_testing import TIME_LIMIT, namespaces_are_allowed, program, run

LONG = 900
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def lab(*arguments, **options):
    options.setdefault("timeout", LONG)
    return subprocess.run([program("PORTLAB"), *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, "LANG": "C.UTF-8"}, **options)


def small_lab(folder, *steps):
    """Writes a lab with these steps; the first one begins at line 9. Returns its path."""
    path = os.path.join(folder, "small.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Lab 1: Small\n\n<!-- lab\nminutes: 1\n-->\n\n")
        file.writelines(f"## {n}. S\n\n{step}\n\n" for n, step in enumerate(steps, 1))
    return path


class Files(unittest.TestCase):
    def test_lint_finds_nothing_in_the_labs(self):
        for what in ("lab", "myth"):
            done = lab(what, "--lint", "all")
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_name_that_nothing_captures_is_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "Do it.\n\n<!-- check\nexit 0\nnext: n\n"
                                     "do: echo {port} ${HOME} {1..2}\n-->")
            done = lab("lab", "--lint", path)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("{port} was not captured before", done.stderr)
        self.assertEqual(done.stderr.count("was not captured"), 1)  # the rest is the shell's

    def test_json_is_one_document(self):
        self.assertEqual(json.loads(lab("lab", "--json").stdout)["list"][5]["id"], "5")
        checked = json.loads(lab("myth", "--lint", "all", "--json").stdout)["checked"]
        self.assertTrue(checked and all(one["as_it_should_be"] for one in checked))

    def test_bad_usage_names_the_right_one(self):
        for arguments, expected in ((["99"], "there is no lab '99'"), (["--auto"], "which one?"),
                                    (["1", "2"], "2")):
            done = lab("lab", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(expected, done.stderr)

    def test_without_a_terminal_a_lab_ends_with_advice(self):
        done = lab("lab", "5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--auto 5", done.stderr)


class Student:
    """portlab lab in a pseudo-terminal."""

    def __init__(self, state, *arguments, before=()):
        """`before`: a program, with arguments, that starts portlab."""
        self.parent, child = pty.openpty()
        self.process = subprocess.Popen(
            [*before, program("PORTLAB"), "lab", *arguments], stdin=child, stdout=child, stderr=child,
            start_new_session=True, preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0),
            env={**os.environ, "XDG_STATE_HOME": state, "TERM": "xterm", "LANG": "C.UTF-8",
                 "NO_COLOR": "1"})
        os.close(child)
        self.shown = ""
        self.seen = 0

    def read(self):
        ready, _, _ = select.select([self.parent], [], [], 0.2)
        if not ready:
            return True
        try:
            part = os.read(self.parent, 65536)
        except OSError:
            part = b""
        self.shown += part.decode("utf-8", "replace")
        return bool(part)

    def expect(self, text):
        """Waits until this is shown, after the text of the previous call."""
        end = time.monotonic() + TIME_LIMIT
        while True:
            found = re.compile(text).search(self.shown, self.seen)
            if found:
                self.seen = found.end()
                return found
            if time.monotonic() > end or not self.read():
                raise AssertionError(f"'{text}' was not shown; after the last: {self.shown[self.seen:]}")

    def interrupt_until(self, text, times=1):
        """Presses Ctrl-C until this is shown. Between two commands, or just before it waits for keys, bash only
        notes the signal and does nothing before the next key."""
        for _ in range(TIME_LIMIT):
            os.write(self.parent, b"\x03" * times)
            end = time.monotonic() + 1
            while time.monotonic() < end and not re.compile(text).search(self.shown, self.seen):
                self.read()
            if re.compile(text).search(self.shown, self.seen):
                break
        self.expect(text)

    def type(self, line):
        os.write(self.parent, line.encode() + b"\n")

    def close(self):
        os.close(self.parent)  # SIGHUP, as when the window is closed
        self.process.wait(TIME_LIMIT)


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class AtTheTerminal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.state = folder.name

    def student(self, *arguments):
        student = Student(self.state, *arguments)
        self.addCleanup(student.close)
        return student

    def test_a_lab_is_started_left_and_resumed(self):
        student = self.student("5")
        student.expect(r"\$ $")
        student.type("false")
        student.expect("not yet")
        student.expect("expected .*127.0.0.1")
        student.expect("next .*portlab http")
        student.expect(r"\$ $")
        student.type("hint")
        student.expect("Hint 1 of")
        student.expect(r"\$ $")
        student.type("echo begun; sleep 60")
        student.expect("\nbegun")
        student.interrupt_until("not yet")  # Ctrl-C ends the command, not the lab
        student.expect(r"\$ $")
        student.type("")  # Enter: the lab types it
        port = student.expect(r"127\.0\.0\.1:(\d+)  →").group(1)
        student.expect("Your answer: ")
        student.type("80")
        student.expect("the server.s port")
        student.type(port)
        student.expect("Right")
        student.expect(r"\$ $")
        student.type("portlab server move http=83")
        student.expect("Your answer: ")
        os.write(student.parent, b"\x03")  # discards the line, and nothing more
        student.expect("`?quit.? leaves the lab")
        student.type("z")
        student.expect("Please answer with a, b or c")
        student.type("a")
        student.expect(r"\$ $")
        student.type("quit")
        student.expect("Your progress is saved")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)

        again = self.student("5")
        again.expect("You were at step 2")
        again.expect("Fetch the file as before")
        again.expect(r"\$ $")
        again.type("portlab http http://127.0.0.1/hello.txt")
        again.expect("refused")
        again.expect("You predicted: a")

        done = subprocess.run([program("PORTLAB"), "lab", "--report", "--json"], text=True,
                              capture_output=True, check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state})
        record = json.loads(done.stdout)["labs"]["5"]
        answers = record["answers"]
        self.assertEqual((answers[0]["answer"], answers[0]["was_right"], answers[0]["tries"]),
                         (port, True, 2))
        self.assertEqual((answers[1]["prediction"], answers[1]["answer"]), (True, "a"))
        first = record["done"][0]
        self.assertEqual((first["step"], first["hints"], first["typed_for_them"]), (1, 1, 1))
        self.assertEqual(first["commands"][0], "false")
        self.assertEqual(first["commands"][-1], "portlab http http://127.0.0.1/hello.txt")

        done = subprocess.run([program("PORTLAB"), "lab", "--report"], text=True,
                              capture_output=True, check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state})
        self.assertRegex(done.stdout, r"step 1, [\d-]+ \d\d:\d\d, typed: false ; .*(?s:.*)\(hints: 1\)")
        self.assertRegex(done.stdout, rf"step 1, [\d-]+ \d\d:\d\d, answered: {port} \(right, try 2\)")
        self.assertRegex(done.stdout, r"\(wrong before: 80\)")

    def small_lab(self, *steps):
        return small_lab(self.state, *steps)

    QUESTION = "**Question:** How many?\n\n<!-- answer\n3 | three\nhint: h\nbecause: b\n-->"
    LISTEN = ("```sh\nportlab server listen http=8123\n```\n\n"
              "<!-- check\nlistening tcp 8123\nnext: do it\n-->")
    TRUE = "```sh\ntrue\n```\n\n<!-- check\noutput never printed\nnext: do it\n-->"

    def record(self, path):
        done = subprocess.run([program("PORTLAB"), "lab", "--report", "--json"], text=True,
                              capture_output=True, check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state})
        return json.loads(done.stdout)["labs"][path]

    def test_ctrl_c_at_a_question_leaves_the_servers_alone(self):
        student = self.student(self.small_lab(self.QUESTION, self.LISTEN))
        for _ in range(20):  # at any moment between two reads
            student.expect("Your answer: $")
            os.write(student.parent, b"\x03")
            student.expect("leaves the lab")
        student.type("3")
        student.expect(r"\$ $")
        student.type("portlab server listen http=8123")
        student.expect("is done")

    def test_only_enter_alone_types_the_command(self):
        student = self.student(self.small_lab(self.LISTEN))
        student.expect(r"\$ $")
        student.interrupt_until(r"\$ $")
        student.interrupt_until(r"\$ $", times=2)
        for keys in (b"# a comment\n", b"echo <a b>\n"):
            os.write(student.parent, keys)
            student.expect(r"\$ $")
        student.type("echo still $((40 + 2))")
        student.expect("still 42")
        self.assertNotIn("now listening", student.shown)
        student.expect(r"\$ $")
        student.type("")
        student.expect("now listening")

    def test_the_shell_may_end_while_something_runs(self):
        student = self.student(self.small_lab(self.TRUE))
        student.expect(r"\$ $")
        student.type("sleep 1234 &")
        student.expect(r"\$ $")
        student.type("exit")
        student.expect("Your progress is saved")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)

    def test_ctrl_c_at_the_prompt_ends_no_session_of_lab_7(self):
        text = (SOURCE / "labs" / "07-ftps-second-port.md").read_text(encoding="utf-8")
        student = self.student(self.small_lab(self.TRUE))
        student.expect(r"\$ $")
        student.type("echo USER ftp > commands")
        student.expect(r"\$ $")
        student.type(re.search(r"^tail -f commands .*&$", text, re.MULTILINE)[0])
        student.expect(r"\$ ")
        student.type("until portlab netstat -tn | grep -q ESTABLISHED; do :; done; echo it is there")
        student.expect("\nit is there")
        student.expect(r"\$ $")
        student.interrupt_until(r"\$ $")
        student.type("portlab netstat -tn | grep -c ESTABLISHED")
        student.expect(r"\n2\r")

    def test_what_a_program_prints_is_never_taken_for_a_mark(self):
        student = self.student(self.small_lab(self.TRUE, self.QUESTION))
        student.expect(r"\$ $")
        for mark in ("ask;skip", "done;9;0;  9  x", "start;", "ready;"):
            student.type(rf"printf '\\033]777;portlab;{mark}\\007'; echo '<'$((40 + 2))'>'")
            student.expect("<42>")
            student.expect(r"1/2\) \$ $")

    def test_the_programs_of_the_student_do_not_get_the_text_of_the_marks(self):
        student = self.student(self.small_lab(self.TRUE, self.QUESTION))
        student.expect(r"\$ $")
        student.type("set -a")
        student.expect(r"1/2\) \$ $")
        student.type(f"{sys.executable} -c 'import os; print(os.environ, *map(os.readlink, "
                     '(f"/proc/self/fd/{n}" for n in range(64) if os.path.exists(f"/proc/self/fd/{n}"))), "END")\'')
        shown = student.expect(r"\nenviron(?s:.*?) END\r").group(0)
        self.assertNotIn("777;", shown)
        self.assertNotIn("memfd", shown)

    def test_no_session_ends_for_the_lack_of_data_while_a_lab_goes_on(self):
        student = self.student(self.small_lab(self.TRUE))
        student.expect(r"\$ $")
        student.type("tr '\\0' '\\n' < /proc/$(pgrep -P $PPID portlabd)/environ | grep IDLE; echo $PORTLABD_IDLE_TIMEOUT")
        servers, own = student.expect(r"\nPORTLABD_IDLE_TIMEOUT=(\d+)\r+\n(\d+)\r").groups()
        self.assertGreaterEqual(min(int(servers), int(own)), 3600)

    def test_reset_asks_first(self):
        student = self.student(self.small_lab(self.QUESTION, self.TRUE))
        student.expect("Your answer: $")
        student.type("three")
        student.expect(r"\$ $")
        student.type("echo own > file")
        student.expect(r"\$ $")
        student.type("reset")
        student.expect("Type yes to do that: $")
        student.type("no")
        student.expect(r"\$ $")
        student.type("cat file")
        student.expect("\nown")
        student.expect(r"\$ $")
        student.type("reset")
        student.expect("Type yes to do that: $")
        student.type("yes")
        student.expect("Your answer: $")
        student.type("4")
        student.expect("Not quite")

    def test_back_waits_for_a_command_where_the_check_succeeds_already(self):
        session = ("```sh\nsleep 600 | portlab connect -q 127.0.0.1:7 &\n```\n\n"
                   "<!-- check\nsockets tcp remote :7 state ESTABLISHED\nnext: do it\n-->")
        path = self.small_lab(session, self.TRUE)
        student = self.student(path)
        student.expect(r"\$ $")
        student.type("")
        student.expect("done")
        student.expect(r"2/2\) \$ $")
        student.type("back")
        student.expect(r"1/2\) \$ $")
        student.type("echo there")  # after any command, if the check succeeds
        student.expect(r"2/2\) \$ $")
        student.type("quit")
        student.expect("Your progress is saved")
        self.assertEqual(self.record(path)["done"][0]["commands"], ["echo there"])

    def test_files_of_the_student_and_bytes_that_are_not_utf8_are_kept(self):
        path = self.small_lab("```sh\necho from the lab > file; echo ok\n```\n\n"
                              "<!-- check\noutput ok\nnext: do it\n-->", self.QUESTION, self.TRUE)
        student = self.student(path)
        student.expect(r"\$ $")
        student.type("")
        student.expect("Your answer: $")
        os.write(student.parent, b"caf\xc3\n")
        student.expect("Type one number")
        student.type("3")
        student.expect(r"\$ $")
        student.type("echo own > file")
        student.expect(r"\$ $")
        student.type("quit")
        student.expect("Your progress is saved")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)
        again = self.student(path)
        again.expect("You were at step 3")
        replaced = again.expect(r"Your file file is back. .* that one is (.*)\.\r").group(1)
        again.expect(r"3/3\) \$ $")
        with open(replaced, encoding="utf-8") as file:
            self.assertEqual(file.read(), "from the lab\n")
        again.type("cat file")
        again.expect("\nown")
        self.assertEqual(self.record(path)["answers"][0]["tries"], 1)  # the other was no number

    def test_a_lab_is_open_in_one_terminal_only(self):
        path = self.small_lab(self.TRUE)
        student = self.student(path)
        student.expect(r"\$ $")
        other = self.student(path)
        other.expect("open in another terminal")
        self.assertEqual(other.process.wait(TIME_LIMIT), 3)

    def test_a_broken_record_is_renamed(self):
        folder = os.path.join(self.state, "portlab")
        os.makedirs(folder)
        with open(os.path.join(folder, "labs.json"), "w", encoding="utf-8") as file:
            file.write("{")
        student = self.student(self.small_lab(self.TRUE))
        student.expect("labs.json.broken")
        student.expect(r"\$ $")
        self.assertTrue(os.path.exists(os.path.join(folder, "labs.json.broken")))

    def test_two_labs_at_once_are_both_saved(self):
        both = [self.student(number) for number in ("1", "5")]
        for student in both:
            student.expect(r"\$ $|Your answer: $|Press Enter to continue: $")
        for student in both:
            student.type("quit")
            student.expect("Your progress is saved")
        done = subprocess.run([program("PORTLAB"), "lab", "--report", "--json"], text=True,
                              capture_output=True, check=True, timeout=TIME_LIMIT,
                              env={**os.environ, "XDG_STATE_HOME": self.state})
        self.assertEqual(set(json.loads(done.stdout)["labs"]), {"1", "5"})

    def test_a_process_that_ignores_signals_ends_with_its_lab(self):
        student = self.student(self.small_lab(self.TRUE))
        student.expect(r"\$ $")
        student.type("(trap '' HUP TERM; exec sleep 1234) & echo pid $!")
        fd = os.pidfd_open(int(student.expect(r"\npid (\d+)").group(1)))
        self.addCleanup(os.close, fd)
        student.expect(r"\$ $")
        student.type("quit")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)
        ended, _, _ = select.select([fd], [], [], 0)
        self.assertTrue(ended, "a background job outlived its lab")

    def test_no_process_is_left_by_kill_9(self):
        student = self.student("5")
        student.expect(r"\$ $")
        student.type("sleep 1234 & echo pid $!")
        sleeper = int(student.expect(r"\npid (\d+)").group(1))
        fd = os.pidfd_open(sleeper)
        self.addCleanup(os.close, fd)
        children = run("pgrep", "-P", str(student.process.pid)).stdout.split()
        self.assertEqual(len(children), 1)
        os.kill(int(children[0]), signal.SIGKILL)
        ended, _, _ = select.select([fd], [], [], TIME_LIMIT)
        self.assertTrue(ended, "a background job outlived its lab")
        self.assertNotEqual(student.process.wait(TIME_LIMIT), 0)


if __name__ == "__main__":
    unittest.main()
