#!/usr/bin/env python3
"""portlab echo, against good and bad echo servers."""

import itertools
import json
import os
import socket

from portlab_testing import ClientTest, Server, UdpServer, main, on_terminal, portlab


def echo(session):
    while data := session.recv(65536):
        session.sendall(data)


class Tcp(ClientTest):
    def test_text_comes_back(self):
        with Server(echo) as server:
            result = portlab("echo", server.where, "hello")
            self.expect(result, 0)
            self.assertEqual(result.text, "hello\n")

    def test_stdin_comes_back_byte_by_byte(self):
        data = os.urandom(3_000_001)
        with Server(echo) as server:
            result = portlab("echo", server.where, stdin=data)
            self.expect(result, 0)
            self.assertEqual(result.out, data)

    def test_empty_input_comes_back_empty(self):
        with Server(echo) as server:
            result = portlab("echo", server.where, stdin=b"")
            self.expect(result, 0)
            self.assertEqual(result.out, b"")

    def test_another_answer_is_noticed_at_once(self):
        def reply_in_upper_case(session):
            session.sendall(session.recv(100).upper())
            session.recv(1)  # keeps the session open until the client leaves

        with Server(reply_in_upper_case) as server:
            result = portlab("echo", server.where, "abCd")
            self.expect(result, 1, "the answer differs", "from byte 1 on")
            self.expect_form(result)

    def test_a_short_answer_is_noticed(self):
        with Server(lambda session: session.sendall(session.recv(100)[:3])) as server:
            self.expect(portlab("echo", server.where, "abcd"), 1, "only 3 of 4 bytes")

    def test_sessions_beyond_the_servers_limit_are_counted(self):
        taken = itertools.count()

        def limited(session):
            if next(taken) < 2:
                echo(session)

        with Server(limited) as server:
            result = portlab("echo", "--sessions", 5, server.where, "x")
            self.expect(result, 1, f"tcp {server.where}: 3 of 5 sessions were rejected", "limit")
            self.assertEqual(result.text, "x\nx\n")

    def test_a_session_that_is_ended_while_held_is_reported(self):
        def echo_once(session):
            session.sendall(session.recv(100))

        with Server(echo_once) as server:
            result = portlab("echo", "--hold", 20, server.where, "x")
            self.expect(result, 3, "the session was ended by the server while held open")

    def test_a_url_is_no_host(self):
        self.expect(portlab("echo", "http://127.0.0.1:8007/x", "x"), 2, "is a URL",
                    "try: portlab echo 127.0.0.1:8007\n")
        self.expect(portlab("echo", "::1:8007", "x"), 2, "needs brackets")

    def test_a_silent_server_is_a_timeout(self):
        with Server(lambda session: session.recv(1) and session.recv(1)) as server:
            result = portlab("echo", "--timeout", "0.2", server.where, "x")
            self.expect(result, 3, "timed out", "0.2 s", "is another service on this port?")
            self.expect_form(result)

    def test_a_reset_is_explained(self):
        def reset(session):
            session.recv(1)
            session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        with Server(reset) as server:
            result = portlab("echo", server.where, "x" * 100)
            self.expect(result, 3, "connection reset")
            self.expect_form(result)

    def test_a_host_alone_means_the_default_port(self):
        result = portlab("echo", "127.0.0.3", "x")  # nothing listens there
        self.expect(result, 3, "tcp 127.0.0.3:7")

    def test_json(self):
        with Server(echo) as server:
            document = json.loads(portlab("echo", "--json", server.where, "hi").out)
            (session,) = document["sessions"]
            self.assertEqual(document["text"], "hi")
            self.assertEqual(session["bytes"], 2)
            self.assertEqual(session["remote"]["port"], server.port)
            self.assertEqual(session["home_port"], 7)
            self.assertTrue(session["moved"])

    def test_control_characters_do_not_reach_the_terminal(self):
        with Server(echo) as server:
            code, screen = on_terminal("echo", "--quiet", server.where, "a\033]0;b")
            self.assertEqual((code, screen), (0, "a\\x1b]0;b\n"))


class Udp(ClientTest):
    def test_a_datagram_comes_back(self):
        with UdpServer(lambda data: data) as server:
            result = portlab("echo", "--udp", server.where, "hello")
            self.expect(result, 0, "udp  127.0.0.1:")
            self.assertEqual(result.text, "hello\n")

    def test_sizes(self):
        with UdpServer(lambda data: data) as server:
            for size in [0, 1, 1472, 1473, 65506, 65507]:
                with self.subTest(size):
                    data = os.urandom(size)
                    result = portlab("echo", "--udp", server.where, stdin=data)
                    self.expect(result, 0)
                    self.assertEqual(result.out, data)

    def test_a_datagram_has_an_end(self):
        result = portlab("echo", "--udp", "127.0.0.1:9", stdin=b"x" * 65508)
        self.expect(result, 2, "65508 bytes", "65507")
        self.expect_form(result)

    def test_silence_is_explained(self):
        with UdpServer(lambda data: None) as server:
            result = portlab("echo", "--udp", "--timeout", "0.2", server.where, "x")
            self.expect(result, 3, f"udp {server.where}: timed out: no answer for 0.2 s", "refused")
            self.expect_form(result)

    def test_a_closed_port_is_refused(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        result = portlab("echo", "--udp", f"127.0.0.1:{port}", "x")
        self.expect(result, 3, f"udp 127.0.0.1:{port}: refused", "ICMP")
        self.expect_form(result)

    def test_a_cut_answer_is_noticed(self):
        with UdpServer(lambda data: data[:-1]) as server:
            self.expect(portlab("echo", "--udp", server.where, "abc"), 1, "only 2 of 3 bytes")


if __name__ == "__main__":
    main()
