"""portlab tour: every check of every scene passes, in a private network and where namespaces are forbidden;
portlab tour office, where there are namespaces."""

import json
import os
import pty
import re
import select
import subprocess
import unittest

from portlab_testing import (
    TIME_LIMIT,
    ClientTest,
    namespaces_are_allowed,
    need,
    portlab,
    program,
    run,
    wait_until,
    without_namespaces,
)

LONG = 120  # seconds: the tour takes about one
# The tour makes control sockets beside the default one. environment() names a folder that must not be.
OWN_ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def shown_on_a_terminal(test, pauses, *words):
    """Runs a tour on a terminal, and types Enter at each pause: 24 rows must hold what is between two of
    them."""
    parent, child = pty.openpty()
    process = subprocess.Popen([program("PORTLAB"), *words], stdin=child, stdout=child, stderr=child,
                               env={**OWN_ENVIRONMENT, "TERM": "xterm"})
    os.close(child)
    shown = b""

    def read():
        test.assertTrue(select.select([parent], [], [], TIME_LIMIT)[0], shown.decode())
        return os.read(parent, 65536)

    try:
        for number in range(pauses):
            while shown.count(b"Enter: ") <= number:
                shown += read()
            test.assertEqual(len(re.findall(rb"passed: ", shown)) > 0, number > 0)
            since_enter = shown[shown[:shown.rindex(b"Enter: ")].rfind(b"Enter: ") + 1:]
            test.assertLessEqual(since_enter.count(b"\n"), 24, since_enter.decode())
            os.write(parent, b"\n")
        while True:
            try:
                piece = read()
            except OSError:  # the last process has closed the terminal
                break
            if not piece:
                break
            shown += piece
    finally:
        os.close(parent)  # ends the tour where it still waits for Enter
        code = process.wait(TIME_LIMIT)
    test.assertEqual(code, 0, shown)
    last = shown[shown.rindex(b"Enter: "):]
    test.assertLessEqual(last.count(b"\n"), 24, last.decode())
    test.assertEqual(shown.count(b"Enter: "), pauses)
    return shown


