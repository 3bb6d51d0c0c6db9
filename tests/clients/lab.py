"""Helpers of the clients' end-to-end tests: runs portlab, and plays the server for it.

Every server here takes a free port of loopback, runs a function for each session in a thread, and
ends with the test. Nothing waits by sleeping.
"""

import contextlib
import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import threading
import unittest

PORTLAB = os.environ.get("PORTLAB", "portlab")
PATIENCE = 30  # seconds until a test is given up; nothing takes so long


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def text(self):
        return self.out.decode()

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[:2000]!r}\nstderr:\n{self.err}"


def environment(**changes):
    env = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k != "LANG"}
    # Nobody's portlabd: what a developer runs beside the tests must not change their words.
    env.update({"LC_ALL": "C.UTF-8", "TERM": "xterm", "PORTLAB_CONTROL": "/nonexistent/control"},
               **changes)
    return env


def portlab(*arguments, stdin=b"", env=None, cwd=None):
    done = subprocess.run(
        [PORTLAB, *map(str, arguments)],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        env=env or environment(),
        cwd=cwd,
    )
    return Result(done.returncode, done.stdout, done.stderr.decode())


def in_shell(script, env=None):
    """Runs a shell's line; "$PORTLAB" is the program. For redirections that Python does not know."""
    done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE,
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


class Server:
    """Accepts sessions and runs `talk(session)` for each, in a thread of its own."""

    def __init__(self, talk, family=socket.AF_INET, address="127.0.0.1", path=None):
        self.talk = talk
        self.peers = []
        self.trouble = []
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
        session.settimeout(PATIENCE)
        with session:
            try:
                self.talk(session)
            except OSError as error:  # the client went away: often part of the test
                self.trouble.append(error)

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(PATIENCE)
        for thread in self.threads:
            thread.join(PATIENCE)


class UdpServer:
    """Answers each datagram with `answer(datagram)`; None is silence."""

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
        self.thread.join(PATIENCE)
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


def closed_port(kind=socket.SOCK_STREAM):
    """A port where nobody listens: bound by us, so that nobody else can take it, and not listening."""
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
