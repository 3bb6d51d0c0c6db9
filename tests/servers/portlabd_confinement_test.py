"""The restrictions of a running portlabd, seen from outside."""

import http.client
import os
import signal
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, program, wait_until

NOBODY = 65534
NET_BIND_SERVICE = 1 << 10


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def needs_landlock(test):
    """Skips where the kernel has none: what it says of itself is the measure."""
    with Portlabd("echo=0") as server:
        if server.ask_control("status")["confinement"]["landlock"] == 0:
            test.skipTest("this kernel has no Landlock")


class Restrictions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)  # for the user that root's portlabd changes to

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)  # as an editor does
        return path

    def reload(self, server):
        seen = server.log().count("SIGHUP: ")
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.log().count("SIGHUP: ") > seen, "the log tells of the reload")
        return server.log().rsplit("SIGHUP: ", 1)[1]

    def test_it_reports_its_restrictions(self):
        root = os.path.dirname(self.write("site/index.html", "x"))
        with Portlabd("--root", root, "echo=0") as server:
            confinement = server.ask_control("listeners")["confinement"]
            self.assertTrue(confinement["wanted"])
            if confinement["landlock"]:
                self.assertIn(os.path.realpath(root), confinement["reads"])
                self.assertEqual(confinement["sockets"], [os.path.realpath(server.folder)])
            done = subprocess.run([program("PORTLAB"), "server", "listeners", "--verbose", "--control",
                                   server.control],
                                  capture_output=True, text=True, timeout=TIME_LIMIT, check=True)
            self.assertIn(f"confined: user {confinement['user']}", done.stdout)
        with Portlabd("--confine", "no", "echo=0") as server:
            done = subprocess.run([program("PORTLAB"), "server", "listeners", "--verbose", "--control",
                                   server.control],
                                  capture_output=True, text=True, timeout=TIME_LIMIT, check=True)
            self.assertIn("not confined", done.stdout)

    def test_all_threads_are_restricted(self):
        with Portlabd("--workers", "2", "echo=0") as server:
            for thread in os.listdir(f"/proc/{server.pid}/task"):
                status = status_of(f"{server.pid}/task/{thread}")
                self.assertEqual(status["NoNewPrivs"], "1")
                self.assertEqual(int(status["CapEff"], 16) & ~NET_BIND_SERVICE, 0)

    def test_a_zone_that_an_editor_replaced_is_read_again(self):
        zone = self.write("dns/my.zone", "$ORIGIN lab.test.\n@ 60 SOA ns root 1 60 60 60 60\n"
                                         "@ 60 NS ns\nns 60 A 127.0.0.1\n")
        config = self.write("etc/portlab.ini", "dns = 0\n")
        with Portlabd("--zone", zone, "--config", config) as server:
            self.write("dns/my.zone", "$ORIGIN lab.test.\n@ 60 SOA ns root 2 60 60 60 60\n"
                                      "@ 60 NS ns\nns 60 A 127.0.0.2\n")
            self.write("etc/portlab.ini", "dns = 0\necho = 0\n")
            said = self.reload(server)
            self.assertIn("read again", said)
            self.assertIn("opened echo=0", said)

    def test_a_file_outside_is_refused_with_the_reason(self):
        needs_landlock(self)
        config = self.write("etc/portlab.ini", "echo = 0\n")
        with Portlabd("--config", config) as server:
            for line in ("zone = /etc/shadow", "root = /etc"):
                self.write("etc/portlab.ini", f"echo = 0\n{line}\n")
                said = self.reload(server)
                self.assertIn("nothing has changed", said)
                self.assertIn("restart portlabd", said)
            answer = server.ask_control("listen", f"http=unix:{self.folder}/elsewhere")
            self.assertIn("beside its control socket", answer["error"])
            if os.geteuid() != 0:  # nobody can't write to root's folder
                self.assertIn("done", server.ask_control("listen", f"http=unix:{server.folder}/http"))


