"""GET /api/events, the stream behind the live page, and the page's files, without a browser."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import subprocess
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, portlab, program, run, wait_until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "servers" / "http" / "live"


class Stream:
    """A viewer: reads server-sent events from a socket of its own."""

    def __init__(self, port=None, host="127.0.0.1", connected=None, receive_bytes=None):
        self.socket = connected or self.connect(port, receive_bytes)
        self.socket.sendall(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            self.head += self.file.readline()
        self.body = b""

    @staticmethod
    def connect(port, receive_bytes):
        connection = socket.socket()
        connection.settimeout(TIME_LIMIT)
        if receive_bytes:  # before it connects: tcp(7)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.connect(("127.0.0.1", port))
        return connection

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def event(self):
        """The next event: its name, and its data."""
        while b"\n\n" not in self.body:
            size = int(self.file.readline(), 16)
            self.body += self.file.read(size)
            self.file.readline()
        text, self.body = self.body.split(b"\n\n", 1)
        fields = dict(line.split(": ", 1) for line in text.decode().splitlines())
        return (fields.get("event"), json.loads(fields["data"])) if "event" in fields else self.event()

    def wait_for(self, name, suits=lambda data: True):
        """The data of the next event of that name that suits."""
        while True:
            kind, data = self.event()
            if kind == name and suits(data):
                return data

    def change(self, kind, suits=lambda change: True):
        """The next change of that kind that suits."""
        while True:
            name, data = self.event()
            if name != "changes":
                continue
            for change in data["changes"]:
                if change["kind"] == kind and suits(change):
                    return change

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(port, path, host="127.0.0.1", method="GET"):
    """One request; status, head and body."""
    with socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as session:
        session.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        with session.makefile("rb") as file:
            head, _, body = file.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


class Events(unittest.TestCase):
    def setUp(self):
        self.server = Portlabd("http=0", "echo=0", "dns=0", "ftp=0")
        self.addCleanup(self.server.close)
        self.port = self.server.port("http")

    def stream(self, **options):
        made = Stream(self.port, **options)
        self.addCleanup(made.close)
        return made

    def echo(self):
        made = socket.create_connection(("127.0.0.1", self.server.port("echo")), TIME_LIMIT)
        self.addCleanup(made.close)
        return made

    def test_the_snapshot_says_what_the_page_needs(self):
        echo = self.echo()
        echo.sendall(b"x")
        echo.recv(1)
        stream = self.stream()
        self.assertIn("Content-Type: text/event-stream\r\n", stream.head.decode())
        name, snapshot = stream.event()
        self.assertEqual(name, "snapshot")
        self.assertEqual(snapshot["you"], {"transport": "tcp", "address": "127.0.0.1", "port": stream.port})
        self.assertEqual(snapshot["me"]["port"], self.port)
        self.assertEqual(snapshot["host"], socket.gethostname())
        first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        self.assertEqual(snapshot["ephemeral"], {"first": first, "last": last})
        self.assertIn({"name": "http", "default_port": 80}, snapshot["services"])
        _, _, listeners = ask(self.port, "/api/listeners")
        self.assertEqual([row["endpoint"] for row in snapshot["listeners"]],
                         [row["endpoint"] for row in json.loads(listeners)])
        clients = {(row["service"], row["remote"]["port"]) for row in snapshot["sessions"]}
        self.assertIn(("echo", echo.getsockname()[1]), clients)
        self.assertIn(("http", stream.port), clients)

    def test_a_session_opens_is_noted_and_closes(self):
        stream = self.stream()
        stream.event()
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            port = client.getsockname()[1]
            opened = stream.change("session_opened", lambda c: c["session"]["remote"]["port"] == port)["session"]
            self.assertEqual((opened["service"], opened["local"]["port"]), ("http", self.port))
            client.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            noted = stream.change("session_noted", lambda c: c["id"] == opened["id"])
            self.assertEqual(noted["note"], "GET /hello.txt 200")
        closed = stream.change("session_closed", lambda c: c["id"] == opened["id"])
        self.assertGreater(closed["bytes_out"], 0)

    def test_a_flow_of_udp_is_a_session_too(self):
        stream = self.stream()
        stream.event()
        dns = self.server.port("dns", "udp")
        self.assertEqual(portlab("dns", "www.lab.test", f"@127.0.0.1:{dns}").code, 0)
        row = stream.change("session_opened", lambda c: c["session"]["service"] == "dns")["session"]
        self.assertEqual(row["local"], {"transport": "udp", "address": "127.0.0.1", "port": dns})

    def test_a_listener_opens_moves_and_closes(self):
        stream = self.stream()
        stream.event()
        old = self.server.port("echo")
        self.server.ask_control("move", "echo=0")
        moved = stream.change("listener_moved", lambda c: c["moved_from"]["port"] == old)
        self.assertNotEqual(moved["listener"]["endpoint"]["port"], old)
        self.server.ask_control("close", "ftp")
        closed = stream.change("listener_closed", lambda c: c["listener"]["service"] == "ftp")
        self.assertEqual(closed["listener"]["endpoint"]["port"], self.server.port("ftp"))
        self.server.ask_control("listen", "ftp=0")
        stream.change("listener_opened", lambda c: c["listener"]["service"] == "ftp")

    def test_the_control_socket_is_not_shown(self):
        stream = self.stream()
        _, snapshot = stream.event()
        self.server.ask_control("sessions")
        self.echo()
        kinds = [stream.change("session_opened")["session"]["service"]]
        self.assertEqual(kinds, ["echo"])
        self.assertEqual({row["endpoint"]["transport"] for row in snapshot["listeners"]}, {"tcp", "udp"})

    def test_many_requests_of_one_session_are_one_change(self):
        stream = self.stream()
        stream.event()
        with socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT) as client:
            client.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 300)
            stream.change("session_noted", lambda c: c.get("times", 1) > 1)

    def test_what_was_lost_is_counted_and_a_snapshot_follows(self):
        stream = self.stream()
        stream.event()
        count = 1500  # more sessions than wait for a subscriber
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < count + 200:
            self.skipTest(f"this user may open only {hard} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = [socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
        # All of them have a request when the server goes on, so it answers them in one go.
        self.server.signal(signal.SIGSTOP)
        for client in clients:
            client.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        self.server.signal(signal.SIGCONT)
        noted = missed = 0
        while not missed:
            data = stream.wait_for("changes")
            missed = data.get("missed", 0)
            noted += sum(change["kind"] == "session_noted" for change in data["changes"])
            if noted == count:
                self.skipTest("this build answers so slowly that no change is lost")
        ports = {client.getsockname()[1] for client in clients}
        # One may be on its way that is older.
        stream.wait_for("snapshot", lambda data: ports <= {row["remote"]["port"] for row in data["sessions"]})

    def test_short_sessions_are_counted_and_none_stays(self):
        stream = self.stream()
        _, snapshot = stream.event()
        before = {row["id"] for row in snapshot["sessions"]}
        echo = self.server.port("echo")
        made = 0
        for _ in range(20):
            for _ in range(100):
                socket.create_connection(("127.0.0.1", echo), TIME_LIMIT).close()
            made += 100
        last = self.echo().getsockname()[1]
        opened = closed = counted = 0
        known = set(before)
        while True:
            batch = stream.wait_for("changes")
            self.assertNotIn("missed", batch)
            for change in batch["changes"]:
                if change["kind"] == "session_opened":
                    opened += 1
                    known.add(change["session"]["id"])
                    if change["session"]["remote"]["port"] == last:
                        ours = change["session"]["id"]
                elif change["kind"] == "session_closed":
                    closed += 1
                    known.discard(change["id"])
                elif change["kind"] == "short_sessions":
                    self.assertEqual((change["service"], change["server"]["port"]), ("echo", echo))
                    counted += change["sessions"]
            if (closed + counted, opened + counted) == (made, made + 1):
                break
        self.assertEqual(known - before, {ours})
        self.assertGreater(counted, 0)

    def test_thirty_viewers_get_the_same_changes(self):
        streams = [self.stream() for _ in range(30)]
        for stream in streams:
            self.assertEqual(stream.event()[0], "snapshot")
        echo = self.echo().getsockname()[1]
        ids = {stream.change("session_opened", lambda c: c["session"]["remote"]["port"] == echo)["session"]["id"]
               for stream in streams}
        self.assertEqual(len(ids), 1)

    def test_there_is_a_limit_of_viewers(self):
        limit = 200
        streams = [self.stream() for _ in range(limit)]
        for stream in streams:
            self.assertIn(" 200 ", stream.head.decode().splitlines()[0])
        status, head, _ = ask(self.port, "/api/events")
        self.assertEqual(status, 503)
        self.assertIn("Retry-After:", head)
        streams[0].close()
        wait_until(lambda: self.stream().head.startswith(b"HTTP/1.1 200"), "room for a viewer")

    def test_a_silent_stream_shows_that_it_lives(self):
        stream = self.stream()
        stream.event()
        stream.wait_for("changes", lambda data: data["changes"] == [])

    def test_a_stop_ends_the_stream_at_once(self):
        stream = self.stream()
        stream.event()
        self.assertEqual(self.server.stop(), 0)
        with contextlib.suppress(ValueError, ConnectionError):  # the end is inside a chunk
            while stream.event():
                pass

    def test_head_has_no_body(self):
        with socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT) as client:
            client.sendall(b"HEAD /api/events HTTP/1.1\r\nHost: a.lab.test\r\n\r\n"
                           b"GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            with client.makefile("rb") as file:
                answer = file.read()
        self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 2)


class SlowViewers(unittest.TestCase):
    def test_viewers_that_read_nothing_are_skipped_ahead_and_take_bounded_memory(self):
        # AddressSanitizer keeps what was freed: only a little here.
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=4")))
        server = Portlabd("http=0", "echo=0", env={**os.environ, "ASAN_OPTIONS": options})
        self.addCleanup(server.close)
        port = server.port("http")
        fast, *slow = [Stream(port, receive_bytes=size) for size in [None] + [4096] * 12]
        for stream in (fast, *slow):
            self.addCleanup(stream.close)
            self.assertEqual(stream.event()[0], "snapshot")

        def resident_bytes():
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
            return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

        request = f"GET /{'x' * 140} HTTP/1.1\r\nHost: a.lab.test\r\n\r\n".encode()
        clients = [socket.create_connection(("127.0.0.1", port), TIME_LIMIT) for _ in range(800)]
        for client in clients:
            self.addCleanup(client.close)

        def ask_all():
            """A request of each, and the bytes of the batches with their changes."""
            for client in clients:
                client.sendall(request)
            for client in clients:
                client.recv(65536)
            sessions, batch_bytes = 0, 0
            while sessions < len(clients):
                batch = fast.wait_for("changes")
                sessions += sum(change["kind"] in ("session_opened", "session_noted")
                                for change in batch["changes"])
                batch_bytes += len(json.dumps(batch))
            return batch_bytes

        before = resident_bytes()
        # Until the buffers of the slow viewers' sockets are certainly full, and then more than is kept for them. That
        # is over before the server ends them: a write may take 30 s.
        kept_bytes = 4 << 20
        sent, socket_bytes = 0, int(pathlib.Path("/proc/sys/net/ipv4/tcp_wmem").read_text(encoding="ascii").split()[2])
        while sent < socket_bytes + kept_bytes * 5 // 4:
            sent += ask_all()
        # ThreadSanitizer keeps data about each word.
        factor = 2 if "libtsan" in run("ldd", program("PORTLABD")).stdout else 1
        self.assertLess(resident_bytes() - before, factor * (32 << 20))
        for stream in slow:
            name, data = stream.event()
            while name != "snapshot":
                self.assertNotEqual(data["changes"], [], "it got every change: none was left out")
                name, data = stream.event()
            self.assertGreater(data["missed"], 0)
        with socket.create_connection(("127.0.0.1", server.port("echo")), TIME_LIMIT) as echo:
            at = echo.getsockname()[1]
            for stream in slow:
                stream.change("session_opened", lambda c: c["session"]["remote"]["port"] == at)


class Hosts(unittest.TestCase):
    """DNS rebinding: a name that somebody else made lead to this machine."""

    def test_only_names_of_this_machine_are_answered(self):
        with Portlabd("http=0") as server:
            port = server.port("http")
            for path in ("/live/", "/live/live.js", "/api/sessions", "/api/listeners"):
                for host in ("127.0.0.1", f"127.0.0.1:{port}", "[::1]:80", "localhost", "LOCALHOST:80",
                             "www.lab.test", "lab.test.", socket.gethostname()):
                    self.assertEqual(ask(port, path, host)[0], 200, (path, host))
                for host in ("evil.example", "lab.test.evil.example", "notlab.test", "127.0.0.1.evil.example"):
                    status, _, body = ask(port, path, host)
                    self.assertEqual(status, 421, (path, host))
                    self.assertIn(host.encode(), body)
            with Stream(port, "evil.example") as refused:
                self.assertIn(b" 421 ", refused.head)
            self.assertEqual(ask(port, "/hello.txt", "evil.example")[0], 200)


    def test_names_of_etc_hosts_are_answered(self):
        names = set()
        for line in pathlib.Path("/etc/hosts").read_text(encoding="utf-8").splitlines():
            address, *rest = line.partition("#")[0].split() or [""]
            if address.startswith("127.") or address == "::1":
                names.update(rest)
        with Portlabd("http=0") as server:
            for name in sorted(names)[:20]:
                self.assertEqual(ask(server.port("http"), "/live/", name)[0], 200, name)


class Https(unittest.TestCase):
    def test_the_page_and_its_stream_work_over_tls_and_show_the_same(self):
        context = ssl.create_default_context()
        with Portlabd("https=0", "http=0", "echo=0") as server:
            authority = subprocess.run([program("PORTLAB"), "server", "authority", "--control", server.control],
                                       capture_output=True, text=True, check=True, timeout=TIME_LIMIT).stdout
            context.load_verify_locations(cadata=authority)

            def connect():
                plain = socket.create_connection(("127.0.0.1", server.port("https")), TIME_LIMIT)
                return context.wrap_socket(plain, server_hostname="localhost")
            for path in sorted(PAGE.iterdir()):
                with connect() as session, session.makefile("rb") as file:
                    session.sendall(f"GET /live/{path.name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                    head, _, body = file.read().partition(b"\r\n\r\n")
                    self.assertIn(b" 200 ", head.splitlines()[0])
                    self.assertEqual(body, path.read_bytes())
            with Stream(connected=connect()) as stream, Stream(server.port("http")) as plain:
                snapshot = stream.wait_for("snapshot")
                self.assertEqual(snapshot["you"]["port"], stream.port)
                plain.wait_for("snapshot")
                with socket.create_connection(("127.0.0.1", server.port("echo")), TIME_LIMIT) as echo:
                    port = echo.getsockname()[1]
                    rows = [one.change("session_opened", lambda c: c["session"]["remote"]["port"] == port)["session"]
                            for one in (stream, plain)]
                self.assertEqual(rows[0]["id"], rows[1]["id"])


class Files(unittest.TestCase):
    def test_every_file_of_the_page_is_served_as_it_is(self):
        with Portlabd("http=0") as server:
            port = server.port("http")
            for path in sorted(PAGE.iterdir()):
                status, head, body = ask(port, f"/live/{path.name}")
                self.assertEqual((status, body), (200, path.read_bytes()), path.name)
                self.assertIn("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'", head)
                self.assertIn("X-Content-Type-Options: nosniff", head)
            self.assertEqual(ask(port, "/live/")[2], (PAGE / "index.html").read_bytes())
            status, head, _ = ask(port, "/live?projector")
            self.assertEqual(status, 301)
            self.assertIn("\r\nLocation: /live/?projector\r\n", head)
            self.assertEqual(ask(port, "/live/absent.js")[0], 404)
            self.assertEqual(ask(port, "/live/../hello.txt")[0], 200)
            status, head, _ = ask(port, "/live/", method="POST")
            self.assertEqual(status, 405)
            self.assertEqual(ask(port, "/api/events", method="DELETE")[0], 405)

    def test_the_page_is_small_and_has_nothing_inline(self):
        files = {path.name: path.read_text(encoding="utf-8") for path in PAGE.iterdir()}
        self.assertLess(sum(len(text.encode()) for text in files.values()), 80_000)
        for name, text in files.items():
            self.assertIsNone(re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function",
                                        text), name)
            self.assertIsNone(re.search(r"https?://(?!www\.w3\.org/)", text), name)
        page = files["index.html"]
        self.assertIsNone(re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", page))


if __name__ == "__main__":
    unittest.main()
