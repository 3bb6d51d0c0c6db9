"""The Debian package that CPack makes of the build under test."""

import pathlib
import re
import tempfile
import unittest

from install_test import build_folder
from portlab_testing import need, run


def setUpModule():
    global PACKAGE
    need("cpack", "dpkg-deb", "dpkg-shlibdeps", "gzip")
    build = build_folder()
    scratch = tempfile.TemporaryDirectory(prefix="portlab-package-")
    unittest.addModuleCleanup(scratch.cleanup)
    # Programs with sanitizers are large: to compress them takes a minute or two beside other tests.
    done = run("cpack", "-G", "DEB", "--config", str(build / "CPackConfig.cmake"), "-B", scratch.name,
               timeout=600)
    packages = list(pathlib.Path(scratch.name).glob("*.deb"))
    if done.returncode != 0 or len(packages) != 1:
        raise AssertionError(f"{packages}\n{done.stdout}{done.stderr}")
    PACKAGE = packages[0]


class Package(unittest.TestCase):
    def field(self, name):
        return run("dpkg-deb", "--field", str(PACKAGE), name).stdout.strip()

    def contents(self):
        """Each path with its mode and owner."""
        rows = [line.split() for line in run("dpkg-deb", "--contents", str(PACKAGE)).stdout.splitlines()]
        return {row[5].removeprefix("."): (row[0], row[1]) for row in rows}

    def test_it_contains_what_both_programs_need(self):
        contents = self.contents()
        for path in ("/usr/bin/portlab", "/usr/bin/portlabd", "/usr/share/portlab/lab.zone",
                     "/usr/share/portlab/site/hello.txt", "/usr/share/portlab/labs/05-http-on-port-83.md",
                     "/usr/share/portlab/labs/traces/10-on-the-wire.pcapng",
                     "/usr/share/portlab/office/office.zone", "/usr/share/portlab/office/internet-site/index.html",
                     "/usr/share/man/man1/portlab-http.1.gz", "/usr/share/bash-completion/completions/portlabd",
                     "/usr/share/zsh/vendor-completions/_portlab", "/usr/share/fish/vendor_completions.d/portlab.fish",
                     "/etc/portlab/portlabd.conf", "/usr/lib/systemd/system/portlabd.service",
                     "/usr/share/doc/portlab/copyright"):
            self.assertIn(path, contents)
        self.assertTrue(any("/myths/03-" in path for path in contents))

    def test_all_files_belong_to_root_and_only_root_may_write(self):
        for path, (mode, owner) in self.contents().items():
            self.assertEqual(owner, "root/root", path)
            if not mode.startswith("l"):
                self.assertRegex(mode, "^(drwxr-xr-x|-rw[x-]r-[x-]r-[x-])$", path)

    def test_it_depends_on_the_libraries_that_the_programs_load(self):
        depends = self.field("Depends")
        self.assertRegex(depends, r"\blibc6 \(>= ")
        self.assertRegex(depends, r"\blibboost-json1\.\d+")

    def test_the_configuration_stays_at_an_upgrade(self):
        conffiles = run("dpkg-deb", "--info", str(PACKAGE), "conffiles").stdout
        self.assertEqual(conffiles, "/etc/portlab/portlabd.conf\n")

    def test_the_installation_neither_enables_nor_starts_the_service(self):
        script = run("dpkg-deb", "--info", str(PACKAGE), "postinst").stdout
        self.assertNotRegex(script, r"\b(enable|start|restart)\b(?!\.)(?<!try-restart) +portlabd")

    def test_lintian_finds_no_error(self):
        need("lintian")
        done = run("lintian", "--no-cfg", "--allow-root", "--fail-on", "error,warning", str(PACKAGE), timeout=120)
        self.assertEqual((done.returncode, re.findall(r"^[EW]: .*", done.stdout, re.M)), (0, []), done.stderr)


if __name__ == "__main__":
    unittest.main()
