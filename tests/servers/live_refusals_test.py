"""Refused attempts in /api/events: what the kernel refuses, seen by a portlabd that may capture packets.

In a network of the test's own, with another machine (portlab_lan)."""

import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import unittest
import unittest.mock

import portlab_lan
from live_events_test import Stream
from portlab_lan import SERVER, SERVER6, Lan
from portlab_testing import TIME_LIMIT, Portlabd, need, portlab, program, wait_until

setUpModule = portlab_lan.enter

NO_PROTOCOL = "88b5"  # of a packet socket that is off: refusal_capture.cpp
PORT = 81


def ask(address, port=PORT):
    """A connection that is refused; returns the client's port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(TIME_LIMIT)
        client.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
        own = client.getsockname()[1]
        with contextlib.suppress(ConnectionRefusedError):
            client.connect((address, port))
            raise AssertionError(f"something listens on {address} {port}")
        return own


def ask_udp(address, port=PORT):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(TIME_LIMIT)
        client.connect((address, port))
        client.send(b"x")
        with contextlib.suppress(ConnectionRefusedError):
            client.recv(1)
        return client.getsockname()[1]


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def packet_sockets():
    """Protocol and inode of each packet socket of this network."""
    with open("/proc/net/packet", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return [(row[3], row[8]) for row in rows]


def sockets_of(pid):
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return links


def has_ended(pid):
    """Whether it has closed all files: it is a zombie, or its parent has waited for it already."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return "State:\tZ" in file.read()
    except (FileNotFoundError, ProcessLookupError):
        return True


