"""The cases of tests/bench: what is asked of both servers, what is counted, and what we want to reach."""

import re
import resource
import socket
import subprocess
import time

import peers
from peers import HOST, cpu_seconds


class Case:
    """A load. `measure` returns the figure, and CPU seconds per million operations where they mean
    something."""

    unit = "/s"
    lower_is_better = False

    def __init__(self, name, beside, services, goal=None, goal_peers=None, options=None):
        self.name, self.peers, self.services = name, beside, services
        self.goal, self.goal_peers = goal, goal_peers or beside
        self.options = options or {}

    def absolute_goal(self):
        """What our own figure must not exceed, whatever the peer's is; or None."""
        return None

    def goal_beside(self, peer):
        return self.goal if peer in self.goal_peers else None

    def note(self, bench):
        return ""

    def peer(self, bench, name, _ours):
        return bench.house.start(name)

    def ratio(self, ours, theirs):
        return ours / theirs

    def port(self, server):
        return getattr(server, "ports", {}).get(self.services[0], server.port)

    def measure(self, bench, server, name):
        children = len(peers.processes_below(server.pid))
        before, began = cpu_seconds(server.pid), time.monotonic()
        rate = self.load(bench, self.port(server))
        if rate <= 0:
            raise RuntimeError(f"{name} answered nothing")
        took = time.monotonic() - began
        peers.wait_for_children(server.pid, children)
        used = cpu_seconds(server.pid) - before
        # None: a process that nobody waited for took its time along.
        return {"figure": rate, "cpu": used / (rate * took) * 1e6 if used > 0 else None}


class Wrk(Case):
    """HTTP, asked by wrk."""

    def __init__(self, name, beside, path, connections=64, header=None, **more):
        super().__init__(name, beside, ("http",), **more)
        self.path, self.connections, self.header = path, connections, header

    def load(self, bench, port):
        words = ["wrk", "-t1", f"-c{self.connections}", f"-d{max(1, round(bench.seconds))}s"]
        if self.header:
            words += ["-H", self.header]
        said = bench.run(*words, f"http://{HOST}:{port}{self.path}")
        if "Non-2xx" in said or re.search(r"Socket errors: connect [1-9]", said):
            raise RuntimeError(f"wrk was not served: {said}")
        return float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1])


class Dnsperf(Case):
    """DNS, asked by dnsperf: names that are there, and names that are not."""

    names = ("www A", "server1 A", "ftp A", "pc1 A", "pc2 AAAA", "_http._tcp SRV", "nothing A",
             "www AAAA")

    def __init__(self, name, beside, words, **more):
        super().__init__(name, beside, ("dns",), **more)
        self.words = words

    def load(self, bench, port):
        queries = bench.house.write("queries", "".join(
            f"{line.split()[0]}.lab.test {line.split()[1]}\n" for line in self.names))
        said = bench.run("dnsperf", "-s", HOST, "-p", port, "-d", queries, "-l",
                         f"{max(1, round(bench.seconds))}", "-T", "1", *self.words)
        return float(re.search(r"Queries per second:\s+([0-9.]+)", said)[1])


class Load(Case):
    """What bench_load speaks."""

    def __init__(self, name, beside, service, what, connections, **more):
        super().__init__(name, beside, (service,), **more)
        self.what, self.connections = what, connections

    def load(self, bench, port):
        return float(bench.run(bench.build / "bench_load", self.what, HOST, port, self.connections,
                               bench.seconds))


class Fetch(Case):
    """A big file over FTP, by curl. CPU is told per million MiB, which is a TiB."""

    unit = "MiB/s"

    def load(self, bench, port):
        said = bench.run("curl", "-sS", "-o", "/dev/null", "-w", "%{speed_download}",
                         f"ftp://{HOST}:{port}/256MiB.bin")
        return float(said) / 2**20


class Start(Case):
    """From the start of the process to its first answer over HTTP."""

    unit = "ms"
    lower_is_better = True

    def absolute_goal(self):
        return 10

    def peer(self, bench, name, _ours):
        server = bench.house.start(name)
        if server:
            server.stop()
        return server

    def measure(self, bench, server, name):
        began = time.monotonic()
        fresh = bench.house.portlabd("http") if name == "portlabd" else bench.house.start(name)
        with fresh:
            while True:
                try:
                    with socket.create_connection((HOST, fresh.port), timeout=5) as client:
                        client.sendall(b"GET /small.txt HTTP/1.0\r\n\r\n")
                        if b"200" in client.recv(100):
                            break
                except ConnectionRefusedError:
                    pass
            return {"figure": (time.monotonic() - fresh.began) * 1000, "cpu": None}


