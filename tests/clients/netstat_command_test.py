"""portlab netstat compared with sockets that the test opens itself, and with ss (iproute2)."""

import contextlib
import fcntl
import ftplib
import json
import os
import pty
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from portlab_testing import (TIME_LIMIT, Portlabd, has_ipv6, namespaces_are_allowed, need, portlab, program, run,
                             wait_until)

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
    for line in netstat("-n", "--all-states", *arguments).splitlines()[1:]:
        fields = line.split(maxsplit=3)
        found.append((*fields[:3], fields[3] if len(fields) > 3 else ""))
    return found


class Sockets(contextlib.ExitStack):
    """Sockets of all kinds on loopback, a few of each."""

    def listener(self, family, address, only_ipv6=None, backlog=50, defer=False):
        sock = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if only_ipv6 is not None:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_ipv6)
        if defer:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
        # A port that no client gets: the table may still hold a session in TIME_WAIT of every port
        # of the ephemeral range.
        for port in random.sample(range(20000, 32768), 1000):
            with contextlib.suppress(OSError):
                sock.bind((address, port))
                sock.listen(backlog)
                return sock
        raise OSError("no free port below the ephemeral range")

    def session(self, listener, family, address):
        client = self.enter_context(socket.socket(family, socket.SOCK_STREAM))
        client.connect((address, listener.getsockname()[1]))
        return client, self.enter_context(listener.accept()[0])

    def udp(self, family, address):
        sock = self.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        sock.bind((address, 0))
        return sock

    def fill(self):
        """Opens sockets in all states; the ports of all of them."""
        v4, v6 = socket.AF_INET, socket.AF_INET6
        listeners = [(self.listener(v4, "127.0.0.1"), v4, "127.0.0.1"),
                     (self.listener(v4, "0.0.0.0"), v4, "127.0.0.9"),
                     (self.listener(v6, "::1"), v6, "::1"),
                     (self.listener(v6, "::", 0), v4, "127.0.0.1"),
                     (self.listener(v6, "::", 0), v6, "::1"),
                     (self.listener(v6, "::", 1), v6, "::1")]
        ports = set()
        for listener, family, address in listeners:
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


class ComparedWithSs(unittest.TestCase):
    @unittest.skipUnless(has_ipv6(), "this machine has no ::1")
    def test_the_same_sockets_in_the_same_states(self):
        need("ss")
        with Sockets() as sockets:
            ports = sockets.fill()

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
    @unittest.skipUnless(has_ipv6(), "this machine has no ::1")
    def test_the_options_select_the_rows(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET, "127.0.0.1")
            sockets.session(listener, socket.AF_INET, "127.0.0.1")
            udp = sockets.udp(socket.AF_INET6, "::1")
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

    @unittest.skipUnless(has_ipv6(), "this machine has no ::1")
    def test_json_is_one_document(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET6, "::1")
            document = json.loads(netstat("-a", "--json"))
            rows = [row for row in document["sockets"]
                    if (row["local"]["address"], row["local"]["port"]) == listener.getsockname()[:2]]
            self.assertEqual(rows[0]["proto"], "tcp6")
            self.assertIsNone(rows[0]["remote"])
            self.assertEqual(rows[0]["user_id"], os.getuid())

    def test_bad_usage_exits_2(self):
        for wrong in (["--watch", "0"], ["--watch", "x"], ["--count", "1"], ["extra"],
                      ["--watch", "--count", "0"], ["--watch", "1", "2"]):
            done = portlab("netstat", *wrong)
            self.assertEqual(done.code, 2, wrong)
            self.assertEqual(done.text, "")

    def test_options_of_ss_and_netstat_get_a_suggestion(self):
        done = portlab("netstat", "-tulpn")
        self.assertEqual(done.code, 2)
        self.assertIn("ss -tulpn", done.err)

    def test_a_control_socket_that_was_named_must_be_there(self):
        done = portlab("netstat", "--pairs", "--control", "/nonexistent/portlab/control")
        self.assertEqual(done.code, 3)
        self.assertRegex(done.err, "no portlabd( of yours)? is running")