class Refusals(unittest.TestCase):
    def setUp(self):
        lan = Lan()
        lan.__enter__()
        self.addCleanup(lan.__exit__)
        self.lan = lan
        self.server = Portlabd("--bind", "0.0.0.0", "--bind", "::", "http=0", "echo=0")
        self.addCleanup(self.server.close)

    def stream(self):
        stream = Stream(self.server.port("http"))
        self.addCleanup(stream.close)
        snapshot = stream.wait_for("snapshot")
        self.assertEqual(snapshot["refusals"], {"visible": True})
        wait_until(lambda: [protocol for protocol, _ in packet_sockets()].count("0003") >= 2,
                   "the capture of both interfaces")
        return stream

    def expect(self, stream, transport, client, server):
        """The next refusal is this one."""
        seen = stream.change("refused")
        self.assertEqual(seen["client"], {"transport": transport, "address": client[0], "port": client[1]})
        self.assertEqual(seen["server"], {"transport": transport, "address": server, "port": PORT})
        self.assertNotIn("sweep", seen)
        return seen

    def test_refused_connections_and_datagrams_are_events_once_each(self):
        stream = self.stream()
        for address, from_address in (("127.0.0.1", "127.0.0.1"), ("::1", "::1"), (SERVER, SERVER), (SERVER6, SERVER6)):
            self.assertEqual(self.expect(stream, "tcp", (from_address, ask(address)), address)["times"], 1)
            self.assertEqual(self.expect(stream, "udp", (from_address, ask_udp(address)), address)["times"], 1)

    def test_those_of_another_machine_too(self):
        stream = self.stream()
        there = ("import socket, sys\n"
                 "for address in sys.argv[1:]:\n"
                 "    family = socket.AF_INET6 if ':' in address else socket.AF_INET\n"
                 "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n"
                 "        with socket.socket(family, kind) as client:\n"
                 "            client.settimeout(20)\n"
                 "            try:\n"
                 f"                client.connect((address, {PORT})); client.send(b'x'); client.recv(1)\n"
                 "            except ConnectionRefusedError:\n"
                 "                print(client.getsockname()[1])\n")
        for address, from_address in ((SERVER, "192.168.1.11"), (SERVER6, "fd00:1::11")):
            done = self.lan.there("python3", "-c", there, address)
            ports = [int(line) for line in done.stdout.split()]
            self.assertEqual(len(ports), 2, done)
            refused = []  # in one batch, or in two
            while len(refused) < 2:
                refused += stream.wait_for("changes", lambda data: data["changes"])["changes"]
            seen = sorted((r["client"]["transport"], r["client"]["address"], r["client"]["port"], r["server"]["address"])
                          for r in refused)
            self.assertEqual(seen[0][:2] + seen[0][3:], ("tcp", from_address, address))
            self.assertEqual(seen[1], ("udp", from_address, ports[1], address))

    def test_a_reset_of_an_open_session_is_no_refusal(self):
        stream = self.stream()
        echo = self.server.port("echo")
        # The client's reset; the server's reset of a session that ends with the server's limit; a late ACK.
        for _ in range(3):
            client = socket.create_connection(("127.0.0.1", echo), TIME_LIMIT)
            client.sendall(b"x")
            client.recv(1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        # A server that is reset by its own close, with data that it has not read.
        with socket.create_server((SERVER, 0)) as listener:
            client = socket.create_connection(listener.getsockname(), TIME_LIMIT)
            session, _ = listener.accept()
            client.sendall(b"unread")
            wait_until(lambda: session.recv(6, socket.MSG_PEEK) == b"unread", "what is not read")
            session.close()
            with self.assertRaises(ConnectionResetError):
                client.recv(1)
            client.close()
        own = ask("127.0.0.1")
        self.expect(stream, "tcp", ("127.0.0.1", own), "127.0.0.1")

    def test_a_scan_is_one_sweep(self):
        stream = self.stream()
        done = portlab("scan", "127.0.0.1", "1-1000")
        self.assertEqual(done.code, 0, done)
        ids, asked, changes = set(), set(), 0
        while len(asked) < 1000:
            change = stream.change("refused")
            changes += 1
            self.assertLessEqual(len(str(change)), 4000)
            if "sweep" not in change:  # a batch ended after the first few ports
                asked.add(change["server"]["port"])
                continue
            ids.add(change["sweep"]["id"])
            for first, last in change["sweep"]["new_ports"]:
                asked.update(range(first, last + 1))
            self.assertLessEqual(change["sweep"]["ports"], 1000)
        self.assertEqual(asked, set(range(1, 1001)))
        self.assertEqual(len(ids), 1)
        self.assertLess(changes, 100)

    def test_a_scan_of_all_ports_is_bounded_and_complete(self):
        stream = self.stream()
        done = portlab("scan", "127.0.0.1", "1-65535", timeout=120)
        self.assertEqual(done.code, 0, done)
        closed = missed = 0
        for _ in range(1000):  # batches
            batch = stream.wait_for("changes")
            missed += batch.get("refusals_missed", 0)
            refused = [change for change in batch["changes"] if change["kind"] == "refused"]
            closed = max([closed, *(change["sweep"]["ports"] for change in refused if "sweep" in change)])
            self.assertLessEqual(len(refused), 64)
            if closed + missed > 65535 - 100:  # without the open ports, and the first few of a batch
                return
        self.fail(f"{closed} closed ports, {missed} missed")

    def test_nothing_is_captured_without_a_viewer(self):
        def protocols():
            return {protocol for protocol, _ in packet_sockets()}
        self.assertLessEqual(protocols(), {"0000", NO_PROTOCOL})
        stream = self.stream()
        self.assertIn("0003", protocols())
        stream.close()
        wait_until(lambda: protocols() <= {"0000", NO_PROTOCOL}, "the sockets to be off")
        # Again: what was refused meanwhile is not shown.
        ask("127.0.0.1")
        stream = self.stream()
        own = ask("127.0.0.1")
        self.expect(stream, "tcp", ("127.0.0.1", own), "127.0.0.1")

    def test_the_packet_sockets_belong_to_a_process_without_rights(self):
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
            self.assertIn("CapEff:\t0000000000000400\n", file.read())
        [holder] = children_of(self.server.pid)
        inodes = {f"socket:[{inode}]" for _, inode in packet_sockets()}
        self.assertFalse(inodes & set(sockets_of(self.server.pid)))
        self.assertLessEqual(inodes, set(sockets_of(holder)))
        status = pathlib.Path(f"/proc/{holder}/status")
        wait_until(lambda: "CapEff:\t0000000000000000\n" in status.read_text(encoding="ascii"), "no rights")
        status = status.read_text(encoding="ascii")
        for line in ("CapEff:\t0000000000000000\n", "CapPrm:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"):
            self.assertIn(line, status)
        self.server.process.kill()
        wait_until(lambda: not packet_sockets(), "the end of the second process")

    def test_the_page_says_when_the_second_process_is_gone(self):
        [holder] = children_of(self.server.pid)
        os.kill(holder, signal.SIGKILL)
        wait_until(lambda: has_ended(holder), "the end of the second process")
        with Stream(self.server.port("http")) as stream:
            self.assertIn("has ended", stream.wait_for("snapshot")["refusals"]["reason"])
            stream.wait_for("changes")


class NotPermitted(unittest.TestCase):
    def test_the_reason_is_given(self):
        need("setpriv")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        without = os.path.join(folder.name, "portlabd")
        with open(without, "w", encoding="ascii") as script:
            script.write("#!/bin/sh\nexec setpriv --bounding-set=-net_raw --inh-caps=-net_raw "
                         f'{program("PORTLABD")} "$@"\n')
        os.chmod(without, 0o755)
        with unittest.mock.patch.dict(os.environ, PORTLABD=without), Portlabd("http=0") as server, \
                Stream(server.port("http")) as stream:
            refusals = stream.wait_for("snapshot")["refusals"]
            self.assertFalse(refusals["visible"])
            self.assertIn("CAP_NET_RAW", refusals["reason"])
            self.assertEqual(children_of(server.pid), [])
            ask("127.0.0.1")
            stream.wait_for("changes", lambda data: data["changes"] == [])


if __name__ == "__main__":
    unittest.main()
