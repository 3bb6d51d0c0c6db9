#!/usr/bin/env python3
"""portlabd's telnet with other clients: the telnet of GNU inetutils and of busybox, PuTTY's plink, nc,
and many at once. A client that is not installed is skipped."""

import socket
import threading
import unittest

from portlab_terminal import Terminal
from portlab_testing import TIME_LIMIT, Portlabd, need, run

GREETING = "Log in with the name guest and the password portlab."


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Portlabd("telnet=0", "--log", "none")
        cls.addClassCleanup(cls.server.close)
        cls.port = cls.server.port("telnet")

    def log_in(self, terminal, enter):
        terminal.expect(GREETING)
        terminal.expect("login: ")
        terminal.type("guest" + enter)
        return terminal.expect(": ")

    def use_with_server_echo(self, terminal, enter="\r"):
        """Keys are sent at once, and echoed by the server."""
        self.assertTrue(self.log_in(terminal, enter).endswith("Password: "))
        terminal.type("portlab" + enter)
        self.assertNotIn("portlab", terminal.expect("Welcome"))
        terminal.expect("guest> ")
        terminal.type("whoo\x7famii\x7f" + enter)  # Backspace
        terminal.expect("you  tcp 127.0.0.1:")
        self.assertIn(f"me   tcp 127.0.0.1:{self.port}\r\n", terminal.expect("guest> "))
        terminal.type("nonsense\x15who" + enter)  # Ctrl-U
        self.assertIn("(you)", terminal.expect("guest> "))
        terminal.type("half a line\x03")  # Ctrl-C
        terminal.expect("^C")
        terminal.expect("guest> ")
        terminal.type("\x1b[Aports" + enter)  # a key with an escape sequence has no effect
        self.assertIn(f"127.0.0.1:{self.port}", terminal.expect("guest> "))
        terminal.type("quit" + enter)
        terminal.expect("Goodbye.")

    def test_inetutils_telnet(self):
        need("telnet")
        with Terminal("telnet", "127.0.0.1", self.port) as terminal:
            self.use_with_server_echo(terminal)
            terminal.wait()

    def test_inetutils_telnet_asks_whether_the_server_is_there(self):
        need("telnet")
        with Terminal("telnet", "127.0.0.1", self.port) as terminal:
            self.log_in(terminal, "\r")
            terminal.type("portlab\r")
            terminal.expect("guest> ")
            for command, answer in (("send ayt", "[Portlab telnet server: yes]"), ("send brk", "^C"),
                                    ("send synch ip", "^C"), ("send synch ayt", "yes]")):
                terminal.type("wh\x1d")
                terminal.expect("telnet> ")
                terminal.type(command + "\r")
                terminal.expect(answer)
                terminal.expect("guest> ")
            terminal.type("oami\r")
            terminal.expect("you  tcp")

    def test_busybox_telnet(self):
        need("busybox")
        if "telnet" not in run("busybox", "--list").stdout.split():
            self.skipTest("this busybox has no telnet")
        with Terminal("busybox", "telnet", "127.0.0.1", self.port) as terminal:
            self.use_with_server_echo(terminal)
            terminal.wait()

    def test_plink(self):
        need("plink")
        with Terminal("plink", "-telnet", "-P", self.port, "127.0.0.1") as terminal:
            self.use_with_server_echo(terminal)
            terminal.wait()

    def test_nc_sends_lines(self):
        need("nc")
        with Terminal("nc", "127.0.0.1", self.port) as terminal:
            self.assertTrue(self.log_in(terminal, "\n").endswith("agree to ECHO): "))
            terminal.type("portlab\n")
            terminal.expect("Welcome")
            terminal.type("whoami\n")
            terminal.expect("you  tcp 127.0.0.1:")
            terminal.type("quit\n")
            terminal.expect("Goodbye.")

    def test_the_greeting_covers_what_a_terminal_shows_of_the_negotiation(self):
        with socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT) as client:
            said = b""
            while b"login: " not in said:
                said += client.recv(4096)
        before, after = said.split(b"\r\0", 1)
        self.assertTrue(before.startswith(b"\xff"))
        self.assertGreater(len(after.split(b"\r\n")[0]), len(before))

    def test_thirty_sessions_at_once(self):
        reached = threading.Barrier(30, timeout=TIME_LIMIT)
        failures = []

        def session():
            try:
                with socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT) as client, \
                        client.makefile("rwb") as stream:
                    own = client.getsockname()[1]
                    stream.write(b"guest\r\nportlab\r\n")
                    stream.flush()
                    while b"ends the session." not in stream.readline():
                        pass
                    reached.wait()  # all are logged in
                    stream.write(b"whoami\r\nwho\r\nquit\r\n")
                    stream.flush()
                    said = stream.read().decode(errors="replace")
                    assert f"you  tcp 127.0.0.1:{own}\r\n" in said, said
                    assert said.endswith("Goodbye.\r\n"), said
            except Exception as failure:  # shown by the test
                failures.append(failure)

        threads = [threading.Thread(target=session) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class HostileClients(unittest.TestCase):
    """In each case the server goes on and serves others."""

    def setUp(self):
        self.server = Portlabd("telnet=0", "--log", "none", "--idle-timeout", "2")
        self.addCleanup(self.server.close)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.server.port("telnet")), TIME_LIMIT)
        self.addCleanup(client.close)
        return client

    def read_all(self, client):
        said = b""
        try:
            while piece := client.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
        return said

    def assert_served(self):
        client = self.connect()
        client.sendall(b"guest\r\nportlab\r\nquit\r\n")
        self.assertTrue(self.read_all(client).endswith(b"Goodbye.\r\n"))

    def send_until_closed(self, client, piece, pieces=400):
        try:
            for _ in range(pieces):
                client.sendall(piece)
        except OSError:
            pass

    def test_a_flood_of_options(self):
        for piece in (b"\xff\xfb\x18", b"\xff\xfd\x01\xff\xfe\x01", bytes([255, 253, 3, 255, 251, 99])):
            client = self.connect()
            self.send_until_closed(client, piece * 20_000, 5)
            self.assertLess(len(self.read_all(client)), 10_000)
        self.assert_served()

    def test_an_endless_subnegotiation_and_an_endless_line(self):
        for begin, piece in ((b"\xff\xfa\x1f", b"p" * 50_000), (b"", b"x" * 50_000)):
            client = self.connect()
            client.sendall(begin)
            self.send_until_closed(client, piece, 100)
            self.assertTrue(self.read_all(client).endswith(b"Closing: idle for too long.\r\n"))
        self.assert_served()

    def test_the_end_in_the_middle_of_a_command(self):
        for end in (b"\xff", b"\xff\xfa", b"\xff\xfa\x1f\0", b"\xff\xfb", b"gue\xff\xfa\x1f\xff"):
            client = self.connect()
            client.sendall(end)
            client.shutdown(socket.SHUT_WR)
            self.assertTrue(self.read_all(client).endswith(b"login: "))
        self.assert_served()

    def test_one_byte_at_a_time(self):
        client = self.connect()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\xff\xfd\x01\xff\xfd\x03gu\xff\xf1est\r\0\xff\xfa\x1f\0\x50\0\x18\xff\xf0portlab\r\nquit\r\n":
            client.sendall(bytes([byte]))
        said = self.read_all(client)
        self.assertTrue(said.endswith(b"Goodbye.\r\n"), said)

    def test_a_client_that_reads_nothing(self):
        clients = [self.connect() for _ in range(3)]
        for client in clients:
            client.setblocking(False)
            client.sendall(b"guest\r\nportlab\r\n")
            try:
                for _ in range(200):
                    client.sendall(b"help\r\n" * 1000)
            except OSError:
                pass  # the server has stopped reading
        self.assert_served()

    def test_all_bytes(self):
        for byte in range(256):
            client = self.connect()
            client.sendall(bytes([byte]) * 3000 + b"\r\n")
            client.shutdown(socket.SHUT_WR)
            self.read_all(client)
        self.assert_served()


if __name__ == "__main__":
    unittest.main(verbosity=2)
