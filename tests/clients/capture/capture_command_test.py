"""portlab capture beside tshark: the same packets, with real clients and servers, in a network of
the test's own."""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

from portlab_testing import (
    TIME_LIMIT,
    Portlabd,
    enter_private_network,
    environment,
    need,
    on_terminal,
    portlab,
    program,
    run,
    wait_until,
)

IN_OWN_NETWORK = enter_private_network()
TRACES = sorted((pathlib.Path(__file__).resolve().parents[3] / "labs" / "traces").glob("*.pcapng"))


class Capturing:
    """portlab capture in the background, ready when the body of the `with` begins."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [program("PORTLAB"), "capture", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(LC_ALL="C.UTF-8"))
        self.out = self.err = ""

    def __enter__(self):
        line = self.process.stderr.readline().decode()
        if "capturing" not in line:
            self.process.kill()
            raise AssertionError(line + self.process.stderr.read().decode())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=TIME_LIMIT)
        self.out, self.err = out.decode(), err.decode()


def tshark(path, *fields, extra=()):
    """The fields of each packet, as tshark sees them."""
    need("tshark")
    command = ["tshark", "-n", "-r", path, *extra, "-T", "fields", "-E", "occurrence=f"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          env=dict(os.environ, HOME="/nonexistent"))
    return [line.split("\t") for line in done.stdout.splitlines()]


def capture_of(path, *options):
    return json.loads(portlab("capture", "-r", path, "--json", *options).text)


@unittest.skipUnless(IN_OWN_NETWORK, "this system forbids a network of one's own")
class LiveCapture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "trace.pcapng")

    def test_http_on_83_is_http_and_each_packet_is_seen_once(self):
        with Portlabd("http=83"), Capturing("--session") as capture:
            done = portlab("http", "http://127.0.0.1:83/hello.txt")
            self.assertEqual(done.code, 0, done)
        lines = [line for line in capture.out.splitlines() if re.match(r" +\d+\.\d{3} ", line)]
        self.assertEqual(sum("tcp SYN  " in line for line in lines), 1, capture.out)
        self.assertRegex(capture.out, r"127\.0\.0\.1:\d+ +──▶ 127\.0\.0\.1:83 +tcp SYN +may I open")
        self.assertRegex(capture.out, r"127\.0\.0\.1:\d+ +◀── 127\.0\.0\.1:83 +tcp SYN ACK +yes")
        self.assertIn("http: GET /hello.txt", capture.out)
        self.assertRegex(capture.out, r"◀── .*http: 200 OK, \d+ bytes")
        self.assertRegex(capture.out, r"closed +by the (client|server) first, after")
        self.assertIn("Decode As, tcp port 83", re.sub(r"\s+", " ", capture.out))
        self.assertRegex(capture.err, r"\d+ packets in 1 session")
        self.assertIn("without data not shown", capture.err)

    def test_a_refused_connection_says_so(self):
        with Capturing("--session") as capture:
            self.assertEqual(portlab("connect", "127.0.0.1:99").code, 3)
        self.assertRegex(capture.out, r"tcp RST +no: nothing listens here")
        self.assertRegex(capture.out, r"opened +no: a RST answered the SYN")

    def test_a_datagram_to_a_closed_port_gets_an_icmp_error(self):
        with Capturing() as capture:
            portlab("echo", "--udp", "127.0.0.1:9999", "hello")
        self.assertRegex(capture.out, r"──▶ 127\.0\.0\.1:9999 +udp 5 bytes +\"hello\"")
        self.assertRegex(capture.out, r"◀── 127\.0\.0\.1:9999 +icmp port unreachable +no: nothing "
                                      r"listens on udp 9999")

    def test_dns_and_its_answer(self):
        with Portlabd("dns=53"), Capturing("--port", "53") as capture:
            portlab("dns", "@127.0.0.1", "www.lab.test")
            portlab("dns", "@127.0.0.1", "nothing.lab.test")
        self.assertRegex(capture.out, r"──▶ 127\.0\.0\.1:53 +udp \d+ bytes +dns: www\.lab\.test A\?")
        self.assertRegex(capture.out, r"◀── 127\.0\.0\.1:53 +udp \d+ bytes +dns: www\.lab\.test A "
                                      r"127\.0\.0\.1")
        self.assertRegex(capture.out, r"nothing\.lab\.test \S+ there is no such name")

    def test_the_data_connection_of_ftp_is_named(self):
        with Portlabd("ftp=21"), Capturing("--json") as capture:
            self.assertEqual(portlab("ftp", "ftp://127.0.0.1/hello.txt").code, 0)
        sessions = json.loads(capture.out)["sessions"]
        self.assertEqual(sorted({s["service"] for s in sessions}), ["ftp", "ftp-data"])

    def test_what_is_typed_in_telnet_can_be_read(self):
        with Portlabd("telnet=2323"), Capturing() as capture:
            portlab("telnet", "127.0.0.1:2323", stdin=b"guest\nportlab\nquit\n")
        self.assertRegex(capture.out, r"◀── 127\.0\.0\.1:2323 .*telnet: .*WILL ECHO")
        self.assertRegex(capture.out, r"──▶ 127\.0\.0\.1:2323 .*\"guest\"")

    def test_the_file_has_what_was_captured_and_wireshark_reads_it(self):
        with Portlabd("http=83", "dns=53", "echo=7"), \
                Capturing("-w", self.path, "--comment", "step 3 of lab 5", "--json") as capture:
            portlab("http", "http://127.0.0.1:83/hello.txt")
            portlab("dns", "@127.0.0.1", "www.lab.test")
            portlab("dns", "--tcp", "@127.0.0.1", "www.lab.test")
            portlab("echo", "127.0.0.1", "hello")
            portlab("echo", "--udp", "127.0.0.1", "hello")
            portlab("connect", "127.0.0.1:99")
        live = json.loads(capture.out)
        read = capture_of(self.path)
        self.assertEqual(len(read["packets"]), len(live["packets"]))
        self.assertEqual([p["packet"] for p in read["packets"]],
                         [p["packet"] for p in live["packets"]])
        fields = tshark(self.path, "ip.src", "ip.dst", "tcp.srcport", "udp.srcport", "tcp.dstport",
                        "udp.dstport", "tcp.flags", "tcp.len", "udp.length", "tcp.seq_raw",
                        "dns.qry.name", extra=("-d", "tcp.port==83,http"))
        ours = capture_of(self.path, "-v")["packets"]
        self.assertEqual(len(ours), len(fields))
        for packet, seen in zip(ours, fields):
            (source, destination, tcp_from, udp_from, tcp_to, udp_to, flags, tcp_bytes, udp_bytes,
             sequence, name) = (seen + [""] * 11)[:11]
            ends = (packet["client"], packet["server"])
            sender, receiver = ends if packet["from_client"] else reversed(ends)
            self.assertEqual((sender["address"], receiver["address"]), (source, destination))
            self.assertEqual((sender["port"], receiver["port"]),
                             (int(tcp_from or udp_from), int(tcp_to or udp_to)), packet)
            self.assertEqual(packet["data_bytes"],
                             int(tcp_bytes) if tcp_bytes else int(udp_bytes) - 8)
            if tcp_from:
                self.assertEqual(packet["sequence"], int(sequence))
                bits = int(flags, 16)
                names = [word for word, bit in (("SYN", 2), ("FIN", 1), ("RST", 4), ("PSH", 8),
                                                ("URG", 32), ("ACK", 16)) if bits & bit]
                self.assertEqual(packet["flags"], " ".join(names))
            if name and udp_from:
                self.assertIn(f"dns: {name} ", packet["meaning"])
        if shutil.which("capinfos"):
            text = run("capinfos", "-k", self.path).stdout
            self.assertIn("step 3 of lab 5", text)

    def flood(self, capture, count, size):
        """Sends datagrams over loopback; how many packets the kernel has sent there meanwhile."""
        def sent():
            with open("/proc/net/dev", encoding="ascii") as table:
                row = next(line for line in table if line.strip().startswith("lo:"))
            return int(row.split(":")[1].split()[9])

        datagram = bytes(size)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            receiver.bind(("127.0.0.1", 0))  # it reads nothing: no packet comes back
            sender.connect(receiver.getsockname())
            before = sent()
            for _ in range(count):
                sender.send(datagram)
            self.assertIsNone(capture.process.poll())
            return sent() - before

    def test_each_packet_of_a_flood_is_taken_or_counted_as_lost(self):
        # While the capture is stopped, its ring of 64 MiB overflows.
        for interface, count, size, stopped in (("lo", 100_000, 20, False), ("lo", 4_000, 60_000, True),
                                                ("any", 4_000, 60_000, True)):
            with self.subTest(interface, size=size):
                with Capturing("-i", interface) as capture:
                    if stopped:
                        capture.process.send_signal(signal.SIGSTOP)
                    sent = self.flood(capture, count, size)
                    capture.process.send_signal(signal.SIGCONT)
                taken, lost = re.search(
                    r"(\d+) packets? in 1 session(?:; (\d+) packets? lost)?", capture.err).groups()
                self.assertGreaterEqual(sent, count)
                self.assertEqual(int(taken) + int(lost or 0), sent, capture.err)
                self.assertEqual(capture.out.count("udp "), int(taken))
                if stopped:
                    self.assertGreater(int(lost or 0), 0)

    def test_alerts_of_tls_have_names(self):
        hello = b"\x03\x01" + bytes(32) + b"\0" + b"\0\x02\xc0\x2b" + b"\x01\0"  # of TLS 1.0
        with Portlabd("https=443"), Capturing("--port", "443") as capture:
            with socket.create_connection(("127.0.0.1", 443), TIME_LIMIT) as client:
                client.sendall(b"\x16\x03\x01\0\x2d\x01\0\0\x29" + hello)
                client.recv(100)
                client.sendall(b"\x14\x03\x03\0\x01\x01")
                client.recv(100)
        self.assertIn("tls: ClientHello: TLS 1.0\n", capture.out)
        self.assertIn("tls: alert 70: protocol version\n", capture.out)
        self.assertIn("tls: ChangeCipherSpec\n", capture.out)

    def test_a_filter_of_all_interfaces(self):
        with Portlabd("echo=7"), Capturing("-i", "any", "tcp port 7 and tcp[tcpflags] & tcp-syn != 0") as capture:
            portlab("echo", "127.0.0.1", "hello")
        self.assertEqual((capture.out.count("tcp SYN  "), capture.out.count("tcp SYN ACK")), (1, 1), capture.out)
        self.assertIn("2 packets in 1 session", capture.err)

    def test_the_ladder_has_a_column_for_each_end(self):
        with Portlabd("echo=7") as server, \
                Capturing("--ladder", "--control", server.control) as capture:
            portlab("echo", "127.0.0.1", "hello")
        self.assertRegex(capture.out, r"127\.0\.0\.1 client +127\.0\.0\.1 server")
        self.assertRegex(capture.out, r"│\d+ ── tcp SYN: may I open a session\? ─+▶ 7│")
        self.assertRegex(capture.out, r"│\d+ ◀─+ echo: \"hello\" ── 7│")

    def test_the_bytes_show_the_two_ports_first(self):
        with Portlabd("dns=53"), Capturing("--hex", "-i", "lo") as capture:
            portlab("dns", "@127.0.0.1", "www.lab.test")
        port = re.search(r"127\.0\.0\.1:(\d+) +──▶ 127\.0\.0\.1:53", capture.out).group(1)
        shown = struct.pack("!HH", int(port), 53).hex(" ")
        self.assertRegex(capture.out, rf"(?m)^ UDP .*\n +{shown} [^\n]*\n +└───┘ └───┘\n +{port} +53 ")

    def test_count_and_time_end_it(self):
        with Portlabd("echo=7"):
            process = subprocess.Popen([program("PORTLAB"), "capture", "--count", "2", "--json"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            # Packets until it has seen two of them: it may not have begun yet.
            wait_until(lambda: portlab("echo", "--udp", "127.0.0.1", "x") and
                       process.poll() is not None, "two packets are seen")
            out, _ = process.communicate(timeout=TIME_LIMIT)
            self.assertEqual(len(json.loads(out)["packets"]), 2)
        done = portlab("capture", "--for", "0.1")
        self.assertEqual(done.code, 0)
        self.assertIn("0 packets", done.err)

    def test_a_filter_of_libpcap_and_a_port(self):
        with Portlabd("echo=7"), Capturing("udp", "--port", "echo", "--json") as capture:
            portlab("echo", "127.0.0.1", "hello")
            portlab("echo", "--udp", "127.0.0.1", "hello")
        transports = collections.Counter(
            s["transport"] for s in json.loads(capture.out)["sessions"])
        self.assertEqual(transports, {"udp": 1})

    def test_hostile_text_is_shown_harmlessly(self):
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("127.0.0.1", 0))
        with Capturing("--hex") as capture, receiver:
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with sender:
                sender.sendto(b"\x1b]0;evil\x07\x9b31m\n", receiver.getsockname())
        self.assertNotIn("\x1b", capture.out)
        self.assertNotIn("\x9b", capture.out)


def ip_packet(source, destination, protocol, content):
    """An IPv4 packet (RFC 791), without checksum."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(content), 0, 0, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination)) + content


