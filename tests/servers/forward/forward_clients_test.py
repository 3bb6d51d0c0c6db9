"""forward with other people's clients, a confined portlabd, SIGHUP and the control socket."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from portlab_testing import (TIME_LIMIT, Portlabd, Server, closed_port, environment, main, need,
                             portlab, program, run, wait_until)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=TIME_LIMIT)


def receive_all(session):
    data = b""
    while piece := session.recv(65536):
        data += piece
    return data


def reply_at_the_end(session):
    """Reads until FIN, then replies: a client that can't close one direction gets nothing."""
    session.sendall(b"got %d bytes\n" % len(receive_all(session)))


class Clients(unittest.TestCase):
    def test_curl_gets_a_page_and_a_large_file(self):
        need("curl")
        with Portlabd("http=0") as web, Portlabd(f"forward=0:127.0.0.1:{web.port('http')}") as relay:
            url = f"http://127.0.0.1:{relay.port('forward')}"
            whoami = run("curl", "-sS", f"{url}/whoami").stdout
            port = re.search(r"you  tcp 127\.0\.0\.1:(\d+)", whoami)[1]
            halves = f"from 127.0.0.1:{port} to 127.0.0.1:{web.port('http')}"
            wait_until(lambda: halves in relay.log(), "the line of the log")
            direct = run("curl", "-sS", f"http://127.0.0.1:{web.port('http')}/1MiB.txt").stdout
            self.assertEqual(run("curl", "-sS", f"{url}/1MiB.txt").stdout, direct)

    def test_half_close_of_ncat_and_socat(self):
        need("ncat", "socat")
        data = b"x" * 300_000
        with Server(reply_at_the_end) as target, Portlabd(f"forward=0:{target.where}") as relay:
            port = relay.port("forward")
            for command in (["ncat", "127.0.0.1", str(port)],
                            ["socat", "-t", str(TIME_LIMIT), "-", f"TCP4:127.0.0.1:{port}"]):
                done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT,
                                      check=False)
                self.assertEqual(done.stdout, b"got 300000 bytes\n", command)

    def test_unix_sockets_on_both_sides(self):
        need("socat")
        with tempfile.TemporaryDirectory() as folder:
            target, listener = os.path.join(folder, "target"), os.path.join(folder, "listener")
            os.chmod(folder, 0o755)  # portlabd changes its user when root starts it
            with Server(reply_at_the_end, path=target), contextlib.ExitStack() as stack:
                os.chmod(target, 0o777)
                relay = stack.enter_context(Portlabd(f"forward=unix:{listener}:unix:{target}"))
                done = subprocess.run(["socat", "-t", str(TIME_LIMIT), "-", f"UNIX-CONNECT:{listener}"],
                                      input=b"hello", capture_output=True, timeout=TIME_LIMIT,
                                      check=False)
                self.assertEqual(done.stdout, b"got 5 bytes\n", relay.log())

    def test_dig_over_udp_and_tcp(self):
        need("dig")
        with Portlabd("dns=0") as dns:
            to = f"127.0.0.1:{dns.port('dns')}"
            with Portlabd(f"forward/udp=0:{to}", f"forward/tcp=0:{to}") as relay:
                for transport in ("udp", "tcp"):
                    done = run("dig", "+short", f"+{'no' if transport == 'udp' else ''}tcp",
                               "@127.0.0.1", "-p", str(relay.port("forward", transport)),
                               "pc1.lab.test")
                    self.assertEqual(done.stdout, "127.0.0.11\n", transport)

    def test_bytes_in_both_directions_at_once_through_a_confined_portlabd(self):
        need("socat")
        size = 32 << 20
        data = os.urandom(1 << 20) * (size >> 20)

        def echo(session):
            while piece := session.recv(1 << 18):
                session.sendall(piece)
        with Server(echo) as target, Portlabd(f"forward=0:{target.where}") as relay:
            done = subprocess.run(
                ["socat", "-b", "262144", "-t", str(TIME_LIMIT), "-",
                 f"TCP4:127.0.0.1:{relay.port('forward')}"],
                input=data, capture_output=True, timeout=60, check=False)
            self.assertEqual(len(done.stdout), size)
            self.assertEqual(done.stdout, data)


    def test_many_sessions_on_two_workers(self):
        def echo(session):
            while piece := session.recv(65536):
                session.sendall(piece)
        with Server(echo) as target, Portlabd("--workers", "2", f"forward=0:{target.where}") as relay:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(connect(relay.port("forward"))) for _ in range(100)]
                for number, client in enumerate(clients):
                    client.sendall(b"session %03d" % number)
                for number, client in enumerate(clients):
                    self.assertEqual(client.recv(11, socket.MSG_WAITALL), b"session %03d" % number)
                rows = relay.ask_control("sessions")["sessions"]
                self.assertEqual(sum(row["service"] == "forward" for row in rows), 200)
            wait_until(lambda: len(relay.ask_control("sessions")["sessions"]) == 1, "the last end")


