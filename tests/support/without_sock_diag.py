#!/usr/bin/env python3
"""Runs a command where the kernel's socket table can't be read through netlink, as in gVisor and in
some containers.

    without_sock_diag.py COMMAND [ARGUMENT …]                   /proc/net is left
    without_sock_diag.py --hide tcp,udp COMMAND [ARGUMENT …]    those files of it are empty, too; this
                                                                needs unshare -Urm
"""

import ctypes
import errno
import os
import platform
import struct
import subprocess
import sys

AF_NETLINK, NETLINK_SOCK_DIAG = 16, 4
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
SOCKET = {"x86_64": 41, "aarch64": 198}  # the number of socket(2)


def forbid_sock_diag():
    # struct seccomp_data: nr at 0, the arguments from 16 on, 8 bytes each.
    program = [
        (LOAD, 0, 0, 0),
        (JUMP_IF_EQUAL, 0, 5, SOCKET[platform.machine()]),
        (LOAD, 0, 0, 16),
        (JUMP_IF_EQUAL, 0, 3, AF_NETLINK),
        (LOAD, 0, 0, 32),
        (JUMP_IF_EQUAL, 0, 1, NETLINK_SOCK_DIAG),
        (RETURN, 0, 0, SECCOMP_RET_ERRNO | errno.EPROTONOSUPPORT),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *each) for each in program)
    buffer = ctypes.create_string_buffer(code)
    filters = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
            PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def hide(names):
    """Puts a folder over /proc in which these files of net are empty; all others lead to the real
    ones. Needs a mount namespace."""
    def mount(*words):
        subprocess.run(["mount", *words], check=True)

    place = "/mnt"
    mount("-t", "tmpfs", "none", place)
    os.makedirs(f"{place}/real")
    os.makedirs(f"{place}/net")
    mount("--rbind", "/proc", f"{place}/real")
    for name in set(os.listdir("/proc")) - {"net"}:
        os.symlink(f"real/{name}", f"{place}/{name}")
    for name in set(os.listdir("/proc/self/net")) - set(names):
        os.symlink(f"../real/self/net/{name}", f"{place}/net/{name}")
    for name in names:
        with open(f"{place}/net/{name}", "w", encoding="ascii"):
            pass
    mount("--rbind", place, "/proc")


def main(words):
    if words[0] == "--hide":
        hide(words[1].split(","))
        words = words[2:]
    forbid_sock_diag()
    os.execvp(words[0], words)


if __name__ == "__main__":
    main(sys.argv[1:])