class Filters(unittest.TestCase):
    """Operands select rows; several are combined with and."""

    def setUp(self):
        self.sockets = Sockets()
        self.addCleanup(self.sockets.close)
        self.first = self.sockets.listener(socket.AF_INET, "127.0.0.1")
        self.second = self.sockets.listener(socket.AF_INET, "127.0.0.9")
        self.ports = [each.getsockname()[1] for each in (self.first, self.second)]
        self.client, _ = self.sockets.session(self.first, socket.AF_INET, "127.0.0.1")
        self.sockets.session(self.second, socket.AF_INET, "127.0.0.9")
        client, server = self.sockets.session(self.second, socket.AF_INET, "127.0.0.9")
        server.close()  # then the client is in CLOSE_WAIT
        self.closed = client.getsockname()[1]

    def seen(self, *words):
        """Which servers the shown rows of this test belong to, and the states."""
        found = set()
        for _, local, foreign, shown in rows(*words):
            for number, port in enumerate(self.ports):
                if re.search(rf":{port}$", local) or re.search(rf":{port}$", foreign):
                    found.add((number, shown))
        return found

    def test_a_port_an_address_and_a_state(self):
        first, second = self.ports
        self.assertEqual(self.seen(f":{first}"), {(0, "ESTABLISHED")})
        self.assertEqual(self.seen(f":{first}", "-a"), {(0, "ESTABLISHED"), (0, "LISTEN")})
        self.assertEqual(self.seen("127.0.0.9"),
                         {(1, "ESTABLISHED"), (1, "CLOSE_WAIT"), (1, "FIN_WAIT2")})
        self.assertEqual(self.seen(f"127.0.0.9:{first}"), set())
        self.assertEqual(self.seen(f"127.0.0.9:{second}", "established"), {(1, "ESTABLISHED")})
        for word in ("CLOSE_WAIT", "close-wait", "Close_Wait", "closewait"):
            self.assertEqual(self.seen(word, f":{second}"), {(1, "CLOSE_WAIT")})
        self.assertEqual(self.seen(f":{first}", f":{second}"), set())
        self.assertEqual(self.seen(f":{first}", "udp"), set())

    def test_listen_needs_no_option(self):
        self.assertEqual(self.seen("listen", f":{self.ports[0]}"), {(0, "LISTEN")})

    def test_pairs_and_json_are_filtered_too(self):
        document = json.loads(netstat("--pairs", "--json", f":{self.closed}",
                                      f":{self.ports[1]}"))
        self.assertEqual([pair["client_state"] for pair in document["pairs"]], ["CLOSE_WAIT"])
        document = json.loads(netstat("--json", f":{self.client.getsockname()[1]}",
                                      f":{self.ports[0]}"))
        self.assertEqual(len(document["sockets"]), 2)
        self.assertEqual(len(netstat("--pairs", f":{self.closed}",
                                     f":{self.ports[1]}").splitlines()), 3)

    def test_watch_takes_filters(self):
        text = netstat("--watch=0.1", "--count", "2", f":{self.ports[0]}", "-n")
        self.assertEqual(text.count(f"127.0.0.1:{self.ports[0]} "), 4)
        done = portlab("netstat", "--watch", ":1", "--count", "1")  # :1 is no interval
        self.assertEqual(done.code, 0, done.err)

    def test_an_empty_table_says_why(self):
        done = portlab("netstat", f":{self.ports[0]}", "TIME_WAIT")
        self.assertIn("nothing in this table matches", done.err)
        alone = self.sockets.listener(socket.AF_INET, "127.0.0.1").getsockname()[1]
        done = portlab("netstat", f":{alone}")
        self.assertIn("try: -a (with it, 1 listener matches)", done.err)

    @unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
    def test_an_empty_table_without_a_filter_says_that_there_is_nothing(self):
        with Portlabd("--private=yes", "http=80", "echo/tcp=7") as server:
            for options, text in ((["-t"], r"^no sessions \(-a shows 2 listeners, too\)$"), (["-u"], "^no sessions$"),
                                  (["-lu"], "^no listeners$"), (["-au"], "^no sockets$")):
                done = portlab("enter", "--control", server.control, os.environ["PORTLAB"], "netstat", *options)
                self.assertRegex(done.err.strip(), text)
                self.assertEqual(len(done.text.splitlines()), 1)

    @unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
    def test_a_name_of_a_moved_service_tells_the_port(self):
        with Portlabd("--private=yes", "echo/tcp=53") as server:
            done = portlab("enter", "--control", server.control, os.environ["PORTLAB"], "netstat", "-l")
        self.assertIn("127.0.0.1:echo ", done.text)
        self.assertIn("echo at tcp 53: moved, its default port is 7\n", done.text)

    def test_unknown_words_get_a_suggestion(self):
        for word, suggestion in (("80", ":80"), ("ESTABLISHD", "ESTABLISHED"), ("listn", "LISTEN"),
                                 ("htpp", "http"), ("localhost", "127.0.0.1"), ("*:80", ":80"),
                                 ("timewait2", "TIME_WAIT"), ("qqqqqqqq", ":80, 127.0.0.1")):
            done = portlab("netstat", word)
            self.assertEqual((done.code, done.text), (2, ""), word)
            self.assertIn(f"try: portlab netstat {suggestion}", done.err)

    def test_a_service_is_where_portlabd_has_it(self):
        with Portlabd("http=0", "echo=0") as server, contextlib.ExitStack() as stack:
            for service in ("http", "echo"):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port(service))))
            for options in (["--pairs"], ["-n"]):
                text = netstat(*options, "--control", server.control, "http")
                self.assertIn(f":{server.port('http')} ", text)
                self.assertNotIn(f":{server.port('echo')} ", text)