class Ends(unittest.TestCase):
    def test_a_refused_target_is_logged_and_resets_the_client(self):
        holder, port = closed_port()
        with holder, Portlabd(f"forward=0:127.0.0.1:{port}") as relay:
            # The reset may come before connect() returns.
            with self.assertRaises(ConnectionResetError), connect(relay.port("forward")) as client:
                client.recv(1)
            wait_until(lambda: f"127.0.0.1:{port}: refused" in relay.log(), "the line of the log")

    def test_a_target_that_does_not_answer(self):
        """In a network of its own, with an interface that leads to no machine."""
        need("unshare", "ip")
        here = os.path.abspath(__file__)
        done = run("unshare", "-Urn", "sh", "-c",
                   "ip link set lo up && ip link add out type veth peer name empty && "
                   "ip address add 192.0.2.1/24 dev out && ip link set out up && "
                   "ip link set empty up && "
                   "ip neighbour add 192.0.2.99 lladdr 02:00:00:00:00:01 dev out && "
                   'exec "$@"', "sh", sys.executable, "-B", here, "silent-target")
        if "Operation not permitted" in done.stderr:
            self.skipTest("this system forbids the namespace that the test needs")
        self.assertEqual(done.stdout, "no answer\n", done.stderr)

    def test_a_stop_waits_for_a_transfer_and_not_for_a_silent_session(self):
        with Server(reply_at_the_end) as target, Portlabd(f"forward=0:{target.where}") as relay:
            with connect(relay.port("forward")) as client:
                client.sendall(b"half a request")
                wait_until(lambda: len(relay.ask_control("sessions")["sessions"]) == 3, "both halves")
                relay.signal(signal.SIGTERM)
                client.sendall(b", the rest")
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(receive_all(client), b"got 24 bytes\n")
            self.assertEqual(relay.process.wait(TIME_LIMIT), 0)


