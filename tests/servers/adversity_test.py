"""Slow and silent clients, floods, resets, clients that never read, a full disk, kill -9. In each
case a well-behaved client is served throughout.
"""

import contextlib
import os
import resource
import signal
import socket
import struct
import threading
import unittest

from portlab_testing import (TIME_LIMIT, Portlabd, enter_private_network, program,
                             skip_where_the_sanitizer_needs_descriptors, wait_until)

QUERY = (b"\x12\x34\0\0\0\1\0\0\0\0\0\0\3www\3lab\4test\0\0\1\0\1")
SERVICES = ("http=0", "ftp=0", "dns=0", "echo=0")


def setUpModule():
    enter_private_network()


def connect(port, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), TIME_LIMIT, source_address=(source, 0))


def reset(connection):
    """Closes with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class GoodClient:
    """Uses all four services in turn, from an address of its own, until the block ends. Every answer
    must be right, and none may take longer than TIME_LIMIT."""

    source = "127.0.0.99"

    def __init__(self, server, services=("http", "ftp", "dns", "echo")):
        self.server, self.services = server, services
        self.rounds, self.failure = 0, None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self.ending.is_set():
                for service in self.services:
                    getattr(self, service)()
                self.rounds += 1
        except Exception as failure:  # shown by the test that waits for this thread
            self.failure = failure

    def _ask(self, service, words, expected):
        with connect(self.server.port(service), self.source) as client:
            client.sendall(words)
            said = b""
            while expected not in said:
                piece = client.recv(65536)
                if not piece:
                    raise AssertionError(f"{service}: closed after {said!r}")
                said += piece

    def http(self):
        self._ask("http", b"GET /hello.txt HTTP/1.0\r\n\r\n", b"200 OK")

    def ftp(self):
        self._ask("ftp", b"USER anonymous\r\nPASS x\r\nPWD\r\nQUIT\r\n", b"\r\n221 ")

    def echo(self):
        self._ask("echo", b"hello", b"hello")

    def dns(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((self.source, 0))
            client.settimeout(TIME_LIMIT / 4)
            client.connect(("127.0.0.1", self.server.port("dns", "udp")))
            for attempt in range(4):  # a datagram may be lost: that is no fault
                client.send(QUERY)
                try:
                    answer = client.recv(4096)
                    break
                except TimeoutError:
                    if attempt == 3:
                        raise
        if answer[:2] != QUERY[:2] or answer[3] & 15 != 0:
            raise AssertionError(f"dns: {answer!r}")

    def is_served(self, rounds=3):
        """Waits until it was served that often from now on."""
        goal = self.rounds + rounds
        wait_until(lambda: self.failure or self.rounds >= goal, "a good client is served")
        if self.failure:
            raise self.failure

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ending.set()
        self.thread.join()
        if self.failure and kind is None:
            raise self.failure


class Adversity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def setUp(self):
        self.held = contextlib.ExitStack()
        self.addCleanup(self.held.close)

    def hold(self, port, source="127.0.0.1"):
        return self.held.enter_context(connect(port, source))

    def test_clients_that_send_one_byte_at_a_time(self):
        with Portlabd(*SERVICES, "--log", "none") as server, GoodClient(server) as good:
            slow_clients = [
                (self.hold(server.port("http")), b"GET / HTTP/1.1\r\nHost: aaaaaaaaaa"),
                (self.hold(server.port("ftp")), b"USER aaaaaaaaaaaaaaaaaaaaaaa"),
                (self.hold(server.port("dns")), b"\0\x1e\x12\x34\0\0\0\1\0\0\0\0\0\0\3www\3la")]
            for index in range(20):
                for connection, words in slow_clients:
                    connection.send(words[index:index + 1])
                good.is_served(1)

    def test_thousands_of_clients_that_send_nothing(self):
        silent = 10_000
        with Portlabd(*SERVICES, "--log", "none", "--max-sessions-per-address", "3000") as server, \
                GoodClient(server) as good:
            try:
                for number in range(silent):
                    service = ("http", "ftp", "dns", "echo")[number % 4]
                    self.hold(server.port(service), f"127.0.1.{1 + number % 4}")
            except OSError as full:  # this machine gives a process fewer descriptors
                self.assertEqual(full.errno, 24)
            good.is_served()

    def test_a_flood_from_one_address_reaches_only_the_limit_of_that_address(self):
        with Portlabd(*SERVICES, "--log", "none", "--max-sessions-per-address", "50") as server, \
                GoodClient(server) as good:
            flood = [self.hold(server.port("http")) for _ in range(50)]
            for connection in flood:
                connection.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertIn(b"200 OK", connection.recv(65536))
            for _ in range(100):
                refused = self.hold(server.port("http"))
                refused.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertIn(b" 503 ", refused.recv(65536))
            good.is_served()
            flood[0].sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"200 OK", flood[0].recv(65536), "an open session is served")

    def test_a_shortage_of_descriptors_ends_when_sessions_end(self):
        skip_where_the_sanitizer_needs_descriptors(program("PORTLABD"))
        # One descriptor for each session is kept ready for it; FTP's passive ports take others.
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        with Portlabd(*SERVICES, preexec_fn=few_files) as server:
            held = connect(server.port("echo"))
            self.held.enter_context(held)
            clients = []
            for _ in range(30):
                client = connect(server.port("ftp"))
                client.sendall(b"USER anonymous\r\nPASS x\r\nEPSV\r\n")
                clients.append(client)
            wait_until(lambda: "no file descriptor" in server.log() or self.is_full(server),
                       "no new session is accepted")
            held.sendall(b"still here")
            self.assertEqual(held.recv(100), b"still here")
            for client in clients:
                client.close()
            wait_until(lambda: len(server.ask_control("sessions")["sessions"]) <= 3,
                       "the closed sessions are removed")
            with GoodClient(server) as good:
                good.is_served()

    @staticmethod
    def is_full(server):
        with connect(server.port("echo")) as probe:
            probe.settimeout(0.5)
            try:
                probe.sendall(b"x")
                return probe.recv(1) != b"x"
            except OSError:
                return True

    def test_thousands_of_resets(self):
        with Portlabd(*SERVICES, "--log", "none") as server, GoodClient(server) as good:
            for number in range(2000):
                service = ("http", "ftp", "dns", "echo")[number % 4]
                client = connect(server.port(service))
                if number % 3:
                    client.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: a\r\n\r\n")
                reset(client)
            good.is_served()
        self.assertNotIn("internal", server.log() if os.path.exists(server.log_path) else "")

    def test_clients_that_never_read(self):
        with Portlabd(*SERVICES, "--log", "none") as server, GoodClient(server) as good:
            for _ in range(50):
                web = self.hold(server.port("http"))
                web.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
                echo_client = self.hold(server.port("echo"))
                echo_client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        echo_client.send(b"x" * 65536)
            good.is_served()

    def test_kill_9_and_a_restart_on_the_same_ports(self):
        with Portlabd(*SERVICES) as first:
            held = self.hold(first.port("http"))
            held.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(held.recv(100))
            again = [f"{name}={first.port(name)}" for name in ("http", "ftp", "dns", "echo")]
            first.signal(signal.SIGKILL)
            first.process.wait(TIME_LIMIT)
            with Portlabd(*again) as second, GoodClient(second) as good:
                good.is_served()

    def test_a_full_disk_for_the_log(self):
        full = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, full)
        with Portlabd(*SERVICES, "--log", "requests", log_to=full) as server, \
                GoodClient(server) as good:
            good.is_served()

    def test_a_log_pipe_without_a_reader(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        with Portlabd(*SERVICES, "--log", "requests", log_to=writer) as server, \
                GoodClient(server) as good:
            good.is_served(300)  # more lines than the pipe holds

    def test_all_of_it_with_two_workers(self):
        with Portlabd(*SERVICES, "--log", "none", "--workers", "2") as server, \
                GoodClient(server) as good:
            for number in range(500):
                service = ("http", "ftp", "dns", "echo")[number % 4]
                client = self.hold(server.port(service)) if number % 2 else connect(
                    server.port(service))
                client.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
                if number % 2 == 0:
                    reset(client)
            server.signal(signal.SIGHUP)
            good.is_served()


if __name__ == "__main__":
    unittest.main()
