#!/usr/bin/env python3
"""portlab itself: help, misspelt words, what all commands have in common."""

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import termios
import unittest

from portlab_testing import (
    ClientTest,
    PORTLAB,
    Server,
    TIME_LIMIT,
    closed_port,
    environment,
    has_ipv6,
    in_shell,
    main,
    namespaces_are_allowed,
    need,
    on_terminal,
    portlab,
    skip_where_the_sanitizer_needs_descriptors,
    wait_until,
)


def pipe_is_full(descriptor):
    """Whether less than a page fits into the pipe."""
    (bytes_in_pipe,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))
    return bytes_in_pipe > fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) - 4096


def commands():
    names = re.findall(r"^  (\w+) {2,}\S", portlab("--help").text, re.M)
    return [name for name in names if name != "portlab"]


class Help(ClientTest):
    def test_the_overview_names_the_commands_and_fits_80_columns(self):
        result = portlab("--help")
        self.expect(result, 0)
        for name in ["http", "echo", "connect", "port"]:
            self.assertIn(name, commands())
        self.assertLessEqual(max(map(len, result.text.splitlines())), 80, result)

    def test_each_command_shows_three_examples_and_fits_80_columns(self):
        for name in commands():
            with self.subTest(name):
                result = portlab(name, "-h")
                self.expect(result, 0)
                self.assertEqual(result.err, "")
                examples = result.text.split("Examples:\n")[1].split("\n\n")[0]
                self.assertEqual(len(re.findall(r"^  \S.*\bportlab|^  portlab", examples, re.M)), 3)
                self.assertLessEqual(max(map(len, result.text.splitlines())), 80, result)
                self.assertEqual(portlab("help", name).out, result.out)

    def test_help_fits_a_narrow_terminal(self):
        for name in commands():
            for columns in (40, 80):
                with self.subTest(name, columns=columns):
                    screen = on_terminal(name, "--help", columns=columns)[1]
                    self.assertLessEqual(max(map(len, screen.splitlines())), columns, screen)
                    self.assertIn("--json", screen)

    def test_help_is_plain_ascii_where_the_locale_is_not_utf_8(self):
        result = portlab("--help", env=environment(LC_ALL="C"))
        result.out.decode("ascii")

    def test_the_version(self):
        self.assertRegex(portlab("--version").text, r"^portlab \d+\.\d+\.\d+\n$")


