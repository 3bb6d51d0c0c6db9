"""The cases of tests/bench: the load, what is measured, and the goal."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import time

import peers
from peers import HOST, cpu_seconds


class Case:
    """A load. `measure` returns the figure, and CPU seconds per million operations if they have a
    meaning."""

    unit = "/s"
    lower_is_better = False
    earlier_too = True  # an earlier build of portlabd can be the peer

    def __init__(self, name, beside, services, goal=None, goal_peers=None, options=None, goals=None):
        """`goals`: of single peers, instead of `goal`."""
        self.name, self.peers, self.services = name, beside, services
        self.goal, self.goal_peers, self.goals = goal, goal_peers or beside, goals or {}
        self.options = options or {}

    def our_options(self, bench):
        """How portlabd is started."""
        return self.options

    def finish(self):
        """After the last measurement."""

    def absolute_goal(self):
        """The limit for portlabd's figure, independent of the peer; or None."""
        return None

    def goal_beside(self, peer):
        return self.goals.get(peer, self.goal if peer in self.goal_peers else None)

    def note(self, bench):
        return ""

    def peer(self, bench, name, _ours):
        return bench.servers.start(name, self.services)

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
    """HTTP requests by wrk. `service`: https is the same over TLS."""

    def __init__(self, name, beside, path, connections=64, header=None, service="http", **more):
        super().__init__(name, beside, (service,), **more)
        self.path, self.connections, self.header = path, connections, header

    def load(self, bench, port):
        words = ["wrk", "-t1", f"-c{self.connections}", f"-d{max(1, round(bench.seconds))}s"]
        if self.header:
            words += ["-H", self.header]
        output = bench.run(*words, f"{self.services[0]}://{HOST}:{port}{self.path}")
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


class Forwarded(Case):
    """A load of bench_load through a relay, to a target that all relays share. CPU seconds are those
    of the relay."""

    relays = {"haproxy": "haproxy", "socat": "socat_relay", "rinetd": "rinetd", "ssh -L": "ssh_relay",
              "relay_tcp_splice": "relay_tcp_splice"}

    service = "forward"

    def __init__(self, name, beside, what, target, connections, unit="/s", **more):
        super().__init__(name, beside, (self.service,), **more)
        self.what, self.target, self.connections, self.unit = what, target, connections, unit
        self.running = None

    def our_options(self, bench):
        """Starts the target, once for both relays."""
        self.running = bench.servers.target(self.target)
        return {"target": self.running.port}

    def finish(self):
        self.running.stop()

    def peer(self, bench, name, _ours):
        if name == peers.EARLIER:
            return bench.servers.portlabd(*self.services, name=name, target=self.running.port)
        return getattr(bench.servers, self.relays[name])(self.running.port)

    def load(self, bench, port):
        return float(bench.run(bench.build / "bench_load", self.what, HOST, port, self.connections,
                               bench.seconds))

    def note(self, bench):
        return "the CPU time of ssh -L is without that of sshd"


class ForwardedDatagrams(Forwarded):
    """The same over UDP."""

    service = "forward/udp"
    relays = {"relay_udp_epoll": "relay_udp_epoll", "socat": "socat_udp_relay"}

    def note(self, bench):
        return ""


class ForwardedMemory(Forwarded):
    """Memory per idle forwarded session, with that of the relay's child processes. The relay is started
    anew each time, because it would reuse memory that earlier sessions have freed."""

    lower_is_better = True

    def absolute_goal(self):
        return 4096

    def load(self, bench, port):
        raise NotImplementedError

    def measure(self, bench, server, name):
        with self.started(bench, name) as fresh:
            used = lambda: sum(peers.private_bytes(pid) for pid in getattr(fresh, "pids", [fresh.pid]))
            with Held(bench, self.port(fresh), 8, "hold-echo"):
                pass
            before = used()
            with Held(bench, self.port(fresh), self.connections, "hold-echo"):
                each = (used() - before) / self.connections
        return {"figure": each, "cpu": None}

    def started(self, bench, name):
        if name in self.relays:
            return self.peer(bench, name, None)
        return bench.servers.portlabd(*self.services, name=name, target=self.running.port)

    def note(self, bench):
        return f"{self.connections:,} sessions; private memory of the processes, without the kernel's"


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
        server = bench.servers.start(name, self.services)
        if server:
            server.stop()
        return server

    def measure(self, bench, server, name):
        began = time.monotonic()
        with bench.servers.start(name, self.services) as fresh:
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

    def __init__(self, bench, port, count, what="hold-http"):
        self.process = subprocess.Popen(
            [str(bench.build / "bench_load"), what, HOST, str(port), str(count), "300"],
            stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: bench.load_cpus and os.sched_setaffinity(0, bench.load_cpus))
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
        with bench.servers.start(name, self.services) as fresh:
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
        return Same(ours) if name == "without" else bench.servers.start(name, self.services)

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


