#!/usr/bin/env python3
"""The clients with servers that break their protocol in ways that curl, dig and lftp accept: students
write such servers. What is wrong is said in one line."""

import os
import socket
import stat
import struct
import tempfile
import threading
import unittest

from portlab_testing import (ClientTest, Portlabd, Server, bound_sockets, closed_port, has_ipv6, main, portlab,
                             read_head)


def answer(reply):
    def handle(session):
        read_head(session)
        session.sendall(reply)

    return handle


class Http(ClientTest):
    def reads(self, reply, body, *said):
        with self.subTest(reply), Server(answer(reply)) as server:
            result = portlab("http", server.where)
            self.expect(result, 0, *said)
            self.assertEqual(result.out, body)
            wrong = [line for line in result.err.splitlines() if line.startswith("not as HTTP")]
            self.assertEqual(len(wrong), len(said), result.err)

    def test_heads(self):
        self.reads(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", b"hi", "LF alone")
        self.reads(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", b"hi", "after the status code")
        self.reads(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi", b"hi")
        self.reads(b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", "more than one space")
        self.reads(b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", "an empty line before")
        self.reads(b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", b"hi",
                   "between a field's name and its colon")
        self.reads(b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nhi", b"hi",
                   "continues in the next line")
        self.reads(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", b"hi",
                   "more than once")
        self.reads(b"HTTP/1.0 200 OK\n\nuntil the end", b"until the end", "LF alone")
        self.reads(b"HTTP/1.1 200 OK\r\r\nContent-Length: 2\r\r\n\r\r\nhi", b"hi", "CR CR LF")
        self.reads(b"HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", "no space between")
        for version in (b"HTTP/2", b"HTTP/2.0", b"HTTP/3"):
            self.reads(version + b" 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi",
                       f"the version is {version.decode()}")

    def test_bytes_after_the_response(self):
        head = b"HTTP/1.1 200 OK\r\n"
        self.reads(head + b"Content-Length: 2\r\n\r\nhi!", b"hi", "is Content-Length too small?")
        self.reads(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n\r\n", b"hi",
                   "bytes follow the last chunk")
        self.reads(b"HTTP/1.1 204 No Content\r\n\r\nhi", b"", "a response that has no body")
        with Server(answer(head + b"Content-Length: 2\r\n\r\nhi")) as server:
            self.expect(portlab("http", "-I", server.where), 0, "a response that has no body")

    def test_names_and_lengths_that_curl_reads(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
        for field, said in ((b"My Name: x", "line 3, byte 3: ' ' is not allowed in a field's name"),
                            (b"B\xc3d: b", "line 3, byte 2: the byte 0xc3 is not allowed"),
                            (b"X(a): x", "line 3, byte 2: '(' is not allowed"),
                            (b": x", "line 3, byte 1: a field has no name")):
            self.reads(head + field + b"\r\n\r\nhi", b"hi", said)
        for length in (b"+2", b"2 bytes", b"2.0", b"2;"):
            self.reads(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\nhi", b"hi",
                       f"'{length.decode()}' is not a length in bytes: read as 2")
        self.reads(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\nhi", b"hi",
                   "the body ends with the connection")

    def test_at_most_10_faults_are_named(self):
        fields = b"".join(b"X-%d : 1\r\n A\r\n" % i for i in range(50))
        with Server(answer(b"\nHTTP/1.1 200\n" + fields + b"Content-Length: 2\r\n\r\nhi")) as server:
            result = portlab("http", server.where)
        self.expect(result, 0)
        self.assertLessEqual(result.err.count("not as HTTP"), 10)

    def test_interim_responses_end_after_100(self):
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"
        final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        with Server(answer(interim * 100 + final)) as server:
            self.assertEqual(portlab("http", server.where).out, b"hi")
        with Server(answer(interim * 101 + final)) as server:
            self.expect(portlab("http", server.where), 1, "more than 100 interim responses")

    def test_chunks(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        for chunks in (b"2  \r\nhi\r\n0\r\n\r\n", b" 2\r\nhi\r\n0\r\n\r\n", b"2 ;x=y\r\nhi\r\n0\r\n\r\n"):
            self.reads(head + b"\r\n" + chunks, b"hi", "blanks around the size")
        for size in (b"2 bytes", b"2,x", b"2\t(two)", b"2\r"):
            self.reads(head + b"\r\n" + size + b"\r\nhi\r\n0\r\n\r\n", b"hi",
                       "after the size of a chunk")
        self.reads(head + b"\r\n2\nhi\n0\n\n", b"hi", "LF alone")
        self.reads(head + b"\r\n2;x=y\r\nhi\r\n0\r\nTrailer: t\r\n\r\n", b"hi")
        self.reads(head + b"\r\n2\r\nhi\r\n0\r\nno colon\r\n\r\n", b"hi",
                   "a line of the trailer section has no colon")
        self.reads(head + b"\r\n2\r\nhi\r\n0\r\n", b"hi", "after the last chunk is missing")
        self.reads(head + b"Content-Length: 99\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi", "the length does not count")

    def test_the_connection_is_not_used_again_after_a_length_beside_chunks(self):
        requests = []

        def handle(session):
            while head := read_head(session):
                requests.append(session.getpeername())
                if b"/again" not in head:
                    session.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 9\r\n"
                                    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                else:
                    session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        with Server(handle) as server:
            self.assertEqual(portlab("http", "-L", server.where).out, b"hi")
        self.assertEqual(len(set(requests)), 2)

    def test_what_is_no_http_is_located(self):
        for reply, where in (
            (b"220 FTP\r\n", "line 1, byte 1: '2', but a response begins with HTTP/1.1"),
            (b"HTTP/4 200\r\n\r\n", "line 1, byte 6: '4', but this client reads HTTP/1.1"),
            (b"HTTP/1.1 2x0 OK\r\n\r\n", "line 1, byte 11: 'x', but a status code has three digits"),
            (b"HTTP/1.1 200 OK\r\nA: b\r\nno colon\r\n\r\n", "line 3, byte 9: the end of the line"),
            (b"HTTP/1.1 2000 OK\r\n\r\n", "line 1, byte 13: '0', but a space follows the status code"),
            (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "line 2, byte 4: the byte 0x00 is not allowed"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "line 2, byte 16"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
             "chunk 1, byte 1 of its first line: 'x'"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0x0\r\n\r\n",
             "chunk 1, byte 2 of its first line: the size of a chunk is hexadecimal without 0x"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiho\r\n",
             "after chunk 1: 'h', but CR LF follows"),
            (b"\x16\x04\x01\x02\x00\x01", "line 1, byte 1: the byte 0x16"),
        ):
            with self.subTest(reply), Server(answer(reply)) as server:
                result = portlab("http", server.where)
                self.expect(result, 1, "this is not HTTP", where)
                self.expect_form(result)

    def test_a_response_without_end_says_what_is_missing(self):
        head = b"HTTP/1.1 200 OK\r\n"
        for reply, body, said in (
            (head + b"\r\nhi", b"hi", "no Content-Length, so its body ends when the server closes"),
            (head + b"Content-Length: 9\r\n\r\nhi", b"hi", "2 of 9 bytes came"),
            (head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", b"hi",
             ": the last chunk (0) has not come"),
            (head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", b"hi",
             "the empty line after the last chunk (0) has not come"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", b"",
             "an interim response (1xx) came, and not the final one"),
            (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"", "an interim response (1xx)"),
            (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200", b"", "the head has no end"),
            (head + b"Transfer-Encoding: gzip\r\n\r\nhi", b"hi",
             "no length of the body is known, so it ends when the server closes"),
            (head + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nhi", b"hi",
             "no length of the body is known, so it ends when the server closes"),
            (head + b"Content-Length: 2\r\n", b"", "the head has no end"),
        ):
            def handle(session):
                read_head(session)
                session.sendall(reply)
                session.recv(1)

            with self.subTest(reply), Server(handle) as server:
                result = portlab("http", "--timeout", "2", server.where)
                self.expect(result, 3, "timed out: nothing came for 2 s", said)
                self.expect_form(result)
                self.assertEqual(result.out, body)

    def test_the_faults_of_a_part_are_named_when_the_rest_does_not_come(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        for part, said in ((head[:-2] + b"\n", "LF alone"),
                           (head + b"\r\n2 \r\nhi\r\n", "blanks around the size of a chunk"),
                           (head + b"\r\n2\r\nhi\r\n0\r\nno colon\r\n", "has no colon")):
            def handle(session):
                read_head(session)
                session.sendall(part)
                session.recv(1)

            with self.subTest(part), Server(handle) as server:
                result = portlab("http", "--timeout", "2", server.where)
                self.expect(result, 3, "timed out: nothing came for 2 s")
                self.assertEqual(result.err.count("not as HTTP"), 1, result.err)
                self.assertIn(said, result.err)

    def test_a_text_of_the_server_is_shown_in_part(self):
        head = b"HTTP/1.1 200 OK\r\n"
        for field in (b"Transfer-Encoding: " + b"x" * 5000, b"Content-Length: 2" + b"x" * 5000):
            with self.subTest(field), Server(answer(head + field + b"\r\n\r\nhi")) as server:
                result = portlab("http", server.where)
                self.expect(result, 0, "not as HTTP")
                self.assertLess(len(result.err), 1000)

    def test_a_location_with_raw_characters(self):
        seen = []

        def handle(session):
            while head := read_head(session):
                seen.append(head.split()[1])
                session.sendall(b'HTTP/1.1 302 Found\r\nLocation: /a b/\xc3\xbc?q="%zz"\r\n'
                                b"Content-Length: 0\r\n\r\n" if len(seen) == 1 else
                                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        with Server(handle) as server:
            self.assertEqual(portlab("http", "-L", server.where).out, b"hi")
        self.assertEqual(seen[1], b"/a%20b/%C3%BC?q=%22%25zz%22")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_an_ipv6_zone_is_for_the_connection_not_for_the_host_field(self):
        heads = []

        def handle(session):
            heads.append(read_head(session))
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        with Server(handle, socket.AF_INET6, "::1") as server:
            for zone in ("%25lo", "%lo"):
                result = portlab("http", f"http://[::1{zone}]:{server.port}/")
                self.expect(result, 0)
                self.assertIn(f"Host: [::1]:{server.port}\r\n".encode(), heads[-1])
        self.expect(portlab("http", "http://[fe80::1%25nosuch0]/"), 2, "no interface 'nosuch0'")
        result = portlab("http", "http://[fe80::1]:1/")
        self.expect(result, 3, "its zone is missing", "try: fe80::1%eth0")
        self.expect_form(result)

    def test_each_session_sends_the_whole_file(self):
        bodies = []
        lock = threading.Lock()

        def handle(session):
            head = read_head(session).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            body = b""
            while len(body) < length:
                body += session.recv(65536)
            with lock:
                bodies.append(body)
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        data = os.urandom(300_000)
        with tempfile.NamedTemporaryFile() as file, Server(handle) as server:
            file.write(data)
            file.flush()
            self.expect(portlab("http", "-d", f"@{file.name}", "--sessions", 3, server.where), 0)
        self.assertEqual([len(body) for body in bodies], [len(data)] * 3)
        self.assertTrue(all(body == data for body in bodies))

    def test_a_pipe_is_not_sent_over_several_sessions(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.close(writer)
        result = portlab("http", "-d", f"@/dev/fd/{reader}", "--sessions", 3, "http://127.0.0.1:1/",
                         pass_fds=[reader])
        self.expect(result, 2, "a pipe can be sent once, not over 3 sessions")
        self.expect(portlab("http", "-d", "@/", "http://127.0.0.1:1/"), 2, "-d @/: Is a directory")

    def test_a_file_that_is_replaced_keeps_its_mode(self):
        with tempfile.TemporaryDirectory() as folder, \
                Server(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) as server:
            path = os.path.join(folder, "page")
            with open(path, "wb"):
                pass
            for mode in (0o600, 0o755):
                os.chmod(path, mode)
                self.expect(portlab("http", "-o", path, server.where), 0)
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode)


class Ftp(ClientTest):
    """Replies 227 as aioftp, old servers and books write them."""

    def reads(self, form):
        data = Server(lambda session: session.sendall(b"here\r\n"))
        self.addCleanup(data.__exit__)
        high, low = divmod(data.port, 256)
        reply = form.replace("HIGH", str(high)).replace("LOW", str(low)).encode()

        def handle(session):
            session.sendall(b"220 Hello\r\n")
            lines = session.makefile("rb")
            for line in lines:
                verb = line.split()[0].upper()
                session.sendall({b"PASV": reply, b"LIST": b"150 ok\r\n226 ok\r\n",
                                 b"NLST": b"150 ok\r\n226 ok\r\n",
                                 b"QUIT": b"221 Bye\r\n"}.get(verb, b"200 Fine\r\n"))
                self.received.append(line)
                if verb == b"QUIT":
                    return

        self.received = []
        with self.subTest(form), Server(handle) as server:
            result = portlab("ftp", server.where, "ls")
            self.expect(result, 0)
            self.assertEqual(result.out, b"here\n")
        return result

    def test_227(self):
        self.reads("227-listen socket created\r\n227 (127,0,0,1,HIGH,LOW)\r\n")
        self.reads("227 Entering Passive Mode (127, 0, 0, 1, HIGH, LOW).\r\n")
        self.reads("227 Entering Passive Mode 127,0,0,1,HIGH,LOW\r\n")
        self.reads("227 =127,0,0,1,HIGH,LOW\r\n")
        self.reads("227 ok (0,0,0,0,HIGH,LOW)\r\n")
        self.reads("227 ok (127,0,0,1,HIGH,LOW,)\r\n")
        self.reads("227 ok [127,0,0,1,HIGH,LOW,0]\r\n")

    def test_what_is_wrong_with_a_reply_is_named_once(self):
        for form, said in (("227(127,0,0,1,HIGH,LOW)\r\n", "no space after the code"),
                           ("227: =127,0,0,1,HIGH,LOW\r\n", "no space after the code"),
                           ("\r\n\r\n227 (127,0,0,1,HIGH,LOW)\r\n", "an empty line before a reply")):
            result = self.reads(form)
            self.assertEqual(result.err.count(f"not as FTP should be: {said}"), 1, result.err)

    def test_an_address_at_the_beginning_of_a_line_is_no_code(self):
        for greeting in (b"192.168.1.10 hello", b"620: x"):
            def handle(session):
                session.sendall(greeting + b"\r\n")
                session.recv(1)

            with self.subTest(greeting), Server(handle) as server:
                result = portlab("ftp", "-v", "--timeout", "2", server.where, "pwd")
                self.assertNotEqual(result.code, 0)
                self.assertIn("< " + greeting.decode() + "\n", result.err)
                self.assertNotIn("not as FTP should be", result.err)

    def test_a_line_is_shown_as_it_came(self):
        def handle(session):
            session.sendall(b"220: Hello\r\n")
            for _ in session.makefile("rb"):
                session.sendall(b"200 Fine\r\n")

        with Server(handle) as server:
            result = portlab("ftp", "-v", "--timeout", "2", server.where, "pwd")
            self.assertIn("< 220: Hello\n", result.err)
            self.assertIn("no space after the code of a reply", result.err)

    def test_a_reply_that_does_not_come_is_named(self):
        def handle(session):
            session.sendall(b"220 Hello\r\n")
            for line in session.makefile("rb"):
                if line.split()[0].upper() != b"PWD":
                    session.sendall(b"200 Fine\r\n")

        with Server(handle) as server:
            result = portlab("ftp", "--timeout", "2", server.where, "pwd")
            self.expect(result, 3, "timed out: no reply to PWD for 2 s")
            self.expect_form(result)

    def test_a_server_without_pasv_is_asked_for_epsv(self):
        data = Server(lambda session: session.sendall(b"here\r\n"))
        self.addCleanup(data.__exit__)
        extended = b"229 Entering Extended Passive Mode (|||%d|)\r\n" % data.port
        for epsv, code in ((extended, 0), (b"502 No EPSV\r\n", 1)):
            replies = {b"PASV": b"502 No PASV\r\n", b"EPSV": epsv, b"LIST": b"150 ok\r\n226 ok\r\n"}

            def handle(session):
                session.sendall(b"220 Hello\r\n")
                for line in session.makefile("rb"):
                    session.sendall(replies.get(line.split()[0].upper(), b"200 Fine\r\n"))

            with self.subTest(epsv), Server(handle) as server:
                result = portlab("ftp", server.where, "ls")
                self.expect(result, code, "uses EPSV" if code == 0 else "PASV: 502 No PASV")
                self.assertEqual(result.out, b"here\n" if code == 0 else b"")

    def test_a_url_of_type_d_lists_names(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "docs"))
            for name in ("a", "b"):
                with open(os.path.join(root, "docs", name), "wb"):
                    pass
            with Portlabd("--root", root, "ftp=0") as server:
                url = f"ftp://127.0.0.1:{server.port('ftp')}"
                self.assertEqual(portlab("ftp", f"{url}/docs;type=d").out, b"docs/a\ndocs/b\n")
                self.assertEqual(portlab("ftp", f"{url}/;type=d").out, b"docs\n")


def question_of(query):
    end = query.index(b"\0", 12) + 5
    return query[12:end]


def reply_to(query, flags, answers=0, records=b"", additional=b"", additionals=None):
    if additionals is None:
        additionals = 1 if additional else 0
    return (query[:2] + struct.pack(">HHHHH", flags, 1, answers, 0, additionals) +
            question_of(query) + records + additional)


OPT_RECORD = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
A_RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\7"


class DnsServer:
    """A DNS server over udp and tcp on the same port; `over_udp` and `over_tcp` make the replies."""

    def __init__(self, over_udp, over_tcp=None, has_length=True):
        self.over_udp, self.over_tcp, self.has_length = over_udp, over_tcp, has_length
        self.tcp, self.udp = bound_sockets("127.0.0.1", socket.SOCK_STREAM, socket.SOCK_DGRAM)
        self.tcp.listen()
        self.port = self.tcp.getsockname()[1]
        self.queries = []
        for run in (self.run_udp, self.run_tcp):
            threading.Thread(target=run, daemon=True).start()

    @property
    def where(self):
        return f"@127.0.0.1:{self.port}"

    def run_udp(self):
        while True:
            query, peer = self.udp.recvfrom(65535)
            if not query:
                return
            self.queries.append(query)
            self.udp.sendto(self.over_udp(query), peer)

    def run_tcp(self):
        with self.tcp:
            while True:
                session, _ = self.tcp.accept()
                with session:
                    size = session.recv(2, socket.MSG_WAITALL)
                    if len(size) < 2:
                        return
                    query = session.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
                    reply = self.over_tcp(query)
                    session.sendall((struct.pack(">H", len(reply)) if self.has_length else b"") + reply)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.udp.sendto(b"", ("127.0.0.1", self.port))
        socket.create_connection(("127.0.0.1", self.port)).close()


class Dns(ClientTest):
    def test_a_truncated_reply_that_ends_within_a_record_is_asked_again_over_tcp(self):
        whole = lambda query: reply_to(query, 0x8400, 1, A_RECORD)
        cut_reply = lambda cut: lambda query: reply_to(query, 0x8600, 1, A_RECORD)[:cut]
        no_question = lambda query: query[:2] + struct.pack(">HHHHH", 0x8600, 0, 0, 0, 0)
        question_end = 12 + len(b"\1x\3lab\4test\0") + 4
        cases = {cut: cut_reply(cut) for cut in (12, 20, *(question_end + n for n in (3, 10, 14)))}
        for cut, broken in {**cases, "no question": no_question}.items():
            with self.subTest(cut), DnsServer(broken, whole) as server:
                result = portlab("dns", "x.lab.test", server.where)
                self.expect(result, 0, "truncated", "over tcp", "fits into a datagram")
                self.assertIn(b"127.0.0.7", result.out)

    def test_a_server_without_edns_is_asked_again_without_it(self):
        def no_edns(query):
            has_opt = query[10:12] != b"\0\0"
            return reply_to(query, 0x8001) if has_opt else reply_to(query, 0x8400, 1, A_RECORD)

        with DnsServer(no_edns) as server:
            result = portlab("dns", "x.lab.test", server.where)
            self.expect(result, 0, "rejects EDNS")
            self.assertIn(b"127.0.0.7", result.out)
            self.assertEqual(len(server.queries), 2)
            self.expect(portlab("http", "--dns", f"127.0.0.1:{server.port}", "--timeout", "5",
                                "http://x.lab.test:1/"), 3, "127.0.0.7:1")

    def test_formerr_with_a_copy_of_the_opt_record_is_asked_again_without_edns(self):
        def copies_opt(query):
            if query[10:12] == b"\0\0":
                return reply_to(query, 0x8400, 1, A_RECORD)
            return query[:2] + b"\x80\x01" + query[4:]

        with DnsServer(copies_opt) as server:
            result = portlab("dns", "x.lab.test", server.where)
            self.expect(result, 0, "rejects EDNS")
            self.assertIn(b"127.0.0.7", result.out)

    def test_a_server_that_knows_only_a_is_enough_for_a_name(self):
        for flags in (0x8403, 0x8004, 0x8005, 0x8002, None):
            def only_a(query):
                is_a = question_of(query)[-4:-2] == b"\0\1"
                if is_a:
                    return reply_to(query, 0x8400, 1, A_RECORD)
                return reply_to(query, flags) if flags else b""

            with self.subTest(flags), DnsServer(only_a) as server:
                self.expect(portlab("http", "--dns", server.where[1:], "--timeout", "5", "http://x.lab.test:1/"),
                            3, "127.0.0.7:1", "AAAA could not be asked, A is used: ")
                for family in (("-6",), ("--source", "::1")):
                    result = portlab("http", "--dns", server.where[1:], "--timeout", "5", *family,
                                     "http://x.lab.test:1/")
                    self.assertNotEqual(result.code, 0)
                    self.assertNotIn("has no IPv6", result.err)
                    self.assertNotIn("A is used", result.err)

    def test_the_first_reply_counts_when_there_is_none_without_edns(self):
        def only_edns(query):
            return reply_to(query, 0x8001) if query[10:12] != b"\0\0" else b""

        with DnsServer(only_edns) as server:
            result = portlab("dns", "--timeout", "2", "x.lab.test", server.where)
            self.expect(result, 1, "FORMERR")
            self.assertNotIn("rejects EDNS", result.err)

    def test_an_error_without_edns_does_not_say_that_edns_is_rejected(self):
        def refuses(query):
            return reply_to(query, 0x8001 if query[10:12] != b"\0\0" else 0x8005)

        with DnsServer(refuses) as server:
            result = portlab("dns", "x.lab.test", server.where)
            self.expect(result, 1, "REFUSED")
            self.assertNotIn("rejects EDNS", result.err)

    def test_formerr_to_a_plain_question_is_reported(self):
        with DnsServer(lambda query: reply_to(query, 0x8001)) as server:
            result = portlab("dns", "x.lab.test", server.where)
            self.expect(result, 1, "FORMERR")
            self.assertNotIn("EDNS", result.err)

    def test_replies_that_dig_reads(self):
        no_question = lambda query: (query[:2] + struct.pack(">HHHHH", 0x8400, 0, 1, 0, 0) +
                                     question_of(query)[:-4] + A_RECORD[2:])
        upper_case = lambda query: (query[:2] + struct.pack(">HHHHH", 0x8400, 0, 1, 0, 0) +
                                    question_of(query)[:-4].upper() + A_RECORD[2:])
        for reply, said in (
            (no_question, "the question section is empty, and a reply repeats the question"),
            (upper_case, "the question section is empty"),
            (lambda query: reply_to(query, 0x0400, 1, A_RECORD), "the QR bit is 0"),
            (lambda query: reply_to(query, 0x0100, 1, A_RECORD), "the QR bit is 0"),
            (lambda query: reply_to(query, 0x8400, 2, A_RECORD), "answer section: the header counts 2, 1 came"),
            (lambda query: reply_to(query, 0x8400, 1, A_RECORD, additionals=1),
             "additional section: the header counts 1, 0 came"),
            (lambda query: reply_to(query, 0x8400, 2, A_RECORD + A_RECORD[:8]), "record 2 is malformed"),
            (lambda query: reply_to(query, 0x8400, 1, A_RECORD, OPT_RECORD[:5]), "record 1 is malformed"),
            (lambda query: reply_to(query, 0x8400, 1, A_RECORD, OPT_RECORD * 2, 2), "a second OPT record"),
            (lambda query: reply_to(query, 0x8400, 1, A_RECORD) + b"more", "4 bytes after the last record"),
            (lambda query: query[:4] + b"\0\2\0\1\0\0\0\0" + question_of(query) * 2 + A_RECORD,
             "has 2 questions"),
        ):
            for transport in ((), ("--tcp",)):
                with self.subTest(said, transport=transport), DnsServer(reply, reply) as server:
                    result = portlab("dns", "x.lab.test", server.where, *transport)
                    self.expect(result, 0, "not as DNS should be: ", said)
                    self.assertIn(b"127.0.0.7", result.out)
                    self.assertEqual(portlab("http", "--dns", server.where[1:], "--timeout", "5",
                                             "http://x.lab.test:1/").code, 3)

    def test_a_reply_over_tcp_without_its_length_is_named(self):
        large_id = lambda query: b"\xff" + reply_to(query, 0x8400, 1, A_RECORD)[1:]
        with DnsServer(None, large_id, has_length=False) as server:
            result = portlab("dns", "--tcp", "x.lab.test", server.where)
            self.expect(result, 3, "its first two bytes announce", "send the length before the message")
            self.expect_form(result)

    def test_replies_that_dig_does_not_read(self):
        other_owner = lambda query: (query[:2] + struct.pack(">HHHHH", 0x8400, 0, 1, 0, 0) +
                                     b"\1y" + question_of(query)[2:-4] + A_RECORD[2:])
        for reply, said in (
            (lambda query: query, "the question itself came back"),
            (lambda query: query[:12] + query[12:].upper(), "a question came back, not an answer"),
            (lambda query: query + b"\n", "a question came back, not an answer"),
            (other_owner, "another question"),
            (lambda query: b"hello\n", "shorter than a header"),
            (lambda query: bytes([query[0] ^ 1]) + reply_to(query, 0x8400, 1, A_RECORD)[1:],
             "another question"),
            (lambda query: reply_to(query, 0x8400, 1, A_RECORD[:8]), "its answer section is malformed"),
        ):
            with self.subTest(said), DnsServer(reply, reply) as server:
                result = portlab("dns", "--timeout", "2", "x.lab.test", server.where)
                self.expect(result, 1, said)
                self.expect_form(result)
                self.expect(portlab("dns", "--tcp", "x.lab.test", server.where), 1, said)

    def test_advice_fits_the_code(self):
        for code, advice in ((2, "log"), (4, "another type"), (5, "another @SERVER")):
            with self.subTest(code), DnsServer(lambda query: reply_to(query, 0x8000 | code)) as server:
                result = portlab("dns", "x.lab.test", server.where)
                self.expect(result, 1, advice)
                self.expect_form(result)

    def test_a_rate_limit_is_called_so(self):
        option = struct.pack(">HHH", 15, 14, 0) + b"rate limited"
        opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(option)) + option
        with DnsServer(lambda query: reply_to(query, 0x8600, additional=opt),
                       lambda query: reply_to(query, 0x8400, 1, A_RECORD)) as server:
            result = portlab("dns", "x.lab.test", server.where)
            self.expect(result, 0, "truncated (rate limited)")

    def test_the_next_srv_record_is_tried(self):
        holder, closed = closed_port()
        with holder, Server(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) as web:
            zone = f"""$ORIGIN lab.test.
$TTL 60
@ SOA ns1 root 1 1h 1h 1h 1m
@ NS ns1
ns1 A 127.0.0.1
good A 127.0.0.1
empty TXT "no address"
_http._tcp.none SRV 1 0 0 .
_http._tcp.many SRV 1 0 80 nosuch
_http._tcp.many SRV 2 0 80 empty
_http._tcp.many SRV 3 0 {closed} good
_http._tcp.many SRV 4 0 {web.port} good
none A 127.0.0.1
many A 127.0.0.1
"""
            with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
                file.write(zone)
                file.flush()
                with Portlabd("--zone", file.name, "dns=127.0.0.1:0") as server:
                    dns = f"127.0.0.1:{server.port('dns', 'udp')}"
                    listeners = [end["port"] for end in server.listeners("dns", "tcp")]
                    self.assertTrue(listeners)
                    result = portlab("http", "--dns", dns, "--srv", "http://many.lab.test/")
                    self.expect(result, 0, "trying the next SRV record")
                    self.assertEqual(result.out, b"hi")
                    self.expect(portlab("http", "--dns", dns, "--srv", "http://none.lab.test/"), 1,
                                "there is no such service")


if __name__ == "__main__":
    main()
