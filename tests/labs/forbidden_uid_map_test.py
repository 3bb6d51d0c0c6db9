"""A system that lets a user make a user namespace, and then forbids its uid map: Ubuntu 24.04 does that by AppArmor.

The stand-in is a filter (seccomp(2)) that answers EPERM to an open(2) for writing without O_CREAT: of all that
portlab and a shell open, only the files of the map are opened like this."""

import ctypes
import json
import os
import platform
import struct
import tempfile
import unittest

from labs_test import LONG, small_lab
from portlab_testing import namespaces_are_allowed, need, program, run

AUDIT_ARCH, OPENAT = {"x86_64": (0xC000003E, 257), "aarch64": (0xC00000B7, 56)}.get(platform.machine(), (0, 0))


def forbid_the_map():
    """Installs the filter in this process and in all that it starts."""
    load, jump_equal, give_back = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    allow, eperm = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
    flags = os.O_WRONLY | os.O_CLOEXEC
    code = b"".join(struct.pack("HBBI", *line) for line in (
        (load, 0, 0, 4), (jump_equal, 0, 5, AUDIT_ARCH),  # seccomp_data.arch
        (load, 0, 0, 0), (jump_equal, 0, 3, OPENAT),      # .nr
        (load, 0, 0, 32), (jump_equal, 0, 1, flags),      # .args[2], its lower half
        (give_back, 0, 0, eperm), (give_back, 0, 0, allow)))
    buffer = ctypes.create_string_buffer(code)
    filter_program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) != 0 or \
            libc.prctl(set_seccomp, mode_filter, filter_program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def with_forbidden_map(*command, **options):
    """Runs the command as a user without privileges, in a network namespace that keeps its ports apart."""
    need("unshare", "setpriv", "ip")
    rights = "--bounding-set=-all --inh-caps=-all --ambient-caps=-all"
    return run("unshare", "-Urn", "sh", "-c", f'ip link set lo up && exec setpriv {rights} "$@"', "sh",
               "python3", "-c", "import forbidden_uid_map_test, os, sys; forbidden_uid_map_test.forbid_the_map(); "
               "os.execv(sys.argv[1], sys.argv[1:])", *command, timeout=LONG,
               cwd=os.path.dirname(os.path.abspath(__file__)), **options)


@unittest.skipUnless(AUDIT_ARCH, "the numbers of this machine's system calls are not known to the test")
@unittest.skipUnless(namespaces_are_allowed(), "this system forbids the namespaces that the test needs")
class ForbiddenMap(unittest.TestCase):
    def test_doctor_says_which_step_is_forbidden_and_offers_what_there_is(self):
        done = with_forbidden_map(program("PORTLAB"), "doctor", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        checks = {check["name"]: check for check in document["checks"]}
        network = checks["private network"]
        self.assertEqual(network["answer"], "no")
        self.assertRegex(network["reason"], "writing /proc/self/.*: Operation not permitted")
        for name in ("private network", "low ports", "real ports"):
            self.assertIn("--shift 8000", checks[name]["instead"])
            self.assertNotIn("--private", checks[name]["instead"])
            self.assertNotIn("the real ports", checks[name]["instead"])
        self.assertIn("--shift 8000", document["how"])

    def test_a_lab_runs_on_the_ports_that_doctor_names(self):
        with tempfile.TemporaryDirectory() as folder:
            path = small_lab(folder, "```sh\nportlab http http://127.0.0.1/hello.txt\n```\n\n"
                                     "<!-- check\noutput 127.0.0.1:80\nexit 0\nnext: n\n-->")
            done = with_forbidden_map(program("PORTLAB"), "lab", "--auto", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("127.0.0.1:8080", done.stdout)


if __name__ == "__main__":
    unittest.main()
