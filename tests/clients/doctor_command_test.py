#!/usr/bin/env python3
"""portlab doctor: what this machine can run."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from portlab_testing import (ClientTest, PORTLAB, Portlabd, environment, has_ipv6, main, namespaces_are_allowed,
                             on_terminal, without_namespaces)


def doctor(*words, program=PORTLAB, before=(), **options):
    """Runs it with a control socket's folder that is fit."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(PORTLAB_CONTROL=os.path.join(folder, "control"))
        return subprocess.run([*before, program, "doctor", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False,
                              env={**env, **options.pop("env", {})}, **options)


def checks(done):
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def may_bind(port, transport=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, transport) as probe:
        if transport == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Doctor(ClientTest):
    def test_every_line_has_an_answer_and_a_reason(self):
        document = json.loads(doctor("--json").stdout)
        for check in document["checks"]:
            with self.subTest(check["name"]):
                self.assertIn(check["answer"], ("yes", "limited", "no"))
                self.assertTrue(check["reason"])
                # For what is missing, a replacement is named.
                self.assertEqual("instead" in check, check["answer"] != "yes", check)

    def test_the_table_has_the_same_content_in_80_columns(self):
        done = doctor()
        found = checks(doctor("--json"))
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80, done.stdout)
        for name, check in found.items():
            self.assertRegex(done.stdout, rf"(?m)^{name.replace('+', '.')} +{check['answer']} +\S")

    def test_a_colour_comes_with_a_word_and_no_color_is_obeyed(self):
        for columns in (40, 80):
            plain = on_terminal("doctor", columns=columns, env=environment(NO_COLOR="1"))[1]
            self.assertNotIn("\033", plain)
            for line in plain.splitlines():
                if " " in line.strip():  # a path is not broken
                    self.assertLessEqual(len(line), columns, plain)
        self.assertIn("\033[", on_terminal("doctor")[1])

    def test_it_exits_0_where_a_lab_can_run(self):
        done = doctor("--json")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if document["can_run"] else 1)
        found = checks(done)
        ways = [found[name]["answer"] for name in ("private network", "real ports", "ports + 8000")]
        if "yes" in ways:
            self.assertTrue(document["can_run"])
        self.assertTrue(document["how"] if document["can_run"] else document["why_not"])

    def test_its_answers_about_ports_are_true(self):
        found = checks(doctor("--json"))
        wanted = [(80, "tcp"), (21, "tcp"), (53, "tcp"), (53, "udp"), (7, "tcp"), (7, "udp")]
        kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
        free = all(may_bind(port, kinds[transport]) for port, transport in wanted)
        self.assertEqual(found["real ports"]["answer"] == "yes", free)
        self.assertEqual(found["loopback"]["answer"] == "yes", has_ipv6())
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = file.read().split()
        self.assertIn(f"{first} to {last}", found["ephemeral ports"]["reason"])

    @unittest.skipUnless(namespaces_are_allowed(), "this system forbids namespaces")
    def test_a_loopback_interface_that_is_down_is_named(self):
        done = doctor("--json", before=("unshare", "-rn"))
        loopback = checks(done)["loopback"]
        self.assertEqual((loopback["answer"], loopback["instead"]), ("no", "ip link set lo up"))

    def test_a_private_network_is_promised_where_portlabd_gets_one(self):
        promised = checks(doctor("--json"))["private network"]["answer"] == "yes"
        try:
            with Portlabd("--private"):
                got = True
        except AssertionError:
            got = False
        self.assertEqual(promised, got)

    def test_inside_a_private_network_the_real_ports_are_free_but_for_those_that_are_taken(self):
        if checks(doctor("--json"))["private network"]["answer"] != "yes":
            self.skipTest("this system forbids namespaces")
        with Portlabd("http=80", "--private") as daemon:
            done = subprocess.run(
                [PORTLAB, "enter", "--control", daemon.control, PORTLAB, "doctor", "--json"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
                env=environment())
            found = checks(done)
            self.assertIn("in one", found["private network"]["reason"])
            self.assertEqual(found["low ports"]["answer"], "yes")
            self.assertEqual(found["real ports"]["answer"], "limited")
            self.assertRegex(found["real ports"]["reason"], r"^in use: tcp 80: \S*portlabd[^,]*$")

    def test_it_and_the_labs_agree_where_no_private_network_is_possible(self):
        # Both programs listen there, so that they must agree about each port that is in use.
        both = ('from socket import *; import subprocess, sys; taken = [socket() for _ in sys.argv[3:]];'
                '[s.bind(("127.0.0.1", int(p))) or s.listen() for s, p in zip(taken, sys.argv[3:])];'
                'subprocess.run([sys.argv[1], "doctor", "--json"]); print("END", flush=True);'
                'sys.exit(subprocess.run([sys.argv[1], "lab", "--auto", sys.argv[2]]).returncode)')
        with tempfile.TemporaryDirectory() as folder:
            lab = os.path.join(folder, "shown.md")
            with open(lab, "w", encoding="utf-8") as file:
                file.write("# Lab 1: Shown\n\n<!-- lab\nminutes: 1\n-->\n\n## 1. S\n\n"
                           "```sh\nportlab server listeners\n```\n\n<!-- check\noutput tcp\nnext: n\n-->\n")
            for taken, low_ports, how, port in (
                    ([], True, "on the real ports", 80),
                    ([], False, "--shift 8000", 8080),
                    ([8080], False, "--shift 18000", 18080),
                    ([8080, 18007], False, "--shift 28000", 28080),
                    ([8080, 18007, 28021], False, None, None)):
                with self.subTest(taken=taken, low_ports=low_ports):
                    done = without_namespaces(
                        sys.executable, "-c", both, PORTLAB, lab, *map(str, taken), low_ports=low_ports,
                        timeout=120, env=environment(PORTLAB_CONTROL=os.path.join(folder, "control"),
                                                     XDG_STATE_HOME=folder))
                    document, _, shown = done.stdout.partition("END\n")
                    document = json.loads(document)
                    self.assertEqual(document["can_run"], done.returncode == 0, done.stderr)
                    if how:
                        self.assertIn(how, document["how"])
                        self.assertRegex(shown, rf"127\.0\.0\.1:{port}\b")

    def test_the_office_needs_further_private_networks(self):
        done = without_namespaces(PORTLAB, "doctor", "--json", low_ports=True, env=environment())
        found = checks(done)
        self.assertEqual(found["private network"]["answer"], "yes")
        self.assertEqual(found["office"]["answer"], "no")
        up = without_namespaces(PORTLAB, "office", "up", low_ports=True, env=environment())
        self.assertEqual(up.returncode, 3, up.stderr)

    def test_tools_that_are_missing_are_said_to_be(self):
        found = checks(doctor("--json", env={"PATH": "/nonexistent"}))["other tools"]
        # Programs in /usr/sbin are found without PATH.
        self.assertRegex(found["reason"], r"^(ip, )?ss, (nft, )?curl, g\+\+ missing(; there: .+)?$")

    def test_few_open_files_limit_it(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

        found = checks(doctor("--json", preexec_fn=few))["open files"]
        self.assertEqual(found["answer"], "limited")
        self.assertIn("200", found["reason"])

    def test_without_utf_8_the_terminal_is_limited(self):
        done = doctor("--json", env={"LC_ALL": "C"})
        self.assertEqual(checks(done)["terminal"]["answer"], "limited")
        doctor(env={"LC_ALL": "C"}).stdout.encode("ascii")

    def test_without_portlabd_no_lab_can_run(self):
        with tempfile.TemporaryDirectory() as folder:
            alone = os.path.join(folder, "portlab")
            shutil.copy(PORTLAB, alone)
            done = doctor(program=alone)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, r"(?m)^portlabd +no +\S")
            self.assertIn("labs that need servers cannot run here: portlabd", done.stderr)
            self.assertIn("\n  try: ", done.stderr)
            done = doctor("--json", program=alone)
            self.assertEqual(done.returncode, 1)
            self.assertFalse(json.loads(done.stdout)["can_run"])

    def test_an_impossible_folder_for_the_control_socket_is_reported(self):
        done = doctor("--json", env={"PORTLAB_CONTROL": "/nonexistent/folder/control"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(checks(done)["control socket"]["answer"], "no")
        self.assertIn("control socket", json.loads(done.stdout)["why_not"])

    def test_a_control_path_that_is_too_long_for_the_labs_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "c").ljust(103, "c")  # portlabd's own limit is 107 (unix(7))
            done = doctor("--json", env={"PORTLAB_CONTROL": path})
        self.assertEqual(checks(done)["control socket"]["answer"], "no")
        self.assertEqual(done.returncode, 1)

    def test_it_takes_no_operands(self):
        done = doctor("x")
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    main()
