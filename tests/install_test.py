"""What `cmake --install` installs, used by a user who may not write to it, and what the shells and the
manual make of it."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, need, program, run

NOBODY = 65534


def build_folder():
    folder = pathlib.Path(program("PORTLAB")).resolve().parent
    if not (folder / "cmake_install.cmake").is_file():
        raise unittest.SkipTest(f"{folder} is no build folder")
    return folder


def setUpModule():
    """Installs what was built into a folder to which nobody may write."""
    global SCRATCH, PREFIX
    need("cmake")
    SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="portlab-install-"))
    unittest.addModuleCleanup(remove_folder, SCRATCH)
    SCRATCH.chmod(0o755)
    PREFIX = SCRATCH / "prefix"
    done = run("cmake", "--install", str(build_folder()), "--prefix", str(PREFIX))
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    forbid_writing(PREFIX)


def forbid_writing(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)


def remove_folder(folder):
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def copy_of_prefix(name):
    copy = SCRATCH / name
    shutil.copytree(PREFIX, copy)
    return copy


def as_user(*command, **options):
    """Runs it as a user who is not root, without a home folder."""
    options.setdefault("env", {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"})
    if os.geteuid() == 0:
        options.update(user=NOBODY, group=NOBODY, extra_groups=[])
    return run(*map(str, command), cwd="/", **options)


def users_folder(name):
    """A folder that belongs to that user."""
    folder = SCRATCH / name
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


class Programs(unittest.TestCase):
    def fetch_from(self, prefix, *arguments):
        """Starts its portlabd, and fetches a page and a name with its portlab."""
        folder = users_folder(f"control-{prefix.name}")
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        server = subprocess.Popen(
            [str(prefix / "bin/portlabd"), "http=0", "dns=0", "--control", str(folder / "control"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd="/", **options)
        try:
            ports = {}
            for line in server.stdout:
                if line == "ready\n":
                    break
                service, transport, endpoint = line.split()[:3]
                ports[service, transport] = endpoint
            page = as_user(prefix / "bin/portlab", "http", f"http://{ports['http', 'tcp']}/hello.txt")
            name = as_user(prefix / "bin/portlab", "dns", "www.lab.test", f"@{ports['dns', 'udp']}")
        finally:
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=TIME_LIMIT)
        self.assertEqual(server.returncode, 0, out + err)
        self.assertEqual((page.returncode, name.returncode), (0, 0), f"{page}\n{name}\n{err}")
        self.assertIn("127.0.0.1", name.stdout)
        return page.stdout

    def test_a_user_without_write_permission_runs_both(self):
        site = pathlib.Path(__file__).resolve().parent.parent / "servers/site/files"
        self.assertEqual(self.fetch_from(PREFIX), (site / "hello.txt").read_text(encoding="utf-8"))
        listed = as_user(PREFIX / "bin/portlab", "lab")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, r"5 +HTTP on port 83")

    def test_the_labs_and_myths_are_complete(self):
        for what in ("lab", "myth"):
            done = as_user(PREFIX / "bin/portlab", what, "--lint", "all")
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_saved_captures_of_the_labs_are_read(self):
        done = as_user(PREFIX / "bin/portlab", "capture", "--lab", "10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("dns: www.lab.test A?", done.stdout)

    def test_a_lab_runs_in_a_private_network_or_beside_others(self):
        done = as_user(PREFIX / "bin/portlab", "myth", "--auto", "9")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_copy_in_another_folder_uses_its_own_files(self):
        copy = copy_of_prefix("copy")
        (copy / "share/portlab/site").chmod(0o755)
        changed = copy / "share/portlab/site/hello.txt"
        changed.chmod(0o644)
        changed.write_text("from the copy\n", encoding="utf-8")
        self.assertEqual(self.fetch_from(copy), "from the copy\n")

    def test_a_link_to_a_program_finds_the_files(self):
        link = users_folder("links") / "portlab"
        link.symlink_to(PREFIX / "bin/portlab")
        self.assertEqual(as_user(link, "lab", "--lint", "1").returncode, 0)

    def test_without_labs_the_error_says_where_they_were_looked_for(self):
        copy = copy_of_prefix("no-labs")
        (copy / "share/portlab").chmod(0o755)
        remove_folder(copy / "share/portlab/labs")
        for arguments in (["lab"], ["lab", "--json"], ["lab", "1"], ["lab", "next"], ["lab", "--lint", "all"],
                          ["myth"]):
            done = as_user(copy / "bin/portlab", *arguments)
            self.assertEqual(done.returncode, 2, f"{arguments}: {done}")
            self.assertIn(f"there are no {arguments[0]}s in {copy}/share/portlab/labs", done.stderr)

    def test_without_the_site_the_error_names_the_folder(self):
        copy = copy_of_prefix("no-site")
        (copy / "share/portlab").chmod(0o755)
        remove_folder(copy / "share/portlab/site")
        done = as_user(copy / "bin/portlabd", "http=0")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{copy}/share/portlab/site", done.stderr)


class Service(unittest.TestCase):
    def test_the_unit_names_what_was_installed(self):
        unit = (PREFIX / "lib/systemd/system/portlabd.service").read_text(encoding="utf-8")
        self.assertIn(f"ExecStart={PREFIX}/bin/portlabd --config {PREFIX}/etc/portlab/portlabd.conf ", unit)
        self.assertNotIn("@", re.sub(r"SystemCallFilter=.*", "", unit))

    def test_systemd_finds_no_fault_in_the_unit(self):
        need("systemd-analyze")
        unit = SCRATCH / "portlabd.service"
        unit.write_bytes((PREFIX / "lib/systemd/system/portlabd.service").read_bytes())
        done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_configuration_has_each_option_as_a_comment(self):
        text = (PREFIX / "etc/portlab/portlabd.conf").read_text(encoding="utf-8")
        self.assertEqual([line for line in text.splitlines() if line and not line.startswith("#")], [])
        keys = re.findall(r"^#(\S+) = ", text, re.M)
        offered = run(str(PREFIX / "bin/portlabd"), "--complete", "--").stdout
        options = {line.split("\t")[0][2:] for line in offered.splitlines()} - {"config", "help", "version"}
        self.assertEqual(options - set(keys), set())
        self.assertIn("http", keys)
        self.assertIn("the limits of sessions", " ".join(text.replace("#", "").split()))

    def test_portlabd_starts_with_the_configuration_and_with_a_line_of_it(self):
        text = (PREFIX / "etc/portlab/portlabd.conf").read_text(encoding="utf-8")
        path = users_folder("configuration") / "portlabd.conf"
        path.write_text(text.replace("#workers = N", "workers = none"), encoding="utf-8")
        path.chmod(0o644)
        path.parent.chmod(0o755)
        done = as_user(PREFIX / "bin/portlabd", "--config", path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("workers: 'none' is not a whole number", done.stderr)


class Manual(unittest.TestCase):
    def pages(self):
        return sorted((PREFIX / "share/man/man1").iterdir())

    def test_both_programs_and_each_command_have_a_page(self):
        overview = run(str(PREFIX / "bin/portlab"), "--help").stdout
        commands = re.findall(r"^  (\w+) {2,}\S", overview, re.M)
        self.assertIn("netstat", commands)
        self.assertEqual([page.name for page in self.pages()],
                         sorted(["portlab.1", "portlabd.1", *(f"portlab-{name}.1" for name in commands)]))

    def test_mandoc_finds_no_fault(self):
        need("mandoc")
        names = [page.name for page in self.pages()]
        done = run("mandoc", "-Tlint", *map(str, self.pages()))
        faults = []
        for line in done.stdout.splitlines() + done.stderr.splitlines():
            # mandoc looks for other pages only where the system has its own.
            reference = re.search(r"referenced manual not found: Xr (\S+) (\d)", line)
            if not reference or ".".join(reference.groups()) not in names:
                faults.append(line)
        self.assertEqual(faults, [])

    def test_a_page_says_what_help_says(self):
        need("mandoc")
        for command in ("", "echo", "server"):
            page = PREFIX / "share/man/man1" / (f"portlab-{command}.1" if command else "portlab.1")
            shown = run("mandoc", "-Tascii", "-O", "width=1000", str(page)).stdout
            shown = " ".join(re.sub(".\b", "", shown).split())
            text = run(str(PREFIX / "bin/portlab"), *filter(None, [command]), "--help").stdout
            options = " ".join(text.split("Options", 1)[1].split())
            parts = re.findall(r"--(?!help)[a-z][a-z-]+(?: [A-Z]\S*)? +\S+ \S+ \S+", options)
            parts += re.findall(r"^  (portlab .*)$", text, re.M)
            self.assertTrue(parts, text)
            for part in parts:
                self.assertIn(part, shown, command)


class Completion(unittest.TestCase):
    """The shells find the scripts where they were installed (completion_shells_test.py: what they offer)."""

    def environment(self):
        share = PREFIX / "share"
        return {**os.environ, "PATH": f"{PREFIX}/bin:{os.environ['PATH']}", "HOME": str(SCRATCH),
                "XDG_DATA_HOME": str(share), "XDG_DATA_DIRS": f"{share}:/usr/share"}

    def test_bash_loads_the_script_of_each_program(self):
        library = "/usr/share/bash-completion/bash_completion"
        if not os.path.isfile(library):
            self.skipTest("bash-completion is not installed")
        for name in ("portlab", "portlabd"):
            done = run("bash", "--norc", "-c", f". {library}; _completion_loader {name}; complete -p {name}",
                       env=self.environment())
            self.assertEqual((done.stdout, done.stderr), (f"complete -F _portlab {name}\n", ""))

    def test_fish_loads_the_script_of_each_program(self):
        need("fish")
        for line, word in (("portlab server mov", "move"), ("portlabd --log non", "none")):
            done = run("fish", "-c", f"complete -C '{line}'", env=self.environment())
            self.assertEqual((done.stdout.split(), done.stderr), ([word], ""))

    def test_zsh_loads_one_script_for_both_programs(self):
        need("zsh")
        done = run("zsh", "-f", "-c", f"fpath=({PREFIX}/share/zsh/site-functions $fpath); autoload -Uz compinit; "
                   "compinit -u -D; print $_comps[portlab] $_comps[portlabd]", env=self.environment())
        self.assertEqual(done.stdout, "_portlab _portlab\n")


if __name__ == "__main__":
    unittest.main()
