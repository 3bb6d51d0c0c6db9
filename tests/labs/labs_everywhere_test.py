"""Every lab, run unattended in a private network. Each check fails before its step and passes after it."""

import concurrent.futures
import os
import shutil
import tempfile
import unittest

from labs_test import SOURCE, lab, small_lab
from portlab_testing import namespaces_are_allowed

# Each lab has a network of its own, and waits most of the time.
AT_ONCE = 3


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that labs run in")
class Unattended(unittest.TestCase):
    def each_lab_passes(self, *options):
        labs = [(what, file.name.split("-")[0].lstrip("0") or "0") for what, folder in
                (("lab", SOURCE / "labs"), ("myth", SOURCE / "labs" / "myths"))
                for file in sorted(folder.glob("[0-9]*-*.md"))]
        self.assertGreater(len(labs), 30)
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        has_office = all(shutil.which(name, path=path) for name in ("ip", "nft"))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            runs = {name: pool.submit(lab, *name, *options) for name in labs}
            for name, run in runs.items():
                with self.subTest(lab=name):
                    done = run.result()
                    self.assertEqual(done.returncode, 0, done.stderr)
                    if has_office and name != ("lab", "13"):  # its servers may be missing: smb, rdp
                        self.assertNotIn("not done here", done.stderr)

    def test_every_lab_passes(self):
        self.each_lab_passes("--auto", "--json")

    def test_every_check_fails_before_and_passes_after(self):
        self.each_lab_passes("--selftest")

    def test_a_variant_passes_too(self):
        done = lab("lab", "--auto", "5", "--student", "ana", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_ephemeral_ports_may_be_registered(self):
        # A few ports of the ephemeral range are registered: one run in some hundred would get one of them.
        names = (SOURCE / "common" / "data" / "service-names.tsv").read_text(encoding="utf-8")
        rows = [line.split("\t") for line in names.splitlines() if not line.startswith("#")]
        named = sorted({int(port) for port, transport, name, *_ in rows if port.isdigit()
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


if __name__ == "__main__":
    unittest.main()
