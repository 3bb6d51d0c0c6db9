"""portlab server and portlab enter against a running portlabd."""

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, need, portlab, program, run, wait_until

NOBODY = 65534


def server(daemon, *arguments):
    return portlab("server", *arguments, "--control", daemon.control,
                   env=dict(os.environ, LC_ALL="C.UTF-8"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(unittest.TestCase):
    def test_listeners_sessions_and_status_are_tables(self):
        with Portlabd("http=0", "echo=0") as daemon:
            port = daemon.port("http")
            with socket.create_connection(("127.0.0.1", daemon.port("echo"))) as client:
                client.sendall(b"hello")
                self.assertEqual(client.recv(5), b"hello")
                self.assertRegex(server(daemon, "listeners").text,
                                 rf"(?m)^http \* +tcp +127\.0\.0\.1:{port} +80 +0$")
                self.assertRegex(server(daemon, "sessions").text,
                                 rf"(?m)^echo +127\.0\.0\.1:{client.getsockname()[1]} +→ ")
            self.assertIn(f"pid {daemon.pid}", server(daemon, "status").text)
            document = json.loads(server(daemon, "listeners", "--json").text)
            self.assertEqual(document["listeners"][0]["service"], "http")

    def test_the_confinement_is_shown_with_verbose_only(self):
        with Portlabd("http=0") as daemon:
            self.assertNotIn("confined", server(daemon, "listeners").text)
            for option in ("--verbose", "-v"):
                self.assertIn("confined", server(daemon, "listeners", option).text)

    def test_filters_select_sessions(self):
        with Portlabd("echo=0", "http=0") as daemon, contextlib.ExitStack() as stack:
            ends = {}
            for service in ("echo", "http"):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", daemon.port(service))))
                ends[service] = client.getsockname()[1]

            def seen(*words):
                document = json.loads(server(daemon, "sessions", "--json", *words).text)
                return sorted(row["service"] for row in document["sessions"]
                              if row["service"] != "control")

            self.assertTrue(wait_until(lambda: seen() == ["echo", "http"], "both are accepted"))
            self.assertEqual(seen("http"), ["http"])
            self.assertEqual(seen(f":{daemon.port('echo')}"), ["echo"])
            self.assertEqual(seen(f"127.0.0.1:{ends['http']}"), ["http"])
            self.assertEqual(seen("127.0.0.1", "echo"), ["echo"])
            self.assertEqual(seen("127.0.0.2"), [])
            self.assertEqual(seen("established"), ["echo", "http"])
            self.assertEqual(seen("TIME_WAIT"), [])
            self.assertRegex(server(daemon, "sessions", "http").text, r"(?m)^http ")
            self.assertNotRegex(server(daemon, "sessions", "http").text, r"(?m)^echo ")
            wrong = server(daemon, "sessions", "htpp")
            self.assertEqual(wrong.code, 2)
            self.assertIn("try: portlab server sessions http\n", wrong.err)

    def test_watch_repeats_the_table(self):
        with Portlabd("echo=0") as daemon:
            text = server(daemon, "sessions", "--watch=0.1", "--count", "3").text
            self.assertEqual(text.count("no sessions"), 3)
            text = server(daemon, "sessions", "--json", "--watch", "0.1", "--count", "2").text
            self.assertEqual(len([json.loads(line) for line in text.splitlines() if line]), 2)
            self.assertEqual(server(daemon, "stop", "--watch").code, 2)

    def test_many_sessions_are_grouped_and_all_shows_each(self):
        with Portlabd("echo=0") as daemon, contextlib.ExitStack() as stack:
            for _ in range(40):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", daemon.port("echo"))))
                client.sendall(b"x")
                client.recv(1)
            self.assertRegex(server(daemon, "sessions").text, r"(?m)^echo +tcp +127\.0\.0\.1 +40 ")
            each = server(daemon, "sessions", "--all").text
            self.assertEqual(len(re.findall(r"(?m)^echo ", each)), 40)

    def test_a_move_is_of_one_listener_and_says_which(self):
        with Portlabd("http=0") as daemon:
            first, second, third = daemon.port("http"), free_port(), free_port()
            self.assertEqual(server(daemon, "listen", f"http={second}").code, 0)
            which = server(daemon, "move", f"http={third}")  # none is at port 80
            self.assertEqual((which.code, which.text), (1, ""))
            self.assertIn(f"127.0.0.1:{second}", which.err)
            self.assertIn("http:PORT=", which.err)
            done = server(daemon, "move", f"http:{second}={third}")
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertIn(f"moved: tcp 127.0.0.1:{second} to tcp 127.0.0.1:{third}", done.text)
            socket.create_connection(("127.0.0.1", first)).close()  # the other one stays
            socket.create_connection(("127.0.0.1", third)).close()
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", second))

    def test_a_service_that_is_not_open_can_listen_but_not_move(self):
        with Portlabd("echo=0") as daemon:
            done = server(daemon, "move", "http=8083")
            self.assertEqual((done.code, done.text), (1, ""))
            self.assertIn("try: portlab server listen http=8083", done.err)

    def test_a_move_onto_an_own_listener_names_it(self):
        with Portlabd("http=0", "echo=0") as daemon:
            taken = daemon.port("echo")
            done = server(daemon, "move", f"http={taken}")
            self.assertEqual((done.code, done.text), (1, ""))
            self.assertIn(f"in use by this server: echo on tcp 127.0.0.1:{taken}", done.err)
            self.assertNotIn("program", done.err)
            self.assertIn("server close", done.err)
            socket.create_connection(("127.0.0.1", daemon.port("http"))).close()

    def test_services_open_move_and_close_while_it_runs(self):
        with Portlabd("http=0") as daemon:
            first, second = free_port(), free_port()
            done = server(daemon, "listen", f"echo={first}")
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertIn(f"127.0.0.1:{first}", done.text)
            socket.create_connection(("127.0.0.1", first)).close()
            self.assertEqual(server(daemon, "move", f"echo={second}").code, 0)
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", first))
            socket.create_connection(("127.0.0.1", second)).close()
            self.assertEqual(server(daemon, "close", "echo").code, 0)
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", second))

    def test_what_the_server_refuses_exits_1_with_its_reason(self):
        with Portlabd("http=0") as daemon:
            done = server(daemon, "listen", f"echo={daemon.port('http')}")
            self.assertEqual((done.code, done.text), (1, ""))
            self.assertIn(str(daemon.port("http")), done.err)
            self.assertIn("\n  try: portlab server listen echo=PORT", done.err)
            self.assertIn(f"\n  why: portlab why in-use 127.0.0.1:{daemon.port('http')}", done.err)
            self.assertNotIn("--shift", done.err)
            done = server(daemon, "listen", "nonsense=1")
            self.assertEqual(done.code, 1)
            self.assertIn("\n  try: portlab server listeners", done.err)

    def test_stop_waits_until_the_server_has_ended(self):
        with Portlabd("http=0") as daemon:
            port = daemon.port("http")
            self.assertEqual(server(daemon, "stop").code, 0)
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
            self.assertEqual(daemon.process.wait(TIME_LIMIT), 0)
            done = server(daemon, "status")
            self.assertEqual(done.code, 3)
            # As root, portlabd can't remove its socket's file: it has become another user.
            self.assertRegex(done.err, "try: (portlabd|start portlabd again)")

    def test_bad_usage_exits_2_and_shows_the_right_form(self):
        for wrong, expected in ((["listner"], "listeners"), (["move"], "move http=83"),
                                (["move", "ftp"], "move ftp=8083"),
                                (["listen", "http=65536"], "16 bits"),
                                (["listen", "http:80"], "names no service"),
                                (["listen", "http", "83"], "try: portlab server listen http=83\n"),
                                (["listen", "https", "telnet"], "try: portlab server listen https\n"),
                                (["listen", "http=localhost:80"], "not an address"),
                                (["stop", "now"], "stop"), ([], "missing")):
            done = portlab("server", *wrong)
            self.assertEqual((done.code, done.text), (2, ""), wrong)
            self.assertIn(expected, done.err)

    def test_an_unknown_service_is_answered_with_those_that_can_be_moved(self):
        with Portlabd("http=0") as daemon:
            done = server(daemon, "move", "hppt=0")
            self.assertEqual(done.code, 1)
            self.assertIn("'hppt'", done.err)
            self.assertIn("http", done.err.split("'hppt'")[1])
            self.assertNotIn("control", done.err.split("\n")[0])

    def test_a_folder_that_others_can_write_to_is_not_trusted(self):
        if os.getuid() == 0:
            self.skipTest("root owns what it looks at here")
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            path = os.path.join(folder, "control")
            with socket.socket(socket.AF_UNIX) as trap:
                trap.bind(path)
                trap.listen()
                done = portlab("server", "status", "--control", path)
                self.assertEqual(done.code, 3)
                self.assertIn("other users may write", done.err)

    def test_a_stale_socket_and_a_file_have_different_errors(self):
        with tempfile.TemporaryDirectory() as folder:
            stale = os.path.join(folder, "stale")
            with socket.socket(socket.AF_UNIX) as gone:
                gone.bind(stale)
            plain = os.path.join(folder, "plain")
            with open(plain, "w", encoding="utf-8"):
                pass
            self.assertIn("refused", portlab("server", "status", "--control", stale).err)
            self.assertIn("not a socket", portlab("server", "status", "--control", plain).err)


class Enter(unittest.TestCase):
    def private(self, **popen):
        try:
            return Portlabd("--private", **popen)
        except AssertionError as error:
            if "a private network" in str(error):
                self.skipTest(str(error))
            raise

    def enter(self, daemon, *command, **options):
        return portlab("enter", "--control", daemon.control, *command, **options)

    def test_the_real_ports_are_inside(self):
        with self.private() as daemon:
            self.assertEqual(daemon.port("http"), 80)
            done = self.enter(daemon, program("PORTLAB"), "http", "--quiet", "http://127.0.0.1/hello.txt")
            self.assertEqual(done.code, 0, done.err)
            inside = self.enter(daemon, program("PORTLAB"), "netstat", "-nl").text
            self.assertRegex(inside, r"(?m)^tcp +127\.0\.0\.1:80 .*LISTEN$")
            mine = os.readlink("/proc/self/ns/net")
            self.assertNotEqual(self.enter(daemon, "readlink", "/proc/self/ns/net").text.strip(), mine)

    def test_names_are_those_of_its_own_name_server(self):
        need("curl", "getent")

        def resolver():
            with open("/etc/resolv.conf", encoding="utf-8") as file:
                return file.read()

        before = resolver()
        with self.private() as daemon:
            done = self.enter(daemon, "curl", "-sS", "http://www.lab.test/hello.txt")
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertIn("Hello", done.text)
            self.assertRegex(self.enter(daemon, "getent", "hosts", "pc2.lab.test").text,
                             r"^127\.0\.0\.12 +pc2\.lab\.test")
            self.assertEqual(self.enter(daemon, "getent", "hosts", "pc9.lab.test").code, 2)
            self.assertIn("nameserver 127.0.0.1", self.enter(daemon, "cat", "/etc/resolv.conf").text)
            # The rest is as outside.
            self.assertEqual(self.enter(daemon, "sh", "-c", "pwd; id -un").text,
                             run("sh", "-c", "pwd; id -un").stdout)
            self.assertEqual(self.enter(daemon, "ls", "/tmp").code, 0)
            self.assertEqual(sorted(self.enter(daemon, "ls", daemon.folder).text.split()),
                             sorted(os.listdir(daemon.folder)))
        self.assertEqual(resolver(), before)

    def test_the_exit_status_is_the_commands(self):
        with self.private() as daemon:
            self.assertEqual(self.enter(daemon, "sh", "-c", "exit 7").code, 7)
            self.assertEqual(self.enter(daemon, "true").code, 0)
            missing = self.enter(daemon, "portlab-has-no-such-command")
            self.assertEqual(missing.code, 127)
            self.assertIn("portlab-has-no-such-command", missing.err)
            self.assertEqual(self.enter(daemon, "/").code, 126)

    def test_options_of_the_command_are_the_commands(self):
        with self.private() as daemon:
            self.assertEqual(self.enter(daemon, "echo", "-n", "--json", "x").text, "--json x")
            self.assertEqual(self.enter(daemon, "--", "echo", "y").text, "y\n")

    def test_the_environment_shows_the_private_network(self):
        with self.private() as daemon:
            done = self.enter(daemon, "sh", "-c", "echo $PORTLAB_PRIVATE $PORTLAB_CONTROL")
            self.assertEqual(done.text.strip(), f"1 {daemon.control}")

    def test_without_a_command_it_is_a_shell(self):
        with self.private() as daemon:
            done = subprocess.run([program("PORTLAB"), "enter", "--control", daemon.control],
                                  input="readlink /proc/self/ns/net; exit 3\n", capture_output=True,
                                  text=True, timeout=TIME_LIMIT, check=False,
                                  env=dict(os.environ, SHELL="/bin/sh"))
            self.assertEqual(done.returncode, 3)
            self.assertEqual(done.stdout.strip(), os.readlink(f"/proc/{daemon.pid}/ns/net"))
            self.assertIn("private network", done.stderr)

    def test_ids_and_privileges_of_an_ordinary_user(self):
        if os.getuid() != 0:
            self.skipTest("takes root to become another user; other tests here show the same")
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        probe = subprocess.run([program("PORTLABD"), "--version"], capture_output=True, check=False, **user)
        if probe.returncode != 0:
            self.skipTest("nobody cannot read the program")
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, NOBODY, NOBODY)
            control = os.path.join(folder, "control")
            with self.private(control=False, **user) as daemon:
                del daemon
            daemon = subprocess.Popen([program("PORTLABD"), "--private", "--control", control],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **user)
            try:
                while daemon.stdout.readline().strip() != "ready":
                    self.assertIsNone(daemon.poll())
                ask = "id -u; id -g; grep CapEff /proc/self/status"
                done = portlab("enter", "--control", control, "sh", "-c", ask, **user)
                user_id, group_id, capabilities = done.text.split("\n")[:3]
                self.assertEqual((user_id, group_id), (str(NOBODY), str(NOBODY)))
                self.assertTrue(int(capabilities.split()[1], 16) >> 10 & 1, "CAP_NET_BIND_SERVICE")
                self.assertRegex(portlab("enter", "--control", control, "getent", "hosts", "pc2.lab.test",
                                         **user).text, r"^127\.0\.0\.12 +pc2\.lab\.test")
            finally:
                daemon.terminate()
                daemon.wait(TIME_LIMIT)
                daemon.stdout.close()

    def test_a_server_without_a_private_network_is_not_entered(self):
        with Portlabd("http=0") as daemon:
            done = self.enter(daemon, "true")
            self.assertEqual(done.code, 3)
            self.assertIn("no private network", done.err)

    def test_netstat_outside_points_to_the_private_network(self):
        with self.private() as daemon:
            done = portlab("netstat", "--pairs", "--control", daemon.control)
            self.assertEqual(done.code, 0)
            self.assertIn("portlab enter", done.err)


if __name__ == "__main__":
    unittest.main()
