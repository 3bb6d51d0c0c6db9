#!/usr/bin/env python3
"""portlab connect: pipes, half-close, terminals."""

import json
import os
import tempfile
import threading

from portlab_testing import ClientTest, Server, UdpServer, environment, main, on_terminal, portlab


def echo(session):
    while data := session.recv(65536):
        session.sendall(data)


def read_all(session):
    data = b""
    while piece := session.recv(65536):
        data += piece
    return data


class Connect(ClientTest):
    def test_it_works_in_pipes(self):
        data = os.urandom(2_000_000)
        with Server(echo) as server:
            result = portlab("connect", server.where, stdin=data)
            self.expect(result, 0)
            self.assertEqual(result.out, data)

    def test_the_peer_may_answer_after_the_end_of_input(self):
        with Server(lambda session: session.sendall(b"received " + read_all(session))) as server:
            result = portlab("connect", server.where, stdin=b"all of it")
            self.assertEqual(result.out, b"received all of it")

    def test_a_peer_that_never_ends_is_left_after_the_timeout(self):
        def never(session):
            session.sendall(b"hello")
            while True:
                if not session.recv(1):
                    done.wait(20)
                    return

        done = threading.Event()
        with Server(never) as server:
            result = portlab("connect", "--timeout", "0.2", server.where, stdin=b"x")
            done.set()
            self.expect(result, 0)
            self.assertEqual(result.out, b"hello")

    def test_the_peer_may_end_first(self):
        with Server(lambda session: session.sendall(b"220 and goodbye\r\n")) as server:
            result = portlab("connect", server.where, stdin=b"")
            self.expect(result, 0)
            self.assertEqual(result.out, b"220 and goodbye\r\n")

    def test_crlf(self):
        with Server(lambda session: session.sendall(read_all(session))) as server:
            result = portlab("connect", "--crlf", server.where, stdin=b"a\nb\r\nc\n\n")
            self.assertEqual(result.out, b"a\r\nb\r\nc\r\n\r\n")

    def test_host_and_port_as_two_words(self):
        with Server(echo) as server:
            result = portlab("connect", "127.0.0.1", server.port, stdin=b"x")
            self.assertEqual(result.out, b"x")

    def test_a_missing_port(self):
        result = portlab("connect", "127.0.0.1")
        self.expect(result, 2, "the port is missing", "127.0.0.1:80")
        self.expect_form(result)

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/socket"
            with Server(echo, path=path):
                result = portlab("connect", "--unix-socket", path, stdin=b"x")
                self.expect(result, 0, f"→  {path}")
                self.assertEqual(result.out, b"x")
            self.expect(portlab("connect", "--unix-socket", path), 3, "refused", path)
            os.unlink(path)
            result = portlab("connect", "--unix-socket", path)
            self.expect(result, 3, "no such socket", path)
            self.expect_form(result)

    def test_udp(self):
        with UdpServer(lambda data: data.upper()) as server:
            result = portlab("connect", "--udp", "--timeout", "2", server.where, stdin=b"abc")
            self.expect(result, 0)
            self.assertEqual(result.out, b"ABC")
        with UdpServer(lambda data: None) as server:
            result = portlab("connect", "--udp", "--timeout", "0.2", server.where, stdin=b"abc")
            self.expect(result, 3, "no answer")

    def test_hold_keeps_all_sessions_although_stdin_has_ended(self):
        ends = []

        def watch(session):
            session.settimeout(0.3)
            try:
                ends.append(session.recv(1))
            except TimeoutError:
                ends.append("open")
                session.settimeout(30)
                session.recv(1)

        with Server(watch) as server:
            result = portlab("connect", "--sessions", 3, "--hold", "3", server.where)
            self.expect(result, 0)
        self.assertEqual(ends, ["open"] * 3)

    def test_json_is_one_document(self):
        with Server(echo) as server:
            document = json.loads(portlab("connect", "--json", server.where, stdin=b"abc").out)
            self.assertEqual(document["received"], "abc")
            self.assertEqual(document["sent_bytes"], 3)
            self.assertEqual(document["sessions"][0]["remote"]["port"], server.port)

    def test_on_a_terminal_ctrl_d_ends(self):
        with Server(echo) as server:
            code, screen = on_terminal("connect", server.where, typed=b"hello\n\x04")
            self.assertEqual(code, 0)
            self.assertIn("Ctrl-D", screen)
            self.assertEqual(screen.count("hello"), 2, screen)  # typed, and echoed

    def test_on_a_terminal_enter_sends_crlf(self):
        received = []

        def receive(session):
            received.append(read_all(session))

        for option, expected in (([], b"GET\r\n\r\n"), (["--lf"], b"GET\n\n")):
            with Server(receive) as server:
                on_terminal("connect", "-q", *option, server.where, typed=b"GET\n\n\x04")
            self.assertEqual(received.pop(), expected)
        self.expect(portlab("connect", "--crlf", "--lf", "127.0.0.1:9"), 2, "exclude")

    def test_on_a_terminal_udp_has_no_connection_and_datagrams_as_typed(self):
        with UdpServer(lambda data: repr(data).encode()) as server:
            screen = on_terminal("connect", "-u", "--timeout", "2", server.where,
                                 typed=b"hi\n\x04")[1]
        self.assertIn("udp has no connection", screen)
        self.assertIn(r"b'hi\n'", screen)
        self.assertNotIn("connected", screen)

    def test_a_path_is_no_host(self):
        self.expect(portlab("connect", "/run/x"), 2, "is a path",
                    "try: portlab connect --unix-socket /run/x\n")
        result = portlab("connect", "/run/x", env=environment(PORTLAB_CONTROL="/run/x"))
        self.expect(result, 2, "try: portlab server status")

    def test_rejected_sessions_are_reported(self):
        def limited(session):
            if session.getpeername() == server.peers[0]:
                session.recv(1)  # until the client leaves

        with Server(limited) as server:
            result = portlab("connect", "--sessions", 3, "--hold", "3", server.where)
            self.expect(result, 1, "2 of 3 sessions were rejected")

    def test_control_characters_are_shown_on_a_terminal(self):
        with Server(lambda session: session.sendall(b"\033[2Jbye \xc3\xbc\r\n")) as server:
            screen = on_terminal("connect", "--quiet", server.where)[1]
            self.assertIn("\\x1b[2Jbye ü\r\n", screen)


if __name__ == "__main__":
    main()