class Tour(unittest.TestCase):
    PAUSES = 5 + 4  # one before each scene, and one in the middle of those that a screen can't hold

    def test_every_check_passes_and_five_scenes_are_shown(self):
        done = portlab("tour", timeout=LONG, env=OWN_ENVIRONMENT)
        self.assertEqual(done.code, 0, done.text + done.err)
        self.assertNotIn("FAILED", done.text)
        for number in range(1, 6):
            self.assertRegex(done.text, rf"(?m)^{number} \S ", done.text)
        self.assertIn("Every check passed", done.text)
        for line in done.text.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertNotIn("Ctrl-C", done.text)
        self.assertIn("named by the 227 reply", done.text)
        self.assertNotIn("\x1b", done.text)  # no colour without a terminal

    def test_how_the_server_is_confined_is_shown_with_verbose_only(self):
        for options, shown in (([], False), (["--verbose"], True)):
            done = portlab("tour", *options, timeout=LONG, env=OWN_ENVIRONMENT)
            self.assertEqual(done.code, 0, done.text + done.err)
            self.assertEqual("confined: user" in done.text, shown, done.text)

    def test_two_tours_at_once_do_not_disturb_each_other(self):
        both = [subprocess.Popen([program("PORTLAB"), "tour"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
                for _ in range(2)]
        for one in both:
            _, errors = one.communicate(timeout=LONG)
            self.assertEqual(one.returncode, 0, errors)

    def test_json_is_one_document(self):
        done = portlab("tour", "--json", timeout=LONG, env=OWN_ENVIRONMENT)
        document = json.loads(done.text)
        self.assertEqual(document["not_true"], [])
        self.assertEqual(document["scenes"], 5)
        self.assertEqual(done.code, 0)

    def test_where_namespaces_are_forbidden_the_ports_are_shifted_and_it_says_so(self):
        done = without_namespaces(program("PORTLAB"), "tour", timeout=LONG)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("moved up by 8000", " ".join(done.stdout.split()))
        self.assertIn("127.0.0.1:8083", done.stdout)

    def test_on_a_terminal_enter_leads_from_scene_to_scene(self):
        shown = shown_on_a_terminal(self, self.PAUSES, "tour")
        self.assertIn(b"Every check passed", shown)

    def test_other_words_than_enter_are_explained_and_quit_ends_the_tour(self):
        parent, child = pty.openpty()
        process = subprocess.Popen([program("PORTLAB"), "tour"], stdin=child, stdout=child, stderr=child,
                                   env=OWN_ENVIRONMENT)
        os.close(child)
        shown = b""
        for word, reply in ((b"help\n", b"quit ends the tour"), (b"quit\n", b"The tour has ended")):
            while shown.count(b"Enter: ") <= (word == b"quit\n"):
                shown += os.read(parent, 65536)
            os.write(parent, word)
            while reply not in shown:
                shown += os.read(parent, 65536)
        self.assertEqual(process.wait(TIME_LIMIT), 0)
        os.close(parent)
        self.assertNotIn(b"passed: ", shown)

    def test_nothing_is_left_behind_by_a_killed_tour(self):
        parent, child = pty.openpty()
        process = subprocess.Popen([program("PORTLAB"), "tour"], stdin=child, stdout=child,
                                   stderr=child)
        os.close(child)
        shown = b""
        while b"Enter: " not in shown:
            shown += os.read(parent, 65536)
        server = run("pgrep", "-P", str(process.pid), "portlabd").stdout.split()
        self.assertEqual(len(server), 1)
        process.kill()
        process.wait(TIME_LIMIT)
        os.close(parent)
        fd = None
        try:
            fd = os.pidfd_open(int(server[0]))
        except ProcessLookupError:
            return
        ended, _, _ = select.select([fd], [], [], TIME_LIMIT)
        os.close(fd)
        self.assertTrue(ended, "portlabd outlived its tour")


class OfficeTour(ClientTest):
    PAUSES = 8 + 1

    def setUp(self):
        need("ip", "nft")
        if not namespaces_are_allowed():
            self.skipTest("this system forbids namespaces")

    def offices(self):
        return json.loads(portlab("office", "status", "--json").text)["offices"]

    def tour(self, *options, **more):
        return portlab("tour", "office", *options, timeout=LONG, env=OWN_ENVIRONMENT, **more)

    def test_every_check_passes_and_nothing_is_left(self):
        users = [{}]
        if os.getuid() == 0:
            users.append({"user": 65534, "group": 65534, "extra_groups": []})
        for user in users:
            with self.subTest(user=user):
                done = self.tour(**user)
                self.assertEqual(done.code, 0, done.text + done.err)
                self.assertNotIn("FAILED", done.text)
                for number in range(1, 9):
                    self.assertRegex(done.text, rf"(?m)^{number} \S ", done.text)
                self.assertIn("Every check passed", done.text)
                for line in done.text.splitlines():
                    self.assertLessEqual(len(line), 80, line)
                for unwanted in ("Ctrl-C", "\x1b"):
                    self.assertNotIn(unwanted, done.text)
        self.assertFalse([name for name in self.offices() if name.startswith("tour-")])

    def test_it_shows_what_it_checks(self):
        done = self.tour()
        translated = re.findall(r"pc[12] 192\.168\.1\.1[12]:30000 +→ +203\.0\.113\.1:(\d+) +→ +203\.0\.113\.80:80", done.text)
        self.assertEqual(len(set(translated)), 2, done.text)
        self.assertRegex(done.text, r"tcp +internet:\d+ +→ +router:8080 +→ +server1:80 +http +ESTABLISHED")
        self.assertIn("no answer", done.text)
        self.assertIn("refused", done.text)

    def test_json_is_one_document(self):
        done = self.tour("--json")
        document = json.loads(done.text)
        self.assertEqual(document["not_true"], [])
        self.assertEqual(document["scenes"], 8)
        self.assertGreater(document["checks"], 10)

    def test_verbose_shows_the_commands_that_make_the_office(self):
        done = self.tour("--verbose")
        self.assertEqual(done.code, 0, done.text + done.err)
        self.assertIn("router$ nft -f ", done.err)

    def test_on_a_terminal_enter_leads_from_scene_to_scene(self):
        shown = shown_on_a_terminal(self, self.PAUSES, "tour", "office")
        self.assertIn(b"Every check passed", shown)

    def test_the_office_ends_with_a_killed_tour(self):
        parent, child = pty.openpty()
        process = subprocess.Popen([program("PORTLAB"), "tour", "office"], stdin=child, stdout=child,
                                   stderr=child)
        os.close(child)
        shown = b""
        while b"Enter: " not in shown:
            shown += os.read(parent, 65536)
        name = f"tour-{process.pid}"
        self.assertIn(name, self.offices())
        process.kill()
        process.wait(TIME_LIMIT)
        os.close(parent)
        wait_until(lambda: name not in self.offices(), "the end of the office")

    def test_in_an_office_it_says_how_to_leave(self):
        name = f"around-{os.getpid()}"
        self.expect(portlab("office", "--name", name, "up"), 0)
        try:
            done = portlab("office", "--name", name, "enter", "pc1", program("PORTLAB"), "tour", "office")
        finally:
            portlab("office", "--name", name, "down")
        self.expect(done, 3, "this shell is in an office", "exit, then portlab tour office")
        self.expect_form(done)

    def test_another_word_is_a_usage_error(self):
        done = portlab("tour", "offfice")
        self.expect(done, 2, "there is no tour 'offfice'", "portlab tour office")
        self.expect_form(done)

    def test_forbidden_namespaces_are_named(self):
        done = without_namespaces(program("PORTLAB"), "tour", "office")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("the office cannot come up: ", done.stderr)
        self.assertIn("portlab doctor", done.stderr)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