class TimeWait(unittest.TestCase):
    def test_ended_sessions_are_one_row_and_all_states_shows_each(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET, "127.0.0.1")
            port = listener.getsockname()[1]
            for _ in range(60):
                client, server = sockets.session(listener, socket.AF_INET, "127.0.0.1")
                client.close()
                server.close()
            for options in (["--pairs"], ["-n"]):
                # The last FIN may still be on its way.
                pattern = rf"(?m)^tcp +127\.0\.0\.1:\* .*127\.0\.0\.1:{port} +60 × TIME_WAIT$"
                self.assertTrue(wait_until(lambda o=options: re.search(pattern, netstat(*o)), pattern))
                text = netstat(*options, "--all-states", f":{port}")
                self.assertEqual(len(re.findall(r"(?m)^tcp .*TIME_WAIT", text)), 60)
            document = json.loads(netstat("--pairs", "--json", f":{port}"))
            self.assertEqual(len(document["pairs"]), 60)


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
            tcp_port, udp_port = client.getsockname()[1], asker.getsockname()[1]
            # A session that was not accepted yet has its other end all the same.
            self.assertRegex(text, rf"(?m)^tcp +127\.0\.0\.1:{tcp_port} +→ +127\.0\.0\.1:{http} +http \* +"
                                   r"ESTABLISHED$")
            self.assertRegex(text, rf"(?m)^udp +127\.0\.0\.1:{udp_port} +→ +127\.0\.0\.1:{dns} +dns \* +"
                                   r"no connection: udp has none$")
            self.assertIn("* moved: http's default port is 80", text)
            document = json.loads(self.pairs(server, "--json"))
            row = next(r for r in document["pairs"] if r["client"] and r["transport"] == "tcp" and
                       (r["client"]["port"], r["server"]["port"]) == (tcp_port, http))
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
                ("127.0.0.1", server.port("ftp")), timeout=TIME_LIMIT))
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
            data_port = data.getsockname()[1]
            pattern = rf"(?m)^tcp +127\.0\.0\.1:{data_port} +→ +127\.0\.0\.1:{port} +ftp-data +ESTABLISHED$"
            self.assertTrue(wait_until(lambda: re.search(pattern, self.pairs(server)),
                                       "the data connection is named"))
            tables = portlab("server", "sessions", "--control", server.control, env=UNICODE).text
            self.assertRegex(tables, r"(?m)^ftp .*\n└ ftp-data +127\.0\.0\.1:%d " % data_port)

    def test_ended_and_active_ftp_data_connections_are_named(self):
        with Portlabd("ftp=0") as server, ftplib.FTP() as client:
            client.connect("127.0.0.1", server.port("ftp"), timeout=TIME_LIMIT)
            client.login()
            for passive, ended in ((True, "— / TIME_WAIT"), (False, "TIME_WAIT / —")):
                client.set_pasv(passive)
                data, _ = client.ntransfercmd("RETR hello.txt")
                here, there = data.getsockname()[1], data.getpeername()[1]
                while data.recv(4096):
                    pass
                data.close()
                client.voidresp()
                ends = (here, there) if passive else (there, here)
                pattern = rf"(?m)^tcp +127\.0\.0\.1:{ends[0]} +→ +127\.0\.0\.1:{ends[1]} +" \
                          rf"ftp-data +{ended}$"
                self.assertTrue(wait_until(
                    lambda p=pattern: re.search(p, self.pairs(server, "--all-states")), pattern))
            self.assertNotIn("which end is the client is unknown",
                             self.pairs(server, "--all-states", "ftp-data"))

    def test_a_redirected_session_is_one_row_and_not_closed(self):
        need("nft", "unshare")
        script = (
            "ip link set lo up && nft 'add table ip t; add chain ip t out { type nat hook output "
            "priority -100; }; add rule ip t out tcp dport 80 redirect to :8080' || exit 77\n"
            f"exec {sys.executable} -c '\n"
            "import socket, subprocess\n"
            "server = socket.create_server((\"127.0.0.1\", 8080))\n"
            "client = socket.create_connection((\"127.0.0.1\", 80))\n"
            "other = server.accept()\n"
            f"subprocess.run([\"{program('PORTLAB')}\", \"netstat\", \"--pairs\"], check=True)\n'")
        done = run("unshare", "-rn", "sh", "-c", script, env=UNICODE)
        if done.returncode in (1, 77) and "closed" not in done.stdout:
            self.skipTest(done.stderr)
        self.assertRegex(done.stdout, r"(?m)^tcp +127\.0\.0\.1:\d+ +→ +127\.0\.0\.1:80 +\S* +"
                                      r"ESTABLISHED, NAT to 127\.0\.0\.1:8080$", done.stderr)
        self.assertNotIn("closed", done.stdout)

    @unittest.skipUnless(has_ipv6(), "this machine has no ::1")
    def test_the_lines_of_a_terminal_of_80_columns(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET6, "::1")
            sockets.session(listener, socket.AF_INET6, "::1")
            for arguments in (["--pairs", "-a"], ["-a"]):
                screen = Terminal(["netstat", *arguments]).end()
                for line in re.sub(r"\r|\x1b\[\d*m", "", screen).splitlines():
                    self.assertLessEqual(len(line), 80, line)