def tcp_syn(source_port, destination_port):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, 1000, 0, 5 << 4, 2, 65535, 0, 0)


def udp(source_port, destination_port, data):
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(data), 0) + data


class Ladder(unittest.TestCase):
    def test_a_label_that_does_not_fit_is_below_the_arrow_and_whole(self):
        packets = [ip_packet("192.168.1.11", "192.168.1.10", 6, tcp_syn(40113, 80)),
                   ip_packet("192.168.1.11", "192.168.1.53", 17,
                             udp(40114, 7000, b"the first of two messages that say much")),
                   ip_packet("192.168.1.12", "192.168.1.10", 17, udp(40115, 7001, b"short"))]
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            for packet in packets:
                file.write(struct.pack("<IIII", 1, 0, len(packet), len(packet)) + packet)
            file.flush()
            for count in (2, 3):  # hosts: 3, then 4
                screen = on_terminal("capture", "-r", file.name, "--ladder", "--count", count,
                                     env=environment(NO_COLOR="1"))[1]
                rows = screen.splitlines()
                self.assertLessEqual(max(map(len, rows)), 80, screen)
                self.assertNotIn("…", screen)
                said = re.sub(r"[│\s]+", " ", screen)
                self.assertIn("may I open a session?", said)
                self.assertIn("the first of two messages that say much", said)
        self.assertIn('┄┄ "short" ┄', screen)


