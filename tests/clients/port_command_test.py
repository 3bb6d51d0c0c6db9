#!/usr/bin/env python3
"""portlab port."""

import json
import os
import socket

from portlab_testing import ClientTest, main, on_terminal, portlab


class Port(ClientTest):
    def test_a_number(self):
        result = portlab("port", 80)
        self.expect(result, 0)
        self.assertIn("port 80: well-known (0 to 1023", result.text)
        self.assertIn("http: World Wide Web HTTP", result.text)

    def test_a_name_means_its_port(self):
        for name, port in [("http", 80), ("domain", 53), ("ftp", 21), ("ECHO", 7)]:
            with self.subTest(name):
                self.assertTrue(portlab("port", name).text.startswith(f"port {port}: "))

    def test_533369_is_no_port(self):
        result = portlab("port", "533369")
        self.expect(result, 2, "'533369' is no port", "16 bits", "65535", "9081")
        self.expect_form(result)

    def test_numbers_that_are_no_ports(self):
        for text, why in [
            ("65536", "the number of ports"),
            ("99999999999999999999999", "65535"),
            ("0x50", "portlab port 80"),
            ("8.5", "whole number"),
            ("+80", "whole number"),
        ]:
            with self.subTest(text):
                result = portlab("port", text)
                self.expect(result, 2, f"'{text}' is no port", why)
                self.expect_form(result)

    def test_a_negative_number_is_no_option(self):
        self.expect(portlab("port", "-5"), 2, "'-5' is no port", "not negative", "portlab port 5\n")

    def test_a_port_may_be_written_with_a_colon_or_its_transport(self):
        self.assertEqual(portlab("port", ":80").out, portlab("port", 80).out)
        result = portlab("port", "514/UDP")
        self.expect(result, 0)
        self.assertIn("syslog", result.text)
        self.assertNotIn("shell", result.text)
        self.assertNotIn("tcp", result.text)
        (facts,) = json.loads(portlab("port", "--json", "514/tcp").out)["ports"]
        self.assertEqual([service["name"] for service in facts["services"]], ["shell"])
        self.assertEqual(list(facts["bind"]), ["tcp"])
        self.assertIn("shell", portlab("port", "513-514/tcp").text)

    def test_it_fits_a_narrow_terminal(self):
        for columns in (40, 80):
            screen = on_terminal("port", 80, 40000, columns=columns)[1]
            self.assertLessEqual(max(map(len, screen.splitlines())), columns, screen)

    def test_65353_is_not_the_last_port(self):
        self.assertIn("65535", portlab("port", 65353).text)

    def test_an_unknown_name_is_guessed(self):
        result = portlab("port", "htpp")
        self.expect(result, 1, "'htpp'", "try: portlab port http")
        self.expect_form(result)

    def test_a_range(self):
        result = portlab("port", "20-21")
        self.expect(result, 0)
        self.assertIn("ftp-data", result.text)
        self.assertEqual(len(result.text.splitlines()), 1 + 4)  # ftp-data, ftp: tcp udp, and sctp
        self.expect(portlab("port", "21-20"), 2, "portlab port 20-21")
        self.expect(portlab("port", "80-"), 2, "one end is missing")
        self.expect(portlab("port", "80-65536"), 2, "'65536' is no port")

    def test_a_port_of_a_range_has_the_name_of_the_range(self):
        for port in (6000, 6001, 6063):
            self.assertIn("x11: X Window System (6000 to 6063)", portlab("port", port).text)
        self.assertTrue(portlab("port", "x11").text.startswith("port 6000: "))
        result = portlab("port", "6010-6069")
        self.assertEqual(result.text.count("x11"), 1, result)
        self.assertIn("   6010  tcp udp", result.text)
        (facts,) = json.loads(portlab("port", "--json", "6010/tcp").out)["ports"]
        self.assertEqual(facts["services"][0]["range"], {"first": 6000, "last": 6063})
        self.assertIn("IANA has not assigned", portlab("port", 4).text)

    def test_a_usual_name_is_shown_with_the_registered_one(self):
        for usual, name, port in [("rdp", "ms-wbt-server", 3389), ("smb", "microsoft-ds", 445),
                                  ("dns", "domain", 53), ("Postgres", "postgresql", 5432)]:
            lines = portlab("port", usual).text.splitlines()
            self.assertEqual(lines[0], f"{usual}: IANA's name is {name}")
            self.assertTrue(lines[2].startswith(f"port {port}: "), lines)
        for name, port in [("mysql", 3306), ("mongodb", 27017), ("redis", 6379)]:
            self.assertTrue(portlab("port", name).text.startswith(f"port {port}: "))
        self.assertEqual(json.loads(portlab("port", "--json", "rdp").out)["names"],
                         {"rdp": "ms-wbt-server"})

    def test_a_list_with_commas(self):
        self.assertEqual(portlab("port", "80,443/tcp").out, portlab("port", 80, "443/tcp").out)
        self.assertEqual(portlab("port", "80,", "20-21").out, portlab("port", 80, "20-21").out)
        self.expect(portlab("port", "80,65536"), 2, "'65536' is no port")

    def test_what_was_right_is_shown_before_what_was_wrong(self):
        result = portlab("port", 80, 65536)
        self.expect(result, 2, "'65536'")
        self.assertIn("port 80", result.text)

    def test_json(self):
        document = json.loads(portlab("port", "--json", 53, "http").out)
        dns, http = document["ports"]
        self.assertEqual(dns["category"], "well-known")
        names = {(s["transport"], s["name"]) for s in dns["services"]}
        self.assertEqual(names, {("tcp", "domain"), ("udp", "domain")})
        self.assertEqual(http["port"], 80)
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            first, last = map(int, file.read().split())
        self.assertEqual(document["ephemeral_range"], {"first": first, "last": last})

    def test_a_port_in_use_is_reported(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            (facts,) = json.loads(portlab("port", "--json", port).out)["ports"]
            self.assertEqual(facts["bind"]["tcp"], "in use")
            self.assertEqual(facts["bind"]["udp"], "free")
            self.assertTrue(facts["ephemeral"])
            text = " ".join(portlab("port", port).text.split())
            self.assertRegex(text, rf"tcp: no, \S+ \(pid {os.getpid()}\) has it; udp: yes")

    def test_the_lowest_ports_are_for_root(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
            first = int(file.read())
        if os.geteuid() == 0 or first == 0:
            self.skipTest("this user may bind every port")
        self.assertIn("need privileges", portlab("port", first - 1).text)


if __name__ == "__main__":
    main()
