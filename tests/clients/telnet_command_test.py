#!/usr/bin/env python3
"""portlab telnet: pipes, terminals, negotiation, servers that misbehave or speak another protocol."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import termios
import threading
import unittest

from portlab_terminal import Terminal
from portlab_testing import (
    TIME_LIMIT,
    ClientTest,
    Portlabd,
    Server,
    closed_port,
    main,
    need,
    portlab,
    program,
    wait_until,
)

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
ECHO, SGA, TERMINAL_TYPE, NAWS = 1, 3, 24, 31


def receive(session, count):
    data = b""
    while len(data) < count:
        piece = session.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


def read_all(session):
    data = b""
    while piece := session.recv(65536):
        data += piece
    return data


class WithPortlabd(ClientTest):
    @classmethod
    def setUpClass(cls):
        cls.server = Portlabd("telnet=0", "http=0", "echo/tcp=0", "ftp=0", "--log", "none")
        cls.addClassCleanup(cls.server.close)
        cls.where = f"127.0.0.1:{cls.server.port('telnet')}"

    def terminal(self, *options):
        return Terminal(program("PORTLAB"), "telnet", *options, self.where)

    def test_a_pipe_is_a_session(self):
        result = portlab("telnet", self.where, stdin=b"guest\nportlab\nwhoami\nquit\n")
        self.expect(result, 0, "not telnet's default port 23")
        source = re.search(r"tcp  (\S+) +→", result.err).group(1)
        self.assertIn(f"you  tcp {source}\r\nme   tcp {self.where}\r\n", result.text)
        self.assertTrue(result.text.endswith("Goodbye.\r\n"))
        self.assertNotIn("portlab\r\n\r\nWelcome", result.text)  # the password is not echoed

    def test_three_wrong_passwords_are_an_exit_status_of_their_own(self):
        wrong = b"guest\nx\n" * 3
        for options in ((), ("--json",)):
            result = portlab("telnet", *options, self.where, stdin=wrong)
            self.expect(result, 1)
            self.assertIn("Login incorrect, three times", result.text)
        # A wrong one, and then the right one.
        result = portlab("telnet", self.where, stdin=b"guest\nx\nguest\nportlab\nquit\n")
        self.expect(result, 0)
        self.assertIn("Exit status 1: the server ended", re.sub(r"\s+", " ", portlab("telnet", "--help").text))

    def test_lines_may_end_with_cr_lf(self):
        result = portlab("telnet", self.where, stdin=b"guest\r\nportlab\r\nquit\r\n")
        self.assertTrue(result.text.endswith("Goodbye.\r\n"), result)

    def test_without_quit_it_ends_after_the_timeout(self):
        result = portlab("telnet", "--timeout", "2", self.where, stdin=b"guest\nportlab\nwhoami\n")
        self.expect(result, 0)
        self.assertIn("me   tcp", result.text)

    def test_json(self):
        result = portlab("telnet", "--json", "--sessions", 2, self.where,
                         stdin=b"guest\nportlab\nquit\n")
        document = json.loads(result.out)
        self.assertEqual(len(document["sessions"]), 2)
        self.assertIn({"from": "server", "command": "WILL ECHO"}, document["commands"])
        self.assertIn({"from": "client", "command": "DO ECHO"}, document["commands"])
        self.assertIn("Welcome, guest", document["received"])
        self.assertEqual(result.err, "")

    def test_the_negotiation_is_shown(self):
        result = portlab("telnet", "-n", self.where, stdin=b"guest\nportlab\nquit\n")
        for line in ("server  WILL ECHO", "client  DO ECHO", "server  DO NAWS", "client  WILL NAWS",
                     "client  SB NAWS"):
            self.assertIn(line, result.err)

    def test_the_source_is_chosen(self):
        holder, port = closed_port()
        holder.close()
        result = portlab("telnet", "--source", "127.0.0.2", "--from", port, self.where,
                         stdin=b"guest\nportlab\nwhoami\nquit\n")
        self.expect(result, 0, "chosen with --from")
        self.assertIn(f"you  tcp 127.0.0.2:{port}", result.text)

    def test_sessions_are_held(self):
        with subprocess.Popen([program("PORTLAB"), "telnet", "-q", "--sessions", "3", "--hold", "30", self.where],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: sum(row["service"] == "telnet"
                                   for row in self.server.ask_control("sessions")["sessions"]) >= 3,
                       "three sessions")
            process.terminate()

    def test_a_terminal_sends_keys_and_the_server_echoes(self):
        with self.terminal() as terminal:
            terminal.expect("Ctrl-]")
            terminal.expect("login: ")
            terminal.type("guest\r")
            terminal.expect("guest\r\nPassword: ")
            terminal.type("portlab\r")
            self.assertNotIn("portlab", terminal.expect("Welcome"))
            terminal.expect("guest> ")
            self.assertFalse(terminal.mode()[3] & (termios.ICANON | termios.ECHO | termios.ISIG))
            terminal.type("whoo\x7fami\r")
            terminal.expect("you  tcp")
            terminal.type("wh\x03")
            terminal.expect("^C\r\nguest> ")
            terminal.type("quit\r")
            terminal.expect("Goodbye.\r\n")
            terminal.expect("the peer closed the connection")
            self.assertEqual(terminal.wait(), 0)

    def mode_after(self, end):
        """The terminal's mode before and after a session on it, and how the client ended. A shell holds the
        terminal."""
        script = f'stty -a; "$0" telnet -q {self.where}; echo "status $?"; stty -a; echo over'
        with Terminal("sh", "-c", script, program("PORTLAB")) as terminal:
            before = terminal.expect("login: ")
            end(terminal)
            status = int(re.search(r"status (\d+)", terminal.expect("status ") + terminal.expect("\n")).group(1))
            after = terminal.expect("over")
        flags = [re.findall(r"-?\b(?:icanon|echo|isig|icrnl|ixon|onlcr|iexten)\b|eol = [^;]+", text)
                 for text in (before, after)]
        self.assertEqual(len(flags[0]), 8)
        self.assertEqual(*flags)
        return status

    def client_pid(self, terminal):
        children = f"/proc/{terminal.pid}/task/{terminal.pid}/children"

        def child():
            with open(children, encoding="ascii") as file:
                return file.read().split()
        return int(wait_until(child, "the client runs")[0])

    def test_the_terminal_is_as_before_after_each_end(self):
        need("stty")

        def quit_at_the_prompt(terminal):
            terminal.type("\x1d")
            terminal.expect("telnet> ")
            terminal.type("quit\r")

        self.assertEqual(self.mode_after(lambda terminal: terminal.type("\x04")), 0)
        self.assertEqual(self.mode_after(quit_at_the_prompt), 0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            status = self.mode_after(lambda terminal, n=number: os.kill(self.client_pid(terminal), n))
            self.assertEqual(status, 128 + number)

    def test_the_prompt_of_the_client(self):
        with self.terminal("-q") as terminal:
            terminal.expect("login: ")
            terminal.type("gu\x1d")
            terminal.expect("telnet> ")
            terminal.type("status\r")
            status = terminal.expect("client  NAWS")
            self.assertIn(f"to    tcp {self.where}", status)
            self.assertIn("server  ECHO", status)
            terminal.type("\x1d")
            terminal.expect("telnet> ")
            terminal.type("send ayt\r")
            terminal.expect("[Portlab telnet server: yes]\r\nlogin: gu")
            terminal.type("\x1d")
            terminal.expect("telnet> ")
            terminal.type("nonsense\r")
            terminal.expect("'nonsense'?")
            terminal.expect("send COMMAND")
            terminal.type("\x1d")
            terminal.expect("telnet> ")
            terminal.type("quit\r")
            self.assertEqual(terminal.wait(), 0)

    def test_it_stops_and_goes_on(self):
        need("bash")
        with Terminal("bash", "--norc", "-i") as shell:
            shell.expect("$ " if os.geteuid() else "# ")
            shell.type(f"{program('PORTLAB')} telnet -q {self.where}\n")
            shell.expect("login: ")
            pid = self.client_pid(shell)
            os.kill(pid, signal.SIGTSTP)
            shell.expect("Stopped")
            shell.type("fg\n")
            shell.expect("telnet -q")
            shell.type("guest\r")
            shell.expect("guest\r\nPassword: ")
            shell.type("\x04")
            shell.expect("Goodbye")

    def test_servers_of_other_protocols(self):
        place = "127.0.0.1:{}".format
        http = portlab("telnet", place(self.server.port("http")),
                       stdin=b"GET /whoami HTTP/1.0\n\n")
        self.expect(http, 0)
        self.assertIn("200 OK", http.text)
        echo = portlab("telnet", place(self.server.port("echo")), stdin=b"a\xffb\n")
        self.expect(echo, 0)
        self.assertEqual(echo.out, b"a\xffb\r\n")
        ftp = portlab("telnet", place(self.server.port("ftp")), stdin=b"QUIT\n")
        self.assertRegex(ftp.text, r"^220 .*\r\n221 ")

    def test_a_terminal_at_a_server_of_another_protocol_sends_lines(self):
        with Terminal(program("PORTLAB"), "telnet", "-q",
                      f"127.0.0.1:{self.server.port('http')}") as terminal:
            terminal.type("GET /whoami HTTP/1.0\r\r")
            terminal.expect("GET /whoami HTTP/1.0\r\n")  # the terminal's echo
            terminal.expect("200 OK")
            self.assertEqual(terminal.wait(), 0)

    def test_why_leads_to_where_the_service_is(self):
        holder, port = closed_port()
        with holder:
            result = portlab("why", "refused", f"127.0.0.1:{port}")
        self.assertEqual(result.code, 0, result)


class Playing(ClientTest):
    """Servers that the test plays."""

    def client(self, talk, *options, stdin=b"", code=0):
        with Server(talk) as server:
            result = portlab("telnet", "--timeout", "5", *options, server.where, stdin=stdin)
            self.assertEqual(server.errors, [])
        self.expect(result, code)
        return result

    def test_it_begins_no_negotiation(self):
        heard = []
        self.client(lambda session: (session.sendall(b"220 hello\r\n"), heard.append(read_all(session))),
                    stdin=b"hi\n")
        self.assertEqual(heard, [b"hi\r\n"])

    def test_it_agrees_to_what_it_knows_and_refuses_the_rest(self):
        heard = []

        def talk(session):
            for verb, option, answer in ((WILL, ECHO, DO), (WILL, SGA, DO), (DO, SGA, WILL), (DO, ECHO, WONT),
                                         (WILL, NAWS, DONT), (DO, 0, WONT), (WILL, 0, DONT), (DO, 39, WONT),
                                         (DO, TERMINAL_TYPE, WILL), (WILL, 255, DONT)):
                session.sendall(bytes([IAC, verb, option]))
                heard.append(receive(session, 3) == bytes([IAC, answer, option]))
            session.sendall(bytes([IAC, DO, NAWS]))
            heard.append(receive(session, 12) == bytes([IAC, WILL, NAWS, IAC, SB, NAWS, 0, 80, 0, 24, IAC, SE]))
            session.sendall(bytes([IAC, SB, TERMINAL_TYPE, 1, IAC, SE]))
            heard.append(receive(session, 10) == bytes([IAC, SB, TERMINAL_TYPE, 0]) + b"dumb" + bytes([IAC, SE]))
            # What is on already is not answered again.
            session.sendall(bytes([IAC, WILL, ECHO, IAC, DO, NAWS, IAC, DO, 5]))
            heard.append(receive(session, 3) == bytes([IAC, WONT, 5]))

        self.client(talk)
        self.assertEqual(heard, [True] * 13)

    def test_an_option_that_was_not_agreed_on_has_no_subnegotiation(self):
        heard = []

        def talk(session):
            session.sendall(bytes([IAC, SB, TERMINAL_TYPE, 1, IAC, SE, IAC, DO, 99]))
            heard.append(receive(session, 3))

        self.client(talk)
        self.assertEqual(heard, [bytes([IAC, WONT, 99])])

    def test_commands_are_not_shown_and_data_is_unchanged(self):
        result = self.client(lambda session: session.sendall(
            b"a\xff\xf1b\xff\xffc\r\0d\r\n\xff\xfa\x18" + b"p" * 100_000 + b"\xff\xf0e\xff\xfb"))
        self.assertEqual(result.out, b"ab\xffc\rd\r\ne")

    def test_urgent_data_stays_in_its_place(self):
        def talk(session):
            session.sendall(b"before\xff")
            session.send(b"\xf2", socket.MSG_OOB)  # DM: the Synch of telnet
            session.sendall(b"after\r\n")

        self.assertEqual(self.client(talk).out, b"beforeafter\r\n")

    def test_a_server_that_takes_a_fin_for_the_end_loses_nothing(self):
        def talk(session):
            session.sendall(bytes([IAC, WILL, SGA]))
            receive(session, len(b"hello\r\n") + 3)
            session.settimeout(0.3)
            try:
                early = session.recv(1) == b""
            except TimeoutError:
                early = False
            session.sendall(b"early" if early else b"waited")

        self.assertEqual(self.client(talk, stdin=b"hello\n").out, b"waited")

    def test_a_flood_of_options_ends_with_its_server(self):
        def talk(session):
            reader = threading.Thread(target=read_all, args=[session])
            reader.start()
            session.sendall(bytes([IAC, DO, 99]) * 300_000)
            session.shutdown(socket.SHUT_WR)
            reader.join()

        self.client(talk)

    def test_a_server_that_floods_and_reads_nothing_ends_by_the_timeout(self):
        over = threading.Event()

        def talk(session):
            try:
                session.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                session.settimeout(20)
                session.sendall(bytes([IAC, DO, 99]) * 10_000_000)
            except OSError:
                pass
            over.wait(TIME_LIMIT)

        with Server(talk) as server:
            result = portlab("telnet", "--timeout", "0.5", server.where)
            over.set()
        self.expect(result, 3)
        self.expect_form(result)

    def test_escape_sequences_are_shown_only_from_a_telnet_server(self):
        for begin, shown in ((b"", "\\x1b[1mhi"), (bytes([IAC, WILL, SGA]), "\x1b[1mhi")):
            with Server(lambda session, b=begin: session.sendall(b + b"\x1b[1mhi\r\n")) as server, \
                    Terminal(program("PORTLAB"), "telnet", "-q", server.where) as terminal:
                terminal.expect(shown)
                terminal.wait()

    def test_a_password_is_not_echoed_in_line_mode(self):
        def talk(session):
            session.sendall(b"Password: " + bytes([IAC, WILL, ECHO]))
            receive(session, 3)
            session.sendall(b"?")
            data = b""
            while b"\r\n" not in data:
                data += session.recv(100)
            session.sendall(b"\r\n" + bytes([IAC, WONT, ECHO]) + b"got " + data)
            receive(session, 3)  # DONT ECHO: what is not read makes a RST of the close

        with Server(talk) as server, Terminal(program("PORTLAB"), "telnet", "-q", server.where) as terminal:
            terminal.expect("?")
            terminal.type("secret\r")
            self.assertNotIn("secret", terminal.expect("got "))
            terminal.expect("secret")
            self.assertEqual(terminal.wait(), 0)

    def test_a_new_size_of_the_window_is_sent(self):
        sizes = []

        def talk(session):
            session.sendall(bytes([IAC, DO, NAWS]))
            sizes.append(receive(session, 12)[6:10])
            session.sendall(b"now")
            sizes.append(receive(session, 9)[3:7])

        with Server(talk) as server, Terminal(program("PORTLAB"), "telnet", "-q", server.where,
                                              columns=90, rows=30) as terminal:
            terminal.expect("now")
            terminal.resize(132, 43)
            terminal.wait()
        self.assertEqual(sizes, [bytes([0, 90, 0, 30]), bytes([0, 132, 0, 43])])

    def test_refused(self):
        holder, port = closed_port()
        with holder:
            result = portlab("telnet", f"127.0.0.1:{port}")
        self.expect(result, 3, "nothing listens")
        self.expect_form(result)

    def test_a_server_that_closes_at_once(self):
        result = self.client(lambda session: None, code=1)
        self.expect(result, 1, "1 of 1 sessions were rejected")
        self.expect_form(result)

    def test_a_failed_login_in_the_words_of_other_servers(self):
        def talk(session, last):
            session.sendall(bytes([IAC, WILL, ECHO]) + last)
            session.shutdown(socket.SHUT_WR)
            read_all(session)

        for last, code in ((b"\r\nLogin incorrect\r\n", 1), (b"\r\n% Login invalid\r\n\r\n", 1),
                           (b"% Bad passwords\r\n", 1), (b"Maximum number of tries exceeded (5)\r\n", 1),
                           (b"Login failed\r\nGoodbye.\r\n", 0), (b"connection denied\r\n", 0)):
            with self.subTest(last):
                self.client(lambda session, last=last: talk(session, last), code=code)

    def test_wrong_words(self):
        for words, why in ((("127.0.0.1:1", "2"), "the port is given twice"), (("127.0.0.1", "x"), "x"),
                           ((), "HOST"), (("a", "1", "b"), "")):
            result = portlab("telnet", *words)
            self.expect(result, 2, why)
            self.expect_form(result)

    def test_the_default_port(self):
        result = portlab("telnet", "--json", "--timeout", "0.5", "127.0.0.99")
        if result.code == 3:
            self.assertIn("127.0.0.99:23", json.loads(result.out)["error"]["reason"])


class Telnetd(ClientTest):
    """telnetd of GNU inetutils, started for each session as inetd does, with a shell script for login."""

    def test_a_session(self):
        telnetd = shutil.which("telnetd", path=os.environ["PATH"] + ":/usr/sbin")
        if telnetd is None:
            self.skipTest("telnetd is not installed")
        if not os.path.isdir("/dev/pts") or os.geteuid() != 0:
            self.skipTest("telnetd needs root")

        def talk(session):
            subprocess.run([telnetd, "-h", "-E", "/bin/sh -c 'stty size; echo $TERM; cat'"],
                           stdin=session, stdout=session, check=False)

        with Server(talk) as server, Terminal(program("PORTLAB"), "telnet", "-q", server.where,
                                              columns=100, rows=40) as terminal:
            terminal.expect("40 100")
            terminal.expect("xterm")
            terminal.type("hello\r")
            terminal.expect("hello\r\nhello\r\n")
            terminal.type("\x04")
            self.assertEqual(terminal.wait(), 0)


if __name__ == "__main__":
    main()
