"""portlab page: a browser outside of a private network reaches the live page inside. The browser is a plain client of
HTTP."""

import contextlib
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from portlab_terminal import Terminal
from portlab_testing import (
    PORTLAB,
    TIME_LIMIT,
    ClientTest,
    Portlabd,
    closed_port,
    environment,
    main,
    namespaces_are_allowed,
    need,
    portlab,
    run,
    wait_until,
)

NOBODY = 65534
ADDRESS = "127.0.0.100"  # of the sessions that the relay makes


class LivePage:
    """A `portlab page` that shows a page, until close()."""

    def __init__(self, *options, env, **popen):
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen([PORTLAB, "page", "--no-open", *map(str, options)], text=True, env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, **popen)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.process.wait(TIME_LIMIT)
            raise AssertionError(f"no page: {self.messages()}")
        self.port = int(self.url.split(":")[2].split("/")[0]) if self.url.startswith("http") else 0

    def messages(self):
        self.log.seek(0)
        return self.log.read()

    def get(self, path, host=None):
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIME_LIMIT)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host} if host else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def status(self, path, host):
        """Only the status: the answer may have no end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIME_LIMIT)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stream(self):
        """A connection with the stream of events, which has begun, and its first lines."""
        viewer = socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT)
        viewer.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        got = b""
        while b"event: snapshot\ndata: {" not in got or not got.endswith(b"\n\n\r\n"):
            piece = viewer.recv(65536)
            if not piece:
                raise AssertionError(f"the stream ended: {got!r}")
            got += piece
        return viewer, got.decode()

    def end(self, number=signal.SIGINT):
        """The exit status after this signal."""
        self.process.send_signal(number)
        return self.process.wait(TIME_LIMIT)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIME_LIMIT)
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class PageTest(ClientTest):
    def daemon(self, *arguments):
        daemon = Portlabd(*arguments)
        self.addCleanup(daemon.close)
        daemon.env = environment(PORTLAB_CONTROL=daemon.control)
        return daemon

    def page(self, *options, env, **popen):
        page = LivePage(*options, env=env, **popen)
        self.addCleanup(page.close)
        return page


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
class PrivateNetwork(PageTest):
    def setUp(self):
        self.server = self.daemon("--private")

    def test_a_browser_outside_sees_the_page(self):
        page = self.page(env=self.server.env)
        self.assertRegex(page.url, r"^http://127\.0\.0\.1:\d+/live/$")
        self.assertIn(f"live page of portlabd (process {self.server.pid})", page.messages())
        status, body = page.get("/live/")
        self.assertEqual((status, "<title>Portlab: live page</title>" in body), (200, True))
        for host in (f"localhost:{page.port}", f"127.0.0.1:{page.port}"):
            self.assertEqual(page.get("/api/listeners", host)[0], 200)
        self.assertEqual(page.get("/api/listeners", "rebinding.example")[0], 421)
        self.assertRegex(page.get("/whoami")[1], rf"^you  tcp {ADDRESS}:\d+\nme   tcp 127\.0\.0\.1:80\n$")

    def test_the_stream_goes_on(self):
        page = self.page(env=self.server.env)
        viewer, begin = page.stream()
        with viewer:
            self.assertIn(f'"you":{{"transport":"tcp","address":"{ADDRESS}"', begin)
            page.get("/hello.txt")
            got = b""
            while b"GET /hello.txt 200" not in got:
                got += viewer.recv(65536)

    def test_the_page_follows_http(self):
        page = self.page(env=self.server.env)
        viewer, _ = page.stream()
        with viewer:
            self.assertIn("listeners", self.server.ask_control("move", "http=83"))
            self.assertIn("me   tcp 127.0.0.1:83", page.get("/whoami")[1])
            self.assertIn("listeners", self.server.ask_control("close", "http"))
            status, text = page.get("/live/")
            self.assertEqual(status, 503)
            self.assertIn("try: portlab server listen http", text)
            self.assertIn("listeners", self.server.ask_control("listen", "http=127.0.0.2:8083"))
            self.assertIn("me   tcp 127.0.0.2:8083", page.get("/whoami")[1])
        self.assertEqual(page.get("/api/office")[0], 404)  # there is no office

    def test_the_body_of_a_request_is_relayed(self):
        page = self.page(env=self.server.env)
        connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=TIME_LIMIT)
        with contextlib.closing(connection):
            sent = b"x" * 300_000
            connection.request("POST", "/", sent)
            self.assertEqual(connection.getresponse().read(), sent)

    def test_what_is_not_http_is_refused(self):
        page = self.page(env=self.server.env)
        for request in (b'{"command": "status"}\r\n\r\n', b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", page.port), TIME_LIMIT) as client:
                client.sendall(request)
                with contextlib.suppress(ConnectionResetError):
                    self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 400"))
        self.assertEqual(page.get("/live/")[0], 200)

    def test_too_many_connections_are_told_so(self):
        page = self.page(env=self.server.env)
        with contextlib.ExitStack() as open_ones:
            for _ in range(128):
                open_ones.enter_context(socket.create_connection(("127.0.0.1", page.port), TIME_LIMIT))
            status, text = page.get("/live/")
            self.assertEqual((status, "too many connections" in text), (503, True))
        wait_until(lambda: page.get("/live/")[0] == 200, "there is room again")

    def test_it_ends_with_a_signal_and_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            page = self.page(env=self.server.env)
            viewer, _ = page.stream()
            with viewer:
                self.assertEqual(page.end(number), 0, page.messages())
                self.assertEqual(viewer.recv(0), b"")
            self.assertFalse(page.listens())
            sessions = self.server.ask_control("sessions")["sessions"]
            self.assertFalse([row for row in sessions if row["remote"].get("address") == ADDRESS and
                              "/api/events" not in row["note"]])

    def test_when_it_is_killed_nothing_goes_on(self):
        page = self.page(env=self.server.env)
        page.process.kill()
        page.process.wait(TIME_LIMIT)
        wait_until(lambda: not page.listens(), "its relay ends, too")

    def test_it_ends_with_the_server(self):
        page = self.page(env=self.server.env)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(page.process.wait(TIME_LIMIT), 0)
        self.assertIn(f"portlabd (process {self.server.pid}) has ended", page.messages())
        self.assertFalse(page.listens())

    def test_two_at_once(self):
        pages = [self.page(env=self.server.env), self.page(env=self.server.env)]
        self.assertNotEqual(pages[0].port, pages[1].port)
        self.assertEqual([page.get("/live/")[0] for page in pages], [200, 200])
        pages[0].end()
        self.assertEqual(pages[1].get("/live/")[0], 200)

    def test_json_is_one_document(self):
        page = self.page("--json", env=self.server.env)
        document = json.loads(page.url)
        self.assertEqual((document["of"], document["relayed"]), (f"portlabd (process {self.server.pid})", True))
        self.assertIsInstance(document["others"], list)  # with the offices of other tests
        self.assertEqual(page.end(), 0)
        self.assertEqual((page.process.stdout.read(), page.messages()), ("", ""))
        self.assertRegex(document["url"], r"^http://127\.0\.0\.1:\d+/live/$")

    def test_a_chosen_port(self):
        holder, port = closed_port()
        holder.listen()
        result = portlab("page", "--no-open", "--port", port, env=self.server.env)
        self.expect(result, 3, f"127.0.0.1:{port}: address in use", f"(pid {os.getpid()})", "--port")
        self.expect_form(result)
        holder.close()
        for _ in range(2):  # also right after another page had it
            page = self.page("--port", port, env=self.server.env)
            self.assertEqual((page.port, page.get("/live/")[0]), (port, 200))
            self.assertEqual(page.end(), 0)

    def test_a_server_without_http(self):
        self.server.ask_control("close", "http")
        result = portlab("page", env=self.server.env)
        self.expect(result, 3, "has no http listener now", "try: portlab server listen http")
        self.expect_form(result)

    def test_in_the_private_network_it_says_where_it_works(self):
        result = portlab("enter", PORTLAB, "page", env=self.server.env)
        self.expect(result, 3, "this shell is in a private network", "try: portlab page in another terminal")
        self.expect_form(result)


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
class Desktop(PageTest):
    """xdg-open is a program of the test."""

    def opened(self, *options, **variables):
        """What the browser was opened with; None: it was not."""
        server = self.daemon("http=0")
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as folder:
            pipe, program = os.path.join(folder, "opened"), os.path.join(folder, "xdg-open")
            os.mkfifo(pipe)
            with open(program, "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\necho "$@" > {pipe}\n')
            os.chmod(program, stat.S_IRWXU)
            env = {"PATH": folder + ":" + os.environ["PATH"], **variables}
            reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            with open(reader, encoding="utf-8") as lines:
                # With --control, because a lab or an office of this user may run as well.
                result = portlab("page", "--control", server.control, *options,
                                 env={**without(environment(), "DISPLAY", "WAYLAND_DISPLAY", "SUDO_UID", "PKEXEC_UID"), **env})
                self.expect(result, 0)
                self.assertEqual(result.text, f"http://127.0.0.1:{server.port('http')}/live/\n")
                if not variables or options or "SUDO_UID" in variables:
                    return lines.readline() or None
                return wait_until(lambda: lines.readline().strip(), "the browser is opened")

    def test_the_page_is_opened_on_a_desktop_of_this_user(self):
        url = self.opened(DISPLAY=":7")
        self.assertRegex(url, r"^http://127\.0\.0\.1:\d+/live/$")
        self.assertTrue(self.opened(WAYLAND_DISPLAY="wayland-0"))

    def test_elsewhere_nothing_is_opened(self):
        self.assertIsNone(self.opened())
        self.assertIsNone(self.opened("--no-open", DISPLAY=":7"))
        self.assertIsNone(self.opened(DISPLAY=":7", SUDO_UID="1000"))

    def test_a_desktop_without_xdg_open_is_no_error(self):
        server = self.daemon("http=0")
        result = portlab("page", "--control", server.control, env=environment(DISPLAY=":7", PATH="/nonexistent"))
        self.expect(result, 0)


def without(variables, *names):
    return {name: value for name, value in variables.items() if name not in names}


class OwnNetwork(PageTest):
    def test_a_server_that_every_browser_reaches_needs_no_relay(self):
        server = self.daemon("http=0")
        result = portlab("page", "--no-open", env=server.env)
        self.expect(result, 0)
        self.assertEqual(result.text, f"http://127.0.0.1:{server.port('http')}/live/\n")
        self.assertNotIn("Ctrl-C", result.err)

    def test_with_a_port_of_its_own_the_page_follows_http(self):
        server = self.daemon("http=0")
        holder, port = closed_port()
        holder.close()
        page = self.page("--port", port, env=server.env)
        self.assertEqual(page.get("/live/")[0], 200)
        server.ask_control("close", "http")
        server.ask_control("listen", "http=127.0.0.3:0")
        self.assertIn("me   tcp 127.0.0.3:", page.get("/whoami")[1])


class Usage(PageTest):
    def test_wrong_options(self):
        for words, why in [(("--lab", "3", "--office"), "give one of them"),
                           (("--control", "/tmp/x", "-n", "class"), "give one of them"),
                           (("--name", "a b"), "letters, digits"),
                           (("--port", "70000"), "try: portlab page --port 8000"),
                           (("5",), "try: portlab page --lab 5"),
                           (("office",), "try: portlab page --office")]:
            with self.subTest(words):
                result = portlab("page", *words)
                self.expect(result, 2, why)
                self.expect_form(result)

    def test_what_does_not_run(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        env = environment(PORTLAB_CONTROL=os.path.join(folder.name, "control"))
        for words, code, reason, advice in [
                (("--lab", "3"), 2, "no lab '3' is running", "portlab lab"),
                (("--name", "none-of-this-name"), 3, "'none-of-this-name' is not up",
                 "portlab office --name none-of-this-name up"),
                (("--control", os.path.join(folder.name, "control")), 3, "no portlabd", "portlabd --private")]:
            with self.subTest(words):
                result = portlab("page", *words, env=env)
                self.expect(result, code, reason, "try: " + advice)
        # Offices of other tests are not in this network.
        need("unshare")
        if not namespaces_are_allowed():
            self.skipTest("this system forbids private networks")
        done = run("unshare", "-Urn", PORTLAB, "page", env=env)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no lab, no office and no portlabd of yours is running", done.stderr)
        self.assertIn("try: portlab lab 3", done.stderr)


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
class Lab(PageTest):
    STEP = ("```sh\ntrue\n```\n\n<!-- check\nno sockets tcp remote :80 state ESTABLISHED\nexit 0\n"
            "next: true\n-->")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.env = environment(PORTLAB_CONTROL=os.path.join(self.folder, "control"), XDG_STATE_HOME=self.folder)
        self.path = os.path.join(self.folder, "small.md")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"# Lab 1: Small\n\n<!-- lab\nminutes: 1\n-->\n\n## 1. S\n\n{self.STEP}\n\n## 2. T\n\n{self.STEP}\n")

    def start(self):
        lab = Terminal(PORTLAB, "lab", self.path, env=self.env)
        self.addCleanup(lab.__exit__)
        lab.expect("1/2) $ ")
        return lab

    def test_its_sessions_do_not_disturb_the_checks_of_a_lab(self):
        lab = self.start()
        page = self.page(env=self.env)
        self.assertIn("live page of lab", page.messages())
        viewer, _ = page.stream()
        with viewer:
            lab.type("true\r")
            lab.expect("2/2) $ ")

    def test_it_goes_on_in_the_new_network_of_a_lab_and_ends_with_the_lab(self):
        lab = self.start()
        page = self.page(env=self.env)
        self.assertEqual(page.get("/live/")[0], 200)
        lab.type("reset\r")
        lab.expect("Type yes to do that: ")
        lab.type("yes\r")
        lab.expect("1/2) $ ")
        wait_until(lambda: page.get("/live/")[0] == 200, "the page is there again")
        lab.type("quit\r")
        lab.wait()
        self.assertEqual(page.process.wait(4), 0)
        self.assertRegex(page.messages(), r"portlab: page: lab \S+small.md has ended\n$")
        self.assertFalse(page.listens())

    def test_of_several_the_newest_lab_is_shown_and_the_others_are_named(self):
        control = os.path.join(self.folder, "portlab", "control")
        server = Portlabd("--private", "--control", control, control=False)
        self.addCleanup(server.close)
        self.env = env = {**without(self.env, "PORTLAB_CONTROL"), "XDG_RUNTIME_DIR": self.folder}
        self.start()
        page = self.page(env=env)
        self.assertIn("live page of lab", page.messages())
        self.assertIn(f"  portlab page --control {control}\n", page.messages())
        # A server that is named is meant.
        for other in (self.page("--control", control, env=env), self.page(env={**env, "PORTLAB_CONTROL": control})):
            self.assertIn("live page of portlabd", other.messages())
            self.assertEqual(other.get("/live/")[0], 200)


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
class Office(PageTest):
    user = None

    @classmethod
    def setUpClass(cls):
        need("ip", "nft")
        cls.as_user = {} if cls.user is None else {"user": cls.user, "group": cls.user, "extra_groups": []}
        cls.name = f"page-{os.getpid()}-{'own' if cls.user is None else cls.user}"
        started = cls.office("up")
        if started.code != 0:
            raise AssertionError(started)
        cls.addClassCleanup(cls.office, "down")

    @classmethod
    def office(cls, *words):
        return portlab("office", "--name", cls.name, *words, **cls.as_user)

    def shown(self, *options):
        return self.page("--name", self.name, *options, env=environment(), **self.as_user)

    def test_the_page_is_that_of_server1(self):
        page = self.shown()
        self.assertIn(f"live page of the office {self.name}", page.messages())
        self.assertEqual(page.get("/live/")[0], 200)
        self.assertRegex(page.get("/whoami")[1], rf"^you  tcp {ADDRESS}:\d+\nme   tcp 127\.0\.0\.1:80\n$")
        viewer, begin = page.stream()
        with viewer:
            self.assertIn('"host":"server1"', begin)
        self.assertEqual(page.end(), 0)

    def documents(self, page, host="127.0.0.1"):
        """The documents of /api/office, one by one."""
        with socket.create_connection(("127.0.0.1", page.port), TIME_LIMIT) as viewer:
            viewer.sendall(f"GET /api/office HTTP/1.1\r\nHost: {host}:{page.port}\r\n\r\n".encode())
            with viewer.makefile(encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("data: "):
                        yield json.loads(line[6:])

    def hold(self, host, to):
        """A session from this host, until the end of the test."""
        client = subprocess.Popen([PORTLAB, "office", "--name", self.name, "enter", host, PORTLAB, "connect", "-q", to,
                                   "--hold", "600"], env=environment(), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, **self.as_user)
        self.addCleanup(client.wait, TIME_LIMIT)
        self.addCleanup(client.terminate)

    def test_the_map_shows_hosts_sessions_and_translations(self):
        page = self.shown()
        self.assertTrue(page.url.endswith("/live/?office"))
        documents = self.documents(page)
        first = next(documents)
        addresses = {host["name"]: host["addresses"] for host in first["hosts"]}
        self.assertEqual(addresses["router"], ["192.168.1.1", "203.0.113.1"])
        self.assertIn(("server1", 80, "http"), [(row["host"], row["port"], row["service"]) for row in first["listeners"]])
        self.hold("pc2", "203.0.113.80:80")

        def translated(document):
            return [row for row in document["sessions"] if row["client"]["host"] == "pc2" and row["router"]]

        row = next(rows for document in documents if (rows := translated(document)))[0]
        self.assertEqual((row["server"]["host"], row["translation"], row["service"]), ("internet", "source", "http"))
        self.hold("pc1", "192.168.1.10:21")
        second = self.documents(page)  # another viewer, at the same time
        for viewer in (documents, second):
            self.assertTrue(next(document for document in viewer
                                 if any(row["server"]["host"] == "server1" and row["server"]["port"] == 21
                                        for row in document["sessions"])))

    def test_the_map_is_only_for_this_page(self):
        page = self.shown()
        for host in (f"rebinding.example:{page.port}", "127.0.0.1:1", f"192.168.1.10:{page.port}"):
            self.assertEqual(page.status("/api/office", host), 421, host)
        self.assertNotEqual(page.get("/api/office/")[0], 200)

    def test_on_a_host_it_says_where_it_works(self):
        result = self.office("enter", "pc1", PORTLAB, "page")
        self.expect(result, 3, "this shell is in a private network")


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class OfficeOfNobody(Office):
    user = NOBODY


@unittest.skipUnless(namespaces_are_allowed(), "this system forbids private networks")
class OfficeThatEnds(PageTest):
    def test_it_ends_with_the_office(self):
        need("ip", "nft")
        name = f"page-{os.getpid()}-end"
        self.expect(portlab("office", "--name", name, "up"), 0)
        self.addCleanup(portlab, "office", "--name", name, "down")
        page = self.page("-n", name, env=environment())
        self.expect(portlab("office", "--name", name, "down"), 0)
        self.assertEqual(page.process.wait(TIME_LIMIT), 0)
        self.assertIn(f"the office {name} has ended", page.messages())


if __name__ == "__main__":
    main()
