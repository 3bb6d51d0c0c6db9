#!/usr/bin/env python3
"""portlab against portlabd: the two programs together, on free ports. PORTLAB and PORTLABD name them."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import ClientTest, TIME_LIMIT, PORTLAB, closed_port, environment, main, portlab


class Daemon:
    """A portlabd; by default with every service on a free port of 127.0.0.1."""

    def __init__(self, folder, *options):
        self.control = os.path.join(folder, "control")
        self.process = subprocess.Popen(
            [os.environ["PORTLABD"], "--json", "--log", "none", "--control", self.control,
             *(options or ["http=0", "ftp=0", "dns=0", "echo=0"])],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            self.process.stdout.close()
            raise unittest.SkipTest(f"portlabd {options} does not run here: {self.process.wait()}")
        self.ready = json.loads(line)
        self.ports = {}
        for row in self.ready["listeners"]:
            end = row["endpoint"]
            if "port" in end:
                self.ports[row["service"], end["transport"]] = end["port"]

    @property
    def env(self):
        """The environment for a portlab that finds this portlabd."""
        return environment(PORTLAB_CONTROL=self.control)

    def where(self, service, transport="tcp"):
        return f"127.0.0.1:{self.ports[service, transport]}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(TIME_LIMIT)
        self.process.stdout.close()
        return status


@unittest.skipUnless(os.environ.get("PORTLABD"), "PORTLABD names no portlabd")
class Together(ClientTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.daemon = Daemon(self.folder)
        self.addCleanup(self.daemon.stop)
        self.http = self.daemon.where("http")
        self.dns = self.daemon.where("dns", "udp")

    def test_http(self):
        result = portlab("http", f"{self.http}/hello.txt")
        self.expect(result, 0, f"→  {self.http}")
        self.assertTrue(result.out)
        self.expect(portlab("http", self.http), 0)
        self.expect(portlab("http", f"{self.http}/nothing"), 1, "404 Not Found")
        head = portlab("http", "-I", f"{self.http}/hello.txt")
        self.assertIn(f"Content-Length: {len(result.out)}\r\n".encode(), head.out)
        self.expect(portlab("http", "-X", "BREW", self.http), 1, "501")
        self.assertIn(b"a=b", portlab("http", "-d", "a=b", f"{self.http}/request").out)
        document = json.loads(portlab("http", "--json", f"{self.http}/whoami").out)
        self.assertIn(str(document["sessions"][0]["local"]["port"]), document["body"])

    def test_a_file_of_a_mebibyte(self):
        path = self.folder + "/file"
        self.expect(portlab("http", "-o", path, f"{self.http}/1MiB.txt"), 0, "1.0 MiB")
        self.assertEqual(os.path.getsize(path), 1024 * 1024)

    def test_http_moves_and_is_found_again(self):
        def fetch(*arguments):
            return portlab("http", "--dns", self.dns, *arguments)

        self.expect(fetch("--srv", "http://www.lab.test/hello.txt"), 0)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            new = probe.getsockname()[1]
        moved = portlab("server", "--control", self.daemon.control, "move", f"http={new}")
        self.expect(moved, 0)
        self.expect(fetch(f"http://{self.http}/hello.txt"), 3, "connection refused")
        self.expect(fetch(f"http://www.lab.test:{new}/hello.txt"), 0, f"127.0.0.1:{new}")
        result = fetch("--srv", "http://www.lab.test/hello.txt")
        self.expect(result, 0, f"port {new}", "not http's default port 80")

    def test_a_host_that_does_not_exist_is_not_found_through_srv(self):
        self.expect(portlab("http", "--dns", self.dns, "--srv", "http://nosuch.lab.test/hello.txt"),
                    1, "nosuch.lab.test: NXDOMAIN")
        self.expect(portlab("http", "--dns", self.dns, "--srv", "http://127.0.0.1/"), 2,
                    "127.0.0.1 is an address")

    def test_an_echo_server_is_no_dns_server(self):
        where = self.daemon.where("echo", "udp")
        result = portlab("dns", "--timeout", "2", "www.lab.test", f"@{where}")
        self.expect(result, 1, "the question itself came back", "is this a DNS server?")

    def test_dns_answers_of_no_address_family_are_not_the_users_mistake(self):
        result = portlab("dns", "-6", "www.lab.test")
        self.expect(result, 2, "the lab's DNS server is at 127.0.0.1")

    def test_times_are_json_numbers_with_fractions(self):
        result = portlab("dns", "--json", "www.lab.test", f"@{self.dns}")
        took = json.loads(result.text)["sessions"][0]["milliseconds"]
        self.assertIsInstance(took, float)
        self.assertGreater(took, 0)

    def test_names(self):
        port = self.daemon.ports["echo", "tcp"]
        result = portlab("echo", "--dns", self.dns, f"server1.lab.test:{port}", "hello")
        self.expect(result, 0)
        self.assertEqual(result.text, "hello\n")
        result = portlab("echo", f"server1.lab.test:{port}", "hello",
                         env=environment(PORTLAB_CONTROL=self.daemon.control))
        self.expect(result, 0)
        result = portlab("echo", "--dns", self.dns, "nobody.lab.test", "hello")
        self.expect(result, 1, "nobody.lab.test", "NXDOMAIN")

    def test_echo(self):
        data = os.urandom(1_000_000)
        result = portlab("echo", self.daemon.where("echo"), stdin=data)
        self.expect(result, 0)
        self.assertEqual(result.out, data)
        data = data[:65507]
        result = portlab("echo", "--udp", self.daemon.where("echo", "udp"), stdin=data)
        self.expect(result, 0)
        self.assertEqual(result.out, data)

    def test_a_class_full_of_sessions(self):
        where = self.daemon.where("echo")
        document = json.loads(portlab("echo", "--sessions", 500, "--json", where, "x").out)
        self.assertEqual(len({s["local"]["port"] for s in document["sessions"]}), 500)

    def test_ftp_by_hand(self):
        result = portlab("connect", "--crlf", self.daemon.where("ftp"), stdin=b"NOOP\nQUIT\n")
        self.expect(result, 0)
        codes = [line[:3] for line in result.text.splitlines()]
        self.assertEqual((codes[0], codes[-1]), ("220", "221"))

    def test_another_service_on_this_port(self):
        result = portlab("http", self.daemon.where("ftp"))
        self.expect(result, 1, "this is not HTTP", "220")


@unittest.skipUnless(os.environ.get("PORTLABD"), "PORTLABD names no portlabd")
class LocalServer(ClientTest):
    """The advice of a refused client about the portlabd of its user."""

    def daemon(self, *options):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        daemon = Daemon(folder.name, *options)
        self.addCleanup(daemon.stop)
        return daemon

    def test_the_services_are_in_the_other_network(self):
        daemon = self.daemon("--private")
        holder, port = closed_port()
        with holder:
            for command in (["echo", f"127.0.0.1:{port}", "x"],
                            ["echo", "-u", f"127.0.0.1:{port}", "x"],
                            ["echo", "--timeout", "1", f"www.lab.test:{port}", "x"],
                            ["http", "--timeout", "1", "--srv", "http://www.lab.test/"]):
                with self.subTest(command):
                    result = portlab(*command, env=daemon.env)
                    self.expect(result, 3, "try: portlab enter")
                    self.expect_form(result)

    def test_the_table_of_listeners_shows_that_the_network_is_private(self):
        daemon = self.daemon("--private")
        outside = portlab("server", "listeners", env=daemon.env)
        self.assertTrue(outside.text.startswith("In a private network (portlab enter"))
        inside = portlab("enter", PORTLAB, "server", "listeners", env=daemon.env)
        self.assertTrue(inside.text.startswith("Service"), inside)

    def test_inside_the_network_enter_only_runs_the_command(self):
        daemon = self.daemon("--private")
        result = portlab("enter", PORTLAB, "enter", PORTLAB, "enter", "echo", "yes", env=daemon.env)
        self.expect(result, 0)
        self.assertEqual(result.text, "yes\n")

    def test_connect_names_the_service_of_portlabd_on_another_services_port(self):
        daemon = self.daemon("echo=0")
        result = portlab("connect", daemon.where("echo"), env=daemon.env)
        self.expect(result, 0, "not echo's default port 7")

    def test_a_moved_service_is_found_by_its_default_port(self):
        daemon = self.daemon("echo=127.0.0.7:0")
        result = portlab("echo", "127.0.0.6", "x", env=daemon.env)
        self.expect(result, 3, "tcp 127.0.0.6:7: connection refused",
                    f"try: 127.0.0.7:{daemon.ports['echo', 'tcp']}, where your portlabd has echo")


if __name__ == "__main__":
    main()
