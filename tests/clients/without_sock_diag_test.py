#!/usr/bin/env python3
"""Where the kernel's socket table can't be read through netlink: /proc/net is read instead, and what
is unknown is not said to be absent."""

import json
import os
import platform
import socket
import subprocess
import sys
import unittest

from portlab_testing import ClientTest, PORTLAB, environment, main, namespaces_are_allowed

HELPER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support",
                      "without_sock_diag.py")
ALL = "tcp,tcp6,udp,udp6"


def portlab(*words, hide=None):
    command = [sys.executable, HELPER, *(["--hide", hide] if hide else []), PORTLAB,
               *map(str, words)]
    if hide:
        command = ["unshare", "-Urm", *command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, env=environment())


def facts(done):
    return {fact["about"]: fact["data"] for fact in json.loads(done.stdout)["here"]}


@unittest.skipUnless(platform.machine() in ("x86_64", "aarch64"), "the filter is for those")
class FromProcNet(ClientTest):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.addCleanup(self.datagrams.close)

    def test_netstat_shows_the_sockets_of_both_transports(self):
        done = portlab("netstat", "-an")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"127.0.0.1:{self.port} ", done.stdout)
        self.assertIn(f"127.0.0.1:{self.datagrams.getsockname()[1]} ", done.stdout)

    def test_why_finds_a_listener_and_its_program(self):
        found = facts(portlab("why", "--json", "wrong-service", f"127.0.0.1:{self.port}"))
        self.assertTrue(found["listens"]["listening"])
        self.assertIn(f"(pid {os.getpid()})", found["listens"]["process"])
        self.assertNotIn("queue", facts(portlab("why", "--json", "timeout", self.port)))

    def test_doctor_names_the_source(self):
        done = portlab("doctor", "--json")
        (row,) = [each for each in json.loads(done.stdout)["checks"]
                  if each["name"] == "socket table"]
        self.assertEqual(row["answer"], "limited")
        self.assertIn("/proc/net", row["reason"])


@unittest.skipUnless(platform.machine() in ("x86_64", "aarch64"), "the filter is for those")
class Unknown(ClientTest):
    def setUp(self):
        if not namespaces_are_allowed():
            self.skipTest("this system forbids the namespace that the test needs")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.addCleanup(self.server.close)

    def test_why_does_not_say_that_nothing_listens(self):
        found = facts(portlab("why", "--json", "refused", self.port, hide=ALL))
        self.assertIsNone(found["listens"]["listening"])
        self.assertEqual(found["sockets"], {"known": False})
        self.assertNotIn("nearest", found)

    def test_netstat_fails_rather_than_show_an_empty_table(self):
        done = portlab("netstat", "-an", hide=ALL)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("/tcp: it has no table of sockets", done.stderr)

    def test_tcp_is_shown_where_only_udp_is_unknown(self):
        done = portlab("netstat", "-an", hide="udp,udp6")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"127.0.0.1:{self.port} ", done.stdout)
        self.assertIn("the sockets of udp are unknown", done.stderr)
        document = json.loads(portlab("netstat", "-an", "--json", hide="udp,udp6").stdout)
        self.assertEqual(list(document["unknown"]), ["udp"])

    def test_the_tour_does_not_check_what_it_can_not_see(self):
        done = portlab("tour", hide="udp,udp6")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown here", done.stderr)
        self.assertNotIn("FAILED", done.stdout)

    def test_doctor_says_so(self):
        for hide, answer in ((ALL, "no"), ("udp,udp6", "limited")):
            done = portlab("doctor", "--json", hide=hide)
            (row,) = [each for each in json.loads(done.stdout)["checks"]
                      if each["name"] == "socket table"]
            self.assertEqual(row["answer"], answer, row)


if __name__ == "__main__":
    main()
