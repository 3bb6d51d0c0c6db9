"""portlab ftp, with portlabd and with servers in the test, some of which attack the client."""

import json
import os
import pathlib
import resource
import socket
import tempfile
import unittest

from portlab_testing import (
    PORTLAB,
    ClientTest,
    Portlabd,
    Server,
    closed_port,
    has_ipv6,
    on_terminal,
    portlab,
    skip_where_the_sanitizer_needs_descriptors,
)


class AgainstPortlabd(ClientTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="portlab-ftp-client-")
        cls.root = pathlib.Path(cls.folder.name) / "root"
        cls.here = pathlib.Path(cls.folder.name) / "here"
        (cls.root / "docs").mkdir(parents=True)
        cls.here.mkdir()
        (cls.root / "hello.txt").write_bytes(b"Hello\nport\n")
        (cls.root / "big.bin").write_bytes(bytes(range(256)) * 8192)
        (cls.root / "docs" / "two words.txt").write_bytes(b"2\n")
        families = ["127.0.0.1"] + (["[::1]"] if has_ipv6() else [])
        cls.server = Portlabd("--root", str(cls.root), *[f"ftp={host}:0" for host in families])
        cls.urls = [f"ftp://{host}:{end['port']}"
                    for host, end in zip(families, cls.server.listeners("ftp"))]
        cls.url = cls.urls[0]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.folder.cleanup()

    def ftp(self, *arguments, **options):
        return portlab("ftp", *arguments, cwd=self.here, **options)

    def test_shows_both_ports_and_the_arithmetic(self):
        result = self.ftp(self.url, "nlst")
        self.expect(result, 0, "not ftp's default port 21", "ephemeral · named by the 227 reply")
        self.assertNotIn("registered for", result.err)
        self.assertEqual(result.out, b"big.bin\ndocs\nhello.txt\n")
        found = [line for line in result.err.splitlines() if line.startswith("227 names")][0]
        numbers, arithmetic = found.split(": ")[1].split(", and ")
        high, low = map(int, numbers.split(",")[4:])
        port = high * 256 + low
        self.assertEqual(arithmetic, f"{high}*256+{low} = {port}")
        self.assertIn(f"→  127.0.0.1:{port}\n", result.err)

    def test_fetches_in_every_way(self):
        for url in self.urls:
            for way in ([], ["--active"], ["--epsv"], ["--epsv", "--active"]):
                with self.subTest(url=url, way=way):
                    result = self.ftp(*way, url, "get", "big.bin")
                    self.expect(result, 0, "saved big.bin: 2.0 MiB")
                    self.assertEqual((self.here / "big.bin").read_bytes(),
                                     (self.root / "big.bin").read_bytes())
                    self.assertEqual(self.ftp(*way, f"{url}/hello.txt").out, b"Hello\nport\n")

    def test_active_means_that_the_server_connects_to_us(self):
        result = self.ftp("--active", "--json", self.url, "ls")
        data = json.loads(result.text)["commands"][0]["data_port"]
        self.assertEqual(data["command"], "PORT")
        self.assertEqual(data["local"]["port"], data["port"])
        high, low = data["numbers"].split(",")[4:]
        self.assertEqual(int(high) * 256 + int(low), data["port"])

    def test_commands_have_the_names_that_other_clients_give_them(self):
        result = self.ftp("-q", self.url, stdin=b"CD docs ; PWD\n?\nBye\nnonsense\n")
        self.expect(result, 0)
        self.assertIn(b"/docs\n", result.out)
        self.assertIn(b"this list", result.out)
        self.assertEqual(self.ftp("-q", self.url, "dir").out, self.ftp("-q", self.url, "ls").out)

    def test_the_bar_has_a_line_of_its_own(self):
        code, screen = on_terminal("ftp", "-v", self.url, "get", "big.bin", "-o", "/dev/null")
        self.assertEqual(code, 0)
        lines = [line.split("\r")[-1] for line in screen.split("\n")]
        bars = [line for line in lines if line.startswith("[#")]
        self.assertEqual(len(bars), 1, screen)
        self.assertRegex(bars[0], r"\]  100 %  2\.0 MiB of 2\.0 MiB *$")
        self.assertTrue(any("226" in line and "#" not in line for line in lines), screen)

    def test_saves_under_another_name_and_leaves_nothing_when_refused(self):
        self.expect(self.ftp(self.url, "get", "hello.txt", "-o", "copy.txt"), 0)
        self.assertEqual((self.here / "copy.txt").read_bytes(), b"Hello\nport\n")
        before = os.listdir(self.here)
        refused = self.ftp(self.url, "get", "nowhere")
        self.expect(refused, 1, "RETR nowhere: 550")
        self.expect_form(self.ftp("--quiet", self.url, "get", "nowhere"))
        self.assertEqual(os.listdir(self.here), before)

    def test_text_arrives_with_this_machines_line_ends(self):
        self.assertEqual(self.ftp(f"{self.url}/hello.txt;type=a").out, b"Hello\nport\n")

    def test_several_commands_on_the_command_line(self):
        result = self.ftp(self.url, "cd", "docs", ";", "pwd", ";", "cat", "two words.txt")
        self.assertEqual(result.out, b"/docs\n2\n")

    def test_commands_from_a_pipe_go_on_after_a_refusal(self):
        lines = b'cd docs\nsize nowhere\ncat "two words.txt"\nquote NOOP\nquit\nls\n'
        result = self.ftp(self.url, stdin=lines)
        self.expect(result, 1, "SIZE nowhere: 550")
        self.assertEqual(result.out, b"2\n200 OK.\n")
        self.assertEqual(self.ftp(self.url, stdin=b"").code, 0)

    def test_on_a_terminal_there_is_a_prompt_and_the_dialogue(self):
        code, screen = on_terminal("ftp", self.url, typed=b"cd docs\nnonsense\nnlst\nquit\n")
        self.assertEqual(code, 0)
        for part in ("ftp> ", "> CWD docs", "< 250 ", "not a command", "two words.txt", "< 221 "):
            self.assertIn(part, screen)

    def test_a_progress_bar_on_a_terminal(self):
        code, screen = on_terminal("ftp", self.url, "get", "big.bin", "-o", self.here / "bar")
        self.assertEqual(code, 0)
        self.assertIn("100 %  2.0 MiB of 2.0 MiB", screen)

    def test_bytes_are_kept_from_the_terminal(self):
        code, screen = on_terminal("ftp", f"{self.url}/big.bin")
        self.assertEqual(code, 2)
        self.assertIn("this is not text", screen)

    def test_json_is_one_document(self):
        result = self.ftp("--json", self.url, "mlsd", ";", "cat", "hello.txt", ";", "pwd")
        self.assertEqual(result.err, "")
        commands = json.loads(result.text)["commands"]
        self.assertEqual([entry["name"] for entry in commands[0]["entries"]],
                         ["big.bin", "docs", "hello.txt"])
        self.assertEqual(commands[1]["text"], "Hello\nport\n")
        self.assertEqual(commands[1]["reply"]["code"], 226)
        self.assertEqual(commands[2]["path"], "/")
        refused = self.ftp("--json", self.url, "cat", "nowhere")
        self.assertEqual((refused.code, json.loads(refused.text)["error"]["exit"]), (1, 1))

    def test_put_is_refused_and_nothing_is_stored(self):
        (self.here / "mine.txt").write_bytes(b"mine")
        self.expect(self.ftp(self.url, "put", "mine.txt"), 1, "STOR mine.txt: 553", "read-only")
        self.assertFalse((self.root / "mine.txt").exists())
        self.expect(self.ftp(self.url, "put", "not-there"), 2, "not-there")

    def test_a_refused_user_sends_no_password(self):
        result = self.ftp("-v", self.url.replace("ftp://", "ftp://bob:secret@"), "ls")
        self.expect(result, 1, "USER bob: 530", "is anonymous only")
        self.assertNotIn("secret", result.err)

    def test_a_line_end_in_a_name_sends_no_second_command(self):
        self.expect(self.ftp(self.url, "cd", "x\r\nQUIT"), 2, "can't be sent")

    def test_several_sessions(self):
        result = self.ftp("--sessions", "5", self.url, "pwd")
        self.assertEqual(result.err.count("→"), 5)

    def test_bad_usage(self):
        for words in ([], [self.url, "lss"], [self.url, "get"], ["http://127.0.0.1/"],
                      [self.url, "get", "/"]):
            self.assertEqual(self.ftp(*words).code, 2, words)


