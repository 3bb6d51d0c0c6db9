#!/usr/bin/env python3
"""portlab http, against servers that follow HTTP and servers that break it."""

import json
import os
import socket
import stat
import struct
import tempfile
import threading
import unittest

from portlab_testing import (
    ClientTest,
    Server,
    closed_port,
    has_ipv6,
    main,
    on_terminal,
    portlab,
    read_head,
)


def answer(text, *more):
    """A function for Server that reads the head of a request and sends these bytes."""

    def handle(session):
        read_head(session)
        for piece in (text, *more):
            session.sendall(piece)

    return handle


def ok(body, fields=b""):
    length = str(len(body)).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n" + fields + b"\r\n" + body


class Recorder:
    """Keeps the requests, with their bodies, and answers each from a list or function of its target."""

    def __init__(self, answers):
        self.answers, self.requests = answers, []

    def __call__(self, session):
        while head := read_head(session):
            body = b""
            lower = head.lower()
            if b"content-length:" in lower:
                length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
                while len(body) < length:
                    body += session.recv(length - len(body))
            if b"transfer-encoding: chunked" in lower:
                while not body.endswith(b"0\r\n\r\n"):
                    body += session.recv(1)
            self.requests.append((head.decode(), body))
            session.sendall(self.answers(head.split()[1].decode()))


