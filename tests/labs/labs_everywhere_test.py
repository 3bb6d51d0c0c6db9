"""Every lab, run unattended: in a private network, and where namespaces are forbidden. Each check fails before its
step and passes after it."""

import os
import tempfile
import unittest

from labs_test import LONG, SOURCE, lab, small_lab
from portlab_testing import namespaces_are_allowed, program, without_namespaces


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class Unattended(unittest.TestCase):
    def test_every_lab_passes(self):
        for what in ("lab", "myth"):
            with self.subTest(what=what):
                done = lab(what, "--auto", "all", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_check_fails_before_and_passes_after(self):
        for what in ("lab", "myth"):
            with self.subTest(what=what):
                done = lab(what, "--selftest", "all")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_variant_passes_too(self):
        done = lab("lab", "--auto", "5", "--student", "ana", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_ephemeral_ports_may_be_registered(self):
        # A few ports of the ephemeral range are registered: one run in some hundred would get one of them.
        names = (SOURCE / "common" / "data" / "service-names.tsv").read_text(encoding="utf-8")
        rows = [line.split("\t") for line in names.splitlines() if not line.startswith("#")]
        named = sorted({int(port) for port, transport, name, *_ in rows
                        if transport == "tcp" and name and 32768 <= int(port) <= 60999})
        between = zip([32767] + named, named + [61000])
        unnamed = ",".join(f"{low + 1}-{high - 1}" for low, high in between if low + 1 < high)
        text = (SOURCE / "labs" / "07-ftps-second-port.md").read_text(encoding="utf-8")
        begin, steps = text.split("\n## 1.", 1)
        title, rest = steps.split("\n", 1)
        with tempfile.TemporaryDirectory() as folder:
            reserved = os.path.join(folder, "reserved")
            with open(reserved, "w", encoding="utf-8") as file:
                file.write(unnamed)
            path = os.path.join(folder, "named.md")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"{begin}\n## 1.{title}\n\n```sh\ncat {reserved} > "
                           "/proc/sys/net/ipv4/ip_local_reserved_ports\n```\n\n```output\n```\n"
                           f"{rest}")
            done = lab("lab", "--auto", path)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_wrong_output_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "```sh\necho 1\n```\n\n```output\n2\n```")
            done = lab("lab", "--auto", path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{path}:9: expected '2'; observed '1'", done.stderr)


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

    def test_every_lab_passes_on_the_real_ports(self):
        self.every_lab_passes(low_ports=True)

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


if __name__ == "__main__":
    unittest.main()
