#!/usr/bin/env python3
"""DNS as others see it: plain sockets, dig, kdig and drill against a portlabd.

PORTLABD names the program (and PORTLAB the client, for the tests that use it). Tools that are not
installed are skipped.
"""

import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

PORTLABD = os.environ.get("PORTLABD")
PORTLAB = os.environ.get("PORTLAB")
TIMEOUT = 10

QUERY, SOA, TXT, DNSKEY, OPT = 0, 6, 16, 48, 41
NOERROR, FORMERR, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 3, 4, 5, 16
FLAGS = {"qr": 15, "aa": 10, "tc": 9, "rd": 8, "ra": 7, "z": 6, "ad": 5, "cd": 4}


def setUpModule():
    global lab
    if not PORTLABD:
        raise unittest.SkipTest("PORTLABD does not name the server")
    lab = Lab()


def tearDownModule():
    if PORTLABD:
        lab.stop()


class Lab:
    """A portlabd with DNS and HTTP on ports that the kernel chose."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.control = os.path.join(self.folder.name, "control")
        self.process = subprocess.Popen(
            [PORTLABD, "dns=0", "http=0", "--control", self.control],
            stdout=subprocess.PIPE, text=True)
        self.ports = {}
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.strip().startswith("ready"):
                break
            service = re.search(r"\b(dns|http)\b", line)
            port = re.search(r"\b(tcp|udp)\s+127\.0\.0\.1:(\d+)", line)
            if service and port:
                self.ports[service[1], port[1]] = int(port[2])
        else:
            raise RuntimeError("portlabd did not get ready: " + "".join(lines))

    def stop(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.process.stdout.close()
        self.folder.cleanup()

    @property
    def udp(self):
        return "127.0.0.1", self.ports["dns", "udp"]

    @property
    def tcp(self):
        return "127.0.0.1", self.ports["dns", "tcp"]


def wire_name(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def query(name="lab.test", qtype=SOA, flags=(), opcode=QUERY, edns=None, header_only=False):
    bits = opcode << 11
    for flag in flags:
        bits |= 1 << FLAGS[flag]
    message = struct.pack(">6H", 0x4242, bits, 0 if header_only else 1, 0, 0, 1 if edns else 0)
    if not header_only:
        message += wire_name(name) + struct.pack(">HH", qtype, 1)
    if edns:
        size, version, eflags, options = edns
        message += b"\0" + struct.pack(">HHBBHH", OPT, size, 0, version, eflags, len(options))
        message += options
    return message


def skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


class Response:
    """A message, taken apart as far as the tests look at it."""

    def __init__(self, message):
        self.size = len(message)
        self.id, bits, questions, *counts = struct.unpack(">6H", message[:12])
        self.flags = {name for name, bit in FLAGS.items() if bits >> bit & 1}
        self.opcode = bits >> 11 & 15
        self.rcode = bits & 15
        self.counts = counts
        self.types = [[], [], []]
        self.edns = None
        at = 12
        for _ in range(questions):
            at = skip_name(message, at) + 4
        for section, count in enumerate(counts):
            for _ in range(count):
                at = skip_name(message, at)
                rtype, rclass, ttl, length = struct.unpack(">HHIH", message[at:at + 10])
                if rtype == OPT:
                    assert self.edns is None, "two OPT records"
                    self.edns = {"size": rclass, "version": ttl >> 16 & 255, "flags": ttl & 0xFFFF,
                                 "options": message[at + 10:at + 10 + length]}
                    self.rcode |= ttl >> 24 << 4
                else:
                    self.types[section].append(rtype)
                at += 10 + length
        assert at == len(message), "bytes behind the last record"


def ask_udp(message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(TIMEOUT)
        client.connect(lab.udp)
        client.send(message)
        return Response(client.recv(65535))


def receive_exactly(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def receive_tcp(client):
    (length,) = struct.unpack(">H", receive_exactly(client, 2))
    return Response(receive_exactly(client, length))


def framed(message):
    return struct.pack(">H", len(message)) + message


def ask_tcp(message):
    with socket.create_connection(lab.tcp, TIMEOUT) as client:
        client.sendall(framed(message))
        return receive_tcp(client)


class Compliance(unittest.TestCase):
    """What RFC 8906 and the test suites built on it look at."""

    def check(self, response, rcode, edns, opcode=QUERY, flags=()):
        expected = {"qr"} | set(flags)
        if rcode == NOERROR and opcode == QUERY:
            expected.add("aa")
        self.assertEqual(response.id, 0x4242)
        self.assertEqual(response.rcode, rcode)
        self.assertEqual(response.opcode, opcode)
        self.assertEqual(response.flags, expected)
        self.assertEqual(response.edns is not None, edns)
        if edns:
            self.assertEqual(response.edns["version"], 0)
            self.assertEqual(response.edns["options"], b"")
            self.assertEqual(response.edns["flags"] & 0x7FFF, 0)

    def test_plain_dns(self):
        for flags in ([], ["aa"], ["ad"], ["cd"], ["ra"], ["tc"], ["z"]):
            response = ask_udp(query(flags=flags))
            self.check(response, NOERROR, edns=False)
            self.assertEqual(response.types[0], [SOA])
        self.check(ask_udp(query(flags=["rd"])), NOERROR, edns=False, flags=["rd"])
        self.check(ask_tcp(query()), NOERROR, edns=False)

    def test_unknown_types_have_no_data(self):
        for qtype in (666, 1000, 13, 43, 44, 46, 48, 52, 257, 32769, 65535):
            response = ask_udp(query(qtype=qtype))
            self.check(response, NOERROR, edns=False)
            self.assertEqual(response.types, [[], [SOA], []], qtype)

    def test_unknown_opcodes(self):
        all_flags = ["tc", "rd", "ra", "cd", "ad", "aa", "z"]
        for opcode in range(1, 16):
            for header_only in (False, True):
                message = query(opcode=opcode, flags=all_flags, header_only=header_only)
                self.check(ask_udp(message), NOTIMP, edns=False, opcode=opcode)

    def test_edns(self):
        cookie = b"\0\x0a\0\x08\1\2\3\4\5\6\7\x08"
        options = [b"", b"\0\x64\0\0", b"\0\3\0\0", b"\0\x08\0\4\0\1\0\0", b"\0\x09\0\0", cookie,
                   b"\0\3\0\0" + b"\0\x08\0\4\0\1\0\0" + b"\0\x09\0\0" + cookie]
        for option in options:
            for eflags in (0, 0x8000, 0x0080):
                response = ask_udp(query(edns=(4096, 0, eflags, option)))
                self.check(response, NOERROR, edns=True)
                self.assertEqual(response.edns["flags"], eflags & 0x8000)
                response = ask_udp(query(edns=(4096, 1, eflags, option)))
                self.check(response, BADVERS, edns=True)
                self.assertEqual(response.types[0], [])

    def test_edns_sizes(self):
        for size in (0, 511, 512, 600, 1231, 1232, 1233, 4096, 65535):
            response = ask_udp(query("big.lab.test", TXT, edns=(size, 0, 0, b"")))
            self.assertLessEqual(response.size, min(max(size, 512), 1232))
            self.assertEqual("tc" in response.flags, response.types[0] == [])
            self.assertIsNotNone(response.edns)
        self.check(ask_tcp(query(qtype=DNSKEY, edns=(512, 0, 0x8000, b""))), NOERROR, edns=True)

    def test_truncation_without_edns(self):
        response = ask_udp(query("big.lab.test", TXT))
        self.assertIn("tc", response.flags)
        self.assertLessEqual(response.size, 512)
        response = ask_tcp(query("big.lab.test", TXT))
        self.assertNotIn("tc", response.flags)
        self.assertEqual(response.types[0], [TXT])

    def test_broken_questions(self):
        self.check(ask_udp(query()[:-1]), FORMERR, edns=False)
        self.check(ask_udp(query(header_only=True)), FORMERR, edns=False)
        self.check(ask_udp(query("example.com")), REFUSED, edns=False)


class OverTcp(unittest.TestCase):
    def test_many_queries_in_one_segment(self):
        with socket.create_connection(lab.tcp, TIMEOUT) as client:
            message = query()
            client.sendall(b"".join(framed(struct.pack(">H", i) + message[2:]) for i in range(50)))
            self.assertEqual([receive_tcp(client).id for _ in range(50)], list(range(50)))

    def test_one_byte_at_a_time(self):
        with socket.create_connection(lab.tcp, TIMEOUT) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in framed(query()):
                client.sendall(bytes([byte]))
            self.assertEqual(receive_tcp(client).rcode, NOERROR)


class Tools(unittest.TestCase):
    def run_tool(self, *command):
        if not shutil.which(command[0]):
            self.skipTest(command[0] + " is not installed")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def dig(self, *words):
        address, port = lab.udp
        return self.run_tool("dig", "@" + address, "-p", str(port), "+tries=1", *words)

    def kdig(self, *words):
        address, port = lab.udp
        return self.run_tool("kdig", "@" + address, "-p", str(port), *words)

    def drill(self, *words):
        address, port = lab.udp
        return self.run_tool("drill", "-p", str(port), *words[:-1], words[-1], "@" + address)

    def test_dig(self):
        self.assertEqual(self.dig("+short", "www.lab.test"), "127.0.0.1\n")
        self.assertEqual(self.dig("+short", "+tcp", "start.lab.test"),
                         "web.lab.test.\nwww.lab.test.\n127.0.0.1\n")
        self.assertIn("status: NXDOMAIN", self.dig("nothing.lab.test"))
        self.assertIn("status: REFUSED", self.dig("example.com"))
        self.assertIn("status: BADVERS", self.dig("+edns=1", "+noednsneg", "lab.test"))
        self.assertIn("Transfer failed", self.dig("lab.test", "AXFR"))
        everything = self.dig("www.lab.test", "A")
        for warning in ("WARNING: Message", "extra bytes", "malformed", "mismatch"):
            self.assertNotIn(warning, everything)

    def test_names_of_addresses(self):
        self.assertEqual(self.dig("+short", "-x", "127.0.0.11"), "pc1.lab.test.\n")
        self.assertIn("www.lab.test.", self.dig("+short", "-x", "::1").split())
        self.assertIn("status: REFUSED", self.dig("-x", "192.0.2.1"))

    def test_dig_falls_back_to_tcp(self):
        text = self.dig("+noedns", "big.lab.test", "TXT")
        self.assertIn("Truncated, retrying in TCP mode", text)
        self.assertIn("(TCP)", text)
        self.assertIn(" tc", self.dig("+noedns", "+ignore", "big.lab.test", "TXT"))

    def test_dig_keeps_a_connection_open(self):
        text = self.dig("+tcp", "+keepopen", "+short", "www.lab.test", "pc1.lab.test")
        self.assertEqual(text, "127.0.0.1\n127.0.0.11\n")

    def test_kdig(self):
        self.assertEqual(self.kdig("+short", "www.lab.test"), "127.0.0.1\n")
        self.assertEqual(self.kdig("+short", "+tcp", "any.wild.lab.test"), "127.0.0.42\n")
        self.assertIn("status: NOERROR", self.kdig("+padding=128", "+cookie", "+nsid", "lab.test"))
        self.assertNotIn("WARNING", self.kdig("+edns", "+dnssec", "lab.test", "SOA"))

    def test_drill(self):
        self.assertRegex(self.drill("www.lab.test"), r"www\.lab\.test\.\s+300\s+IN\s+A\s+127\.0\.0\.1")
        self.assertIn("rcode: NXDOMAIN", self.drill("nothing.lab.test"))
        self.assertRegex(self.drill("-t", "whoami.lab.test", "TXT"), r'"tcp 127\.0\.0\.1:\d+"')

    def test_whoami_is_the_port_that_was_chosen(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.assertEqual(self.dig("+short", "-b", f"127.0.0.1#{port}", "whoami.lab.test", "TXT"),
                         f'"udp 127.0.0.1:{port}"\n')

    def test_srv_names_the_live_port(self):
        port = lab.ports["http", "tcp"]
        self.assertEqual(self.dig("+short", "_http._tcp.lab.test", "SRV"),
                         f"0 0 {port} www.lab.test.\n")
        for unavailable in ("_ftp", "_https"):
            self.assertEqual(self.dig("+short", f"{unavailable}._tcp.lab.test", "SRV"), "0 0 0 .\n")


class PortlabDns(unittest.TestCase):
    def setUp(self):
        if not PORTLAB:
            self.skipTest("PORTLAB does not name the client")

    def portlab(self, *words, status=0):
        done = subprocess.run([PORTLAB, *words, "--dns", "%s:%d" % lab.udp], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def test_answers(self):
        self.assertEqual(self.portlab("dns", "www.lab.test", "--quiet")[0],
                         "www.lab.test.  300   A  127.0.0.1\n")
        self.assertIn("PTR  pc1.lab.test.\n", self.portlab("dns", "-x", "127.0.0.11", "--quiet")[0])
        self.portlab("dns", "-x", "192.0.2.1", status=1)
        self.portlab("dns", "nothing.lab.test", status=1)
        self.portlab("dns", "www.lab.test", "NONSENSE", status=2)
        self.assertIn("asking again over tcp",
                      self.portlab("dns", "big.lab.test", "TXT", "--edns", "0")[1])

    def test_http_is_found_through_srv(self):
        self.assertIn("port %d" % lab.ports["http", "tcp"],
                      self.portlab("http", "--srv", "http://www.lab.test/")[1])


if __name__ == "__main__":
    unittest.main()