class Errors(unittest.TestCase):
    def test_wrong_options_name_what_is_wrong(self):
        for arguments, said in ((["-i", "nope0"], "nope0|not see all packets"),
                                (["--port", "99999"], "99999"), (["--count", "0"], "--count"),
                                (["--for", "x"], "--for"), (["--comment", "x"], "-w"),
                                (["--ladder", "--hex"], "--hex")):
            done = portlab("capture", *arguments)
            self.assertIn(done.code, (1, 2), arguments)
            self.assertRegex(done.err, said)

    @unittest.skipUnless(IN_OWN_NETWORK, "this system forbids a network of one's own")
    def test_a_wrong_filter_is_a_usage_error(self):
        done = portlab("capture", "tcp port")
        self.assertEqual(done.code, 2)
        self.assertIn("pcap-filter", done.err)

    def test_without_the_right_to_capture_it_says_what_to_do(self):
        need("setpriv")
        done = run("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", program("PORTLAB"),
                   "capture", "--for", "0.1")
        if os.geteuid() != 0 and not IN_OWN_NETWORK:
            self.skipTest("setpriv needs a privilege")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("CAP_NET_RAW", done.stderr)
        self.assertIn("portlab enter portlab capture", done.stderr)
        self.assertIn("portlab capture --lab 10", done.stderr)

    def test_each_saved_capture_of_a_lab_can_be_read_and_says_its_lab(self):
        for path in TRACES:
            number = path.name.split("-")[0]
            with self.subTest(path.name):
                done = portlab("capture", "--lab", number, "--json")
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertGreater(len(json.loads(done.out)["packets"]), 0)
                self.assertIn(f"Lab {number}, ".encode(), path.read_bytes())
                self.assertLess(path.stat().st_size, 16 * 1024)
                self.assertTrue(list(path.parent.parent.glob(f"{path.stem}.md")), "a lab of this name")

    def test_a_lab_without_saved_capture_is_a_usage_error_that_names_the_others(self):
        for number in ("9", "x", "10x", "-1"):
            done = portlab("capture", f"--lab={number}")
            self.assertEqual(done.code, 2, number)
            self.assertIn("has no saved capture", done.err)
            self.assertIn("one of: " + ", ".join(path.name.split("-")[0] for path in TRACES), done.err)
        self.assertEqual(portlab("capture", "--lab", "10", "-r", "x").code, 2)
        self.assertEqual(portlab("capture", "--lab", "10", "--on", "pc1").code, 2)

    def test_a_damaged_file_is_named_with_the_offset_and_what_was_readable_is_shown(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.pcap")
            head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
            ip = bytes.fromhex("4500001d00010000401100007f0000017f0000019c400007000900 0078")
            record = struct.pack("<IIII", 1, 0, len(ip), len(ip)) + ip
            with open(path, "wb") as file:
                file.write(head + record + record[:20])
            done = portlab("capture", "-r", path)
            self.assertEqual(done.code, 1)
            self.assertRegex(done.err, r"truncated.*at byte \d+")
            self.assertIn('udp 1 byte', done.text)
            with open(path, "wb") as file:
                file.write(b"this is no capture at all, but a text")
            done = portlab("capture", "-r", path)
            self.assertEqual(done.code, 1)
            self.assertIn("is no capture", done.err)
            self.assertEqual(portlab("capture", "-r", folder).code, 1)
            self.assertEqual(portlab("capture", "-r", os.path.join(folder, "none")).code, 1)


if __name__ == "__main__":
    unittest.main()
