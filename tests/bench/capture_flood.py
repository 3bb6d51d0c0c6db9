"""Sends datagrams over loopback at a fixed rate while a program captures them, in a network of its own,
and prints what the program took and lost, as JSON.

    unshare -Un --map-user=65534 --map-group=65534 --keep-caps python3 capture_flood.py RATE SECONDS PROGRAM [ARGUMENT ...]
"""

import json
import re
import resource
import signal
import socket
import subprocess
import sys
import time

BYTES = 64
BATCHES_PER_SECOND = 200


def sent_packets():
    with open("/proc/net/dev", encoding="ascii") as table:
        row = next(line for line in table if line.strip().startswith("lo:"))
    return int(row.split(":")[1].split()[9])


def flood(rate, seconds):
    """Packets that the kernel has sent, and the seconds that it took."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))  # it reads nothing: no packet comes back
        sender.connect(receiver.getsockname())
        datagram, before, began = bytes(BYTES), sent_packets(), time.monotonic()
        for batch in range(round(seconds * BATCHES_PER_SECOND)):
            for _ in range(round(rate / BATCHES_PER_SECOND)):
                sender.send(datagram)
            time.sleep(max(0, began + (batch + 1) / BATCHES_PER_SECOND - time.monotonic()))
        return sent_packets() - before, time.monotonic() - began


def main():
    rate, seconds, command = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as capture:
        said = ""
        while not re.search("capturing on|listening on", said):
            line = capture.stderr.readline()
            if not line:
                sys.exit(f"{command[0]}: {said}")
            said += line
        sent, took = flood(rate, seconds)
        capture.send_signal(signal.SIGINT)
        said = capture.stderr.read()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)

    def count(*patterns):
        found = [re.search(pattern, said) for pattern in patterns]
        return next((int(each[1]) for each in found if each), 0)

    print(json.dumps({"sent": sent, "seconds": took, "cpu": used.ru_utime + used.ru_stime,
                      "taken": count(r"(\d+) packets? in ", r"(\d+) packets? captured"),
                      "lost": count(r"(\d+) packets? lost", r"(\d+) packets? dropped by kernel")}))


if __name__ == "__main__":
    main()