@unittest.skipUnless(os.geteuid() == 0, "takes root")
class Root(unittest.TestCase):
    def test_it_becomes_nobody_and_keeps_the_low_ports(self):
        with Portlabd("echo=0") as server:
            status = status_of(server.pid)
            if server.ask_control("status")["confinement"]["user"] == "root":
                self.skipTest("root of a namespace that has no other user")
            self.assertEqual(set(status["Uid"].split()), {str(NOBODY)})
            self.assertEqual(int(status["CapEff"], 16), NET_BIND_SERVICE)
            self.assertIn("now user nobody", server.log())
            self.assertEqual(server.stop(), 0)

    def test_the_next_one_replaces_the_control_socket_that_was_left(self):
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as folder:
            control = os.path.join(folder, "control")
            for end in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
                with Portlabd("--control", control, "echo=0", control=False) as server:
                    done = subprocess.run([program("PORTLAB"), "server", "status", "--control", control],
                                          capture_output=True, text=True, timeout=TIME_LIMIT, check=True)
                    self.assertIn(f"pid {server.pid}", done.stdout)
                    os.kill(server.pid, end)
                    server.process.wait(TIME_LIMIT)
            done = subprocess.run([program("PORTLAB"), "server", "status", "--control", control],
                                  capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("refused", done.stderr)

    def test_a_root_that_only_root_can_read_is_served_by_root_without_capabilities(self):
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as site:  # mode 0700
            command = [program("PORTLABD"), "--user", "1234", "--root", site, "echo=0"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"root {site}: user uid 1234 can't read it", done.stderr)
            self.assertIn("chmod -R o+rX", done.stderr)
            with Portlabd("--root", site, "http=0") as server:
                if server.ask_control("status")["confinement"]["landlock"] == 0:
                    self.skipTest("this kernel has no Landlock")
                status = status_of(server.pid)
                self.assertEqual(set(status["Uid"].split()), {"0"})
                self.assertEqual(int(status["CapPrm"], 16) & ~NET_BIND_SERVICE, 0)
                self.assertIn("stays root, without capabilities", server.log())

    def test_a_zone_that_only_root_can_read_is_not_read_again(self):
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as folder:
            os.chmod(folder, 0o755)
            zone = os.path.join(folder, "my.zone")
            with open(zone, "w", encoding="ascii") as file:
                file.write("$ORIGIN lab.test.\n@ 60 SOA ns root 1 60 60 60 60\n@ 60 NS ns\n"
                           "ns 60 A 127.0.0.1\n")
            os.chmod(zone, 0o600)
            with Portlabd("--zone", zone, "dns=0") as server:
                if server.ask_control("status")["confinement"]["user"] == "root":
                    self.skipTest("root of a namespace that has no other user")
                self.assertIn(f"{zone}: user nobody can't read it, so SIGHUP", server.log())
                server.signal(signal.SIGHUP)
                wait_until(lambda: "SIGHUP: nothing has changed" in server.log(), "the log says so")

    def test_what_the_caller_left_open_is_closed(self):
        secret = os.open(self.secret(), os.O_RDWR)
        self.addCleanup(os.close, secret)
        with Portlabd("echo=0", pass_fds=[secret]) as server:
            for name in os.listdir(f"/proc/{server.pid}/fd"):
                self.assertNotIn("secret", os.readlink(f"/proc/{server.pid}/fd/{name}"))

    def secret(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "secret")
        with open(path, "w", encoding="utf-8") as file:
            file.write("x")
        return path

    def test_a_page_that_only_root_may_read_is_forbidden(self):
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as site:
            os.chmod(site, 0o755)
            for name, mode in (("open.txt", 0o644), ("closed.txt", 0o600)):
                path = os.path.join(site, name)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(name)
                os.chmod(path, mode)
            with Portlabd("--root", site, "http=0") as server:
                for name, status in (("open.txt", 200), ("closed.txt", 403)):
                    answer = http.client.HTTPConnection("127.0.0.1", server.port("http"), timeout=TIME_LIMIT)
                    answer.request("GET", "/" + name)
                    self.assertEqual(answer.getresponse().status, status)
                    answer.close()

    def test_a_user_can_be_chosen_and_must_exist(self):
        with Portlabd("--user", "1234", "echo=0") as server:
            self.assertEqual(set(status_of(server.pid)["Uid"].split()), {"1234"})
        done = subprocess.run([program("PORTLABD"), "--user", "no-such-user", "echo=0"],
                              capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no-such-user", done.stderr)


if __name__ == "__main__":
    unittest.main()