class Answers(ClientTest):
    def test_the_content_goes_to_stdout_and_the_card_to_stderr(self):
        with Server(answer(ok(b"hello\n"))) as server:
            result = portlab("http", f"http://{server.where}/")
            self.expect(result, 0, f"→  {server.where}", "not http's default port 80")
            self.assertEqual(result.out, b"hello\n")

    def test_the_scheme_may_be_left_out(self):
        with Server(answer(ok(b"x"))) as server:
            self.assertEqual(portlab("http", server.where).out, b"x")
            self.assertEqual(portlab("http", f"localhost:{server.port}/a").out, b"x")

    def test_404_exits_1(self):
        with Server(answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope")) as server:
            result = portlab("http", f"{server.where}/x?y")
            self.expect(result, 1, f"http://{server.where}/x?y: 404 Not Found: the server has nothing at this path")
            self.assertEqual(result.out, b"nope")

    def test_405_shows_the_allowed_methods(self):
        reply = b"HTTP/1.1 405 No\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\n\r\n"
        with Server(answer(reply)) as server:
            self.expect(portlab("http", "-X", "PUT", server.where), 1, "allowed: GET, HEAD")

    def test_a_chunked_body(self):
        chunks = b"3\r\nabc\r\n1;x=y\r\nd\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        with Server(answer(head + chunks)) as server:
            self.assertEqual(portlab("http", server.where).out, b"abcd0123456789")

    def test_an_answer_in_pieces_of_one_byte(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        whole = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

        def send_single_bytes(session):
            session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            read_head(session)
            for byte in whole:
                session.sendall(bytes([byte]))

        with Server(send_single_bytes) as server:
            self.assertEqual(portlab("http", server.where).out, b"abcde")

    def test_a_body_that_ends_with_the_connection(self):
        with Server(answer(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")) as server:
            self.assertEqual(portlab("http", server.where).out, b"until the end")

    def test_interim_responses_are_skipped(self):
        early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        with Server(answer(early + ok(b"final"))) as server:
            result = portlab("http", "-i", server.where)
            self.assertTrue(result.out.startswith(b"HTTP/1.1 200 OK\r\n"), result)
            self.assertTrue(result.out.endswith(b"\r\n\r\nfinal"), result)

    def test_204_and_304_have_no_body(self):
        for status in (204, 304):
            with Server(answer(b"HTTP/1.1 %d X\r\nETag: y\r\n\r\n" % status)) as server:
                result = portlab("http", server.where)
                self.expect(result, 0)
                self.assertEqual(result.out, b"")

    def test_head(self):
        recorder = Recorder(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with Server(recorder) as server:
            result = portlab("http", "-I", server.where)
            self.assertEqual(result.out, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        self.assertTrue(recorder.requests[0][0].startswith("HEAD / HTTP/1.1\r\n"))

    def test_a_large_body_passes_through(self):
        size = 40_000_000

        def handle(session):
            read_head(session)
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // 1_000_000):
                session.sendall(bytes(1_000_000))

        with Server(handle) as server:
            self.assertEqual(len(portlab("http", server.where).out), size)

    def test_a_rate_slows_the_server_down(self):
        size = 20_000_000
        sent = []

        def handle(session):
            read_head(session)
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            session.settimeout(0.5)  # without --rate, all is sent long before
            total = 0
            try:
                while total < size:
                    total += session.send(bytes(100_000))
            except TimeoutError:
                pass
            sent.append(total)
            # A reset: what this kernel still has would take a minute.
            session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            session.close()

        with Server(handle) as server:
            result = portlab("http", "--rate", "50k", server.where)
        self.assertLess(sent[0], size)
        self.assertEqual(result.code, 3)

    def test_with_a_rate_all_arrives(self):
        with Server(answer(ok(bytes(300_000)))) as server:
            self.assertEqual(len(portlab("http", "--rate", "4M", server.where).out), 300_000)

    def test_json(self):
        with Server(answer(ok("grün".encode(), b"X: y\r\n"))) as server:
            document = json.loads(portlab("http", "--json", f"{server.where}/a").out)
        self.assertEqual(document["status"], 200)
        self.assertEqual(document["body"], "grün")
        self.assertEqual(document["url"], f"http://{server.where}/a")
        self.assertIn({"name": "X", "value": "y"}, document["fields"])
        self.assertEqual(document["sessions"][0]["remote"]["port"], server.port)

    def test_json_of_bytes_that_are_no_text(self):
        with Server(answer(ok(b"\xff\xfe"))) as server:
            document = json.loads(portlab("http", "--json", server.where).out)
        self.assertEqual((document["body"], document["body_bytes"]), (None, 2))

    def test_several_sessions_ask_at_once_and_one_answer_is_shown(self):
        with Server(answer(ok(b"x"))) as server:
            result = portlab("http", "--sessions", 3, server.where)
            self.expect(result, 0)
            self.assertEqual(result.out, b"x")
            self.assertEqual(result.err.count("→"), 3)
            self.assertEqual(len(server.peers), 3)

    def test_one_error_among_several_sessions_exits_1(self):
        lock = threading.Lock()

        def refuse_the_second(session):
            read_head(session)
            with lock:
                turns.append(None)
                second = len(turns) == 2
            session.sendall(b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n" if second else ok(b"x"))

        turns = []
        with Server(refuse_the_second) as server:
            result = portlab("http", "--sessions", 3, server.where)
            self.expect(result, 1, "503 Full")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_ipv6(self):
        recorder = Recorder(lambda _: ok(b"six"))
        with Server(recorder, socket.AF_INET6, "::1") as server:
            result = portlab("http", f"http://[::1]:{server.port}/")
            self.assertEqual(result.out, b"six")
            self.assertIn(f"\r\nHost: [::1]:{server.port}\r\n", recorder.requests[0][0])

    def test_a_unix_socket(self):
        recorder = Recorder(lambda _: ok(b"x"))
        with tempfile.TemporaryDirectory() as folder:
            with Server(recorder, path=folder + "/s"):
                result = portlab("http", "--unix-socket", folder + "/s", "http://www.lab.test/a")
                self.expect(result, 0, folder + "/s")
        self.assertIn("\r\nHost: www.lab.test\r\n", recorder.requests[0][0])


class BadAnswers(ClientTest):
    def test_a_body_that_is_broken_off(self):
        for reply in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ):
            with self.subTest(reply), Server(answer(reply)) as server:
                result = portlab("http", server.where)
                self.expect(result, 3, "incomplete: 3 ", "bytes came")
                self.expect_form(result)

    def test_a_head_that_is_broken_off(self):
        with Server(answer(b"HTTP/1.1 200 OK\r\nCont")) as server:
            self.expect(portlab("http", server.where), 3, "middle of the answer's head")

    def test_no_answer_at_all(self):
        with Server(lambda session: read_head(session)) as server:
            result = portlab("http", server.where)
            self.expect(result, 3, "without an answer")
            self.expect_form(result)

    def test_a_silent_server(self):
        with Server(lambda session: read_head(session) and session.recv(1)) as server:
            result = portlab("http", "--timeout", "0.2", server.where)
            self.expect(result, 3, "timed out", "0.2 s")
            self.expect_form(result)

    def test_another_service_is_recognised(self):
        with Server(lambda session: session.sendall(b"220 FTP \033[1m here\r\n")) as server:
            result = portlab("http", server.where)
            self.expect(result, 1, "not HTTP", "220 FTP \\x1b[1m here")
            self.expect_form(result)

    def test_bad_heads(self):
        for reply, wrong in (
            (b"HTTP/3.7 200 OK\r\n\r\n", "HTTP/3.7 200 OK"),
            (b"HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 2000 OK"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length: x"),
            (b"HTTP/1.1 200 OK\r\nA: b\r\nC d\r\n\r\n", "C d"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
             "Content-Length: 2"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "xyz"),
            (b"HTTP/1.1 200 OK\r\n no colon\r\n\r\n", " no colon"),
        ):
            with self.subTest(reply), Server(answer(reply)) as server:
                self.expect(portlab("http", server.where), 1, "this is not HTTP", f": '{wrong}'\n")

    def test_a_head_without_end(self):
        with Server(answer(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000)) as server:
            self.expect(portlab("http", server.where), 1, "this is not HTTP")

    def test_a_chunk_extension_without_end(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"
        with Server(answer(head, b"a" * 400_000)) as server:
            self.expect(portlab("http", server.where), 1, "this is not HTTP")

    def test_refused(self):
        holder, port = closed_port()
        with holder:
            result = portlab("http", f"http://127.0.0.1:{port}/")
        self.expect(result, 3, f"tcp 127.0.0.1:{port}: connection refused")
        self.expect_form(result)


class Files(ClientTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = self.folder.name + "/page"

    def files(self):
        return sorted(os.listdir(self.folder.name))

    def test_a_file_is_saved(self):
        data = os.urandom(300_000)
        with Server(answer(ok(data))) as server:
            result = portlab("http", "-o", self.path, server.where)
            self.expect(result, 0, f"saved {self.path}: 293.0 KiB")
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), data)
        self.assertEqual(self.files(), ["page"])
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o666 & ~umask)

    def test_an_older_file_stays_when_the_download_fails(self):
        with open(self.path, "w") as file:
            file.write("older")
        with Server(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")) as server:
            self.expect(portlab("http", "-o", self.path, server.where), 3)
        with Server(answer(b"HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc")) as server:
            self.expect(portlab("http", "-o", self.path, server.where), 1)
        self.assertEqual(self.files(), ["page"])
        with open(self.path) as file:
            self.assertEqual(file.read(), "older")
        with Server(answer(ok(b"newer"))) as server:
            self.expect(portlab("http", "-o", self.path, server.where), 0)
        with open(self.path) as file:
            self.assertEqual(file.read(), "newer")

    def test_nothing_is_left_when_there_was_nothing(self):
        with Server(answer(b"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nabc")) as server:
            self.expect(portlab("http", "-o", self.path, server.where), 1)
        self.assertEqual(self.files(), [])

    def test_a_link_stays_a_link(self):
        with open(self.folder.name + "/real", "w"):
            pass
        os.symlink("real", self.path)
        with Server(answer(ok(b"x"))) as server:
            self.expect(portlab("http", "-o", self.path, server.where), 0)
        self.assertTrue(os.path.islink(self.path))
        self.assertEqual(os.path.getsize(self.folder.name + "/real"), 1)

    def test_a_name_without_a_folder(self):
        with Server(answer(ok(b"x"))) as server:
            self.expect(portlab("http", "-o", "here", server.where, cwd=self.folder.name), 0)
        self.assertEqual(self.files(), ["here"])

    def test_devices_are_written_to(self):
        with Server(answer(ok(b"x"))) as server:
            self.expect(portlab("http", "-o", "/dev/null", server.where), 0)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_an_impossible_output_file_is_reported_before_the_request(self):
        with Server(answer(ok(b"x"))) as server:
            result = portlab("http", "-o", self.folder.name, server.where)
            self.expect(result, 2, "this is a folder")
            self.expect_form(result)
            result = portlab("http", "-o", self.folder.name + "/no/where", server.where)
            self.expect(result, 2, "No such file or directory")
            self.expect_form(result)
            self.assertEqual(server.peers, [])


class Redirects(ClientTest):
    @staticmethod
    def to(place, status=302):
        return b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 3\r\n\r\nold" % (
            status,
            place.encode(),
        )

    def test_they_are_shown_and_not_followed(self):
        with Server(answer(self.to("/new"))) as server:
            result = portlab("http", server.where)
            self.expect(result, 0, "302 Moved: moved to /new (-L follows)")
            self.assertEqual(result.out, b"old")

    def test_they_are_followed_over_the_same_session(self):
        recorder = Recorder(lambda t: ok(b"new") if t == "/b/new?q" else self.to("../b/new?q"))
        with Server(recorder) as server:
            result = portlab("http", "-L", f"{server.where}/a/old")
            self.expect(result, 0)
            self.assertEqual(result.out, b"new")
            self.assertEqual(len(server.peers), 1)

    def test_another_server_gets_no_credentials(self):
        there = Recorder(lambda _: ok(b"there"))
        with Server(there) as other:
            here = Recorder(lambda _: self.to(f"http://{other.where}/x"))
            with Server(here) as server:
                result = portlab("http", "-L", "-H", "Authorization: secret", "-H", "X: y",
                                 server.where)
                self.assertEqual(result.out, b"there")
        self.assertIn("secret", here.requests[0][0])
        self.assertNotIn("secret", there.requests[0][0])
        self.assertIn("X: y", there.requests[0][0])
        self.assertIn(f"Host: {other.where}\r\n", there.requests[0][0])

    def test_methods(self):
        for status, method, body in ((301, "GET", b""), (303, "GET", b""), (307, "POST", b"data"),
                                     (308, "POST", b"data")):
            recorder = Recorder(lambda t: ok(b"") if t == "/new" else self.to("/new", status))
            with self.subTest(status), Server(recorder) as server:
                self.expect(portlab("http", "-L", "-d", "data", server.where), 0)
                second = recorder.requests[1]
                self.assertTrue(second[0].startswith(method + " /new "))
                self.assertEqual(second[1], body)

    def test_a_redirect_loop_ends(self):
        recorder = Recorder(lambda _: self.to("/again"))
        with Server(recorder) as server:
            result = portlab("http", "-L", server.where)
            self.expect(result, 1, "redirects without end")
            self.expect_form(result)
        self.assertEqual(len(recorder.requests), 11)

    def test_to_nonsense(self):
        for place in ("http://[", "mailto:x"):
            with self.subTest(place), Server(answer(self.to(place))) as server:
                self.expect(portlab("http", "-L", server.where), 1, f"redirects to '{place}'")


class Requests(ClientTest):
    def request(self, *arguments, stdin=b""):
        recorder = Recorder(lambda _: ok(b""))
        with Server(recorder) as server:
            self.expect(portlab("http", *arguments, f"{server.where}/p?q=%20#fragment",
                                stdin=stdin), 0)
            self.where = server.where
        return recorder.requests[0]

    def test_the_usual_request(self):
        head, body = self.request()
        self.assertEqual(
            head,
            f"GET /p?q=%20 HTTP/1.1\r\nHost: {self.where}\r\nUser-Agent: portlab\r\n"
            "Accept: */*\r\n\r\n",
        )

    def test_data(self):
        head, body = self.request("-d", "a=b")
        self.assertTrue(head.startswith("POST "))
        self.assertIn("\r\nContent-Length: 3\r\n", head)
        self.assertIn("\r\nContent-Type: application/x-www-form-urlencoded\r\n", head)
        self.assertEqual(body, b"a=b")

    def test_empty_data(self):
        head, body = self.request("-d", "")
        self.assertIn("POST ", head)
        self.assertIn("\r\nContent-Length: 0\r\n", head)

    def test_data_from_a_file_and_from_stdin(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 100_000)
            file.flush()
            head, body = self.request("-d", "@" + file.name)
            self.assertIn("\r\nContent-Length: 100000\r\n", head)
            self.assertEqual(body, b"x" * 100_000)
        head, body = self.request("-d", "@-", stdin=b"hello")
        self.assertIn("\r\nTransfer-Encoding: chunked\r\n", head)
        self.assertEqual(body, b"5\r\nhello\r\n0\r\n\r\n")

    def test_methods_and_fields(self):
        head, _ = self.request("-X", "OPTIONS", "-H", "Host: other", "-H", "X-Y:  z", "-H", "Accept:")
        self.assertTrue(head.startswith("OPTIONS "))
        self.assertIn("\r\nHost: other\r\n", head)
        self.assertIn("\r\nX-Y: z\r\n", head)
        self.assertNotIn("Accept", head)

    def test_dot_segments_are_sent_as_they_are(self):
        recorder = Recorder(lambda _: ok(b""))
        with Server(recorder) as server:
            portlab("http", f"http://{server.where}/../a/./b")
        self.assertTrue(recorder.requests[0][0].startswith("GET /../a/./b "))

    def test_an_early_error_ends_a_long_request(self):
        def no(session):
            read_head(session)
            session.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            session.shutdown(socket.SHUT_WR)
            while session.recv(65536):
                pass

        with tempfile.NamedTemporaryFile() as file, Server(no) as server:
            file.truncate(200_000_000)
            self.expect(portlab("http", "-d", "@" + file.name, server.where), 1, "413 Too Large")

    def test_bad_words(self):
        for arguments, why in (
            (["-H", "no colon"], "not a field"),
            (["-H", "a b: c"], "not a field"),
            (["-H", "a: b\r\nc: d"], "one line"),
            (["-X", "GET /"], "not a method"),
            (["-d", "@/no/such/file"], "No such file"),
            (["-I", "-d", "x"], "exclude each other"),
            (["-o", "x", "--json"], "exclude each other"),
            (["--srv"], "--srv"),
        ):
            with self.subTest(arguments):
                result = portlab("http", *arguments, "http://127.0.0.1:9/")
                self.expect(result, 2, why)
                self.expect_form(result)


class Urls(ClientTest):
    def test_what_is_no_url_is_explained(self):
        for url, why in (
            ("", "empty"),
            ("https://", "host is missing"),
            ("ftp://www.lab.test/", "portlab ftp"),
            ("gopher://x/", "gopher"),
            ("http:///path", "host is missing"),
            ("http://127.0.0.1:533369/", "16 bits"),
            ("http://127.0.0.1:8o/", "whole number"),
            ("http://user:pw@127.0.0.1/", "user"),
            ("http://127.0.0.1/a b", "%20"),
            ("http://127.0.0.1/ü", "ASCII"),
            ("http://127.0.0.1/%zz", "hexadecimal"),
            ("http://::1/", "brackets"),
            ("http://[::1/", ""),
            ("http://127.0.0.1:0/", "port 0"),
        ):
            with self.subTest(url):
                result = portlab("http", url)
                self.expect(result, 2, why)
                self.expect_form(result)


class Terminal(ClientTest):
    def test_text_ends_with_a_line(self):
        with Server(answer(ok("grün".encode()))) as server:
            self.assertEqual(on_terminal("http", "--quiet", server.where), (0, "grün\n"))

    def test_bytes_are_refused(self):
        with Server(answer(ok(b"\x7fELF\0\0\1"))) as server:
            code, screen = on_terminal("http", "--quiet", server.where)
            self.assertEqual(code, 2)
            self.assertIn("-o FILE", screen)
            self.assertNotIn("ELF", screen)

    def test_control_characters_of_a_head_are_escaped(self):
        reply = b"HTTP/1.1 200 OK\r\nX: \xc2\x9b2J\xff\r\nContent-Length: 0\r\n\r\n"
        with Server(answer(reply)) as server:
            _, screen = on_terminal("http", "--quiet", "-i", server.where)
            self.assertIn("X: \\xc2\\x9b2J\\xff\n", screen)

    def test_the_progress_bar_fits(self):
        def handle(session):
            read_head(session)
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
            for _ in range(3):
                session.sendall(bytes(1_000_000))

        for columns in (20, 80, 200):
            with self.subTest(columns), tempfile.TemporaryDirectory() as folder:
                with Server(handle) as server:
                    code, screen = on_terminal("http", "-o", folder + "/f", server.where,
                                               columns=columns)
                self.assertEqual(code, 0)
                bars = [line for line in screen.replace("\r", "\n").split("\n") if " of " in line]
                self.assertIn("100 %", bars[-1])
                self.assertLess(max(map(len, bars)), columns)
                self.assertIn("saved ", screen)


if __name__ == "__main__":
    main()
