"""A LAN for tests, in network namespaces: this process is on the server's machine, and commands can run
on the other machine of the LAN.

    setUpModule = portlab_lan.enter      the whole test file runs on the server's machine
    with Lan() as lan:                   192.168.1.10 and fd00:1::10 here; the other machine has
        lan.there("dig", …)              192.168.1.11 to .40 and fd00:1::11
"""

import os
import subprocess
import sys
import unittest

from portlab_testing import namespaces_are_allowed, need, run, wait_until

SERVER, SERVER6 = "192.168.1.10", "fd00:1::10"
PCS = [f"192.168.1.{number}" for number in range(11, 41)]
MARK = "PORTLAB_TEST_LAN"


def enter():
    """Starts this test file again as root of its own user and network namespace; skips the tests where
    the system forbids that."""
    if os.environ.get(MARK):
        return
    need("unshare", "nsenter", "ip")
    if not namespaces_are_allowed():
        raise unittest.SkipTest("this system forbids network namespaces")
    sys.stdout.flush()
    os.execvpe("unshare", ["unshare", "-Urn", sys.executable, "-B", "-m", *sys.orig_argv[3:]],
               {**os.environ, MARK: "1"})


class Lan:
    def __init__(self):
        self.machine = subprocess.Popen(["unshare", "-n", "sleep", "3600"])

    def _set_up(self):
        here = os.readlink("/proc/self/ns/net")
        there = f"/proc/{self.machine.pid}/ns/net"
        wait_until(lambda: os.readlink(there) != here, "the other machine's network namespace")
        self._ip("link set lo up")
        self._ip("link add lan0 type veth peer name pc0")
        self._ip(f"link set pc0 netns {self.machine.pid}")
        for address in (f"{SERVER}/24", f"{SERVER6}/64 nodad"):
            self._ip(f"address add {address} dev lan0")
        self._ip("link set lan0 up")
        self.there("ip", "link", "set", "lo", "up")
        for address in [f"{pc}/24" for pc in PCS]:
            self.there("ip", "address", "add", address, "dev", "pc0")
        self.there("ip", "address", "add", "fd00:1::11/64", "dev", "pc0", "nodad")
        self.there("ip", "link", "set", "pc0", "up")
        wait_until(lambda: self.there("ping", "-c1", "-W1", SERVER).returncode == 0
                   if self._has_ping() else True, "the LAN")

    @staticmethod
    def _has_ping():
        return os.path.exists("/bin/ping") or os.path.exists("/usr/bin/ping")

    @staticmethod
    def _ip(words):
        done = run("ip", *words.split())
        if done.returncode != 0:
            raise AssertionError(f"ip {words}: {done.stderr}")

    def there(self, *command, **options):
        """Runs a command on the other machine."""
        return run("nsenter", "-t", str(self.machine.pid), "-n", *map(str, command), **options)

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.machine.kill()
        self.machine.wait()
        run("ip", "link", "delete", "lan0")