class Held:
    """Idle sessions, each of which has asked once."""

    def __init__(self, bench, port, count):
        self.process = subprocess.Popen(
            [str(bench.build / "bench_load"), "hold-http", HOST, str(port), str(count), "300"],
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.__exit__()
            raise RuntimeError(f"{count} sessions could not be held")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


IDLE = 15_000


class IdleMemory(Case):
    """Memory that each of many idle sessions costs a server that has just started: later on it
    would only take again what earlier ones gave back."""

    unit = "bytes"
    lower_is_better = True

    def measure(self, bench, server, name):
        with bench.house.portlabd("http") if name == "portlabd" else bench.house.start(name) as fresh:
            with Held(bench, self.port(fresh), 64):
                pass
            before = peers.private_bytes(fresh.pid)
            with Held(bench, self.port(fresh), IDLE):
                each = (peers.private_bytes(fresh.pid) - before) / IDLE
        return {"figure": each, "cpu": None}

    def peer(self, bench, name, ours):
        return Same(ours) if bench.house.installed(name) else None

    def absolute_goal(self):
        return 2048

    def note(self, bench):
        return (f"{IDLE:,} sessions that have asked once; private memory of the process, without "
                "the kernel's sockets")


class IdleLatency(Wrk):
    """The slowest hundredth of requests while many sessions are idle, beside the same server without
    them, and beside another one that has as many."""

    unit = "ms"
    lower_is_better = True

    def peer(self, bench, name, ours):
        return Same(ours) if name == "without" else bench.house.start(name)

    def measure(self, bench, server, name):
        if name == "without":
            return {"figure": self.p99(bench, self.port(server)), "cpu": None}
        with Held(bench, self.port(server), IDLE):
            return {"figure": self.p99(bench, self.port(server)), "cpu": None}

    def p99(self, bench, port):
        # The slowest of a few are chance: it takes more of them.
        said = bench.run("wrk", "-t1", "-c16", f"-d{max(1, round(3 * bench.seconds))}s", "--latency",
                         f"http://{HOST}:{port}{self.path}")
        value, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)", said).groups()
        return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


class Same:
    """The very server that is measured, once more."""

    def __init__(self, server):
        self.server = server

    def __getattr__(self, name):
        return getattr(self.server, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class SocketTable(Case):
    """How long it takes to list a machine with many sockets."""

    unit = "ms"
    lower_is_better = True
    commands = {"ss": ["ss", "-tan"], "netstat": ["netstat", "-tan"]}

    def peer(self, bench, name, ours):
        self.held = Held(bench, ours.ports["http"], IDLE)
        return self.held

    def measure(self, bench, _server, name):
        command = self.commands.get(name) or [str(bench.build / "portlab"), "netstat", "-n", "-t"]
        began = time.monotonic()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        lines = bench.run(*command).count("\n")
        took = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if lines < 2 * IDLE:
            raise RuntimeError(f"{command[0]} shows only {lines} lines")
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return {"figure": took * 1000, "cpu": cpu * 1e6}

    def note(self, bench):
        return "CPU is that of the command itself, in µs"


class Workers(Wrk):
    """Two workers beside one."""

    def peer(self, bench, name, _ours):
        return bench.house.portlabd("http")

    def note(self, bench):
        if bench.cores >= 4:
            return ""
        return (f"{bench.cores} cores, one of which is the load's: no core is left for a second "
                "worker, so nothing can be gained here")



ALL = [
    Wrk("http 612 bytes, keep-alive", ("nginx", "lighttpd"), "/small.txt", goal=1.3,
        goal_peers=("nginx",)),
    Wrk("http connection per request", ("nginx",), "/small.txt", header="Connection: close",
        goal=1.2),
    Wrk("http 1 MiB", ("nginx",), "/1MiB.bin", connections=16, goal=1.0),
    Dnsperf("dns udp", ("nsd", "knot"), ("-c", "16", "-q", "200"), goal=1.0),
    # No more at once than the shortest queue of the three holds (Knot's, of 10): beyond it, waiting
    # for SYNs to be sent again would be what is measured.
    Load("dns tcp, connection per query", ("nsd", "knot"), "dns", "dns-tcp", 8, goal=1.0),
    Load("ftp connect, log in, quit", ("vsftpd", "pure-ftpd"), "ftp", "ftp-login", 16, goal=5.0),
    Fetch("ftp 256 MiB", ("vsftpd",), ("ftp",), goal=1.0),
    Load("echo tcp", ("echo_tcp_epoll", "socat", "xinetd"), "echo", "echo-tcp", 64, goal=0.95,
         goal_peers=("echo_tcp_epoll",)),
    Load("echo udp", ("echo_udp_recvmmsg",), "echo", "echo-udp", 16, goal=0.95),
    IdleMemory("memory of an idle session", ("nginx",), ("http",)),
    IdleLatency("p99 with 15,000 idle sessions", ("without", "nginx"), "/small.txt", goal=1.2,
                goal_peers=("without",)),
    Start("start to first answer", ("nginx",), ("http",), goal=1.0),
    SocketTable("netstat with 15,000 sessions", ("ss", "netstat"), ("http",), goal=1.0),
    Workers("two workers", ("one",), "/small.txt", goal=1.7, options={"workers": 2}),
]
