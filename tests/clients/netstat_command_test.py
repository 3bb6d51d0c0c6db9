"""portlab netstat beside the truth: sockets that the test opens itself, and ss (iproute2)."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import unittest

from portlab_testing import PATIENCE, Portlabd, need, portlab, program, run, wait_until

UNICODE = dict(os.environ, LC_ALL="C.UTF-8")
# ss has its own spelling of the states.
STATES = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2", "UNCONN": ""}


def netstat(*arguments):
    done = portlab("netstat", *arguments, env=UNICODE)
    if done.code != 0:
        raise AssertionError(done.err)
    return done.text


def rows(*arguments):
    """Each row as (proto, local, foreign, state)."""
    found = []
    for line in netstat("-n", *arguments).splitlines()[1:]:
        fields = line.split(maxsplit=3)
        found.append((*fields[:3], fields[3] if len(fields) > 3 else ""))
    return found


class Zoo(contextlib.ExitStack):
    """Sockets of all kinds on loopback, a few of each."""

    def listener(self, family, address, only_ipv6=None, backlog=50, defer=False):
        sock = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if only_ipv6 is not None:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_ipv6)
        if defer:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
        sock.bind((address, 0))
        sock.listen(backlog)
        return sock

    def session(self, listener, family, address):
        client = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        client.connect((address, listener.getsockname()[1]))
        return client, self.enter_context(listener.accept()[0])

    def udp(self, family, address):
        sock = self.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        sock.bind((address, 0))
        return sock

    def fill(self):
        """Fills the zoo; the ports of its inhabitants."""
        v4, v6 = socket.AF_INET, socket.AF_INET6
        homes = [(self.listener(v4, "127.0.0.1"), v4, "127.0.0.1"),
                 (self.listener(v4, "0.0.0.0"), v4, "127.0.0.9"),
                 (self.listener(v6, "::1"), v6, "::1"),
                 (self.listener(v6, "::", 0), v4, "127.0.0.1"),
                 (self.listener(v6, "::", 0), v6, "::1"),
                 (self.listener(v6, "::", 1), v6, "::1")]
        ports = set()
        for listener, family, address in homes:
            ports.add(listener.getsockname()[1])
            for how in ("open", "client first", "server first", "client half", "server half"):
                client, server = self.session(listener, family, address)
                ports.add(client.getsockname()[1])
                if how.endswith("half"):
                    (client if how.startswith("client") else server).shutdown(socket.SHUT_WR)
                if how == "client first":
                    client.close()
                    server.close()
                if how == "server first":
                    server.close()
                    client.close()
            with_peer = self.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            waiting = self.udp(family, address)
            with_peer.connect((address, waiting.getsockname()[1]))
            ports |= {with_peer.getsockname()[1], waiting.getsockname()[1]}
        full = self.listener(v4, "127.0.0.1", backlog=0)
        silent = self.listener(v4, "127.0.0.1", defer=True)
        for listener, count in ((full, 3), (silent, 2)):
            ports.add(listener.getsockname()[1])
            for _ in range(count):
                client = self.enter_context(socket.socket(v4, socket.SOCK_STREAM))
                client.setblocking(False)
                client.connect_ex(listener.getsockname())
                ports.add(client.getsockname()[1])
        return ports


def normal(address):
    """One spelling for both: IPv4 in an IPv6 socket as IPv4, and every kind of wildcard as *."""
    address = address.replace("[::ffff:", "").replace("[", "").replace("]", "")
    host, port = address.rsplit(":", 1)
    return ("*" if host in ("0.0.0.0", "::", "*") else host), port


def state(proto, word):
    """The state of ss as portlab shows it: a udp socket with a peer has no connection."""
    if (proto, word) == ("udp", "ESTAB"):
        return "no connection"
    return STATES.get(word, word.replace("-", "_"))


def of_ports(found, ports):
    """The rows of these ports, in order."""
    return sorted(row for row in found if row[2][1].isdigit() and int(row[2][1]) in ports or
                  row[3][1].isdigit() and int(row[3][1]) in ports)


class BesideSs(unittest.TestCase):
    def test_the_same_sockets_in_the_same_states(self):
        need("ss")
        with Zoo() as zoo:
            ports = zoo.fill()

            def ours():
                return of_ports([(proto.rstrip("6"), state, normal(local), normal(foreign))
                                 for proto, local, foreign, state in rows("-a")], ports)

            def theirs():
                lines = run("ss", "-Htuan").stdout.splitlines()
                fields = [line.split() for line in lines]
                return of_ports([(f[0], state(*f[:2]), normal(f[4]), normal(f[5]))
                                 for f in fields], ports)

            # A FIN may still be on its way when one of them looks.
            self.assertTrue(wait_until(lambda: ours() == theirs(), "ss agrees"))
            states = {row[1] for row in ours()}
            self.assertLessEqual({"LISTEN", "ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "FIN_WAIT2",
                                  "SYN_SENT", "SYN_RECV"}, states)


class Options(unittest.TestCase):
    def test_the_options_select_the_rows(self):
        with Zoo() as zoo:
            listener = zoo.listener(socket.AF_INET, "127.0.0.1")
            zoo.session(listener, socket.AF_INET, "127.0.0.1")
            udp = zoo.udp(socket.AF_INET6, "::1")
            tcp_local = "127.0.0.1:%d" % listener.getsockname()[1]
            udp_local = "[::1]:%d" % udp.getsockname()[1]

            def seen(*options):
                found = rows(*options)
                return [state for _, local, _, state in found if local == tcp_local] + \
                       ["udp" for _, local, _, _ in found if local == udp_local]

            self.assertEqual(seen(), ["ESTABLISHED"])
            self.assertEqual(seen("-a"), ["LISTEN", "ESTABLISHED", "udp"])
            self.assertEqual(seen("-l"), ["LISTEN", "udp"])
            self.assertEqual(seen("-at"), ["LISTEN", "ESTABLISHED"])
            self.assertEqual(seen("-au"), ["udp"])
            self.assertEqual(seen("-a4"), ["LISTEN", "ESTABLISHED"])
            self.assertEqual(seen("-a6"), ["udp"])

    def test_json_is_one_document(self):
        with Zoo() as zoo:
            listener = zoo.listener(socket.AF_INET6, "::1")
            document = json.loads(netstat("-a", "--json"))
            mine = [row for row in document["sockets"]
                    if (row["local"]["address"], row["local"]["port"]) == listener.getsockname()[:2]]
            self.assertEqual(mine[0]["proto"], "tcp6")
            self.assertIsNone(mine[0]["remote"])
            self.assertEqual(mine[0]["user_id"], os.getuid())

    def test_bad_usage_exits_2(self):
        for wrong in (["--watch", "0"], ["--watch", "x"], ["--count", "1"], ["extra"],
                      ["--watch", "--count", "0"], ["--watch", "1", "2"]):
            done = portlab("netstat", *wrong)
            self.assertEqual(done.code, 2, wrong)
            self.assertEqual(done.text, "")

    def test_what_many_fingers_type_is_answered_with_what_to_type(self):
        done = portlab("netstat", "-tulpn")
        self.assertEqual(done.code, 2)
        self.assertIn("ss -tulpn", done.err)

    def test_a_control_socket_that_was_named_must_be_there(self):
        done = portlab("netstat", "--pairs", "--control", "/nonexistent/portlab/control")
        self.assertEqual(done.code, 3)
        self.assertRegex(done.err, "no portlabd( of yours)? is running")


class Pairs(unittest.TestCase):
    def pairs(self, server, *options):
        return netstat("--pairs", "--control", server.control, *options)

    def test_both_ends_on_one_line_with_the_service_of_portlabd(self):
        with Portlabd("http=0", "dns=0") as server, contextlib.ExitStack() as stack:
            http, dns = server.port("http"), server.port("dns", "udp")
            client = stack.enter_context(socket.create_connection(("127.0.0.1", http)))
            asker = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            asker.connect(("127.0.0.1", dns))
            text = self.pairs(server)
            mine, his = client.getsockname()[1], asker.getsockname()[1]
            # A session that was not accepted yet has its other end all the same.
            self.assertRegex(text, rf"(?m)^tcp +127\.0\.0\.1:{mine} +→ +127\.0\.0\.1:{http} +http \* +"
                                   r"ESTABLISHED$")
            self.assertRegex(text, rf"(?m)^udp +127\.0\.0\.1:{his} +→ +127\.0\.0\.1:{dns} +dns \* +"
                                   r"no connection: udp has none$")
            self.assertIn("* moved: http's default port is 80", text)
            document = json.loads(self.pairs(server, "--json"))
            row = next(r for r in document["pairs"] if r["client"] and r["transport"] == "tcp" and
                       (r["client"]["port"], r["server"]["port"]) == (mine, http))
            self.assertEqual((row["service"], row["moved"], row["home_port"]), ("http", True, 80))

    def test_a_port_of_portlabd_has_its_services_name_not_the_registrys(self):
        with Portlabd("echo=127.0.0.77:0") as server:
            text = netstat("-al", "--control", server.control)
            self.assertRegex(text, r"(?m)^tcp +127\.0\.0\.77:echo +.*LISTEN$")

    def test_an_ftp_data_connection_is_named_although_its_listener_is_closed(self):
        with tempfile.TemporaryDirectory() as root, contextlib.ExitStack() as stack:
            with open(os.path.join(root, "big"), "wb") as big:
                big.truncate(64 << 20)  # more than any socket buffer takes: it stays on its way
            os.chmod(root, 0o755)
            server = stack.enter_context(Portlabd("ftp=0", "--root", root))
            control = stack.enter_context(socket.create_connection(
                ("127.0.0.1", server.port("ftp")), timeout=PATIENCE))
            lines = stack.enter_context(control.makefile("rb"))

            def say(command):
                control.sendall(command + b"\r\n")

            def reply():
                while True:
                    line = lines.readline().decode()
                    if re.match(r"\d{3} ", line):
                        return line

            reply()
            for command in (b"USER anonymous", b"PASS x", b"EPSV"):
                say(command)
                answer = reply()
            port = int(re.search(r"\|(\d+)\|", answer).group(1))
            data = stack.enter_context(socket.socket())
            data.connect(("127.0.0.1", port))
            say(b"RETR big")
            self.assertTrue(reply().startswith("150"))
            mine = data.getsockname()[1]
            pattern = rf"(?m)^tcp +127\.0\.0\.1:{mine} +→ +127\.0\.0\.1:{port} +ftp-data +ESTABLISHED$"
            self.assertTrue(wait_until(lambda: re.search(pattern, self.pairs(server)),
                                       "the data connection is named"))
            tables = portlab("server", "sessions", "--control", server.control, env=UNICODE).text
            self.assertRegex(tables, r"(?m)^ftp .*\n└ ftp-data +127\.0\.0\.1:%d " % mine)

    def test_the_lines_of_a_terminal_of_80_columns(self):
        with Zoo() as zoo:
            listener = zoo.listener(socket.AF_INET6, "::1")
            zoo.session(listener, socket.AF_INET6, "::1")
            for arguments in (["--pairs", "-a"], ["-a"]):
                screen = Terminal(["netstat", *arguments]).end()
                for line in screen.replace("\r", "").splitlines():
                    self.assertLessEqual(len(line), 80, line)


class Terminal:
    """portlab on a terminal of 80 columns and 24 lines."""

    def __init__(self, arguments):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen([program("PORTLAB"), *arguments], stdin=slave, stdout=slave,
                                        stderr=slave, env=dict(UNICODE, TERM="xterm"))
        os.close(slave)
        self.text = ""

    def read_until(self, wanted):
        while wanted not in self.text:
            part = os.read(self.master, 65536)
            self.text += part.decode(errors="replace")
        return self.text

    def end(self):
        """Everything that is printed until the program ends."""
        parts = [self.text.encode()]
        try:
            while part := os.read(self.master, 65536):
                parts.append(part)
        except OSError:  # EIO: the program has closed the terminal
            pass
        self.process.wait(PATIENCE)
        os.close(self.master)
        return b"".join(parts).decode()


class Watch(unittest.TestCase):
    def test_without_a_terminal_one_table_follows_the_other(self):
        with Zoo() as zoo:
            listener = zoo.listener(socket.AF_INET, "127.0.0.1")
            port = listener.getsockname()[1]
            watching = subprocess.Popen(
                [program("PORTLAB"), "netstat", "-n", "--watch", "0.2", "--count", "1000"],
                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            try:
                def wait_for(pattern):
                    for line in watching.stdout:
                        if re.search(pattern, line):
                            return
                    self.fail(pattern)

                wait_for(r"Local Address")
                client, server = zoo.session(listener, socket.AF_INET, "127.0.0.1")
                end = rf"127\.0\.0\.1:{port} +127\.0\.0\.1:{client.getsockname()[1]} "
                wait_for(rf"^\+ tcp +{end}")
                wait_for(rf"^  tcp +{end}")
                client.shutdown(socket.SHUT_WR)
                wait_for(rf"^~ tcp +{end} *CLOSE_WAIT")
                client.close()
                server.close()
                wait_for(rf"^- tcp +{end}")
            finally:
                watching.send_signal(signal.SIGINT)
                watching.stdout.read()
                watching.stdout.close()
                self.assertEqual(watching.wait(PATIENCE), 0)

    def test_the_count_ends_it(self):
        text = netstat("--watch=0.1", "--count", "3")
        self.assertEqual(text.count("Local Address"), 3)
        lines = netstat("--json", "--watch", "0.1", "--count", "2").splitlines()
        self.assertEqual(len([json.loads(line) for line in lines if line]), 2)

    def test_ctrl_c_gives_the_terminal_back(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            terminal = Terminal(["netstat", "--pairs", "--watch"])
            terminal.read_until("Proto")
            terminal.process.send_signal(number)
            text = terminal.end()
            self.assertEqual(terminal.process.returncode, 0)
            self.assertEqual(text.count("\x1b[?1049h"), 1)
            self.assertTrue(text.endswith("\x1b[?25h\x1b[?1049l"), repr(text[-40:]))

    def test_no_more_lines_than_the_terminal_has(self):
        with Zoo() as zoo:
            listener = zoo.listener(socket.AF_INET, "127.0.0.1")
            for _ in range(30):
                zoo.session(listener, socket.AF_INET, "127.0.0.1")
            terminal = Terminal(["netstat", "--watch", "--count", "1"])
            text = terminal.end()
            self.assertLessEqual(text.count("\n"), 23)
            self.assertIn("more lines", text)


if __name__ == "__main__":
    unittest.main()
