"""portlab office: the network of an office, in namespaces. Each case runs as the user who runs the tests,
and again as nobody where the tests run as root."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

from portlab_terminal import Terminal
from portlab_testing import (
    PORTLAB,
    TIME_LIMIT,
    ClientTest,
    environment,
    main,
    namespaces_are_allowed,
    need,
    portlab,
    run,
    wait_until,
)

NOBODY = 65534
HOSTS = ["pc1", "pc2", "pc3", "server1", "internet", "router", "switch"]


def setUpModule():
    need("ip", "nft")
    if not namespaces_are_allowed():
        raise unittest.SkipTest("this system forbids namespaces")


class Office:
    """An office that is up, with a name of its own. `user`: a user id, or None for this user."""

    count = 0

    def __init__(self, user=None, *options):
        Office.count += 1
        self.name = f"test-{os.getpid()}-{Office.count}"
        self.user = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        self.started = self(*options, "up")

    def __call__(self, *words, **options):
        return portlab("office", "--name", self.name, *words, **self.user, **options)

    def json(self, *words):
        result = self(*words, "--json")
        if result.code != 0:
            raise AssertionError(result)
        return json.loads(result.out)

    def on(self, host, *command, **options):
        """Runs a command on a host."""
        return self("enter", host, *command, **options)

    def popen(self, host, *command, **options):
        return subprocess.Popen([PORTLAB, "office", "--name", self.name, "enter", host, *command],
                                env=environment(), stdin=subprocess.DEVNULL, **self.user, **options)

    def keeper(self):
        return self.json("status")["pid"]

    def __enter__(self):
        if self.started.code != 0:
            raise AssertionError(self.started)
        return self

    def __exit__(self, *_):
        self("down")


def processes_of(name):
    """The ids of the processes whose command line or environment has the office's name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        if name.encode() in words and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def traces(name):
    """What an office may leave: processes, sockets, mounts, interfaces, files."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
        sockets = [line for line in file if name in line]
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = [line for line in file if "/etc/portlab-office" in line or line.split()[1] == "/etc"]
    interfaces = sorted(set(os.listdir("/sys/class/net")) & set(HOSTS + ["lan", "wan"]))
    files = [path for path in ("/etc/portlab-office",) if os.path.exists(path)]
    return processes_of(name), sockets, mounts, interfaces, files


NOTHING = ([], [], [], [], [])


class Nobody:
    """Runs the cases of another class as nobody."""
    user = NOBODY

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can become nobody")
        done = subprocess.run([PORTLAB, "--version"], check=False, user=NOBODY, group=NOBODY, extra_groups=[],
                              capture_output=True)
        if done.returncode != 0:
            raise unittest.SkipTest("nobody cannot execute the program")
        super().setUpClass()


class Cases:
    """The cases that run as each user."""

    user = None

    @classmethod
    def setUpClass(cls):
        cls.office = Office(cls.user)
        if cls.office.started.code != 0:
            raise AssertionError(cls.office.started)

    @classmethod
    def tearDownClass(cls):
        result = cls.office("down")
        assert result.code == 0, result
        assert traces(cls.office.name) == NOTHING, traces(cls.office.name)

    def test_up_twice_is_fine(self):
        again = self.office("up")
        self.expect(again, 0)
        self.assertIn("up already", again.text)

    def test_each_host_has_its_own_name_addresses_and_files(self):
        for host in HOSTS:
            with self.subTest(host):
                result = self.office.on(host, "sh", "-c", "hostname; cat /etc/hostname; pwd; id -u")
                self.expect(result, 0)
                user = os.getuid() if self.user is None else self.user
                self.assertEqual(result.text.split(), [host, host, os.getcwd(), str(user)])
        addresses = self.office.on("router", "ip", "-brief", "-4", "address").text
        self.assertRegex(addresses, r"(?s)lan\S* +UP +192\.168\.1\.1/24.*wan\S* +UP +203\.0\.113\.1/24")

    def test_programs_of_others_find_names_without_an_option(self):
        need("getent", "curl")
        found = self.office.on("pc1", "getent", "hosts", "server1").text
        self.assertRegex(found, r"^192\.168\.1\.10 +server1\.lab\.test")
        self.assertIn("203.0.113.80", self.office.on("pc2", "getent", "ahosts", "www.example.com").text)
        page = self.office.on("pc1", "curl", "-sS", "http://www.lab.test/whoami")
        self.assertIn("192.168.1.11", page.text, page)
        outside = self.office.on("internet", "getent", "hosts", "server1.lab.test")
        self.assertNotEqual(outside.code, 0, outside)

    def test_every_portlab_command_works_inside(self):
        page = self.office.on("pc1", PORTLAB, "http", "http://server1.lab.test/whoami")
        self.expect(page, 0)
        self.assertIn("192.168.1.11", page.text)
        self.assertIn("→  192.168.1.10:80", page.err)
        self.assertIn("http", self.office.on("server1", PORTLAB, "server", "listeners").text)

    def test_it_comes_up_in_the_network_of_a_lab_too(self):
        self.expect(portlab("myth", "13", "--auto", **self.office.user), 0)

    def test_options_may_be_before_the_host_to_enter(self):
        entered = portlab("office", "enter", "--name", self.office.name, "pc3", "hostname", **self.office.user)
        self.assertEqual(entered.text, "pc3\n", entered)
        self.assertEqual(self.office.on("pc3", "echo", "--name", "x").text, "--name x\n")

    def test_dig_asks_both_servers(self):
        need("dig")
        inside = self.office.on("pc1", "dig", "+short", "+search", "pc3", "A")
        self.assertEqual(inside.text.strip(), "192.168.1.13", inside)
        reverse = self.office.on("pc1", "dig", "+short", "-x", "192.168.1.12")
        self.assertEqual(reverse.text.strip(), "pc2.lab.test.", reverse)
        outside = self.office.on("pc1", "dig", "+short", "@203.0.113.80", "www.example.org")
        self.assertEqual(outside.text.strip(), "203.0.113.80", outside)
        self.assertIn("203.0.113.1:", self.office.on(
            "pc1", "dig", "+short", "@203.0.113.80", "whoami.example.com", "TXT").text)

    def test_what_leaves_has_the_routers_address(self):
        need("curl")
        page = self.office.on("pc2", "curl", "-sS", "http://www.example.com/whoami")
        self.assertIn("203.0.113.1", page.text, page)

    def test_the_map_counts_ended_sessions_and_netstat_shows_them(self):
        need("curl")
        self.expect(self.office.on("pc3", "curl", "-sS", "http://server1/"), 0)
        self.assertRegex(self.office("map").text, r"(?m)^\d+ in TIME_WAIT: portlab office --name \S+ netstat")
        wait_until(lambda: re.search(r"(?m)^tcp +pc3:\d+ +→ +server1:80 +http +TIME_WAIT / -$",
                                     self.office("netstat", "pc3", "TIME_WAIT").text), "a session in TIME_WAIT")

    def test_two_pcs_with_one_source_port_get_two_ports_of_the_router(self):
        need("curl")
        clients = [self.office.popen(pc, PORTLAB, "http", "--from", "40000", "--hold", "30",
                                     "http://www.example.com/", stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL) for pc in ("pc1", "pc2")]
        try:
            def rows():
                return [row for row in self.office.json("nat")["translations"]
                        if row["from"]["port"] == 40000 and row["state"] == "ESTABLISHED"]
            found = wait_until(lambda: len(rows()) == 2 and rows(), "two translations")
            self.assertEqual({row["from"]["host"] for row in found}, {"pc1", "pc2"})
            self.assertEqual(len({row["router"]["port"] for row in found}), 2, found)
            self.assertIn(40000, {row["router"]["port"] for row in found})
            text = self.office("nat").text
            self.assertRegex(text, r"pc1 192\.168\.1\.11:40000 +→ 203\.0\.113\.1:\d+ +→ "
                                   r"203\.0\.113\.80:80 +ESTABLISHED")
            sessions = [row for row in self.office.json("netstat")["sessions"]
                        if row["client"]["port"] == 40000]
            self.assertEqual(len(sessions), 2, sessions)
            for row in sessions:
                self.assertEqual(row["server"]["host"], "internet")
                self.assertEqual(row["client"]["state"], "ESTABLISHED")
                self.assertEqual(row["server"]["state"], "ESTABLISHED")
                self.assertEqual(row["translation"], "source")
                self.assertEqual(row["service"], "http")
            only = self.office.json("netstat", "pc1")["sessions"]
            self.assertEqual([row["client"]["host"] for row in only if row["client"]["port"] == 40000],
                             ["pc1"])
            self.assertTrue(all("pc1" in (row["client"]["host"], row["server"]["host"]) for row in only))
            self.assertEqual(self.office.json("netstat", "pc1", ":81")["sessions"], [])
            outgoing = self.office.json("netstat", "http", ":40000", "ESTABLISHED")["sessions"]
            self.assertEqual({row["client"]["host"] for row in outgoing}, {"pc1", "pc2"})
            drawn = self.office("map").text
            self.assertRegex(drawn, r"pc2:40000 +→ router:\d+ +→ internet:80 +http +ESTABLISHED")
            self.assertLessEqual(max(map(len, drawn.splitlines())), 80, drawn)
        finally:
            for client in clients:
                client.terminate()
                client.wait()

    def test_a_capture_on_the_router_names_the_hosts_on_both_sides(self):
        need("curl")
        capture = self.office.popen("router", PORTLAB, "capture", "-i", "any", "--count", "6",
                                    "tcp port 80 and tcp[tcpflags] & tcp-syn != 0",
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertIn(b"capturing on all interfaces", capture.stderr.readline())
            page = self.office.on("pc3", "curl", "-sS", "http://www.example.com/")
            self.assertEqual(page.code, 0, page)
            self.office.on("pc1", "curl", "-sS", "http://www.example.com/")
            out = capture.communicate(timeout=TIME_LIMIT)[0].decode()
        finally:
            capture.kill()
            capture.communicate()
        self.assertRegex(out, r"pc3:\d+ +──▶ +internet:80 +tcp SYN")
        self.assertRegex(out, r"router:\d+ +──▶ +internet:80 +tcp SYN")

    def test_connections_from_outside_get_no_answer_until_a_port_is_forwarded(self):
        need("curl")
        visit = ["curl", "-sS", "--max-time", "10", "http://203.0.113.1:8080/whoami"]
        dropped = self.office.on("internet", *visit, "--max-time", "1")
        self.assertEqual(dropped.code, 28, dropped)  # curl's time-out
        forward = self.office("forward", "8080", "server1:80")
        self.expect(forward, 0)
        self.assertIn("router:8080/tcp leads to server1:80 now.", forward.text)
        self.assertIn("already", self.office("forward", "8080", "192.168.1.10:80").text)
        self.expect(self.office("forward", "8080", "pc1:80"), 1, "already", "unforward 8080")
        self.assertIn("203.0.113.80", self.office.on("internet", *visit).text)
        self.assertIn("8080 : 192.168.1.10 . 80", self.office("rules").text)
        self.assertIn("router:8080/tcp → server1:80", self.office("map").text)
        self.assertEqual(self.office.json("map")["forwarded"][0]["host"], "server1")
        row = [row for row in self.office.json("nat")["translations"]
               if row["router"]["port"] == 8080][0]
        self.assertEqual((row["from"]["address"], row["translation"], row["to"]["host"]),
                         ("203.0.113.80", "destination", "server1"))
        self.expect(self.office("unforward", "8080"), 0)
        self.assertEqual(self.office.on("internet", *visit).code, 28)
        self.expect(self.office("unforward", "8080"), 1, "router:8080/tcp is not forwarded", "no port is")
        self.expect(self.office("forward", "8080/udp", "server1:53"), 0)
        self.expect(self.office("unforward", "8080"), 1, "8080/udp is",
                    f"portlab office --name {self.office.name} unforward 8080/udp")
        self.expect(self.office("unforward", "8080/udp"), 0)

    def test_a_port_that_leads_to_no_listener_is_named(self):
        shown = self.office("forward", "8081", "server1:81").text
        self.assertIn("no program of server1 listens on 81/tcp", shown)
        self.expect(self.office("unforward", "8081"), 0)

    def test_advice_names_the_office(self):
        self.assertIn(f"portlab office --name {self.office.name} forward 8080 server1:80", self.office("map").text)
        self.assertIn("portlab office forward 8080 server1:80", self.office.on("pc1", PORTLAB, "office", "map").text)
        self.expect(self.office("enter", "pc9"), 2, f"portlab office --name {self.office.name} enter pc1")

    def test_who_started_it_is_told(self):
        with open(f"/proc/{os.getpid()}/comm", encoding="utf-8") as file:
            name = file.read().strip()
        self.assertIn(f"started by {name} (process {os.getpid()})", " ".join(self.office("status").text.split()))

    def test_numbers_replace_the_names_of_hosts(self):
        held = self.office.popen("pc1", PORTLAB, "http", "-q", "--hold", "60", "http://192.168.1.10/",
                                 stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: "pc1:" in self.office("netstat", "ESTABLISHED").text, "a session")
            shown = self.office("netstat", "-n", "ESTABLISHED").text
        finally:
            held.terminate()
            held.wait(TIME_LIMIT)
        self.assertRegex(shown, r"192\.168\.1\.11:\d+ +→ +192\.168\.1\.10:80 ")
        self.assertNotIn("pc1:", shown)
        self.expect(self.office("map", "-n"), 2, "--numeric is no option of map")

    def test_a_host_in_capitals_and_a_line_of_a_shell(self):
        self.assertEqual(self.office.on("PC1", "hostname").text, "pc1\n")
        self.expect(self.office.on("pc1", "ip addr | head -3"), 127, "command not found",
                    "sh -c 'ip addr | head -3'")

    def test_a_udp_port_is_forwarded_too(self):
        need("dig")
        ask = ["dig", "+short", "+tries=1", "-p", "5353", "@203.0.113.1", "pc1.lab.test"]
        self.assertNotIn("192.168.1.11", self.office.on("internet", *ask, "+time=1").text)
        self.expect(self.office("forward", "5353/udp", "server1:53"), 0)
        self.assertIn("192.168.1.11", self.office.on("internet", *ask).text)
        self.expect(self.office("unforward", "5353/udp"), 0)

    def test_nmap_from_outside_sees_only_what_is_forwarded(self):
        need("nmap")
        self.expect(self.office("forward", "8081", "server1:80"), 0)
        scan = self.office.on("internet", "nmap", "-Pn", "-n", "-sT", "--max-retries", "0",
                              "--host-timeout", "20", "-p", "21,22,53,80,8081,8082", "203.0.113.1")
        states = dict(re.findall(r"^(\d+)/tcp +(\S+)", scan.text, re.M))
        self.assertEqual(states, {"21": "filtered", "22": "filtered", "53": "filtered",
                                  "80": "filtered", "8081": "open", "8082": "filtered"}, scan)
        self.expect(self.office("unforward", "8081"), 0)

    def test_lftp_passive_and_active_through_nat(self):
        need("lftp")
        for passive in ("on", "off"):
            with self.subTest(passive=passive):
                settings = f"set ftp:passive-mode {passive}; set net:timeout 5; set net:max-retries 1; "
                result = self.office.on("pc1", "lftp", "-c",
                                        settings + "open ftp://203.0.113.80; cat hello.txt")
                self.assertIn("comes from the internet", result.text, result)

    def test_lftp_from_outside_through_a_forwarded_port(self):
        need("lftp")
        # Each data connection is let in, although its port is not forwarded: the router reads the control
        # connection (nf_conntrack_ftp).
        self.expect(self.office("forward", "21", "server1:21"), 0)
        for passive in ("on", "off"):
            with self.subTest(passive=passive):
                settings = f"set ftp:passive-mode {passive}; set net:timeout 5; set net:max-retries 1; "
                result = self.office.on("internet", "lftp", "-c",
                                        settings + "open ftp://203.0.113.1; cat hello.txt")
                self.assertEqual(result.code, 0, result)
                self.assertTrue(result.out, result)
        self.expect(self.office("unforward", "21"), 0)

    def test_a_server_on_a_pc_is_named_in_the_map(self):
        server = self.office.popen("pc3", os.environ["PORTLABD"], "--log", "none", "http=0.0.0.0:8888",
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            while b"ready" not in server.stdout.readline():
                pass
            self.assertRegex(self.office("map").text, r"pc3 +tcp 8888 http")
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()

    def test_refused_and_no_answer_differ_for_a_real_reason(self):
        refused = self.office.on("pc1", PORTLAB, "connect", "192.168.1.10:4444")
        self.expect(refused, 3, "refused")
        rule = ("table ip own { chain input { type filter hook input priority 0; "
                "tcp dport 4444 drop; }; }")
        self.expect(self.office.on("server1", "nft", rule), 0)
        self.assertIn("tcp dport 4444 drop", self.office("rules", "server1").text)
        silent = self.office.on("pc1", PORTLAB, "connect", "--timeout", "0.5", "192.168.1.10:4444")
        self.expect(silent, 3, "timed out")
        self.expect(self.office.on("server1", "nft", "delete", "table", "ip", "own"), 0)
        self.assertIn("pc1 has no firewall rules", self.office("rules", "pc1").text)

    def test_all_hosts_trust_the_authority_of_server1(self):
        need("curl")
        url = "https://server1.lab.test/hello.txt"
        self.expect(self.office.on("server1", PORTLAB, "server", "listen", "https"), 0)
        try:
            for host in ("server1", "pc1", "pc3", "router"):
                with self.subTest(host):
                    self.expect(self.office.on(host, PORTLAB, "http", url), 0)
                    self.expect(self.office.on(host, "curl", "-sS", url), 0)
            # Another authority of the same network is not trusted.
            self.expect(self.office.on("internet", PORTLAB, "server", "listen", "https"), 0)
            self.expect(self.office.on("pc1", PORTLAB, "http", "https://www.example.com/"), 3)
            self.assertEqual(self.office.on("pc1", "curl", "-sS", "https://www.example.com/").code, 60)
        finally:
            for host in ("server1", "internet"):
                self.office.on(host, PORTLAB, "server", "close", "https")

    def test_nothing_reaches_other_machines(self):
        routes = self.office.on("internet", "ip", "route").text
        self.assertEqual(routes.strip(), "203.0.113.0/24 dev eth0 proto kernel scope link src 203.0.113.80")
        variables = self.office.on("pc1", "env").text
        self.assertNotIn("proxy", variables.lower().replace("portlab", ""))

    def test_the_office_can_be_looked_at_from_inside(self):
        result = self.office.on("pc1", PORTLAB, "office", "enter", "pc2", "hostname")
        self.assertEqual(result.text.strip(), "pc2", result)
        self.expect(self.office.on("pc1", PORTLAB, "office", "nat"), 0)
        self.assertIn("switch", self.office.on("router", PORTLAB, "office", "map").text)

    def test_the_exit_status_and_output_are_those_of_the_command(self):
        self.assertEqual(self.office.on("pc1", "sh", "-c", "exit 7").code, 7)
        self.assertEqual(self.office.on("pc1", "sh", "-c", "kill -9 $$").code, 137)
        self.assertEqual(self.office.on("pc1", "cat", stdin=b"abc").out, b"abc")
        self.assertEqual(self.office.on("pc1", "no-such-program").code, 127)
        self.expect(self.office.on("pc9"), 2, "no host 'pc9'", "pc1")

    def test_listeners_and_watch(self):
        rows = self.office.json("netstat")["listeners"]
        known = {(row["host"], row["transport"], row["port"], row["service"]) for row in rows}
        self.assertIn(("server1", "tcp", 21, "ftp"), known)
        self.assertIn(("internet", "udp", 53, "domain"), known)
        self.assertIn("LISTEN", self.office("netstat", "-a").text)
        wrong = self.office("netstat", "pc9")
        self.assertEqual(wrong.code, 2)
        self.assertIn("there is no host 'pc9'; there are pc1", wrong.err)
        only = self.office("netstat", "server1", "LISTEN", "ftp").text.splitlines()[1:]
        self.assertEqual([line.split() for line in only], [["tcp", "server1:21", "ftp", "LISTEN", "portlabd"]])
        watched = self.office("map", "--watch", "0.1", "--count", "2", "--json")
        self.assertEqual([json.loads(line)["name"] for line in watched.text.split("\n") if line],
                         [self.office.name] * 2)


class AsThisUser(Cases, ClientTest):
    pass


class AsNobody(Nobody, Cases, ClientTest):
    pass


class UpAndDown(ClientTest):
    def test_twenty_times_leave_nothing(self):
        for _ in range(20):
            office = Office()
            self.expect(office.started, 0)
            self.expect(office("down"), 0)
            self.assertEqual(traces(office.name), NOTHING)
        self.assertIn("down already", office("down").text)
        self.expect(office("status"), 1)

    def test_a_killed_first_process_leaves_nothing(self):
        office = Office()
        with office:
            shell = office.popen("pc1", "sleep", "1000", stderr=subprocess.DEVNULL)
            wait_until(lambda: "sleep" in office.on("pc2", "ps", "-A").text, "the command on pc1")
            os.kill(office.keeper(), signal.SIGKILL)
            self.assertEqual(shell.wait(30), 137)
            wait_until(lambda: traces(office.name) == NOTHING, "nothing is left")
        self.expect(office.on("pc1", "true"), 3, "not up", "office --name")

    def test_it_can_be_ended_from_inside(self):
        with Office() as office:
            self.assertEqual(office.on("pc1", PORTLAB, "office", "down").code, 137)
            wait_until(lambda: traces(office.name) == NOTHING, "nothing is left")

    def test_a_killed_up_leaves_nothing(self):
        for delay in (0, 0.02, 0.1):
            name = f"test-{os.getpid()}-killed"
            starting = subprocess.Popen([PORTLAB, "office", "--name", name, "up"], env=environment(),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            starting.kill()
            starting.wait()
            # It may have been up already.
            portlab("office", "--name", name, "down")
            wait_until(lambda: traces(name) == NOTHING, "nothing is left")

    def test_down_asks_at_a_terminal_where_others_are_inside(self):
        down = ("office", "--name")
        with Office() as office, Terminal(PORTLAB, "office", "--name", office.name, "enter", "pc2", "sh", "-c",
                                          "echo inside; sleep 1000; true") as other:
            other.expect("inside")
            with Terminal(PORTLAB, *down, office.name, "down") as asked:
                text = asked.expect("y or n: ")
                self.assertRegex(text, r"(?m)^  sh \(process \d+\) on pc2, at /dev/pts/\d+\r$")
                self.assertNotIn("sleep", text)  # ends with it
                asked.type("n\n")
                asked.expect("The office stays up.")
                self.assertEqual(asked.wait(), 1)
            with Terminal(PORTLAB, "office", "--name", office.name, "enter", "pc1", PORTLAB, "office",
                          "down") as inside:
                text = inside.expect("y or n: ")
                self.assertIn(" on pc2, at /dev/pts/", text)
                self.assertNotIn("pc1", text)  # this terminal
                inside.type("\n")
                self.assertEqual(inside.wait(), 1)
            self.expect(office("status"), 0)
            with Terminal(PORTLAB, *down, office.name, "down", "--yes") as told:
                told.expect("The office is down.")
                self.assertEqual(told.wait(), 0)
            other.wait()
        with Office() as office:
            with Terminal(PORTLAB, *down, office.name, "down") as alone:
                self.assertNotIn("y or n", alone.expect("The office is down."))
        with Office() as office, Terminal(PORTLAB, "office", "--name", office.name, "enter", "pc2", "sh", "-c",
                                          "echo inside; sleep 1000; true") as other:
            other.expect("inside")
            self.expect(office("down"), 0)  # a pipe is not asked
            other.wait()

    def test_two_offices_do_not_meet(self):
        with Office() as one, Office() as other:
            self.expect(one("forward", "8080", "server1:80"), 0)
            self.assertNotIn("8080", other("rules").text)
            self.assertEqual(one.on("pc1", "cat", "/proc/self/ns/net").code, 1)
            spaces = {office.on("pc1", "readlink", "/proc/self/ns/net").text for office in (one, other)}
            self.assertEqual(len(spaces), 2)
            self.assertIn(other.name, one("status").text)
            self.assertTrue({one.name, other.name} <= set(one.json("status")["offices"]))
            self.expect(one("down"), 0)
            self.assertEqual(other.on("pc1", "hostname").text.strip(), "pc1")

    def test_a_server_that_ended_is_reported(self):
        with Office() as office:
            self.expect(office.on("server1", PORTLAB, "server", "stop"), 0)
            notes = wait_until(lambda: office.json("status")["notes"], "a note")
            self.assertRegex(notes[0], "portlabd of server1 has ended")
            self.expect(office("map"), 0)

    def test_two_ups_at_once_make_one_office(self):
        name = f"test-{os.getpid()}-twice"
        command = [PORTLAB, "office", "--name", name, "up"]
        both = [subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        outputs = [each.communicate(timeout=60) for each in both]
        try:
            self.assertIn(0, [each.returncode for each in both], outputs)
            self.assertEqual(portlab("office", "--name", name, "enter", "pc1", "hostname").text, "pc1\n")
        finally:
            portlab("office", "--name", name, "down")
        self.assertEqual(traces(name), NOTHING)

    def test_verbose_shows_every_command(self):
        with Office(None, "--verbose") as office:
            shown = office.started.err
            for line in ("switch$ ip link add switch type bridge",
                         "pc1$ ip address add 192.168.1.11/24 dev eth0",
                         "pc1$ ip route add default via 192.168.1.1",
                         "router$ nft -f /etc/portlab-office/router.nft",
                         "router$ echo 1 >/proc/sys/net/ipv4/ip_forward"):
                self.assertIn(line + "\n", shown)
            self.assertRegex(shown, r'(?m)^\s+oifname "wan" masquerade$')


class OnATerminal(ClientTest):
    def test_a_shell_has_the_prompt_of_its_host(self):
        need("bash")
        with Office() as office:
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(PORTLAB, [PORTLAB, "office", "--name", office.name, "enter", "pc1"],
                          environment(TERM="dumb"))
            screen = b""

            def read_until(text):
                nonlocal screen
                while text not in screen:
                    readable, _, _ = select.select([terminal], [], [], TIME_LIMIT)
                    self.assertTrue(readable, screen)
                    screen += os.read(terminal, 4096)

            prompt = b"pc1# " if os.geteuid() == 0 else b"pc1$ "
            read_until(prompt)
            os.write(terminal, b"sh -c 'echo started; exec sleep 1000'\n")
            read_until(b"\nstarted\r\n")
            screen = b""
            os.write(terminal, b"\x03")  # Ctrl-C
            read_until(prompt)
            os.write(terminal, b"cat /etc/hostname; exit 5\n")
            read_until(b"\r\npc1\r\n")
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
            self.assertEqual(os.waitstatus_to_exitcode(status), 5)
            self.assertNotIn(b"job control", screen)


class Impossible(ClientTest):
    def test_forbidden_namespaces_are_named(self):
        need("unshare", "setpriv")
        inside = "echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all " \
                 '--inh-caps=-all --ambient-caps=-all "$@"'
        done = run("unshare", "-Ur", "sh", "-c", inside, "sh", PORTLAB, "office", "up", env=environment())
        self.assertEqual(done.returncode, 3, done)
        self.assertRegex(done.stderr, r"portlab: the office cannot come up: .*max_user_namespaces is 0")
        self.assertIn("portlab doctor", done.stderr)

    def test_missing_programs_are_named_with_their_packages(self):
        need("unshare")
        # A mount namespace in which nft cannot be found.
        nft = os.path.realpath(shutil.which("nft", path=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        done = run("unshare", "-Urm", "sh", "-c", f'mount --bind /dev/null {nft} && exec "$@"', "sh", PORTLAB,
                   "office", "--name", "none", "up", env=environment())
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("the office needs nft", done.stderr)
        self.assertIn("sudo apt-get install nftables", done.stderr)

    def test_wrong_words_are_explained(self):
        self.expect(portlab("office", "upp"), 2, "there is no 'upp'", "portlab office up")
        self.expect(portlab("office", "up", "now"), 2, "'now' is too much")
        self.expect(portlab("office", "netstat", "pc9"), 2, "pc9")
        self.expect(portlab("office", "--name", "a b", "up"), 2, "letters, digits")
        self.expect(portlab("office", "--name", "none", "map"), 3, "not up", "portlab office --name none up")
        self.expect(portlab("office", "forward", "0", "server1:80"), 2, "'0' is no port")
        self.expect(portlab("office", "forward", "80", "internet:80"), 2, "no host inside the office")
        self.expect(portlab("office", "forward", "80", "server1"), 2, "has no port")
        self.expect(portlab("office", "forward", "80/sctp", "server1:80"), 2, "tcp or udp")
        shown = portlab("office", "help").text
        self.assertIn("forward PORT HOST:PORT", shown)
        self.assertLess(len(shown.splitlines()), 24)


if __name__ == "__main__":
    main()
