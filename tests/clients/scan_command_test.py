#!/usr/bin/env python3
"""portlab scan: states of ports beside nmap's, services by what answers, audits, and what may be scanned.

The servers and the firewall (nftables) are on this machine of a LAN in namespaces; the scans run on the
other machine of the LAN, or here over loopback.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import portlab_lan
from portlab_lan import SERVER, SERVER6, Lan
from portlab_testing import (
    ClientTest,
    Portlabd,
    Result,
    Server,
    TIME_LIMIT,
    UdpServer,
    environment,
    need,
    on_terminal,
    portlab,
    program,
    run,
    wait_until,
)

setUpModule = portlab_lan.enter
QUICK = ("--timeout", "1.5")  # the kernel sends a SYN again after 1 s


@contextlib.contextmanager
def listener(address="127.0.0.1", port=0, kind=socket.SOCK_STREAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(64)
        yield bound.getsockname()[1]


@contextlib.contextmanager
def firewall(*rules):
    """Rules of nft(8) for what comes in, on this machine."""
    for words in ("add table inet scan_test",
                  "add chain inet scan_test input { type filter hook input priority 0; }",
                  *(f"add rule inet scan_test input {rule}" for rule in rules)):
        done = run("nft", words)
        if done.returncode != 0:
            raise unittest.SkipTest(f"nft can't set a rule here: {done.stderr}")
    try:
        yield
    finally:
        run("nft", "delete table inet scan_test")


def states(document):
    return {(row["transport"], row["port"]): row["state"] for row in document["ports"]}


def row_of(document, port, transport="tcp"):
    for row in document["ports"]:
        if (row["transport"], row["port"]) == (transport, port):
            return row
    raise AssertionError(f"{transport} {port} is not in {document}")


class ScanTest(ClientTest):
    @classmethod
    def setUpClass(cls):
        need("nft")
        cls.lan = cls.enterClassContext(Lan())

    def there(self, *words, env=None):
        """portlab scan, on the other machine."""
        done = self.lan.there(program("PORTLAB"), "scan", *map(str, words), env=env or environment())
        return Result(done.returncode, done.stdout.encode(), done.stderr)

    def json_there(self, *words):
        result = self.there(*words, "--json")
        self.assertEqual(result.err, "", result.out)
        return json.loads(result.out)

    def json_here(self, *words):
        result = portlab("scan", *words, "--json")
        self.expect(result, 0)
        return json.loads(result.out)


class States(ScanTest):
    def test_all_ports_of_loopback_are_exactly_the_listeners(self):
        with contextlib.ExitStack() as stack:
            ports = {stack.enter_context(listener()) for _ in range(5)}
            ports |= {stack.enter_context(listener(port=port)) for port in (1, 40000, 65535)}
            document = self.json_here("127.0.0.1", "all")
        self.assertEqual({row["port"] for row in document["ports"] if row["state"] == "open"}, ports)
        self.assertEqual(document["others"], [{"transport": "tcp", "state": "closed",
                                               "known_by": "RST at once", "count": 65535 - len(ports)}])
        self.assertTrue(document["complete"])

    def test_few_descriptors_are_enough_for_all_ports(self):
        with contextlib.ExitStack() as stack:
            ports = {stack.enter_context(listener()) for _ in range(40)}
            done = run("sh", "-c", 'ulimit -n 64; exec "$0" scan 127.0.0.1 all --json',
                       program("PORTLAB"), env=environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        document = json.loads(done.stdout)
        self.assertEqual({row["port"] for row in document["ports"]}, ports)

    def test_open_closed_and_filtered_are_told_apart_as_nmap_does(self):
        need("nmap")
        ports = range(7000, 7008)
        rules = ("tcp dport 7001 drop", "tcp dport 7002 reject with tcp reset",
                 "tcp dport 7003 reject with icmp type admin-prohibited",
                 "tcp dport 7004 reject with icmp type host-unreachable")
        with listener(SERVER, 7000), listener(SERVER, 7001), firewall(*rules):
            found = self.json_there(SERVER, "7000-7007", *QUICK)
            nmap = self.lan.there("nmap", "-sT", "-Pn", "-n", "-p7000-7007", "-oG", "-", SERVER)
        theirs = dict(re.findall(r"(\d+)/(\w+)/tcp", nmap.stdout))
        self.assertEqual({str(port): states(found)["tcp", port] for port in ports}, theirs)
        known = {port: row_of(found, port)["known_by"] for port in ports}
        self.assertEqual(known[7000], "answered SYN ACK")
        self.assertRegex(known[7001], r"^nothing for [\d.]+ s, SYN sent [2-9] times$")
        self.assertRegex(known[7002], "^RST ")
        self.assertEqual(known[7003], "ICMP administratively prohibited")
        self.assertEqual(known[7004], "ICMP host unreachable")
        self.assertEqual(known[7005], "RST at once")

    def test_a_firewall_that_rejects_as_usual_is_no_closed_port(self):
        # nft's reject: nmap -sT can't tell, since connect(2) fails as with RST.
        with firewall("tcp dport 7003 reject"):
            row = row_of(self.json_there(SERVER, "7003", *QUICK), 7003)
        self.assertEqual((row["state"], row["known_by"]), ("filtered", "ICMP port unreachable"))

    def test_ipv6(self):
        rules = ("tcp dport 7001 drop", "tcp dport 7003 reject with icmpv6 type admin-prohibited")
        with listener(SERVER6, 7000), firewall(*rules):
            found = self.json_there(f"[{SERVER6}]", "7000-7003", *QUICK)
        self.assertEqual(list(states(found).values()), ["open", "filtered", "closed", "filtered"])
        self.assertEqual(row_of(found, 7003)["known_by"], "ICMPv6 administratively prohibited")

    def test_a_host_behind_a_firewall_that_drops_all(self):
        with firewall("ip protocol tcp drop"):
            result = self.there(SERVER, "7000-7999", *QUICK)
        self.expect(result, 3, f"{SERVER}: no port has answered", f"portlab why timeout {SERVER}")
        self.expect_form(result)
        # Beside other programs some ports may wait longer than others.
        self.assertRegex(result.text, r"^[\d,]+ tcp ports filtered: nothing for [\d.]+ s, SYN sent [2-9] times\n")
        self.assertIn("0 open, 1,000 filtered", result.text)

    def test_an_address_that_no_machine_has(self):
        result = portlab("scan", "192.168.1.99", "1-1000", "--timeout", "20")
        self.expect(result, 3, "192.168.1.99: no machine of this network has the address",
                    "why: portlab why unreachable 192.168.1.99")
        self.expect_form(result)

    def test_an_address_without_a_route(self):
        result = portlab("scan", "10.77.0.1", "80")
        self.expect(result, 3, "10.77.0.1", "unreachable: this machine has no route")

    def test_a_scan_leaves_no_session_in_time_wait_and_servers_read_an_orderly_end(self):
        ends = []

        def talk(session):
            with contextlib.suppress(BlockingIOError):
                while data := session.recv(4096):
                    pass
                ends.append(data)

        with Server(talk) as server:
            self.json_here("127.0.0.1", server.port)
        self.assertEqual(server.errors, [])
        self.assertTrue(ends and set(ends) == {b""}, ends)
        rows = run("ss", "-Htan", "state", "time-wait", f"( sport = {server.port} or dport = {server.port} )")
        self.assertEqual(rows.stdout, "")

    def test_ctrl_c_shows_what_is_known(self):
        with listener(SERVER, 7000) as port, firewall("tcp dport 8000-20000 drop"):
            process = subprocess.Popen(
                ["nsenter", "-t", str(self.lan.machine.pid), "-n", program("PORTLAB"), "scan", SERVER,
                 "7000-20000", "--expect", "7000"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
            wait_until(lambda: "SYN-SENT" in self.lan.there("ss", "-tan").stdout, "silent ports")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=TIME_LIMIT)
        self.assertEqual((process.returncode, err), (-signal.SIGINT, ""))
        self.assertRegex(out, rf"(?m)^tcp {port} +open ")
        self.assertRegex(out, r"(?m)^[\d,]+ tcp ports: not scanned$")
        self.assertIn("audit: not complete", out)


class Services(ScanTest):
    def scan_of(self, talk, *more):
        with Server(talk) as server:
            return row_of(self.json_here("127.0.0.1", server.port, *more), server.port)

    def test_services_are_recognised_at_any_port(self):
        with Portlabd("http=0", "ftp=0", "dns=0", "echo=0") as server:
            for name, banner in (("http", "HTTP/1.1 200 OK"), ("ftp", "220 Portlab FTP server"),
                                 ("dns", "DNS answer"), ("echo", "the same bytes came back")):
                with self.subTest(name):
                    row = row_of(self.json_here("127.0.0.1", server.port(name)), server.port(name))
                    self.assertEqual(row["service"], name)
                    self.assertIn(banner, row["banner"])

    def test_http_where_it_is_not_usual(self):
        with Portlabd("http=8021") as server:
            text = portlab("scan", "127.0.0.1", server.port("http")).text
        self.assertRegex(text, r"tcp 8021 .* http \*")
        self.assertIn("\n* 8021 is not http's port\n", text)

    def test_greetings(self):
        for greeting, service in ((b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
                                  (b"220 mail.lab.test ESMTP\r\n", "smtp"),
                                  (b"+OK ready\r\n", "pop3"), (b"* OK IMAP4rev1\r\n", "imap"),
                                  (b"\xff\xfb\x01\xff\xfb\x03login: ", "telnet"),
                                  (b"RFB 003.008\n", "vnc")):
            with self.subTest(service):
                def talk(session, greeting=greeting):
                    session.sendall(greeting)
                    session.recv(1)
                self.assertEqual(self.scan_of(talk)["service"], service)

    def test_a_service_of_tls(self):
        def talk(session):
            if session.recv(4096).startswith(b"HEAD"):
                session.sendall(b"\x15\x03\x01\x00\x02\x02\x46")
        self.assertEqual(self.scan_of(talk)["service"], "tls")

    def test_https_which_answers_plain_http_with_400(self):
        with Portlabd("https=0") as server:
            port = server.port("https")
            row = row_of(self.json_here("127.0.0.1", port), port)
            self.assertEqual(row["service"], "https")
            self.assertIn("an encrypted session", row["banner"])
            self.expect(portlab("scan", "127.0.0.1", port, "--expect", f"https={port}"), 0)
            self.expect(portlab("scan", "127.0.0.1", port, "--expect", f"http={port}"), 1)

    def test_http_that_answers_400(self):
        def talk(session):
            session.recv(4096)
            session.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        row = self.scan_of(talk)
        self.assertEqual((row["service"], row["banner"]), ("http", "HTTP/1.1 400 Bad Request"))

    def test_a_server_that_accepts_a_single_connection(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            bound.listen(1)

            def serve():
                session, _ = bound.accept()
                bound.close()
                with session:
                    session.recv(4096)
                    session.sendall(b"HTTP/1.0 200 OK\r\nServer: one\r\n\r\n")

            port = bound.getsockname()[1]
            thread = threading.Thread(target=serve)
            thread.start()
            row = row_of(self.json_here("127.0.0.1", port), port)
            thread.join(TIME_LIMIT)
        self.assertEqual((row["service"], row["banner"]), ("http", "HTTP/1.0 200 OK, Server: one"))

    def test_a_silent_service_is_unknown(self):
        def talk(session):
            while session.recv(4096):
                pass
        row = self.scan_of(talk)
        self.assertEqual((row["state"], row["service"]), ("open", None))

    def test_the_text_of_a_hostile_server_does_no_harm(self):
        def talk(session):
            session.sendall(b"\x1b]0;title\x07\x1b[2J\x9b31m\xe2\x80\xae" + b"A" * 3000)
            session.recv(1)
        with Server(talk) as server:
            result = portlab("scan", "127.0.0.1", server.port)
            screen = on_terminal("scan", "127.0.0.1", server.port)[1]
        self.expect(result, 0)
        self.assertIn("\\x1b]0;title\\x07", result.text)
        for text in (result.text, screen):
            self.assertNotRegex(text, "\x1b[\\]]|\x1b\\[2J|\x07|\x9b")
            self.assertNotIn("A" * 200, text)

    def test_a_printer_gets_no_bytes(self):
        heard = []
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 9100))
            bound.listen(4)
            bound.settimeout(TIME_LIMIT)

            def serve():
                session, _ = bound.accept()
                with session:
                    heard.append(session.recv(4096))

            thread = threading.Thread(target=serve)
            thread.start()
            self.json_here("127.0.0.1", 9100)
            thread.join(TIME_LIMIT)
        self.assertEqual(heard, [b""])


class Udp(ScanTest):
    def test_an_answer_is_open_silence_may_be_anything_and_icmp_is_closed(self):
        with Portlabd("dns=0", "echo=0") as server, UdpServer(lambda _: None) as silent, \
                listener(kind=socket.SOCK_DGRAM) as closed:
            dns, echo = server.port("dns", "udp"), server.port("echo", "udp")
            closed_word = f"udp/{closed}"
            with contextlib.ExitStack() as stack:
                stack.enter_context(firewall(f"udp dport {closed} reject with icmp port-unreachable"))
                found = self.json_here("127.0.0.1", f"{dns}/udp", f"{echo}/udp,{silent.port}/udp",
                                       closed_word, *QUICK)
        self.assertEqual(states(found), {("udp", dns): "open", ("udp", echo): "open",
                                         ("udp", silent.port): "open or filtered",
                                         ("udp", closed): "closed"})
        self.assertEqual(row_of(found, dns, "udp")["service"], "dns")
        self.assertEqual(row_of(found, echo, "udp")["service"], "echo")
        self.assertEqual(row_of(found, closed, "udp")["known_by"], "ICMP port unreachable")
        self.assertEqual(row_of(found, silent.port, "udp")["known_by"],
                         "nothing for 1.5 s, question sent 3 times")

    def test_the_question_fits_the_port(self):
        questions = []

        def answer(question):
            questions.append(question)
            return b"\x24\x01" + bytes(46)

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.bind(("127.0.0.1", 123))

            def serve():
                question, peer = bound.recvfrom(512)
                bound.sendto(answer(question), peer)

            thread = threading.Thread(target=serve)
            thread.start()
            row = row_of(self.json_here("127.0.0.1", "123/udp"), 123, "udp")
            thread.join(TIME_LIMIT)
        self.assertEqual((row["service"], row["banner"]), ("ntp", "stratum 1"))
        self.assertEqual((questions[0][0], len(questions[0])), (0x23, 48))

    def test_a_limit_of_icmp_messages_makes_no_closed_port_silent(self):
        # Linux sends six at once to one peer, then one a second.
        with UdpServer(lambda _: None):
            found = self.json_there(SERVER, "7001-7010/udp", *QUICK)
        self.assertEqual(set(states(found).values()), {"closed"})

    def test_without_ports_udp_asks_where_it_has_questions(self):
        found = self.json_here("127.0.0.1", "--udp", *QUICK)
        self.assertIn(("udp", 53), states(found))
        self.assertNotIn("tcp", found["scanned"])


class Audit(ScanTest):
    def test_an_audit_that_agrees(self):
        with Portlabd("http=0", "dns=0") as server:
            dns = server.port("dns")
            expected = f"http={server.port('http')},dns={dns}/tcp,dns={server.port('dns', 'udp')}/udp"
            result = portlab("scan", "127.0.0.1", "--expect", expected)
        self.expect(result, 0)
        self.assertIn("audit: agrees, exactly what is expected is open (3 ports)", result.text)

    def test_what_is_missing_unexpected_or_something_else(self):
        def ssh(session):
            session.sendall(b"SSH-2.0-x\r\n")
            session.recv(1)

        with Portlabd("http=0") as server, Server(ssh) as other, listener() as gone:
            http = server.port("http")
            with firewall(f"tcp dport {gone} reject with tcp reset"):
                result = portlab("scan", "127.0.0.1", "all",
                                 "--expect", f"ftp={other.port},{gone}")
        self.expect(result, 1)
        self.assertRegex(result.text, rf"(?m)^missing        tcp {gone}: closed, RST at once$")
        self.assertRegex(result.text, rf"(?m)^unexpected     tcp {http}: open, http")
        self.assertRegex(result.text, rf"(?m)^other service  tcp {other.port} \(ftp\): open, ssh")

    def test_ports_of_which_the_same_is_said_have_one_line(self):
        with contextlib.ExitStack() as stack:
            for port in (7006, 7010):
                stack.enter_context(listener(port=port))
            words = ("127.0.0.1", "7000-7050", "--expect", "7001,7004-7020,7040")
            result = portlab("scan", *words)
            document = json.loads(portlab("scan", *words, "--json").out)
        self.expect(result, 1)
        self.assertIn("\nmissing        tcp 7001, 7004-7005, 7007-7009, 7011-7020, 7040: closed, RST at once\n",
                      result.text)
        self.assertEqual(result.text.count("missing "), 1)
        self.assertEqual(len(document["audit"]["findings"]), 17)

    def test_an_audit_of_a_host_without_servers(self):
        self.expect(portlab("scan", "127.0.0.1", "1-100", "--expect", ""), 2, "--expect")
        result = portlab("scan", "127.0.0.1", "1-100", "--expect", "http")
        self.expect(result, 1)
        self.assertIn("missing        tcp 80 (http): closed", result.text)

    def test_the_document_has_the_findings(self):
        with listener() as port:
            result = portlab("scan", "--json", "127.0.0.1", "all", "--expect", "1")
        self.expect(result, 1)
        audit = json.loads(result.out)["audit"]
        self.assertFalse(audit["agrees"])
        self.assertEqual([(row["kind"], row["port"]) for row in audit["findings"]],
                         [("missing", 1), ("unexpected", port)])


class Permission(ScanTest):
    def test_other_peoples_machines_are_refused_before_a_packet(self):
        for address in ("203.0.113.7", "8.8.8.8", "::ffff:8.8.8.8", "2001:db8::1", "100.64.0.1"):
            with self.subTest(address):
                result = portlab("scan", address, "80")
                self.expect(result, 2, "Nothing was sent", "--yes-i-may")
                self.expect_form(result)

    def test_with_consent_any_address_may_be_scanned(self):
        run("ip", "address", "add", "203.0.113.1/24", "dev", "lan0")
        self.addCleanup(run, "ip", "address", "del", "203.0.113.1/24", "dev", "lan0")
        self.expect(self.there("203.0.113.1", "80"), 2)
        self.lan.there("ip", "route", "add", "203.0.113.1", "via", SERVER)
        self.addCleanup(self.lan.there, "ip", "route", "del", "203.0.113.1")
        self.expect(self.there("203.0.113.1", "80", "--yes-i-may"), 0)
        self.expect(portlab("scan", "203.0.113.1", "80"), 0)  # an address of this machine

    def test_a_private_network_holds_only_own_machines(self):
        result = portlab("scan", "203.0.113.7", "80", env=environment(PORTLAB_PRIVATE="1"))
        self.expect(result, 3, "no route")

    def test_a_name_of_a_public_address_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            hosts = pathlib.Path(folder) / "hosts"
            hosts.write_text("203.0.113.7 shop.example\n127.0.0.1 own.example\n", encoding="ascii")

            def scan(name):
                done = run("unshare", "-m", "sh", "-c",
                           'mount --bind "$1" /etc/hosts && exec "$2" scan "$3" 80', "sh", str(hosts),
                           program("PORTLAB"), name, env=environment())
                if "mount" in done.stderr:
                    self.skipTest(done.stderr)
                return Result(done.returncode, done.stdout.encode(), done.stderr)

            self.expect(scan("shop.example"), 2, "shop.example is 203.0.113.7", "Nothing was sent")
            self.expect(scan("own.example"), 0)


class ThisMachine(ScanTest):
    def test_each_listener_with_its_program_and_from_where_it_is_reached(self):
        with Portlabd("http=0") as server, listener(SERVER) as lan, listener("0.0.0.0") as all_of_them:
            result = portlab("scan", env=environment(PORTLAB_CONTROL=server.control))
            document = json.loads(portlab("scan", "--json").out)
        self.expect(result, 0)
        http = server.port("http")
        self.assertRegex(result.text, rf"(?m)^tcp {http} +portlabd \(pid {server.pid}\) +http +this machine only$")
        self.assertRegex(result.text, rf"(?m)^tcp {lan} +\S+ \(pid {os.getpid()}\) .* your LAN: {SERVER} \(lan0\)$")
        self.assertRegex(result.text, rf"(?m)^tcp {all_of_them} .* every network: {SERVER} \(lan0\)")
        rows = {row["port"]: row for row in document["listeners"]}
        self.assertEqual((rows[http]["this_machine_only"], rows[http]["service"]), (True, "http"))
        self.assertEqual(rows[lan]["reachable_at"], [f"{SERVER} (lan0)"])

    def test_sessions_that_would_stop_are_counted(self):
        def talk(session):
            session.sendall(b"SSH-2.0-x\r\n")
            while session.recv(100):
                pass
        with Server(talk) as server, socket.create_connection(("127.0.0.1", server.port)) as open_one:
            open_one.recv(1)
            text = portlab("scan").text
        self.assertRegex(text, rf"(?m)^tcp {server.port} .* ssh, 1 session +this machine only$")


class Usage(ScanTest):
    def test_ports_are_written_in_many_ways(self):
        for words, tcp, udp in ((("80",), "80", None), ((":80",), "80", None),
                                (("20-23,80", "443"), "20-23, 80, 443", None),
                                (("http",), "80", None), (("dns",), "53", "53"), (("53/udp",), None, "53"),
                                (("udp/53",), None, "53"), (("ntp/UDP",), None, "123"),
                                (("domain/tcp",), "53", None), (("ssh,rdp",), "22, 3389", None),
                                (("7", "--udp"), None, "7"), (("-3",), "1-3", None)):
            with self.subTest(words):
                words = (*words, "--timeout", "0.05")
                result = portlab("scan", "--json", "127.0.0.1", *words)
                if words[0] == "-3":
                    self.expect(result, 2)
                    continue
                scanned = json.loads(result.out)["scanned"]
                self.assertEqual((scanned.get("tcp"), scanned.get("udp")), (tcp, udp))
        document = json.loads(portlab("scan", "--json", "127.0.0.1:80").out)
        self.assertEqual(document["scanned"], {"tcp": "80"})

    def test_wrong_command_lines(self):
        for words, why in ((("127.0.0.1", "0"), "port 0"), (("127.0.0.1", "65536"), "65535"),
                           (("127.0.0.1", "25-20"), "20-25"), (("127.0.0.1", "htpt"), "try: http"),
                           (("127.0.0.1", ","), "empty"), (("127.0.0.1", "rdp/sctp"), "no port"),
                           (("80",), "the host comes first"), (("all",), "the host comes first"),
                           (("0.0.0.0",), "every address"), (("224.0.0.1",), "group"),
                           (("255.255.255.255",), "group"), (("-p80", "127.0.0.1"), "no option -p"),
                           (("127.0.0.1", "--port", "80"), "try: portlab scan HOST PORT"),
                           (("--expect", "http"), "host is missing"), (("--udp",), "host is missing"),
                           (("127.0.0.1", "--expect", "http="), "one side"),
                           (("127.0.0.1", "--timeout", "0"), "--timeout"),
                           (("-4", "-6", "127.0.0.1"), "-4 and -6")):
            with self.subTest(words):
                result = portlab("scan", *words)
                self.expect(result, 2, why)
                self.expect_form(result)

    def test_many_ports_are_counted_and_few_are_listed(self):
        self.assertEqual(portlab("scan", "127.0.0.1", "7001-7003").text.count("closed    RST"), 0)
        few = portlab("scan", "127.0.0.1", "7001-7003").text
        self.assertEqual(len(re.findall(r"(?m)^tcp 700\d  closed  RST at once ", few)), 3, few)
        many = portlab("scan", "127.0.0.1").text
        self.assertRegex(many, r"(?m)^1,0\d\d tcp ports closed: RST at once \(")
        self.assertRegex(many, r"(?m)^127\.0\.0\.1, tcp 1-1023, 1080, .*: 0 open, 1,0\d\d closed, in ")

    def test_long_lines_go_on_below_on_a_terminal(self):
        ports = ",".join(str(port) for port in range(7000, 7080, 2))
        screen = on_terminal("scan", "127.0.0.1", ports, "--expect", ports)[1].split("\r\x1b[K")[-1]
        lines = screen.splitlines()
        self.assertLessEqual(max(map(len, lines)), 80, screen)
        text = re.sub(r"\s+", " ", screen)
        self.assertRegex(text, r"127\.0\.0\.1, tcp 7000, 7002, .* closed, in [\d.]+ m?s\b")
        self.assertIn("7076, 7078: closed, RST at once", text)
        for port in ports.split(","):  # no number is cut
            self.assertRegex(text.split("missing")[1], rf"\b{port}\b")

    def test_a_progress_bar_on_a_terminal_and_quiet(self):
        with firewall("tcp dport 7000-7050 drop"):
            code, screen = on_terminal("scan", "127.0.0.1", "7000-7099", *QUICK)
            quiet = on_terminal("scan", "-q", "127.0.0.1", "7000-7099", *QUICK)[1]
        self.assertEqual(code, 0)
        self.assertRegex(screen, r"\[#+\.*\] +\d+ %  \d+ of 100 ")
        self.assertNotIn("[#", quiet)
        self.assertNotIn(", in ", quiet)

    def test_localhost_has_two_addresses_and_one_is_scanned(self):
        self.assertIn("localhost has other addresses, not scanned: ::1",
                      portlab("scan", "localhost", "7001").text)
        self.assertIn("::1 (localhost), tcp 7001", portlab("scan", "-6", "localhost", "7001").text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