class Misspelt(ClientTest):
    def test_no_command(self):
        result = portlab()
        self.expect(result, 2, "Usage: portlab COMMAND", "echo")
        self.assertEqual(result.out, b"")

    def test_a_misspelt_command_is_guessed(self):
        result = portlab("ehco", "x")
        self.expect(result, 2, "'ehco'", "try: portlab echo")
        self.expect_form(result)

    def test_a_misspelt_option_is_guessed(self):
        result = portlab("echo", "--tiemout", "1", "127.0.0.1")
        self.expect(result, 2, "--tiemout", "try: --timeout")
        self.expect_form(result)

    def test_the_version_has_several_options(self):
        for words in (["version"], ["-v"], ["-V"]):
            self.assertEqual(portlab(*words).out, portlab("--version").out)

    def test_arguments_of_similar_programs_get_a_suggestion(self):
        for words, advice in [
            (("dns", "-t", "TXT", "www.lab.test"), "try: portlab dns www.lab.test TXT"),
            (("server", "move", "http", "83"), "try: portlab server move http=83"),
            (("server", "list"), "try: portlab server listeners"),
            (("server", "open", "http=81"), "try: portlab server listen http=81"),
            (("server", "remove", "http=81"), "try: portlab server close http=81"),
            (("server", "info"), "try: portlab server status"),
            (("server", "reload"), "kill -HUP PID"),
            (("server", "restart"), "try: portlab server stop, then portlabd\n"),
            (("server", "start"), "try: portlabd\n"),
            (("server", "start", "http"), "try: portlab server listen http\n"),
            (("server", "add", "http", "8083"), "try: portlab server listen http=8083\n"),
            (("ftp", "ls", "ftp://127.0.0.1:1/"), "try: portlab ftp ftp://127.0.0.1:1/ ls"),
            (("ftp", "get", "a", "ftp://127.0.0.1:1/"), "try: portlab ftp ftp://127.0.0.1:1/ get a"),
            (("ftp", "ls", "127.0.0.1"), "try: portlab ftp ftp://127.0.0.1/ ls"),
            (("ftp", "127.0.0.1", "21"), "try: portlab ftp ftp://127.0.0.1:21/"),
            (("http", "127.0.0.1", "80"), "try: portlab http http://127.0.0.1:80/"),
            (("http", "http://127.0.0.1/", "80"), "try: portlab http http://127.0.0.1:80/"),
            (("http", "::1", "83"), "try: portlab http 'http://[::1]:83/'\n"),
            (("http", "https://[::1]/", "83"), "try: portlab http 'https://[::1]:83/'\n"),
            (("http", "127.0.0.1/a", "80"), "'80' is too much"),
            (("http", "127.0.0.1:81", "80"), "'80' is too much"),
            (("ftp", "::1", "21"), "try: portlab ftp 'ftp://[::1]:21/'\n"),
            (("dns", "+short", "www.lab.test"), "try: portlab dns --quiet NAME"),
            (("dns", "--type", "TXT", "www.lab.test"), "try: portlab dns NAME TXT"),
            (("dns", "-p", "5353", "www.lab.test"), "try: portlab dns NAME @127.0.0.1:5353"),
            (("dns", "@127.0.0.1#53", "www.lab.test"), "try: @127.0.0.1:53"),
            (("dns", "@2001:db8::1#53", "www.lab.test"), "try: '@[2001:db8::1]:53'"),
            (("port", "tcp/80"), "try: portlab port 80/tcp"),
            (("office", "start"), "try: portlab office up"),
            (("curl", "http://127.0.0.1/"), "try: portlab http"),
            (("ss",), "try: portlab netstat"),
            (("http://127.0.0.1:83/",), "try: portlab http http://127.0.0.1:83/"),
            (("ftp://127.0.0.1/",), "try: portlab ftp ftp://127.0.0.1/"),
            (("127.0.0.1:80",), "try: portlab connect 127.0.0.1:80"),
            (("HTTP", "http://127.0.0.1/"), "try: portlab http"),
            (("http", "-p", "83", "127.0.0.1"), "try: portlab http http://HOST:PORT/"),
            (("ftp", "--port", "21", "127.0.0.1"), "try: portlab ftp ftp://HOST:PORT/"),
            (("echo", "-p", "7", "127.0.0.1"), "try: portlab echo HOST:PORT"),
            (("connect", "--port=7", "127.0.0.1"), "try: portlab connect HOST:PORT"),
            (("page", "--ports", "8000"), "try: --port\n"),
            (("server", "move", "http", "80", "83"), "try: portlab server move http:80=83"),
            (("server", "move", "http", "to", "83"), "try: portlab server move http=83"),
        ]:
            result = portlab(*words)
            self.expect(result, 2, advice)
            self.expect_form(result)

    def test_a_text_without_a_host_is_recognised(self):
        # In a network of its own: the word is looked up as a host.
        need("unshare")
        if not namespaces_are_allowed():
            self.skipTest("this system forbids the namespace that the test needs")
        reader, writer = os.pipe()  # an input that does not end: the text is not waited for
        with open(reader, "rb") as stdin, open(writer, "wb"):
            done = subprocess.run(["unshare", "-Urn", os.environ["PORTLAB"], "echo", "hello"],
                                  stdin=stdin, stderr=subprocess.PIPE, text=True, timeout=TIME_LIMIT,
                                  env=environment(), check=False)
        self.assertIn("try: portlab echo 127.0.0.1 hello", done.stderr)

    def test_help_for_a_command_that_does_not_exist(self):
        self.expect(portlab("help", "nonsense"), 2, "'nonsense'", "portlab --help")

    def test_values_are_checked(self):
        for option, value, why in [
            ("--from", "533369", "65535"),
            ("--from", "0", "port 0"),
            ("--sessions", "0", "from 1 to 10000"),
            ("--sessions", "-1", "from 1 to 10000"),
            ("--sessions", "10001", "from 1 to 10000"),
            ("--timeout", "0", "0.001 s"),
            ("--timeout", "nan", "0.001 s"),
            ("--timeout", "1e9", "0.001 s"),
            ("--hold", "soon", "seconds"),
            ("--source", "localhost", "address"),
            ("--source", "", "missing"),
            ("--dns", ":53", "host"),
            ("--dns", "foo", "address"),
        ]:
            with self.subTest(option=option, value=value):
                result = portlab("echo", f"{option}={value}", "127.0.0.1:9", "x")
                self.expect(result, 2, option, why)
                self.expect_form(result)

    def test_a_missing_value(self):
        self.expect(portlab("echo", "127.0.0.1", "--from"), 2, "--from", "missing")

    def test_an_option_twice(self):
        self.expect(portlab("echo", "127.0.0.1", "--from", "1", "--from", "2"), 2, "twice")

    def test_both_address_families(self):
        self.expect(portlab("echo", "-4", "-6", "127.0.0.1"), 2, "-4 and -6")

    def test_control_characters_are_escaped(self):
        result = portlab("\033]0;title\007")
        self.expect(result, 2)
        self.assertNotIn("\033", result.err)