class Viewers(Wrk):
    """HTTP while so many live pages are open, compared with the same server without any. The viewers run on the
    core of the load."""

    earlier_too = False

    def __init__(self, name, count, **more):
        super().__init__(name, ("without",), "/small.txt", goal=0.95, **more)
        self.count = count

    def peer(self, bench, name, ours):
        return Same(ours)

    def measure(self, bench, server, name):
        if name == "without":
            return super().measure(bench, server, name)
        with Held(bench, self.port(server), self.count, "hold-live"):
            return super().measure(bench, server, name)


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
    earlier_too = False
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


class PortScan(Case):
    """All ports of a host, by connect(2): how long the whole command takes."""

    unit = "s"
    lower_is_better = True
    earlier_too = False
    silent = ["unshare", "-Urn", "sh", "-c",
              "ip link set lo up && nft add table inet f && "
              "nft 'add chain inet f i { type filter hook input priority 0; }' && "
              "nft 'add rule inet f i tcp flags syn / syn,ack drop' && exec \"$@\"", "sh"]

    def __init__(self, name, ports, silent=False, **options):
        """`silent`: a firewall drops the packets to all these ports."""
        super().__init__(name, ("nmap",), ("http",), **options)
        self.ports, self.before = ports, self.silent if silent else []

    def peer(self, bench, name, ours):
        return contextlib.nullcontext(ours) if shutil.which(name) else None

    def measure(self, bench, _server, name):
        ours = [bench.build / "portlab", "scan", HOST, self.ports, "--json"]
        command = ["nmap", "-sT", "-Pn", "-n", "-p", self.ports, HOST] if name == "nmap" else ours
        began = time.monotonic()
        bench.run(*self.before, *command, may_fail=bool(self.before))
        return {"figure": time.monotonic() - began}

    def note(self, bench):
        return "nmap -sT -Pn -n; portlab also asks each open port which service it is"


class CaptureFlood(Case):
    """Packets at a fixed rate, each shown as a line: how many of them are taken. The others must have
    been counted as lost."""

    unit = "%"
    earlier_too = False
    rate = 100_000
    commands = {"tcpdump": ["tcpdump", "-n", "-i", "lo"]}
    # A network of its own, as nobody, because tcpdump as root changes its user.
    network = ["unshare", "-Un", "--map-user=65534", "--map-group=65534", "--keep-caps"]

    def peer(self, bench, name, ours):
        return contextlib.nullcontext(ours) if shutil.which(name) else None

    def measure(self, bench, _server, name):
        command = self.commands.get(name) or [bench.build / "portlab", "capture", "-n", "-i", "lo"]
        flood = pathlib.Path(__file__).with_name("capture_flood.py")
        result = json.loads(bench.run(*self.network, sys.executable, "-B", flood, self.rate,
                                      bench.seconds, *command, cpus=False))
        if name != "tcpdump" and result["taken"] + result["lost"] != result["sent"]:
            raise RuntimeError(f"taken and lost are not what was sent: {result}")
        self.reached = result["sent"] / result["seconds"]
        return {"figure": 100 * result["taken"] / result["sent"],
                "cpu": result["cpu"] / result["taken"] * 1e6 if result["taken"] else None}

    def note(self, bench):
        return (f"{self.reached:,.0f} packets/s were sent over loopback; CPU is that of the command; "
                "all packets that were not taken were counted as lost")


class TlsMemory(Case):
    """Memory per session over TLS: idle after one request, or with a half of the next record."""

    unit = "bytes"
    lower_is_better = True
    sessions = 1_500

    def __init__(self, name, beside, half=False, **options):
        super().__init__(name, beside, ("https",), **options)
        self.half = half

    def open_session(self, port):
        """A socket after a request, or with the first half of a record behind it."""
        raw = socket.create_connection((HOST, port))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing)

        def run(step):
            while True:
                try:
                    done = step()
                except ssl.SSLWantReadError:
                    done = None
                raw.sendall(outgoing.read())
                if done is not None:
                    return done
                incoming.write(raw.recv(65536))

        run(lambda: tls.do_handshake() or True)
        run(lambda: tls.write(b"GET /small.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n"))
        run(lambda: tls.read(65536))
        if self.half:
            tls.write(bytes(16_000))
            raw.sendall(outgoing.read()[:8_000])
        return raw

    def measure(self, bench, server, name):
        with bench.servers.start(name, self.services) as fresh, contextlib.ExitStack() as stack:
            stack.enter_context(self.open_session(self.port(fresh)))
            time.sleep(0.2)
            before = peers.private_bytes(fresh.pid)
            for _ in range(self.sessions):
                stack.enter_context(self.open_session(self.port(fresh)))
            time.sleep(0.2)
            return {"figure": (peers.private_bytes(fresh.pid) - before) / self.sessions, "cpu": None}

    def peer(self, bench, name, ours):
        return Same(ours) if bench.servers.installed(name) else None

    def note(self, bench):
        return f"{self.sessions:,} sessions; private memory of the process, without the kernel's"