class Script:
    """A server: sends its greeting, then answers each command by the first rule that matches it."""

    def __init__(self, rules, greeting=b"220 Hello\r\n"):
        self.rules, self.greeting, self.received = rules, greeting, []

    def __call__(self, session):
        session.sendall(self.greeting)
        with session.makefile("rb") as lines:
            for line in lines:
                line = line.decode().rstrip()
                self.received.append(line)
                verb = line.split()[0]
                rule = self.rules.get(verb, b"200 Fine\r\n")
                session.sendall(rule() if callable(rule) else rule)


class AgainstOthers(ClientTest):
    def data_server(self, content):
        """A data port that sends `content`; its number and the reply 227 with an address."""
        server = Server(lambda session: session.sendall(content))
        self.addCleanup(server.__exit__)
        return server

    def passive(self, server, address="127,0,0,1"):
        high, low = divmod(server.port, 256)
        return f"227 Here: {address},{high},{low}\r\n".encode()

    def test_a_reply_in_many_lines_and_pieces(self):
        greeting = b"120 Wait\r\n220-Welcome\r\n 220 not yet\r\n220x\r\n220 Now\r\n"
        rules = {"PWD": b'257 "/a ""b"""\r\n'}
        with Server(Script(rules, greeting)) as server:
            self.assertEqual(portlab("ftp", server.where, "pwd").out, b'/a "b"\n')

    def test_it_never_connects_to_a_third_machine(self):
        data = self.data_server(b"here\r\n")
        for address in ("192,0,2,1", "127,0,0,2"):
            rules = {"PASV": self.passive(data, address), "LIST": b"150 ok\r\n226 ok\r\n"}
            with Server(Script(rules)) as server:
                result = portlab("ftp", server.where, "ls")
                self.expect(result, 0, "another machine", "that is ignored")
                self.assertEqual(result.out, b"here\n")

    def test_a_third_machine_at_the_active_port_is_rejected(self):
        def call():
            said = [line for line in script.received if line.startswith("PORT")][0]
            high, low = map(int, said.split(",")[-2:])
            for address, text in (("127.0.0.9", b"evil\r\n"), ("127.0.0.1", b"good\r\n")):
                with socket.create_connection(("127.0.0.1", high * 256 + low),
                                              source_address=(address, 0)) as data:
                    data.sendall(text)
            return b"150 ok\r\n226 ok\r\n"

        script = Script({"LIST": call})
        with Server(script) as server:
            result = portlab("ftp", "--active", server.where, "ls")
            self.expect(result, 0, "a connection from 127.0.0.9:")
            self.assertEqual(result.out, b"good\n")

    def test_without_a_descriptor_for_the_data_connection_it_ends(self):
        skip_where_the_sanitizer_needs_descriptors(PORTLAB)

        def call():
            said = [line for line in script.received if line.startswith("PORT")][0]
            high, low = map(int, said.split(",")[-2:])
            waiting.append(socket.create_connection(("127.0.0.1", high * 256 + low)))
            return b"150 ok\r\n226 ok\r\n"

        messages = []
        for most in range(4, 12):  # one of these limits is reached by accept(2)
            waiting, script = [], Script({"LIST": call})
            with Server(script) as server:
                result = portlab("ftp", "--active", "--timeout", "2", server.where, "ls",
                                 preexec_fn=lambda most=most: resource.setrlimit(
                                     resource.RLIMIT_NOFILE, (most, most)))
            for data in waiting:
                data.close()
            self.assertNotIn("did not connect", result.err)
            messages.append(bool(waiting) and "no file descriptor is left" in result.err)
        self.assertIn(True, messages)

    def test_a_server_that_never_connects(self):
        with Server(Script({"LIST": b"150 I come\r\n425 I could not\r\n"})) as server:
            result = portlab("ftp", "--active", "--timeout", "2", server.where, "ls")
            self.expect(result, 1, "LIST: 425 I could not")

    def test_a_transfer_that_breaks_is_no_success_and_leaves_no_file(self):
        data = self.data_server(b"only a part")
        rules = {"PASV": self.passive(data), "RETR": b"150 ok\r\n426 broken\r\n"}
        with tempfile.TemporaryDirectory() as here, Server(Script(rules)) as server:
            result = portlab("ftp", server.where, "get", "x", cwd=here)
            self.expect(result, 1, "RETR x: 426 broken")
            self.assertEqual(os.listdir(here), [])

    def test_the_passive_port_does_not_listen(self):
        holder, port = closed_port()
        high, low = divmod(port, 256)
        with holder, Server(Script({"PASV": b"227 (127,0,0,1,%d,%d)\r\n" % (high, low)})) as server:
            self.expect(portlab("ftp", server.where, "ls"), 3, f"127.0.0.1:{port}", "refused")

    def test_a_server_of_another_protocol(self):
        with Server(Script({}, b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            result = portlab("ftp", "--quiet", server.where, "ls")
            self.expect(result, 1, "is not an FTP reply")
            self.expect_form(result)

    def test_a_server_that_closes_at_once_or_is_full(self):
        with Server(lambda session: None) as server:
            self.expect(portlab("ftp", server.where, "ls"), 3, "closed the connection")
        with Server(Script({}, b"421 Full\r\n")) as server:
            self.expect(portlab("ftp", server.where, "ls"), 1, "421 Full")

    def test_a_silent_server(self):
        with Server(lambda session: session.recv(100)) as server:
            result = portlab("ftp", "--timeout", "0.2", server.where, "ls")
            self.expect(result, 3, "sent nothing for 0.2 s")

    def test_control_characters_of_replies_are_escaped(self):
        rules = {"CWD": b"550 \x1b[2Jgone\r\n"}
        with Server(Script(rules)) as server:
            result = portlab("ftp", "-v", server.where, "cd", "x")
            self.assertEqual(result.code, 1)
            self.assertNotIn("\x1b[2J", result.err)

    def test_nonsense_in_227_and_229(self):
        for rules, way in (({"PASV": b"227 somewhere\r\n"}, []), ({"PASV": b"227 (1,2,3,4,0,0)\r\n"}, []),
                           ({"EPSV": b"229 (|||x|)\r\n"}, ["--epsv"])):
            with Server(Script(rules)) as server:
                self.expect(portlab("ftp", *way, server.where, "ls"), 1, "no port in this reply")


if __name__ == "__main__":
    unittest.main(verbosity=2)
