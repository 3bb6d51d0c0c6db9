"""The helpers of all Python tests: they run portlabd, portlab and other tools, and are the server for
a client. Only Python's standard library is used.

The two programs are named by the environment variables PORTLABD and PORTLAB, which ctest sets.
Every server uses free ports (or its own private network) and its own control socket, so that tests
can run in parallel. Nothing waits by sleeping for a fixed time.

    portlab(…), on_terminal(…), in_shell(…)    run the client and return its output
    with Portlabd("http=0") as server:         a portlabd that is ready
    with Server(handle), UdpServer(answer):    a server of the test's own
    class Name(ClientTest):                    checks of exit status and error messages
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pty
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

TIME_LIMIT = 30  # seconds: the time-out of everything that must happen
PORTLAB = os.environ.get("PORTLAB", "portlab")


def program(variable):
    path = os.environ.get(variable)
    if not path:
        raise unittest.SkipTest(f"{variable} does not name the program to test")
    return path


def enter_private_network():
    """Moves this process into its own network, so that the thousands of ports that it leaves in
    TIME_WAIT disturb no other test. False when the system forbids it. Call it before any thread
    starts: unshare(2)."""
    new_user, new_network = 0x10000000, 0x40000000
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(new_user | new_network) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"),
                       ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    with socket.socket() as any_socket:
        siocsifflags, up = 0x8914, 1
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh14x", b"lo", up))
    return True


def skip_where_the_sanitizer_needs_descriptors(path):
    """UndefinedBehaviorSanitizer checks that memory is readable through a pipe of its own; without
    descriptors it reports errors that are none."""
    with open(path, "rb") as file:
        if b"__ubsan_handle" in file.read():
            raise unittest.SkipTest("the sanitizer needs file descriptors")


def need(*tools):
    """Skips the test, with the reason, unless all tools are installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed")


def wait_until(condition, what):
    """Polls a condition until it is true; returns its value."""
    end = time.monotonic() + TIME_LIMIT
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {TIME_LIMIT} s for: {what}")
        time.sleep(0.01)


def bound_sockets(address, *kinds):
    """Sockets of these kinds that are bound to one port below the ephemeral range: no client gets it, and no session
    of another program has had it a moment ago."""
    for port in random.sample(range(20000, 32768), 1000):
        with contextlib.ExitStack() as made:
            sockets = [made.enter_context(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind))
                       for kind in kinds]
            with contextlib.suppress(OSError):
                for each in sockets:
                    each.bind((address, port))
                made.pop_all()
                return sockets
    raise OSError("no free port below the ephemeral range")


def namespaces_are_allowed():
    return run("unshare", "-Urn", "true").returncode == 0


def without_namespaces(*command, low_ports=False, **options):
    """Runs a command where the system allows no new namespace, and no low port either unless
    `low_ports`.

    A user namespace whose limit of namespaces is 0 does that; a network namespace keeps the ports
    apart from those of other programs."""
    need("unshare", "setpriv", "ip")
    if not namespaces_are_allowed():
        raise unittest.SkipTest("this system forbids the namespace that the test needs")
    kept = ",+net_bind_service" if low_ports else ""
    rights = f"--bounding-set=-all{kept} --inh-caps=-all{kept} --ambient-caps=-all{kept}"
    inside = ("ip link set lo up && echo 0 >/proc/sys/user/max_net_namespaces && "
              f'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv {rights} "$@"')
    return subprocess.run(["unshare", "-Urn", "sh", "-c", inside, "sh", *command], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False, **options)


class Portlabd:
    """A portlabd that is ready. `with Portlabd("http=0", "echo=0") as server: server.port("http")`."""

    def __init__(self, *arguments, control=True, log_to=None, **popen):
        """`log_to`: a descriptor for the log, instead of a file that log() reads."""
        self.folder = tempfile.mkdtemp(prefix="portlab-test-")
        self.control = os.path.join(self.folder, "control")
        self.log_path = os.path.join(self.folder, "log")
        command = [program("PORTLABD"), "--json"]
        if control:
            command += ["--control", self.control]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command + list(arguments), stdout=subprocess.PIPE,
                stderr=log if log_to is None else log_to,
                stdin=subprocess.DEVNULL, **popen)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(TIME_LIMIT)
            log = self.log()
            self.close()
            raise AssertionError(f"portlabd did not become ready: {log}")
        self.ready = json.loads(line)

    def listeners(self, service, transport="tcp"):
        return [row["endpoint"] for row in self.ready["listeners"]
                if row["service"] == service and row["endpoint"]["transport"] == transport]

    def port(self, service, transport="tcp"):
        return self.listeners(service, transport)[0]["port"]

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def ask_control(self, command, argument=None):
        """One request over the control socket, as `portlab server` makes it."""
        request = {"command": command}
        if argument is not None:
            request["argument"] = argument
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIME_LIMIT)
            connection.connect(self.control)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                return json.loads(lines.readline())

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(TIME_LIMIT)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIME_LIMIT)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            print(f"portlabd's log:\n{self.log()}")
        self.close()


