"""Every lab, run unattended where namespaces are forbidden."""

import tempfile
import unittest

from labs_test import LONG, small_lab
from portlab_testing import program, without_namespaces


class WithoutNamespaces(unittest.TestCase):
    """What most laptops with Ubuntu 24.04 are, and many containers."""

    # All in one network, as a student does them: one lab's TIME_WAIT must not disturb the next.

    def every_lab_passes(self, **rights):
        for what in ("lab", "myth"):
            with self.subTest(what=what):
                done = without_namespaces(program("PORTLAB"), what, "--auto", "all", "--json",
                                          timeout=LONG, **rights)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_lab_passes_on_shifted_ports(self):
        self.every_lab_passes()

    def test_every_check_fails_before_and_passes_after_on_shifted_ports(self):
        # Those whose attacks name the most ports; all labs take ten minutes.
        for number in ("1", "4", "9"):
            with self.subTest(lab=number):
                done = without_namespaces(program("PORTLAB"), "lab", "--selftest", number, timeout=LONG)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_lab_passes_on_the_real_ports(self):
        self.every_lab_passes(low_ports=True)

    def test_labs_pass_where_the_shifted_ports_are_taken(self):
        # Ports of five digits, as those that the kernel picks.
        script = ('"$1" --shift 8000 --log none --control "$3/control" >"$3/out" 2>&1 &\n'
                  'trap \'"$2" server stop --control "$3/control"\' EXIT\n'
                  'for i in $(seq 100); do grep -qx ready "$3/out" && break; sleep 0.1; done\n'
                  'for number in 2 5 7; do "$2" lab --auto $number || exit; done\n')
        with tempfile.TemporaryDirectory() as folder:
            done = without_namespaces("sh", "-c", script, "sh", program("PORTLABD"), program("PORTLAB"), folder,
                                      timeout=LONG)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        self.assertIn("127.0.0.1:18021", done.stdout)

    def test_an_activity_that_is_not_possible_is_shown_instead(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "At `127.0.0.1:80`.\n\n```sh\necho 80 > /proc/sys/x\n```\n\n"
                                     "```output\nlimit 80\n```\n\n<!-- check\nneeds: private network\n"
                                     "output limit\ncapture: limit = limit (\\d+)\n-->\n\n"
                                     "**Question:** Which?\n\n"
                                     "<!-- answer\n{limit}\nhint: h\nbecause: b\n-->")
            done = without_namespaces(program("PORTLAB"), "lab", "--auto", path, timeout=LONG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("This needs a private network, which this machine does not allow", done.stdout)
        self.assertIn("limit 80", done.stdout)
        self.assertIn("127.0.0.1:8080", done.stdout)
        self.assertIn("not done here: 1 of 1 activities. Needed: a private network", done.stderr)


if __name__ == "__main__":
    unittest.main()