class Listeners(unittest.TestCase):
    def test_what_cannot_be_forwarded_is_an_error_at_the_start(self):
        for argument, text in (("forward", "forward=PORT:HOST:PORT"),
                               ("forward=8080", "forward=PORT:HOST:PORT"),
                               ("forward=8080:host", "the port is missing"),
                               ("forward=8080:0.0.0.0:80", "not the address of one machine"),
                               ("forward=8080:127.0.0.1:8080", "connect to itself"),
                               ("http=8080:127.0.0.1:80", "takes no argument")):
            done = run(program("PORTLABD"), argument)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(text, done.stderr)
            self.assertNotIn("--help", done.stderr)
        for argument in ("forward=8080:host", "forward=8080:host:99999"):
            self.assertIn("\n  try: portlabd forward=8080:HOST:PORT\n",
                          run(program("PORTLABD"), argument).stderr)

    def test_a_name_without_address_is_an_error_at_the_start(self):
        """Without a network, so that no name server is asked."""
        need("unshare")
        done = run("unshare", "-Urn", program("PORTLABD"), "forward=8080:nobody.invalid:80")
        if "Operation not permitted" in done.stderr:
            self.skipTest("this system forbids the namespace that the test needs")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("nobody.invalid: the system's resolver reports", done.stderr)

    def test_control_listens_moves_and_closes(self):
        with Server(reply_at_the_end) as target, Portlabd("http=0") as server:
            def port():
                rows = server.ask_control("listeners")["listeners"]
                found = [row for row in rows if row["service"] == "forward"]
                self.assertEqual([row.get("argument") for row in found], [target.where] * len(found))
                return found[0]["endpoint"]["port"] if found else None

            def works():
                with connect(port()) as client:
                    client.shutdown(socket.SHUT_WR)
                    return receive_all(client) == b"got 0 bytes\n"
            self.assertIn("done", server.ask_control("listen", f"forward=0:{target.where}"))
            self.assertTrue(works())
            first = port()
            self.assertIn("done", server.ask_control("move", "forward=0"))
            self.assertNotEqual(port(), first)
            self.assertTrue(works())
            self.assertIn("only when it starts",
                          server.ask_control("listen", "forward=0:www.lab.test:80")["error"])
            self.assertIn("done", server.ask_control("close", "forward"))
            self.assertIsNone(port())

    def test_sighup_changes_the_target_of_a_port(self):
        def greet(text):
            return lambda session: session.sendall(text)
        with contextlib.ExitStack() as stack:
            one = stack.enter_context(Server(greet(b"one")))
            two = stack.enter_context(Server(greet(b"two")))
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            os.chmod(folder, 0o755)  # portlabd changes its user when root starts it
            path = os.path.join(folder, "portlabd.ini")
            holder, port = closed_port()
            holder.close()

            def write(*targets):
                with open(path, "w", encoding="utf-8") as file:
                    for i, target in enumerate(targets):
                        file.write(f"forward = {port if i == 0 else 0}:{target}\n")

            def greeting():
                with connect(port) as client:
                    return receive_all(client)
            write(one.where)
            server = stack.enter_context(Portlabd("--config", path))
            self.assertEqual(greeting(), b"one")
            write(two.where, one.where)
            server.signal(signal.SIGHUP)
            wait_until(lambda: "SIGHUP: read again" in server.log(), "the reload")
            self.assertEqual(greeting(), b"two")
            self.assertEqual(len(server.ask_control("listeners")["listeners"]), 3)
            write(one.where, "127.0.0.1:0")
            server.signal(signal.SIGHUP)
            wait_until(lambda: "nothing has changed" in server.log(), "the refusal")
            self.assertEqual(greeting(), b"two")


class Tables(unittest.TestCase):
    def test_both_halves_are_shown_together(self):
        with Server(reply_at_the_end) as target, Portlabd(f"forward=0:{target.where}") as relay:
            with connect(relay.port("forward")) as client:
                ours = f"127.0.0.1:{client.getsockname()[1]}"
                listener = f"127.0.0.1:{relay.port('forward')}"
                wait_until(lambda: len(relay.ask_control("sessions")["sessions"]) == 3, "both halves")
                wait_until(lambda: target.peers, "the target's session")
                outgoing = f"127.0.0.1:{target.peers[0][1]}"
                first = rf"forward +{ours} +→ +{listener} "
                second = rf"└ forward +{outgoing} +→ +{target.where} "
                done = portlab("server", "sessions", "--control", relay.control)
                self.assertRegex(done.text, first)
                self.assertRegex(done.text, rf"{first}[^\n]*\n{second}")
                for condition in (f":{relay.port('forward')}", f":{target.port}"):
                    done = portlab("netstat", "--pairs", "--control", relay.control, condition,
                                   env=environment(COLUMNS="80"))
                    self.assertRegex(done.text, rf"tcp +{ours} +→ +{listener} +forward +ESTABLISHED\n"
                                                rf"tcp +⇒ {outgoing} +→ +{target.where} +\S* *ESTABLISHED")
                    self.assertTrue(all(len(line) <= 80 for line in done.text.splitlines()), done)
                done = portlab("server", "listeners", "--control", relay.control)
                self.assertIn(f"⇒ {target.where}", done.text)


def silent_target():
    """Prints what the log says of a target that does not answer."""
    with Portlabd("forward=127.0.0.1:8080:192.0.2.99:80") as relay:
        with connect(8080) as client:
            try:
                client.recv(1)
            except ConnectionResetError:
                pass
        print(wait_until(lambda: re.search(r"192\.0\.2\.99:80: (.*)", relay.log()), "the log")[1])


if __name__ == "__main__":
    if sys.argv[1:] == ["silent-target"]:
        silent_target()
    else:
        main()
