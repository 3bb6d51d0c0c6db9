"""The cases of tests/bench: the load, what is measured, and the goal."""

import re
import resource
import socket
import subprocess
import time

import peers
from peers import HOST, cpu_seconds


class Case:
    """A load. `measure` returns the figure, and CPU seconds per million operations if they have a
    meaning."""

    unit = "/s"
    lower_is_better = False

    def __init__(self, name, beside, services, goal=None, goal_peers=None, options=None):
        self.name, self.peers, self.services = name, beside, services
        self.goal, self.goal_peers = goal, goal_peers or beside
        self.options = options or {}

    def absolute_goal(self):
        """The limit for portlabd's figure, independent of the peer; or None."""
        return None

    def goal_beside(self, peer):
        return self.goal if peer in self.goal_peers else None

    def note(self, bench):
        return ""

    def peer(self, bench, name, _ours):
        return bench.servers.start(name)

    def ratio(self, ours, theirs):
        return ours / theirs

    def port(self, server):
        return getattr(server, "ports", {}).get(self.services[0], server.port)

    def measure(self, bench, server, name):
        children = len(peers.processes_below(server.pid))
        before, began = cpu_seconds(server.pid), time.monotonic()
        rate = self.load(bench, self.port(server))
        if rate <= 0:
            raise RuntimeError(f"{name} sent no answer")
        took = time.monotonic() - began
        peers.wait_for_children(server.pid, children)
        used = cpu_seconds(server.pid) - before
        # None: the CPU time of a process is lost if its parent did not wait for it.
        return {"figure": rate, "cpu": used / (rate * took) * 1e6 if used > 0 else None}


class Wrk(Case):
    """HTTP requests by wrk."""

    def __init__(self, name, beside, path, connections=64, header=None, **more):
        super().__init__(name, beside, ("http",), **more)
        self.path, self.connections, self.header = path, connections, header

    def load(self, bench, port):
        words = ["wrk", "-t1", f"-c{self.connections}", f"-d{max(1, round(bench.seconds))}s"]
        if self.header:
            words += ["-H", self.header]
        output = bench.run(*words, f"http://{HOST}:{port}{self.path}")
        if "Non-2xx" in output or re.search(r"Socket errors: connect [1-9]", output):
            raise RuntimeError(f"wrk reports errors: {output}")
        return float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1])


class Dnsperf(Case):
    """DNS queries by dnsperf, for names that exist and names that do not."""

    names = ("www A", "server1 A", "ftp A", "pc1 A", "pc2 AAAA", "_http._tcp SRV", "nothing A",
             "www AAAA")

    def __init__(self, name, beside, words, **more):
        super().__init__(name, beside, ("dns",), **more)
        self.words = words

    def load(self, bench, port):
        queries = bench.servers.write("queries", "".join(
            f"{line.split()[0]}.lab.test {line.split()[1]}\n" for line in self.names))
        output = bench.run("dnsperf", "-s", HOST, "-p", port, "-d", queries, "-l",
                         f"{max(1, round(bench.seconds))}", "-T", "1", *self.words)
        return float(re.search(r"Queries per second:\s+([0-9.]+)", output)[1])


class Load(Case):
    """A load of bench_load (load.cpp)."""

    def __init__(self, name, beside, service, what, connections, **more):
        super().__init__(name, beside, (service,), **more)
        self.what, self.connections = what, connections

    def load(self, bench, port):
        return float(bench.run(bench.build / "bench_load", self.what, HOST, port, self.connections,
                               bench.seconds))


class Fetch(Case):
    """A large file over FTP, by curl. CPU seconds are per million MiB (about 1 TiB)."""

    unit = "MiB/s"

    def load(self, bench, port):
        output = bench.run("curl", "-sS", "-o", "/dev/null", "-w", "%{speed_download}",
                         f"ftp://{HOST}:{port}/256MiB.bin")
        return float(output) / 2**20


class Start(Case):
    """The time from the start of the process to its first response over HTTP."""

    unit = "ms"
    lower_is_better = True

    def absolute_goal(self):
        return 10

    def peer(self, bench, name, _ours):
        server = bench.servers.start(name)
        if server:
            server.stop()
        return server

    def measure(self, bench, server, name):
        began = time.monotonic()
        fresh = bench.servers.portlabd("http") if name == "portlabd" else bench.servers.start(name)
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
    """Idle sessions; each has sent one request."""

    def __init__(self, bench, port, count):
        self.process = subprocess.Popen(
            [str(bench.build / "bench_load"), "hold-http", HOST, str(port), str(count), "300"],
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.__exit__()
            raise RuntimeError(f"{count} sessions could not be opened")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


IDLE = 15_000


class IdleMemory(Case):
    """Memory per idle session. The server is started anew each time, because it would reuse memory
    that earlier sessions have freed."""

    unit = "bytes"
    lower_is_better = True

    def measure(self, bench, server, name):
        with bench.servers.portlabd("http") if name == "portlabd" else bench.servers.start(name) as fresh:
            with Held(bench, self.port(fresh), 64):
                pass
            before = peers.private_bytes(fresh.pid)
            with Held(bench, self.port(fresh), IDLE):
                each = (peers.private_bytes(fresh.pid) - before) / IDLE
        return {"figure": each, "cpu": None}

    def peer(self, bench, name, ours):
        return Same(ours) if bench.servers.installed(name) else None

    def absolute_goal(self):
        return 2048

    def note(self, bench):
        return (f"{IDLE:,} sessions, each after one request; private memory of the process, "
                "without the kernel's sockets")


class IdleLatency(Wrk):
    """The 99th percentile of the latency while many sessions are idle, compared with the same
    server without idle sessions, and with another server with as many."""

    unit = "ms"
    lower_is_better = True

    def peer(self, bench, name, ours):
        return Same(ours) if name == "without" else bench.servers.start(name)

    def measure(self, bench, server, name):
        if name == "without":
            return {"figure": self.p99(bench, self.port(server)), "cpu": None}
        with Held(bench, self.port(server), IDLE):
            return {"figure": self.p99(bench, self.port(server)), "cpu": None}

    def p99(self, bench, port):
        # A high percentile needs more requests: a longer load.
        output = bench.run("wrk", "-t1", "-c16", f"-d{max(1, round(3 * bench.seconds))}s", "--latency",
                         f"http://{HOST}:{port}{self.path}")
        value, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)", output).groups()
        return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


class Same:
    """The same server again, as its own peer."""

    def __init__(self, server):
        self.server = server

    def __getattr__(self, name):
        return getattr(self.server, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class SocketTable(Case):
    """The time to list the sockets of a machine that has many."""

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
    """Two workers compared with one."""

    def peer(self, bench, name, _ours):
        return bench.servers.portlabd("http")

    def note(self, bench):
        if bench.cores >= 4:
            return ""
        return (f"{bench.cores} cores, one of them for the load: a second worker has no core of "
                "its own, so no gain is possible")


ALL = [
    Wrk("http 612 bytes, keep-alive", ("nginx", "lighttpd"), "/small.txt", goal=1.3,
        goal_peers=("nginx",)),
    Wrk("http connection per request", ("nginx",), "/small.txt", header="Connection: close",
        goal=1.2),
    Wrk("http 1 MiB", ("nginx",), "/1MiB.bin", connections=16, goal=1.0),
    Dnsperf("dns udp", ("nsd", "knot"), ("-c", "16", "-q", "200"), goal=1.0),
    # At most as many connections at once as the shortest accept queue holds (Knot's: 10). With more,
    # the case would measure the retransmission of SYNs.
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