class Terminal:
    """portlab on a terminal of 80 columns and 24 lines."""

    def __init__(self, arguments, **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen([program("PORTLAB"), *arguments], stdin=slave, stdout=slave,
                                        stderr=slave, env=dict(UNICODE, TERM="xterm", **environment))
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
        self.process.wait(TIME_LIMIT)
        os.close(self.master)
        return b"".join(parts).decode()


class Watch(unittest.TestCase):
    def test_without_a_terminal_one_table_follows_the_other(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET, "127.0.0.1")
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
                client, server = sockets.session(listener, socket.AF_INET, "127.0.0.1")
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
                self.assertEqual(watching.wait(TIME_LIMIT), 0)

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

    def test_colour_only_on_a_terminal_and_without_no_colour(self):
        with Sockets() as sockets:
            sockets.session(sockets.listener(socket.AF_INET, "127.0.0.1"), socket.AF_INET, "127.0.0.1")
            self.assertIn("\x1b[32mESTABLISHED\x1b[0m", Terminal(["netstat"]).end())
            self.assertNotIn("\x1b", Terminal(["netstat"], NO_COLOR="1").end())
            self.assertNotIn("\x1b", netstat())

    def test_no_more_lines_than_the_terminal_has(self):
        with Sockets() as sockets:
            listener = sockets.listener(socket.AF_INET, "127.0.0.1")
            for _ in range(30):
                sockets.session(listener, socket.AF_INET, "127.0.0.1")
            terminal = Terminal(["netstat", "--watch", "--count", "1"])
            text = terminal.end()
            self.assertLessEqual(text.count("\n"), 23)
            self.assertIn("more lines", text)


if __name__ == "__main__":
    unittest.main()