class Result:
    """Exit status, stdout (bytes; `text` is the same decoded) and stderr (text)."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def text(self):
        return self.out.decode()

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[:2000]!r}\nstderr:\n{self.err}"


def environment(**changes):
    """The environment of a run: UTF-8, and no portlabd of the developer is found."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k != "LANG"}
    env.update({"LC_ALL": "C.UTF-8", "TERM": "xterm", "PORTLAB_CONTROL": "/nonexistent/control"},
               **changes)
    return env


def portlab(*arguments, stdin=b"", env=None, timeout=TIME_LIMIT, **options):
    """Runs portlab to its end, with `stdin` as its input."""
    done = subprocess.run([program("PORTLAB"), *map(str, arguments)], input=stdin,
                          capture_output=True, timeout=timeout, env=env or environment(),
                          check=False, **options)
    return Result(done.returncode, done.stdout, done.stderr.decode())


def in_shell(script, env=None):
    """Runs a line of sh(1); "$PORTLAB" is the program. For redirections that subprocess lacks."""
    done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIME_LIMIT,
                          env=env or environment(PORTLAB=PORTLAB))
    return Result(done.returncode, done.stdout, done.stderr.decode())


def on_terminal(*arguments, typed=b"", columns=80, env=None):
    """Runs portlab with a terminal for stdin, stdout and stderr; returns exit status and screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(PORTLAB, [PORTLAB, *map(str, arguments)], env or environment())
    screen = b""
    if typed:
        os.write(terminal, typed)
    with contextlib.suppress(OSError):  # EIO: the program has closed its end
        while piece := os.read(terminal, 65536):
            screen += piece
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), screen.decode().replace("\r\n", "\n")


def run(*command, **options):
    """Runs any other tool to its end; output as text."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("timeout", 60)
    return subprocess.run(list(command), capture_output=True, text=True, check=False, **options)


class Server:
    """Accepts sessions on a free port of loopback (or at a Unix socket's path) and runs
    `handle(session)` for each in a thread."""

    def __init__(self, handle, family=socket.AF_INET, address="127.0.0.1", path=None):
        self.handle = handle
        self.peers = []
        self.errors = []
        self.threads = []
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
        else:
            self.socket = socket.socket(family)
            self.socket.bind((address, 0))
        self.socket.listen(64)
        self.port = None if path else self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                session, peer = self.socket.accept()
            except OSError:
                return
            self.peers.append(peer)
            thread = threading.Thread(target=self.serve, args=[session], daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, session):
        session.settimeout(TIME_LIMIT)
        with session:
            try:
                self.handle(session)
            except OSError as error:  # the client closed: often part of the test
                self.errors.append(error)

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(TIME_LIMIT)
        for thread in self.threads:
            thread.join(TIME_LIMIT)


class UdpServer:
    """Answers each datagram with `answer(datagram)`; None: no answer."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.peers = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(70000)
            if data == b"\0stop\0":
                return
            self.peers.append(peer)
            reply = self.answer(data)
            if reply is not None:
                self.socket.sendto(reply, peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"\0stop\0", ("127.0.0.1", self.port))
        self.thread.join(TIME_LIMIT)
        self.socket.close()


def read_head(session):
    """One HTTP request's head, as bytes."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = session.recv(1)
        if not byte:
            return data
        data += byte
    return data


def closed_port():
    """A port where nothing listens: a socket is bound to it, so that no other program can use it.
    Returns that socket and the port. Keep the socket until the end of the test."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class ClientTest(unittest.TestCase):
    def expect(self, result, code, *errors):
        self.assertEqual(result.code, code, result)
        for error in errors:
            self.assertIn(error, result.err, result)

    def expect_form(self, result):
        """Every error: what, why, and what to try; those of the network name what explains them."""
        form = r"^portlab: .+\n  try: .+\n(  why: portlab why [a-z-]+ \S+\n)?\Z"
        self.assertRegex(result.err, re.compile(form, re.M), result)


def main():
    unittest.main(verbosity=2)
