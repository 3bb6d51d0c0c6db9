#!/usr/bin/env python3
"""portlab why: what an error means, and what this machine shows about it now."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest

from portlab_testing import (
    ClientTest,
    PORTLAB,
    Portlabd,
    Server,
    bound_sockets,
    closed_port,
    environment,
    has_ipv6,
    main,
    need,
    on_terminal,
    portlab,
    run,
    wait_until,
)


def why(*words, env=None):
    result = portlab("why", "--json", *words, env=env)
    return json.loads(result.out)


def facts(document):
    return {fact["about"]: fact["data"] for fact in document["here"]}


def names():
    return [error["name"] for error in json.loads(portlab("why", "--json").out)["errors"]]


def listening(address="127.0.0.1"):
    [server] = bound_sockets(address, socket.SOCK_STREAM)
    server.listen()
    return server, server.getsockname()[1]


class Names(ClientTest):
    def test_without_an_error_it_lists_all_errors_a_line_each(self):
        result = portlab("why")
        self.expect(result, 0)
        for name in ("refused", "timeout", "denied", "in-use", "unreachable"):
            self.assertRegex(result.text, re.compile(rf"^  {name} +\S", re.M))
        lines = result.text.split("\n\n")[0].splitlines()
        self.assertEqual(len(lines), len(names()))
        self.assertLessEqual(max(map(len, result.text.splitlines())), 80)

    def test_each_of_them_is_explained_and_ends_with_commands(self):
        for name in names():
            with self.subTest(name):
                result = portlab("why", name)
                self.expect(result, 0)
                self.assertTrue(result.text.startswith(f"{name}: "), result)
                self.assertIn("\nNext\n  ", result.text)
                document = why(name)
                self.assertEqual(document["name"], name)
                self.assertIn(len(document["next"]), (1, 2, 3))
                self.assertTrue(document["meaning"])

    def test_open_ports_are_a_topic_that_leads_to_scan(self):
        server, port = listening()
        with server:
            for words in (["open"], ["Open", "ports"], ["which", "ports", "are", "open", "here?"]):
                with self.subTest(words):
                    document = why(*words)
                    self.assertEqual(document["name"], "open")
                    self.assertGreaterEqual(facts(document)["listens"]["count"], 1)
                    self.assertEqual(document["next"][0]["command"], "portlab scan")
        self.assertRegex(portlab("why").text, r"(?m)^  open +no error: which ports are open")

    def test_errors_of_a_port_lead_to_scan(self):
        def commands(*words):
            return [step["command"] for step in why(*words)["next"]]

        self.assertIn("portlab scan", commands("refused"))
        self.assertIn("portlab scan", commands("refused", "127.0.0.1:1"))
        self.assertIn("portlab scan 10.1.2.3", commands("refused", "10.1.2.3:80"))
        self.assertIn("portlab scan 10.1.2.3 80", commands("timeout", "10.1.2.3:80"))
        self.assertIn("portlab scan 10.1.2.3 53/udp", commands("filtered", "10.1.2.3:53/udp"))
        self.assertIn("portlab scan 127.0.0.1 80", commands("wrong-service", "127.0.0.1:80"))
        # Nobody is led to a scan of a machine that may be another person's.
        for error in ("refused", "timeout", "wrong-service"):
            self.assertNotIn("scan", " ".join(commands(error, "198.51.100.1:80")))

    def test_synonyms_and_errnos_will_do(self):
        for name, words in {
            "refused": ["ECONNREFUSED", "Connection refused", "connection-refused"],
            "timeout": ["ETIMEDOUT", "timed-out", "Connection timed out", "filtered"],
            "denied": ["EACCES", "EPERM", "Permission denied"],
            "in-use": ["EADDRINUSE", "Address already in use", "in use"],
            "unreachable": ["EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "Protocol not available",
                            "Network is unreachable", "no route to host"],
            "reset": ["ECONNRESET", "EPIPE", "Connection reset by peer", "Broken pipe"],
            "not-available": ["EADDRNOTAVAIL", "Cannot assign requested address"],
            "name": ["NXDOMAIN", "not found", "EAI_NONAME"],
            "descriptors": ["EMFILE", "Too many open files"],
            "too-long": ["EMSGSIZE"],
        }.items():
            for word in words:
                with self.subTest(word):
                    self.assertEqual(why(word)["name"], name)
                    self.assertEqual(why(*word.split(), "127.0.0.1:9")["name"], name)

    def test_a_misspelt_error_is_guessed(self):
        result = portlab("why", "refusd")
        self.expect(result, 2, "'refusd' is not the name of an error", "try: portlab why refused")
        self.expect_form(result)

    def test_an_empty_word_is_no_error_and_no_target(self):
        for words in [("",), ("refused", "")]:
            self.expect(portlab("why", *words), 2, "neither an error nor a target")

    def test_a_line_of_a_program_is_understood_with_its_target(self):
        line = "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server"
        for words in [(line,), tuple(line.split())]:
            document = why(*words)
            self.assertEqual((document["name"], document["endpoint"]["port"]), ("refused", 9))
        document = why("OSError: [Errno 98] Address already in use", "127.0.0.1:9")
        self.assertEqual((document["name"], document["endpoint"]["port"]), ("in-use", 9))

    def test_a_line_with_a_url_is_no_target(self):
        document = why("Ncat: Version 7.93 ( https://nmap.invalid/ncat )\nNcat: Connection refused.")
        self.assertEqual(document["name"], "refused")
        self.assertNotIn("host", document)

    def test_our_own_errors_are_understood_when_pasted(self):
        holder, port = closed_port()
        with holder:
            printed = portlab("http", f"http://127.0.0.1:{port}/").err
        for text in (printed, printed.splitlines()[0]):
            document = why(text)
            self.assertEqual((document["name"], document["endpoint"]["port"]), ("refused", port))

    def test_a_message_that_is_not_about_the_network_is_named(self):
        for words, name in [("Cannot allocate memory", "ENOMEM"), ("ENOMEM", "ENOMEM"),
                            ("python3: OSError: [Errno 5] Input/output error", "EIO"),
                            ("ai_socktype not supported", "EAI_SOCKTYPE")]:
            document = why(words)
            self.assertEqual(document["name"], name)
            result = portlab("why", words)
            self.expect(result, 0)
            self.assertIn("not of", result.text)
            self.assertIn("man 3 ", result.text)

    def test_it_fits_the_terminal(self):
        for columns in (40, 80):
            for name in names():
                with self.subTest(name, columns=columns):
                    screen = on_terminal("why", name, "127.0.0.1:9", columns=columns,
                                         env=environment(NO_COLOR="1"))[1]
                    # A command is to be copied: it stays on its line.
                    for text in screen.split("\nNext\n")[0].splitlines():
                        # A long word (a sysctl's name) is not broken.
                        if " " in text.strip():
                            self.assertLessEqual(len(text), columns, screen)
                    self.assertNotIn("\033", screen)


class Targets(ClientTest):
    def test_a_target_may_be_written_in_many_ways(self):
        for words in [("127.0.0.1:9",), ("tcp", "127.0.0.1:9"), ("127.0.0.1:9/tcp",), (":9",),
                      ("9",), ("localhost:9",), ("http://127.0.0.1:9/x",)]:
            with self.subTest(words):
                endpoint = why("refused", *words)["endpoint"]
                self.assertEqual((endpoint["transport"], endpoint["address"], endpoint["port"]),
                                 ("tcp", "127.0.0.1", 9))
        for words in [("udp", "127.0.0.1:9"), ("127.0.0.1:9/udp",)]:
            self.assertEqual(why("refused", *words)["endpoint"]["transport"], "udp")
        self.assertEqual(why("refused", "http://127.0.0.1/x")["endpoint"]["port"], 80)
        self.assertEqual(why("refused", "[::1]:9")["endpoint"]["address"], "::1")

    def test_what_is_no_target(self):
        for words, reason in [(("65536",), "no port"), (("127.0.0.1:65536",), "65535"),
                              (("127.0.0.1:1", "x"), "too much"), (("::1:9",), "brackets")]:
            with self.subTest(words):
                result = portlab("why", "refused", *words)
                self.expect(result, 2, reason)
                self.expect_form(result)


class Looking(ClientTest):
    """A target without an error: what listens or answers there."""

    def test_a_server_that_speaks_first_is_quoted(self):
        with Portlabd("ftp=0") as daemon:
            # The greeting may come later than it is waited for.
            document = wait_until(lambda: (said := why(f"127.0.0.1:{daemon.port('ftp')}")) and
                                  facts(said)["sends"]["first_line"] and said, "the greeting")
            self.assertEqual(document["name"], "answers")
            found = facts(document)
            self.assertTrue(found["sends"]["first_line"].startswith("220 "), found)
            self.assertTrue(found["listens"]["listening"])
            result = portlab("why", daemon.port("ftp"))
            self.expect(result, 0)
            self.assertIn("accepts connections", result.text)

    def test_a_silent_one_accepts(self):
        server, port = listening()
        with server:
            found = facts(why("tcp", f"127.0.0.1:{port}"))
            self.assertEqual(found["sends"], {"first_line": "", "closed": False})
            self.assertIn(f"(pid {os.getpid()})", found["listens"]["process"])

    def test_where_nothing_listens_it_is_refused(self):
        holder, port = closed_port()
        with holder:
            self.assertEqual(why(f"127.0.0.1:{port}")["name"], "refused")
            self.assertEqual(why(f"127.0.0.1:{port}/udp")["name"], "refused")
            self.assertEqual(why(f"http://127.0.0.1:{port}/x")["name"], "refused")

    def test_udp_is_read_from_the_table(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            document = why("udp", f"127.0.0.1:{server.getsockname()[1]}")
            self.assertEqual(document["name"], "answers")
            self.assertIn("a program listens", document["summary"])

    def test_a_listener_that_answers_is_not_said_to_refuse(self):
        server, port = listening()
        with server:
            self.assertEqual(facts(why("refused", port))["connect"], {"refused": False})


class Probes(ClientTest):
    def test_refused_shows_that_nothing_listens_and_the_nearest_listeners(self):
        holder, port = closed_port()
        server, _ = listening()
        with holder, server:
            found = facts(why("refused", f"127.0.0.1:{port}"))
            self.assertFalse(found["listens"]["listening"])
            self.assertEqual(found["bind"]["bind"], "in use")  # the holder has it, not listening
            self.assertGreaterEqual(found["nearest"]["count"], 1)
            self.assertIn("RFC 9293", portlab("why", "refused", port).text)

    def test_a_listener_is_named_with_its_address_and_process(self):
        server, port = listening()
        with server:
            found = facts(why("refused", f"127.0.0.1:{port}"))["listens"]
            self.assertTrue(found["listening"])
            self.assertEqual(found["endpoint"]["port"], port)
            self.assertIn(f"(pid {os.getpid()})", found["process"])
            # The same number of another address, and of udp, is another port.
            found = facts(why("refused", f"127.0.0.2:{port}"))
            self.assertFalse(found["listens"]["listening"])
            self.assertEqual(found["same port"]["listeners"][0]["endpoint"]["address"], "127.0.0.1")
            self.assertFalse(facts(why("refused", f"127.0.0.1:{port}/udp"))["listens"]["listening"])

    def test_a_listener_at_all_addresses_is_met_at_each(self):
        server = socket.socket()
        server.bind(("0.0.0.0", 0))
        with server:
            server.listen()
            port = server.getsockname()[1]
            for address in ("127.0.0.1", "127.0.0.9"):
                self.assertTrue(facts(why("in-use", f"{address}:{port}"))["listens"]["listening"])

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_ipv4_and_ipv6_loopback_are_two_addresses(self):
        server, port = listening("::1")
        with server:
            self.assertTrue(facts(why("refused", f"[::1]:{port}"))["listens"]["listening"])
            self.assertFalse(facts(why("refused", f"127.0.0.1:{port}"))["listens"]["listening"])

    def test_without_a_target_it_lists_all_listeners(self):
        server, _ = listening()
        with server:
            self.assertGreaterEqual(facts(why("refused"))["listens"]["count"], 1)

    def test_a_full_queue_explains_a_timeout(self):
        server = socket.socket()
        server.bind(("127.0.0.1", 0))
        with server:
            server.listen(0)
            port = server.getsockname()[1]
            clients = [socket.socket() for _ in range(3)]
            for client in clients:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
            result = portlab("echo", "--timeout", "0.2", f"127.0.0.1:{port}", "x")
            self.expect(result, 3, f"  why: portlab why timeout 127.0.0.1:{port}\n")
            queue = facts(why("timeout", f"127.0.0.1:{port}"))["queue"]
            self.assertTrue(queue["full"], queue)
            for client in clients:
                client.close()

    def test_sessions_and_time_wait_are_counted(self):
        server, port = listening()
        with server:
            self.assertEqual(facts(why("taken", f"127.0.0.1:{port}"))["TIME_WAIT"]["time_wait"], 0)
            client = socket.create_connection(("127.0.0.1", port))
            session = server.accept()[0]
            self.assertEqual(facts(why("taken", f"127.0.0.1:{port}"))["sessions"]["sessions"], 1)
            client.close()
            self.assertEqual(session.recv(1), b"")
            session.close()
            self.assertEqual(facts(why("taken", f"127.0.0.1:{port}"))["TIME_WAIT"]["time_wait"], 1)

    def test_the_rules_for_ports_are_those_of_now(self):
        found = facts(why("denied", "127.0.0.1:80"))
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            self.assertEqual(found["low ports"]["first_unprivileged"], int(file.read()))
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
        self.assertEqual(facts(why("taken"))["ephemeral"], {"first": first, "last": last})

    def test_a_moved_service_of_portlabd_is_the_first_suggestion(self):
        with Portlabd("http=0", "echo=0") as daemon:
            env = environment(PORTLAB_CONTROL=daemon.control)
            document = why("refused", "127.0.0.1:80", env=env)
            if facts(document)["listens"]["listening"]:
                self.skipTest("another program has port 80 of this machine")
            self.assertEqual(facts(document)["portlabd"]["endpoint"]["port"], daemon.port("http"))
            command = document["next"][0]["command"]
            self.assertEqual(command, f"portlab http http://127.0.0.1:{daemon.port('http')}/")
            self.expect(portlab(*command.split()[1:], env=env), 0)

    def test_a_free_port_is_offered_for_a_server_and_the_command_works(self):
        holder, port = closed_port()
        holder.close()
        command = why("refused", f"127.0.0.1:{port}")["next"][0]["command"]
        self.assertEqual(command, f"portlabd http=127.0.0.1:{port}")
        with Portlabd(*command.split()[1:]) as daemon:
            self.assertEqual(daemon.port("http"), port)

    def test_a_socket_file_is_looked_at(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "control")
            self.assertFalse(facts(why("no-socket", path))["file"]["exists"])
            with open(path, "w", encoding="ascii"):
                pass
            found = facts(why("no-socket", path))["file"]
            self.assertEqual((found["exists"], found["socket"]), (True, False))


class Hints(ClientTest):
    """Errors name the command that explains them, and that command works."""

    def follow(self, result):
        (hint,) = re.findall(r"^  why: portlab (why .+)$", result.err, re.M)
        explained = portlab(*hint.split())
        self.expect(explained, 0)
        self.assertTrue(explained.text.startswith(hint.split()[1] + ": "), explained)
        return hint

    def test_refused(self):
        holder, port = closed_port()
        with holder:
            self.assertEqual(self.follow(portlab("http", f"http://127.0.0.1:{port}/")),
                             f"why refused 127.0.0.1:{port}")
            self.assertEqual(self.follow(portlab("echo", "--udp", f"127.0.0.1:{port}", "x")),
                             f"why refused 127.0.0.1:{port}/udp")
            result = portlab("ftp", "--json", f"ftp://127.0.0.1:{port}/", "ls")
            self.assertEqual(json.loads(result.out)["error"]["why"],
                             f"portlab why refused 127.0.0.1:{port}")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_refused_over_ipv6(self):
        server, port = listening("::1")
        server.close()
        self.assertEqual(self.follow(portlab("echo", f"[::1]:{port}", "x")),
                         f"why refused [::1]:{port}")

    def test_a_source_in_use_and_one_of_another_machine(self):
        server, port = listening()
        with server:
            self.assertEqual(
                self.follow(portlab("echo", "--source", "127.0.0.1", "--from", port, "127.0.0.1:9",
                                    "x")), f"why in-use 127.0.0.1:{port}")
        self.assertEqual(self.follow(portlab("echo", "--source", "192.0.2.1", "127.0.0.1:9", "x")),
                         "why not-available 192.0.2.1")

    def test_another_service_an_early_end_and_a_reset(self):
        def greet_as_ftp(session):
            session.sendall(b"220 I am no HTTP\r\n")
            session.recv(65536)

        def reset(session):
            session.recv(65536)
            session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        for handle, name in [(greet_as_ftp, "wrong-service"), (lambda session: session.recv(65536), "closed"),
                           (reset, "reset")]:
            with self.subTest(name), Server(handle) as server:
                self.assertEqual(self.follow(portlab("http", f"http://{server.where}/")),
                                 f"why {name} {server.where}")

    def test_no_portlabd_and_no_name(self):
        self.assertEqual(self.follow(portlab("server", "status")),
                         "why no-socket /nonexistent/control")
        with Portlabd("dns=0") as daemon:
            env = environment(PORTLAB_CONTROL=daemon.control)
            result = portlab("http", "http://nobody.lab.test/", env=env)
            self.expect(result, 1, "  why: portlab why name nobody.lab.test\n")

    def test_what_the_server_could_not_do(self):
        server, port = listening()
        with server, Portlabd("http=0") as daemon:
            result = portlab("server", "--control", daemon.control, "listen", f"echo/tcp={port}")
            self.expect(result, 1)
            self.assertEqual(self.follow(result), f"why in-use 127.0.0.1:{port}")

    def test_portlabd_names_it_too(self):
        server, port = listening()
        with server:
            done = subprocess.run([os.environ["PORTLABD"], f"http={port}"], capture_output=True,
                                  text=True, timeout=60, check=False, env=environment(
                                      PORTLAB_CONTROL="/nonexistent/portlabd/control"))
            self.assertEqual(done.returncode, 1)
        (hint,) = re.findall(r"why: portlab (why in-use \S+)", done.stderr)
        self.assertEqual(hint, f"why in-use 127.0.0.1:{port}")

    def test_bad_usage_has_no_hint(self):
        for words in [("echo",), ("http", "ftp://x/"), ("echo", "127.0.0.1:0", "x"), ("port", "99999")]:
            self.assertNotIn("why:", portlab(*words).err)


class Alone(ClientTest):
    """In a network with nothing but loopback."""

    def test_unreachable(self):
        script = ("import subprocess, sys; from portlab_testing import enter_private_network\n"
                  "if not enter_private_network(): sys.exit(77)\n"
                  "for words in (['echo', '--timeout', '5', '198.51.100.1:7', 'x'],"
                  " ['why', '--json', 'unreachable', '198.51.100.1:7']):\n"
                  "  subprocess.run([sys.argv[1], *words], stderr=subprocess.STDOUT)\n")
        done = subprocess.run([sys.executable, "-c", script, PORTLAB], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=environment(), timeout=60,
                              check=False)
        if done.returncode == 77:
            self.skipTest("this system forbids namespaces")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("  why: portlab why unreachable 198.51.100.1:7\n", done.stdout)
        found = facts(json.loads(done.stdout.splitlines()[-1]))
        self.assertEqual(found["route"], {"exists": False})
        self.assertFalse(found["address"]["own"])
        self.assertEqual({each["interface"] for each in found["network"]["addresses"]}, {"lo"})

    def test_a_loopback_interface_that_is_down_is_named(self):
        need("unshare")
        for place in ("127.0.0.1:83", "[::1]:83"):
            with self.subTest(place):
                done = run("unshare", "-Urn", PORTLAB, "echo", place, "x", env=environment())
                if "unshare" in done.stderr:
                    self.skipTest("this system forbids namespaces")
                if "no IPv6" in done.stderr:
                    self.skipTest("this system has no IPv6")
                self.assertIn("unreachable: the loopback interface is down", done.stderr)
                self.assertIn("try: ip link set lo up\n", done.stderr)
                self.assertIn(f"why: portlab why unreachable {place}\n", done.stderr)
                self.assertNotIn("firewall", done.stderr)
                done = run("unshare", "-Urn", PORTLAB, "why", "--json", "unreachable", place,
                           env=environment())
                document = json.loads(done.stdout)
                texts = {fact["about"]: fact["text"] for fact in document["here"]}
                self.assertIn("the loopback interface is down", texts["connect"])
                self.assertEqual(document["next"][0]["command"], "ip link set lo up")


class BehindAFirewall(ClientTest):
    def behind(self, rule, error):
        """portlab why --json ERROR, where a program listens and this rule rejects; and portlab echo."""
        need("unshare", "ip", "nft")
        script = ("ip link set lo up && nft add table ip t && "
                  "nft 'add chain ip t in { type filter hook input priority 0; }' && "
                  "nft add rule ip t in tcp dport 83 $4 || exit 77\n"
                  "exec \"$1\" -c \"$2\" \"$3\" $5")
        client = ("import socket, subprocess, sys; server = socket.create_server(('127.0.0.1', 83))\n"
                  "subprocess.run([sys.argv[1], 'why', '--json', sys.argv[2], '127.0.0.1:83'])\n"
                  "subprocess.run([sys.argv[1], 'echo', '127.0.0.1:83', 'x'])")
        done = run("unshare", "-Urn", "sh", "-c", script, "sh", sys.executable, client, PORTLAB,
                   rule, error, env=environment())
        if done.returncode == 77 or not done.stdout:
            self.skipTest("this system forbids the firewall that the test needs: " + done.stderr)
        return done, json.loads(done.stdout)

    def test_a_rule_that_rejects_with_icmp_is_named(self):
        for kind in ("admin-prohibited", "host-prohibited", "net-unreachable", "prot-unreachable"):
            with self.subTest(kind):
                done, document = self.behind(f"reject with icmp type {kind}", "unreachable")
                self.assertIn("unreachable, although python3", done.stderr)
                self.assertIn("a firewall rule may reject it with an ICMP message", done.stderr)
                self.assertIn("why: portlab why unreachable 127.0.0.1:83", done.stderr)
                found = facts(document)
                self.assertTrue(found["listens"]["listening"])
                self.assertEqual(found["connect"], {"refused": False})
                self.assertIn("nft", document["next"][-1]["command"])

    def test_a_rule_that_rejects_is_named_where_a_program_listens(self):
        done, document = self.behind("reject with tcp reset", "refused")
        found = facts(document)
        self.assertTrue(found["listens"]["listening"])
        self.assertEqual(found["connect"], {"refused": True})
        self.assertIn("nft", document["next"][-1]["command"])
        self.assertIn("connection refused, although python3", done.stderr)


if __name__ == "__main__":
    main()
