"""Runs portlabd and portlab for the end-to-end tests (Python's standard library only).

The two programs are named by the environment variables PORTLABD and PORTLAB, which ctest sets.
Every server takes free ports (or its own private network) and a control socket of its own, so that
tests run beside each other.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

PATIENCE = 20  # seconds until something that must happen counts as not happening


def program(variable):
    path = os.environ.get(variable)
    if not path:
        raise unittest.SkipTest(f"{variable} does not name the program to test")
    return path


def enter_private_network():
    """Moves this process into a network of its own, where what it leaves behind (thousands of ports
    in TIME_WAIT) is in nobody's way. False where the system forbids it. Before any thread."""
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
    """UndefinedBehaviorSanitizer looks at objects through a pipe of its own, and takes those that it
    can't look at for broken."""
    with open(path, "rb") as file:
        if b"__ubsan_handle" in file.read():
            raise unittest.SkipTest("the sanitizer needs descriptors of its own")


def need(*tools):
    """Skips the test, with the reason, unless all tools are installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed")


def wait_until(condition, what):
    """Waits for a condition that nothing announces; its last value."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s in vain until {what}")
        time.sleep(0.01)


def namespaces_are_allowed():
    return run("unshare", "-Urn", "true").returncode == 0


def without_namespaces(*command, low_ports=False, **options):
    """Runs a command where no further namespace may be had, and no low port either unless
    `low_ports`.

    A user namespace of its own limits its descendants to no more namespaces; the network namespace
    keeps the ports that are fallen back to free of everybody else's."""
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
            self.process.wait(PATIENCE)
            log = self.log()
            self.close()
            raise AssertionError(f"portlabd did not get ready: {log}")
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
            connection.settimeout(PATIENCE)
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
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            print(f"portlabd's log:\n{self.log()}")
        self.close()


def portlab(*arguments, **options):
    """Runs portlab to its end; stdout and stderr as text."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("timeout", PATIENCE)
    return subprocess.run([program("PORTLAB"), *arguments], capture_output=True, text=True,
                          check=False, **options)


def run(*command, **options):
    """Runs any other tool to its end; output as text."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("timeout", 60)
    return subprocess.run(list(command), capture_output=True, text=True, check=False, **options)