class Descriptors(ClientTest):
    """What is closed or full from the start."""

    def call(self, redirection):
        received = []

        def echo(session):
            while data := session.recv(65536):
                received.append(data)
                session.sendall(data)

        with Server(echo) as server:
            result = in_shell(f'"$PORTLAB" echo {server.where} hello {redirection}')
        self.assertEqual(b"".join(received), b"hello")  # and nothing that was meant for the user
        return result

    def test_a_closed_stderr_is_not_used_as_a_socket(self):
        result = self.call("2>&-")
        self.expect(result, 0)
        self.assertEqual(result.text, "hello\n")

    def test_a_closed_stdout_is_an_error_and_not_used_as_a_socket(self):
        result = self.call(">&-")
        self.expect(result, 1, "stdout: it is closed")
        self.expect(self.call(">&- 2>&- <&-"), 1)

    def test_a_closed_stdin_is_no_error_where_it_is_not_read(self):
        self.expect(self.call("<&-"), 0)

    def test_a_pipe_that_does_not_block_gets_the_whole_output(self):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with open(reader, "rb") as output:
            process = subprocess.Popen([os.environ["PORTLAB"], "port", "1-49151"], stdout=writer,
                                       stderr=subprocess.PIPE, env=environment())
            os.close(writer)
            wait_until(lambda: pipe_is_full(reader), "the output fills the pipe")
            text = output.read()
        self.assertEqual((process.wait(60), process.communicate()[1]), (0, b""))
        self.assertEqual(text, portlab("port", "1-49151").out)

    def test_a_full_disk_is_no_bad_usage(self):
        result = self.call("> /dev/full")
        self.expect(result, 1, "stdout: No space left", "df .")


