"""portlabd's command line, configuration and signals."""

import errno
import json
import os
import resource
import select
import signal
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, need, portlab, program, run, wait_until


def start_and_wait(*arguments, **options):
    return subprocess.run([program("PORTLABD"), *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=TIME_LIMIT, check=False, **options)


def connect(port, address="127.0.0.1"):
    return socket.create_connection((address, port), timeout=TIME_LIMIT)


def is_refused(port):
    try:
        connect(port).close()
        return False
    except ConnectionRefusedError:
        return True


def is_removed(path):
    """Whether a stopped portlabd has removed its socket file. Root's can't: it changed its user."""
    return not os.path.exists(path) or os.geteuid() == 0


def has_no_listener(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == errno.ECONNREFUSED


class CommandLine(unittest.TestCase):
    def test_wrong_usage_exits_2_and_says_what_to_write(self):
        for wrong, expected in [
                (["htp=83"], "http, ftp, dns, echo"), (["http=65536"], "0 to 65535"),
                (["--shift", "x"], "whole number"), (["--shift", "65535"], "smaller --shift"),
                (["--bind", "localhost"], "not an address"), (["--nonsense"], "nonsense"),
                (["--log", "loud"], "none, sessions or requests"), (["--workers", "0"], "1 to"),
                (["http:8080"], "try: portlabd http=8080\n"), (["version"], "portlabd --version\n"),
                (["http", "8080"], "try: portlabd http=8080\n"),
                (["ftp", "2121"], "try: portlabd ftp=2121\n"),
                (["8080"], "try: portlabd http=8080\n"), (["-p", "8080"], "try: portlabd http=8080\n"),
                (["--port", "8080"], "try: portlabd http=8080\n"),
                (["--port=8080"], "there is no option '--port': "), (["-p8080"], "try: portlabd http=8080\n"),
                (["start"], "try: portlabd\n"),
                (["http=8080/tcp"], "try: portlabd http/tcp=8080\n"),
                (["http=localhost:8080"], "try: portlabd http=127.0.0.1:8080\n"),
                (["--http", "8080"], "try: portlabd http=8080\n"),
                (["--http=8080"], "try: portlabd http=8080\n"), (["HTTP=8080"], "try: portlabd http=8080\n"),
                (["port=8080"], "try: portlabd http=8080\n"), (["http=:8080"], "try: portlabd http=8080\n"),
                (["http=::1:8080"], "try: portlabd http=[::1]:8080\n"),
                (["127.0.0.1:8080"], "try: portlabd http=127.0.0.1:8080\n"),
                (["stop"], "try: portlab server stop\n"), (["status"], "try: portlab server status\n"),
                (["--config", "/nonexistent/x.ini"], "can't be read")]:
            with self.subTest(wrong=wrong):
                done = start_and_wait(*wrong)
                self.assertIn(expected, done.stderr)
                self.assertIn(done.returncode, (1, 2) if wrong[0] == "--shift" else (2,))
                self.assertEqual(done.stdout, "")

    def test_an_error_in_the_configuration_says_what_to_write_there(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("http = localhost:8080\n")
            file.flush()
            done = start_and_wait("--config", file.name)
        self.assertEqual(done.returncode, 2)
        self.assertIn("\n  write: http = 127.0.0.1:8080\n", done.stderr)
        self.assertNotIn("try: portlabd http", done.stderr)

    def test_help_and_version_go_to_stdout(self):
        done = start_and_wait("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--max-sessions-per-address", done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertEqual(start_and_wait("-v").stdout, start_and_wait("--version").stdout)
        self.assertRegex(start_and_wait("--version").stdout, r"^portlabd \d+\.\d+")

    def test_a_line_per_listener_and_then_ready(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        process = subprocess.Popen(
            [program("PORTLABD"), "--control", os.path.join(folder.name, "control"), "http=0", "dns=0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            lines = []
            while not lines or lines[-1] != "ready":
                line = process.stdout.readline()
                self.assertTrue(line, lines)
                lines.append(line.strip())
            self.assertRegex(lines[0], r"^http +tcp 127\.0\.0\.1:\d+ +moved: its default port is 80$")
            self.assertRegex(lines[1], r"^dns +tcp 127\.0\.0\.1:\d+")
            self.assertRegex(lines[2], r"^dns +udp 127\.0\.0\.1:\d+")
        finally:
            process.terminate()
            self.assertEqual(process.wait(TIME_LIMIT), 0)
            process.stdout.close()

    def test_a_taken_port_exits_1_and_names_it(self):
        with Portlabd("http=0") as first:
            port = first.port("http")
            done = start_and_wait(f"http={port}")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"tcp 127.0.0.1:{port}", done.stderr)
            self.assertIn("already in use", done.stderr)
            self.assertIn("\n  try: another port\n", done.stderr)

    def test_the_backlog_is_the_length_of_each_queue(self):
        need("ss")
        with Portlabd("http=0", "--backlog", "3", "--workers", "2") as server:
            rows = [line.split() for line in run("ss", "-ltnH", f"sport = :{server.port('http')}").stdout.splitlines()]
            self.assertEqual([row[2] for row in rows], ["3", "3"])  # Send-Q: one socket for each worker

    def test_two_with_reuse_port_share_a_port_and_its_sessions(self):
        with Portlabd("http=0", "--reuse-port", "yes") as first:
            where = f"http={first.port('http')}"
            with Portlabd(where, "--reuse-port", "yes", "--workers", "2") as other:
                def accepted(server):
                    rows = server.ask_control("listeners")["listeners"]
                    return sum(row["accepted"] for row in rows if row["service"] == "http")

                url = f"http://127.0.0.1:{first.port('http')}/whoami"
                for _ in range(10):  # one of the two gets none in 1 of 2 ** 99 runs
                    done = portlab("http", "-q", "--sessions", "10", url)
                    self.assertEqual(done.code, 0, done.err)
                self.assertEqual(accepted(first) + accepted(other), 100)
                self.assertGreater(min(accepted(first), accepted(other)), 0)
            refused = run(program("PORTLABD"), where, "--control", first.control + "-2")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("already in use", refused.stderr)

    def test_a_missing_root_or_zone_exits_1_and_names_it(self):
        for option in ("--root", "--zone"):
            done = start_and_wait(option, "/nonexistent/place", "echo=0")
            self.assertEqual(done.returncode, 1)
            self.assertIn("/nonexistent/place", done.stderr)

    def test_shift_adds_to_every_default_port(self):
        with Portlabd("--bind", "127.0.0.101", "--shift", "20000") as server:
            ports = {row["service"]: row["endpoint"].get("port") for row in server.ready["listeners"]}
            self.assertEqual({service: ports[service] for service in ("http", "ftp", "dns", "echo")},
                             {"http": 20080, "ftp": 20021, "dns": 20053, "echo": 20007})

    def test_a_second_portlabd_leaves_the_first_ones_control_socket_alone(self):
        with Portlabd("echo=0") as first:
            done = start_and_wait("--control", first.control, "echo=0")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(first.ask_control("status")["pid"], first.pid)

    def test_the_control_socket_of_a_killed_portlabd_is_replaced(self):
        with Portlabd("echo=0") as first:
            first.process.kill()
            first.process.wait(TIME_LIMIT)
            self.assertTrue(has_no_listener(first.control))
            second = subprocess.Popen(
                [program("PORTLABD"), "--json", "--control", first.control, "echo=0"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.assertTrue(second.stdout.readline())
            second.terminate()
            self.assertEqual(second.wait(TIME_LIMIT), 0)
            second.stdout.close()
            self.assertTrue(is_removed(first.control))


class Signals(unittest.TestCase):
    def test_sigterm_and_sigint_exit_0_with_idle_sessions(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Portlabd("echo=0") as server, connect(server.port("echo")) as idle:
                idle.sendall(b"x")
                idle.recv(1)
                server.signal(number)
                self.assertEqual(server.process.wait(TIME_LIMIT), 0)
                self.assertEqual(idle.recv(1), b"")
                self.assertTrue(is_removed(server.control))

    def test_a_transfer_continues_after_sigterm_until_it_is_complete(self):
        with Portlabd("http=0") as server, connect(server.port("http")) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = client.recv(1000)
            server.signal(signal.SIGTERM)
            wait_until(lambda: is_refused(server.port("http")), "the port is closed")
            while True:
                piece = client.recv(65536)
                if not piece:
                    break
                received += piece
            head, _, body = received.partition(b"\r\n\r\n")
            self.assertIn(b"200", head)
            self.assertEqual(len(body), 1 << 20)
            self.assertEqual(server.process.wait(TIME_LIMIT), 0)

    def test_sighup_reads_the_configuration_again(self):
        with open(os.path.join("/tmp", f"portlab-test-{os.getpid()}.ini"), "w") as file:
            file.write("# a comment\nhttp = 0\nidle-timeout = 60\n")
        try:
            with Portlabd("--config", file.name, "--log", "none") as server, \
                    connect(server.port("http")) as session:
                with open(file.name, "w") as again:
                    again.write("http = 0\necho = 127.0.0.1:0\n")
                server.signal(signal.SIGHUP)
                rows = wait_until(
                    lambda: [row for row in server.ask_control("listeners")["listeners"]
                             if row["service"] == "echo"], "echo is open")
                self.assertEqual(len(rows), 2)
                with open(file.name, "w") as broken:
                    broken.write("http = 99999\n")
                server.signal(signal.SIGHUP)
                wait_until(lambda: "nothing has changed" in server.log(), "the log says so")
                self.assertIn("99999", server.log())
                self.assertFalse(is_refused(server.port("http")))
                session.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200", session.recv(4096))
        finally:
            os.unlink(file.name)

    def test_the_idle_time_out_may_come_from_the_environment(self):
        environment = {**os.environ, "PORTLABD_IDLE_TIMEOUT": "1"}
        with Portlabd("echo=0", env=environment) as server, connect(server.port("echo")) as session:
            self.assertEqual(session.recv(1), b"")  # ended for the lack of data
        environment["PORTLABD_IDLE_TIMEOUT"] = "soon"
        wrong = run(program("PORTLABD"), "echo=0", env=environment)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("idle-timeout", wrong.stderr)

    def test_sighup_with_an_error_in_the_zone_keeps_the_old_zone_and_names_the_line(self):
        zone = f"/tmp/portlab-test-{os.getpid()}.zone"
        good = ("$ORIGIN lab.test.\n$TTL 60\n@ SOA ns1 host 1 60 60 60 60\n@ NS ns1\n"
                "ns1 A 127.0.0.1\nwww A 127.0.0.1\n")
        with open(zone, "w") as file:
            file.write(good)
        try:
            with Portlabd("--zone", zone, "dns=0") as server:
                port = server.port("dns")
                ask = ("dig", "+short", "-p", str(port), "@127.0.0.1")
                self.assertEqual(run(*ask, "www.lab.test").stdout, "127.0.0.1\n")
                with open(zone, "w") as file:
                    file.write(good + "bad A 1.2.3\n")
                server.signal(signal.SIGHUP)
                wait_until(lambda: f"{zone}:7" in server.log(), "the log names file and line")
                self.assertEqual(run(*ask, "www.lab.test").stdout, "127.0.0.1\n")
                with open(zone, "w") as file:
                    file.write(good + "new A 127.0.0.9\n")
                server.signal(signal.SIGHUP)
                wait_until(lambda: run(*ask, "new.lab.test").stdout == "127.0.0.9\n", "new answers")
        finally:
            os.unlink(zone)


class Control(unittest.TestCase):
    def test_http_moves_and_dns_follows(self):
        with Portlabd("http=0", "dns=0") as server:
            old, dns = server.port("http"), server.port("dns")
            reply = server.ask_control("move", "http=0")
            self.assertIn("done", reply)
            new = [row["endpoint"]["port"] for row in reply["listeners"]
                   if row["service"] == "http"][0]
            self.assertTrue(is_refused(old))
            self.assertFalse(is_refused(new))
            srv = run("dig", "+short", "-p", str(dns), "@127.0.0.1", "_http._tcp.lab.test", "SRV")
            self.assertEqual(srv.stdout.split()[2], str(new))

    def test_the_dns_names_the_port_of_https_beside_that_of_http(self):
        with Portlabd("http=0", "https=0", "dns=0") as server:
            server.ask_control("move", "https=0")
            rows = server.ask_control("listeners")["listeners"]
            for service in ("http", "https"):
                (port,) = (row["endpoint"]["port"] for row in rows if row["service"] == service)
                for owner in ("", "www.", "server1."):
                    srv = run("dig", "+short", "-p", str(server.port("dns", "tcp")), "@127.0.0.1",
                              f"_{service}._tcp.{owner}lab.test", "SRV").stdout
                    self.assertEqual(srv.split()[2:3], [str(port)], (service, owner, srv))

    def test_errors_are_answered_and_change_nothing(self):
        with Portlabd("echo=0") as server:
            for command, argument in [("listen", "gopher=70"), ("close", "http"), ("move", "echo"),
                                      ("listen", "echo=70000"), ("close", "control")]:
                self.assertIn("error", server.ask_control(command, argument))
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(server.control)
                raw.sendall(b"nonsense\n" + b'{"command": 7}\n')
                with raw.makefile("rb") as lines:
                    self.assertIn("error", json.loads(lines.readline()))
                    self.assertIn("error", json.loads(lines.readline()))
            self.assertEqual(len(server.ask_control("listeners")["listeners"]), 3)

    def test_stop_answers_first_and_exits_0(self):
        with Portlabd("echo=0") as server:
            self.assertIn("done", server.ask_control("stop"))
            self.assertEqual(server.process.wait(TIME_LIMIT), 0)


class Limits(unittest.TestCase):
    def test_beyond_the_limit_of_open_files_new_sessions_are_refused_and_it_recovers(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        with Portlabd("echo=0", preexec_fn=few_files) as server:
            port = server.port("echo")
            clients, waiting = [connect(port) for _ in range(80)], []
            served = 0
            for client in clients:
                try:
                    client.sendall(b"x")
                except OSError:
                    pass  # refused already
            while True:  # until no other session sends
                received = [c for c in select.select(clients, [], [], 5)[0] if c.fileno() >= 0]
                if not received:
                    break
                for client in received:
                    clients.remove(client)
                    waiting.append(client)
                    try:
                        served += client.recv(1) == b"x"
                    except OSError:
                        pass
            self.assertGreater(served, 10)
            self.assertLess(served, 60)
            clients += waiting
            for client in clients:
                client.close()

            def good_client_is_served():
                with connect(port) as again:
                    again.sendall(b"y")
                    return again.recv(1) == b"y"
            wait_until(good_client_is_served, "newcomers are served again")


class Reload(unittest.TestCase):
    """What SIGHUP opens and closes, by what the configuration says."""

    def setUp(self):
        self.path = f"/tmp/portlab-test-{os.getpid()}-reload.ini"
        self.addCleanup(lambda: os.path.exists(self.path) and os.unlink(self.path))

    def write(self, *lines):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def reload(self, server, expected):
        seen = server.log().count("SIGHUP: ")
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.log().count("SIGHUP: ") > seen, "the log tells of the reload")
        self.assertIn(expected, server.log().rsplit("SIGHUP: ", 1)[1])

    def test_limits_and_the_logs_level_change(self):
        self.write("echo = 0", "max-sessions = 1", "log = none")
        with Portlabd("--config", self.path) as server:
            with connect(server.port("echo")) as first:
                first.sendall(b"x")
                self.assertEqual(first.recv(1), b"x")
                with connect(server.port("echo")) as refused:
                    self.assertEqual(refused.recv(1), b"")
            self.write("echo = 0", "max-sessions = 10", "log = sessions")
            self.reload(server, "limits of sessions")
            with connect(server.port("echo")) as first, connect(server.port("echo")) as second:
                for client in (first, second):
                    client.sendall(b"x")
                    self.assertEqual(client.recv(1), b"x")
            wait_until(lambda: "1 bytes in" in server.log(), "a line of an ended session")

    def ports(self, server, service):
        return sorted({row["endpoint"]["port"]
                       for row in server.ask_control("listeners")["listeners"]
                       if row["service"] == service})

    def test_a_service_that_gets_a_port_does_not_lose_what_was_just_opened(self):
        self.write("http = 0", "echo = 0")
        with Portlabd("--config", self.path) as server:
            first = server.port("http")
            echo = server.port("echo")
            self.write(f"http = {first}", f"echo = {echo}", "http = 127.0.0.2:0")
            self.reload(server, "opened http=127.0.0.2:0")
            ports = self.ports(server, "http")
            self.assertEqual(len(ports), 2)
            self.assertIn(first, ports)
            self.assertEqual(self.ports(server, "echo"), [echo])
            self.write(f"echo = {echo}")
            self.reload(server, "closed")
            self.assertEqual(self.ports(server, "http"), [])

    def test_a_reload_that_fails_undoes_only_its_own_changes(self):
        self.write("http = 0")
        with Portlabd("--config", self.path) as server, Portlabd("echo=0") as other:
            before = self.ports(server, "http")
            self.write("http = 0", "http = 127.0.0.2:0", f"echo = {other.port('echo')}")
            self.reload(server, "nothing has changed")
            self.assertEqual(self.ports(server, "http"), before)

    def test_errors_have_a_line_number(self):
        for line, expected in [("http = 99999", "99999"), ("[http]", ":3: there are no sections"),
                               ("htp = 83", ":3: "), ("http 83", ":3: ")]:
            with self.subTest(line=line):
                self.write("# a comment", "echo = 0  ; another", line)
                done = start_and_wait("--config", self.path)
                self.assertEqual(done.returncode, 2)
                self.assertIn(expected, done.stderr)
        done = start_and_wait("--config", "/tmp", "echo=0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/tmp: can't be read", done.stderr)

    def test_two_signals_at_once_are_both_handled(self):
        self.write("echo = 0")
        for _ in range(5):
            with Portlabd("--config", self.path) as server:
                server.signal(signal.SIGHUP)
                server.signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(TIME_LIMIT), 0)


class Owner(unittest.TestCase):
    def test_the_control_socket_works_when_all_sessions_are_taken(self):
        with Portlabd("echo=0", "--max-sessions", "1") as server, connect(server.port("echo")) as first:
            first.sendall(b"x")
            self.assertEqual(first.recv(1), b"x")
            with connect(server.port("echo")) as second:
                self.assertEqual(second.recv(1), b"")
            self.assertEqual(len(server.ask_control("sessions")["sessions"]), 2)

    def test_refused_sessions_are_in_the_log_and_in_the_status(self):
        with Portlabd("echo=0", "--max-sessions", "1") as server, connect(server.port("echo")) as first:
            first.sendall(b"x")
            self.assertEqual(first.recv(1), b"x")
            for _ in range(3):
                with connect(server.port("echo")) as refused:
                    self.assertEqual(refused.recv(1), b"")
            self.assertEqual(server.ask_control("status")["refused_sessions"], 3)
            line = wait_until(lambda: [line for line in server.log().splitlines() if "refused" in line],
                              "the log")[0]
            # The date and time of RFC 3339.
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d \d sessions were refused")

    def test_a_stopping_portlabd_leaves_its_successors_control_socket_alone(self):
        with Portlabd("http=0") as first, connect(first.port("http")) as client:
            client.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: x\r\nConn")  # in the middle of a request
            wait_until(lambda: first.ask_control("sessions")["sessions"][0]["bytes_in"] > 0,
                       "the request has begun")
            first.signal(signal.SIGTERM)
            # Root's portlabd has changed its user and can't remove the file.
            wait_until(lambda: not os.path.exists(first.control) or has_no_listener(first.control),
                       "the first one has closed its control socket")
            with subprocess.Popen(
                    [program("PORTLABD"), "--json", "--control", first.control, "echo=0"],
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as second:
                self.assertTrue(second.stdout.readline())
                client.close()
                self.assertEqual(first.process.wait(TIME_LIMIT), 0)
                self.assertTrue(os.path.exists(first.control))
                second.terminate()

    def test_a_long_session_table_is_complete_and_soon_up_to_date(self):
        # A user's soft limit is often 1,024.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with Portlabd("http=0", "echo=0", "--log", "none") as server:
            held = [connect(server.port("echo")) for _ in range(1100)]

            def rows():
                with connect(server.port("http")) as client, client.makefile("rb") as answer:
                    client.sendall(b"GET /api/sessions HTTP/1.0\r\n\r\n")
                    return json.loads(answer.read().partition(b"\r\n\r\n")[2])
            wait_until(lambda: sum(row["service"] == "echo" for row in rows()) == 1100, "all are there")
            for client in held:
                client.close()
            wait_until(lambda: len(rows()) == 1, "they are gone")

    def test_bytes_of_a_client_do_not_break_the_session_table(self):
        with Portlabd("ftp=0") as server, connect(server.port("ftp")) as client:
            with client.makefile("rb") as lines:
                lines.readline()
                client.sendall(b"CWD \x80\xed\xa0\x80 caf\xc3\xa9\r\n")
                self.assertTrue(lines.readline().startswith(b"530"))
                rows = server.ask_control("sessions")["sessions"]
                self.assertIn("CWD ???? caf\u00e9 530", [row["note"] for row in rows])


if __name__ == "__main__":
    unittest.main()
