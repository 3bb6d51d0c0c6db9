"""portlab tour: every check of every scene passes, in a private network and where namespaces are forbidden."""

import json
import os
import pty
import re
import subprocess
import unittest

from portlab_testing import PATIENCE, portlab, program, run, without_namespaces

LONG = 120  # seconds: the tour takes about one
# The tour makes control sockets beside the default one. environment() names a folder that must not be.
OWN_ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


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
        parent, child = pty.openpty()
        process = subprocess.Popen([program("PORTLAB"), "tour"], stdin=child, stdout=child,
                                   stderr=child, env={**os.environ, "TERM": "xterm"})
        os.close(child)
        shown = b""
        try:
            for number in range(self.PAUSES):
                while shown.count(b"Enter: ") <= number:
                    shown += os.read(parent, 65536)
                self.assertEqual(len(re.findall(rb"passed: ", shown)) > 0, number > 0)
                since_enter = shown[shown[:shown.rindex(b"Enter: ")].rfind(b"Enter: ") + 1:]
                self.assertLessEqual(since_enter.count(b"\n"), 24, since_enter.decode())
                os.write(parent, b"\n")
            while True:
                try:
                    piece = os.read(parent, 65536)
                except OSError:  # the last process has closed the terminal
                    break
                if not piece:
                    break
                shown += piece
        finally:
            self.assertEqual(process.wait(PATIENCE), 0, shown)
            os.close(parent)
        self.assertIn(b"Every check passed", shown)

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
        process.wait(PATIENCE)
        os.close(parent)
        fd = None
        try:
            fd = os.pidfd_open(int(server[0]))
        except ProcessLookupError:
            return
        import select
        ended, _, _ = select.select([fd], [], [], PATIENCE)
        os.close(fd)
        self.assertTrue(ended, "portlabd outlived its tour")


if __name__ == "__main__":
    unittest.main()