class Workers(Wrk):
    """Two workers compared with one."""

    earlier_too = False

    def peer(self, bench, name, _ours):
        return bench.servers.start("portlabd", self.services)

    def note(self, bench):
        if bench.cores >= 4:
            return ""
        return (f"{bench.cores} cores, one of them for the load: a second worker has no core of "
                "its own, so no gain is possible")


RELAYS = ("relay_tcp_splice", "haproxy", "socat", "rinetd", "ssh -L")
# The goal is to be faster than all of them, and nearly as fast as the smallest possible one.
AHEAD = {"goal": 1.0, "goals": {"relay_tcp_splice": 0.9}}

ALL = [
    Wrk("http 612 bytes, keep-alive", ("nginx", "lighttpd"), "/small.txt", goal=1.3,
        goal_peers=("nginx",)),
    Wrk("http connection per request", ("nginx",), "/small.txt", header="Connection: close",
        goal=1.2),
    Wrk("http 1 MiB", ("nginx",), "/1MiB.bin", connections=16, goal=1.0),
    Wrk("https 612 bytes, keep-alive", ("nginx",), "/small.txt", service="https", goal=1.0),
    Wrk("https handshakes", ("nginx",), "/small.txt", service="https", goal=1.0,
        header="Connection: close"),
    Wrk("https 1 MiB", ("nginx",), "/1MiB.bin", connections=16, service="https", goal=1.0),
    Dnsperf("dns udp", ("nsd", "knot"), ("-c", "16", "-q", "200"), goal=1.0),
    # At most as many connections at once as the shortest accept queue holds (Knot's: 10). With more,
    # the case would measure the retransmission of SYNs.
    Load("dns tcp, connection per query", ("nsd", "knot"), "dns", "dns-tcp", 8, goal=1.0),
    Load("ftp connect, log in, quit", ("vsftpd", "pure-ftpd"), "ftp", "ftp-login", 16, goal=5.0),
    Fetch("ftp 256 MiB", ("vsftpd",), ("ftp",), goal=1.0),
    Load("echo tcp", ("echo_tcp_epoll", "socat", "xinetd"), "echo", "echo-tcp", 64, goal=0.95,
         goal_peers=("echo_tcp_epoll",)),
    Load("echo udp", ("echo_udp_recvmmsg",), "echo", "echo-udp", 16, goal=0.95),
    Forwarded("forward connect, 64 bytes, close", RELAYS, "connect-echo", "echo_tcp_epoll", 16,
              **AHEAD),
    Forwarded("forward 64 bytes, 64 sessions", RELAYS, "echo-tcp", "echo_tcp_epoll", 64, **AHEAD),
    Forwarded("forward transfer, 1 session", RELAYS, "drain-tcp", "source_tcp", 1, "MiB/s", **AHEAD),
    Forwarded("forward transfer, 64 sessions", RELAYS, "drain-tcp", "source_tcp", 64, "MiB/s",
              **AHEAD),
    ForwardedDatagrams("forward udp, 64 bytes, 16 clients", ("relay_udp_epoll", "socat"), "echo-udp",
                       "echo_udp_recvmmsg", 16, goal=1.0, goals={"relay_udp_epoll": 0.9}),
    ForwardedMemory("memory of an idle forwarded session", RELAYS, "hold-echo", "echo_tcp_epoll",
                    500, "bytes"),
    IdleMemory("memory of an idle session", ("nginx",), ("http",)),
    TlsMemory("memory of an idle TLS session", ("nginx",)),
    TlsMemory("memory of a TLS session, half a record", ("nginx",), half=True),
    IdleLatency("p99 with 15,000 idle sessions", ("without", "nginx"), "/small.txt", goal=1.2,
                goal_peers=("without",)),
    Start("start to first answer", ("nginx",), ("http",), goal=1.0),
    SocketTable("netstat with 15,000 sessions", ("ss", "netstat"), ("http",), goal=1.0),
    PortScan("scan of 65,535 ports", "1-65535", goal=1.0),
    PortScan("scan of 100 silent ports", "1-100", silent=True, goal=1.0),
    Viewers("live page, 1 viewer: keep-alive", 1),
    Viewers("live page, 30 viewers: keep-alive", 30),
    Viewers("live page, 1 viewer: connection per request", 1, header="Connection: close"),
    Viewers("live page, 30 viewers: connection per request", 30, header="Connection: close"),
    CaptureFlood("capture of 100,000 packets/s", ("tcpdump",), ("http",), goal=1.0),
    Workers("two workers", ("one",), "/small.txt", goal=1.7, options={"workers": 2}),
]