class Connecting(ClientTest):
    """What dial does, seen through echo."""

    def echo(self, session):
        while data := session.recv(65536):
            session.sendall(data)

    def test_refused(self):
        holder, port = closed_port()
        with holder:
            result = portlab("echo", f"127.0.0.1:{port}", "x")
        self.expect(result, 3, f"tcp 127.0.0.1:{port}: connection refused: nothing listens")
        self.expect_form(result)

    def test_localhost_is_ipv4_first_and_ipv6_next(self):
        holder, port = closed_port()
        with holder:
            result = portlab("echo", f"localhost:{port}", "x")
        self.expect(result, 3, f"tcp 127.0.0.1:{port} (localhost; also [::1]:{port})")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_the_next_address_is_tried_when_one_refuses(self):
        with Server(self.echo, socket.AF_INET6, "::1") as server:
            result = portlab("echo", f"localhost:{server.port}", "hello")
            self.expect(result, 0, f"[::1]:{server.port}")
            self.assertEqual(result.text, "hello\n")
            self.expect(portlab("echo", "-4", f"localhost:{server.port}", "x"), 3)

    def test_an_address_of_the_other_family_is_bad_usage(self):
        self.expect(portlab("echo", "-6", "127.0.0.1:9", "x"), 2, "no IPv6 address")
        self.expect(portlab("echo", "--source", "::1", "127.0.0.1:9", "x"), 2, "--source")

    def test_the_card_shows_both_ends_aligned(self):
        with Server(self.echo) as server:
            result = portlab("echo", server.where, "x")
            self.expect(result, 0)
            first, second = result.err.splitlines()
            self.assertRegex(first, rf"^tcp  127\.0\.0\.1:\d+ +→  127\.0\.0\.1:{server.port}$")
            self.assertEqual(first.index("127.0.0.1"), second.index("ephemeral"))
            self.assertEqual(first.rindex("127.0.0.1"), second.index("registered") if
                             "registered" in second else second.index("dynamic"))
            self.assertTrue(second.endswith(" · not echo's default port 7"), second)
            self.assertIn(f":{server.peers[0][1]} ", first)

    def test_the_card_is_ascii_where_the_locale_is(self):
        with Server(self.echo) as server:
            result = portlab("echo", server.where, "x", env=environment(LC_ALL="C"))
            self.assertIn("  ->  ", result.err)
            result.err.encode("ascii")

    def test_quiet_shows_no_card(self):
        with Server(self.echo) as server:
            result = portlab("echo", "--quiet", server.where, "x")
            self.assertEqual((result.text, result.err), ("x\n", ""))

    def test_the_source_is_chosen(self):
        holder, port = closed_port()
        holder.close()
        with Server(self.echo) as server:
            result = portlab("echo", "--source", "127.0.0.2", "--from", port, server.where, "x")
            self.expect(result, 0, f"127.0.0.2:{port}", "chosen with --from")
            self.assertEqual(server.peers, [("127.0.0.2", port)])

    def test_a_source_port_in_use(self):
        with socket.socket() as holder, Server(self.echo) as server:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            result = portlab("echo", "--source", "127.0.0.1", "--from", port, server.where, "x")
            self.expect(result, 3, f"tcp 127.0.0.1:{port}: address in use", f"(pid {os.getpid()})")
            self.expect_form(result)

    def test_a_source_address_of_another_machine(self):
        result = portlab("echo", "--source", "192.0.2.1", "127.0.0.1:9", "x")
        self.expect(result, 3, "192.0.2.1", "this machine does not have this address")
        self.expect_form(result)

    def test_sessions_are_open_at_the_same_time(self):
        with Server(self.echo) as server:
            result = portlab("echo", "--sessions", 5, "--json", server.where, "x")
            self.expect(result, 0)
            ports = {s["local"]["port"] for s in json.loads(result.out)["sessions"]}
            self.assertEqual(ports, {peer[1] for peer in server.peers})
            self.assertEqual(len(ports), 5)

    def test_the_same_four_values_cannot_be_used_twice(self):
        holder, port = closed_port()
        holder.close()
        with Server(self.echo) as server, socket.socket() as first:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            first.bind(("127.0.0.1", port))
            first.connect(("127.0.0.1", server.port))
            result = portlab("echo", "--from", port, server.where, "x")
            self.expect(result, 3, f"127.0.0.1:{port} → {server.where} exists already", "TIME_WAIT")
            self.expect_form(result)

    def test_too_few_descriptors(self):
        skip_where_the_sanitizer_needs_descriptors(PORTLAB)
        with Server(self.echo) as server:
            result = in_shell(f'ulimit -n 20; "$PORTLAB" echo --sessions 30 {server.where} x')
            self.expect(result, 3, f"portlab: tcp {server.where}: no file descriptor", "ulimit -n")

    def test_port_0_cannot_be_connected_to(self):
        self.expect(portlab("echo", "127.0.0.1:0", "x"), 2, "port 0")

    def test_a_word_of_another_command_leads_to_that_command(self):
        for word in ("nat", "map", "rules", "forward", "unforward", "view"):
            result = portlab(word, "x")
            self.expect(result, 2, f"'{word}' is not a command", f"try: portlab office {word}\n")
        self.expect(portlab("move"), 2, "try: portlab server move\n")
        self.expect(portlab("status"), 2, "portlab server status", "portlab office status")
        self.expect(portlab("htp"), 2, "try: portlab http\n")

    def test_an_unknown_name(self):
        result = portlab("echo", "--timeout", "10", "no-such-host.invalid", "x")
        # 1 if a server answered so, 3 if none answered.
        self.expect(result, 1 if "not known" in result.err else 3, "no-such-host.invalid")
        self.expect_form(result)

    def test_json_errors_are_a_document_too(self):
        holder, port = closed_port()
        with holder:
            result = portlab("echo", "--json", f"127.0.0.1:{port}", "x")
        error = json.loads(result.out)["error"]
        self.assertEqual(error["exit"], 3)
        self.assertIn("refused", error["reason"])
        self.assertIn("netstat", error["try"])

    def test_held_sessions_stay_open(self):
        seen = []

        def watch(session):
            session.sendall(session.recv(100))
            session.settimeout(0.2)
            try:
                seen.append(session.recv(100))  # b"": the client closed
            except TimeoutError:
                seen.append("open")
                session.settimeout(30)
                session.recv(100)

        with Server(watch) as server:
            self.expect(portlab("echo", "--hold", "3", server.where, "x"), 0, "held open")
        self.assertEqual(seen, ["open"])

    def test_colour_only_on_a_terminal_and_not_with_no_color(self):
        with Server(self.echo) as server:
            self.assertIn("\033[", on_terminal("echo", server.where, "x")[1])
            plain = on_terminal("echo", server.where, "x", env=environment(NO_COLOR="1"))[1]
            self.assertNotIn("\033[", plain)
            self.assertNotIn("\033[", portlab("echo", server.where, "x").err)

    def test_a_closed_pipe_as_stdout_is_no_error(self):
        ended = subprocess.run(
            f"{{ '{PORTLAB}' port 0-65535; echo $? >&2; }} | head -c 1",
            shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(ended.stderr, b"0\n")


if __name__ == "__main__":
    main()
