"""The servers that are measured. Each runs on a free port of 127.0.0.1 with one worker, without
logs, and configured as its documentation recommends for speed.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

HOST = "127.0.0.1"
START_SECONDS = 20
# The name of an earlier build of portlabd, beside which this build is measured.
EARLIER = "earlier portlabd"


def free_port():
    """A port that is free now, for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind((HOST, port))
                return port
            except OSError:
                continue


def processes_below(pid):
    """The process and all its descendants."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        process = todo.pop()
        found.append(process)
        todo += children.get(process, [])
    return found


def cpu_seconds(pid):
    """CPU time of a process, its running descendants, and those that were waited for."""
    ticks = 0
    for process in processes_below(pid):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_for_children(pid, count):
    """Waits for the processes of closed sessions: CPU time counts only when a process has ended."""
    end = time.monotonic() + 1
    while len(processes_below(pid)) > count and time.monotonic() < end:
        time.sleep(0.01)


def private_bytes(pid):
    """Memory that only this process and its descendants use."""
    total = 0
    for process in processes_below(pid):
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_Dirty:"))
    return total


class Peer:
    """A running server. `with Peer(...) as peer: peer.port`."""

    def __init__(self, name, command, port, folder, is_ready=None, cpus=None):
        self.name, self.port, self.folder = name, port, folder
        self.log = open(folder / f"{name}.log", "wb")
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=lambda: cpus and os.sched_setaffinity(0, cpus))
        self._wait(is_ready or self._accepts)

    def _accepts(self):
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def _wait(self, is_ready):
        end = time.monotonic() + START_SECONDS
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                log = (self.folder / f"{self.name}.log").read_text(errors="replace")
                raise RuntimeError(f"{self.name} did not start: {log[-500:]}")
            time.sleep(0.002)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        below = processes_below(self.process.pid)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in below:
                try:
                    os.kill(process, number)
                except ProcessLookupError:
                    pass
            try:
                self.process.wait(3)
                break
            except subprocess.TimeoutExpired:
                continue
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Servers:
    """The files to serve, and a method that starts each server."""

    def __init__(self, folder, build, server_cpus, earlier=None):
        self.folder, self.build, self.cpus = pathlib.Path(folder), pathlib.Path(build), server_cpus
        self.programs = {"portlabd": self.build / "portlabd", EARLIER: earlier}
        self.folder.chmod(0o755)
        self.site = self.folder / "site"
        self.site.mkdir()
        (self.site / "small.txt").write_bytes(b"x" * 612)
        block = os.urandom(1 << 20)
        (self.site / "1MiB.bin").write_bytes(block)
        with open(self.site / "256MiB.bin", "wb") as file:
            for _ in range(256):
                file.write(block)
        self.zone = pathlib.Path(__file__).resolve().parents[2] / "servers/dns/lab.zone"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, name, services):
        """Starts the server of this name; None if it is not installed. `services` are those of
        portlabd, of this build or of the earlier one."""
        if name in self.programs:
            return self.portlabd(*services, name=name)
        return getattr(self, name.replace("-", "_"))()

    def installed(self, name):
        return name in self.programs or self._program(name) is not None

    def _program(self, name):
        return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def portlabd(self, *services, workers=1, name="portlabd", target=None):
        """`target`: the port where forward leads to."""
        base = free_port()
        control = self.folder / f"control-{base}"
        command = [self.programs[name], "--log", "none", "--root", self.site, "--workers",
                   str(workers), "--control", control, "--max-sessions-per-address",
                   "19000", *[f"{service}={base}" for service in services[:1]]]
        if target:
            command[-1] += f":{HOST}:{target}"
        ports = {services[0]: base}
        for service in services[1:]:
            ports[service] = free_port()
            command.append(f"{service}={ports[service]}")
        udp = services[0].endswith("/udp")
        peer = Peer(name, [str(word) for word in command], base, self.folder, cpus=self.cpus,
                    is_ready=(lambda: self._udp_answers(base)) if udp else None)
        peer.ports = ports
        return peer

    def nginx(self):
        if not self._program("nginx"):
            return None
        port, tls_port = free_port(), free_port()
        certificate, key = self._certificate()
        user = "user root;" if os.getuid() == 0 else ""
        config = self.write("nginx.conf", f"""
{user} worker_processes 1; worker_rlimit_nofile 20000; pid {self.folder}/nginx.pid;
error_log stderr crit; daemon off;
events {{ worker_connections 19000; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; types {{ text/plain txt; }}
  keepalive_timeout 300; keepalive_requests 1000000000;
  open_file_cache max=1000; open_file_cache_valid 60s;
  client_body_temp_path {self.folder}/n1; proxy_temp_path {self.folder}/n2;
  fastcgi_temp_path {self.folder}/n3; uwsgi_temp_path {self.folder}/n4; scgi_temp_path {self.folder}/n5;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m; ssl_session_timeout 1h;
  ssl_certificate {certificate}; ssl_certificate_key {key};
  server {{
    listen {HOST}:{port} backlog=4096; listen {HOST}:{tls_port} ssl backlog=4096; root {self.site};
  }}
}}
""")
        peer = Peer("nginx", [self._program("nginx"), "-c", str(config)], port, self.folder,
                    cpus=self.cpus)
        peer.ports = {"https": tls_port}
        return peer

    def _certificate(self):
        """A certificate and its key, on the same curve as portlabd's own."""
        files = self.folder / "certificate.pem", self.folder / "certificate.key"
        if not files[0].exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                            "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
        return files

    def lighttpd(self):
        if not self._program("lighttpd"):
            return None
        port = free_port()
        config = self.write("lighttpd.conf", f"""
server.document-root = "{self.site}"
server.port = {port}
server.bind = "{HOST}"
server.max-keep-alive-requests = 1000000000
server.max-connections = 19000
server.max-fds = 20000
server.listen-backlog = 4096
mimetype.assign = (".txt" => "text/plain")
""")
        return Peer("lighttpd", [self._program("lighttpd"), "-D", "-f", str(config)], port,
                    self.folder, cpus=self.cpus)

    def nsd(self):
        if not self._program("nsd"):
            return None
        port = free_port()
        config = self.write("nsd.conf", f"""
server:
  ip-address: {HOST}@{port}
  server-count: 1
  username: ""
  database: ""
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: "{self.folder}/xfrd.state"
  zonelistfile: "{self.folder}/zone.list"
  xfrdir: "{self.folder}"
  zonesdir: "{self.folder}"
  rrl-ratelimit: 0
  tcp-count: 1000
remote-control:
  control-enable: no
zone:
  name: lab.test
  zonefile: "{self.zone}"
""")
        return Peer("nsd", [self._program("nsd"), "-d", "-c", str(config)], port, self.folder,
                    cpus=self.cpus)

    def knot(self):
        if not self._program("knotd"):
            return None
        port = free_port()
        (self.folder / "knot").mkdir(exist_ok=True)
        config = self.write("knot.conf", f"""
server:
  rundir: "{self.folder}/knot"
  listen: {HOST}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  tcp-max-clients: 1000
database:
  storage: "{self.folder}/knot"
log:
  - target: stderr
    any: error
zone:
  - domain: lab.test
    file: "{self.zone}"
    zonefile-sync: -1
    journal-content: none
""")
        return Peer("knot", [self._program("knotd"), "-c", str(config)], port, self.folder,
                    cpus=self.cpus)

    def vsftpd(self):
        if not self._program("vsftpd"):
            return None
        port = free_port()
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        plain = "run_as_launching_user=YES\n" if os.getuid() != 0 else ""
        config = self.write("vsftpd.conf", f"""listen=YES
listen_address={HOST}
listen_port={port}
background=NO
anonymous_enable=YES
local_enable=NO
anon_root={self.site}
secure_chroot_dir={empty}
xferlog_enable=NO
seccomp_sandbox=NO
max_clients=0
max_per_ip=0
{plain}""")
        return Peer("vsftpd", [self._program("vsftpd"), str(config)], port, self.folder,
                    cpus=self.cpus)

    def pure_ftpd(self):
        program = self.build / "pure-ftpd/usr/sbin/pure-ftpd"
        if not program.exists() or os.getuid() != 0:
            return None
        port = free_port()
        os.environ["FTP_ANON_DIR"] = str(self.site)
        try:
            return Peer("pure-ftpd", [str(program), "-S", f"{HOST},{port}", "-e", "-H", "-c", "1000",
                                      "-C", "1000", "-f", "none", "-4"], port, self.folder,
                        cpus=self.cpus)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return None

    def echo_tcp_epoll(self):
        port = free_port()
        return Peer("echo_tcp_epoll", [str(self.build / "echo_tcp_epoll"), str(port)], port,
                    self.folder, cpus=self.cpus)

    def echo_udp_recvmmsg(self):
        port = free_port()
        return Peer("echo_udp_recvmmsg", [str(self.build / "echo_udp_recvmmsg"), str(port)], port,
                    self.folder, is_ready=lambda: self._udp_answers(port), cpus=self.cpus)

    @staticmethod
    def _udp_answers(port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.05)
            probe.connect((HOST, port))
            try:
                probe.send(b"?")
                return probe.recv(10) == b"?"
            except OSError:
                return False

    def socat(self):
        if not self._program("socat"):
            return None
        port = free_port()
        return Peer("socat", [self._program("socat"), f"TCP4-LISTEN:{port},bind={HOST},fork,"
                              "reuseaddr,backlog=4096,nodelay", "PIPE"], port, self.folder,
                    cpus=self.cpus)

    def xinetd(self):
        if not self._program("xinetd"):
            return None
        port = free_port()
        user = "root" if os.getuid() == 0 else "nobody"
        config = self.write("xinetd.conf", f"""
defaults {{ instances = UNLIMITED
 cps = 100000 1
 per_source = UNLIMITED }}
service echo {{
 type = INTERNAL UNLISTED
 id = echo-stream
 port = {port}
 bind = {HOST}
 socket_type = stream
 protocol = tcp
 user = {user}
 wait = no
 disable = no
}}
""".replace("defaults { ", "defaults {\n ").replace("UNLIMITED }", "UNLIMITED\n}").replace("echo {", "echo\n{"))
        try:
            return Peer("xinetd", [self._program("xinetd"), "-dontfork", "-f", str(config),
                                   "-pidfile", str(self.folder / "xinetd.pid")], port, self.folder,
                        cpus=self.cpus)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return None

    def target(self, name):
        """What relays lead to, on the core of the load."""
        port = free_port()
        cpus = {(os.cpu_count() or 1) - 1} if self.cpus else None
        return Peer(f"target {name}", [str(self.build / name), str(port)], port, self.folder, cpus=cpus,
                    is_ready=(lambda: self._udp_answers(port)) if "udp" in name else None)

    # Relays. `target`: the port of HOST where they lead to.

    def relay_tcp_splice(self, target):
        port = free_port()
        return Peer("relay_tcp_splice", [str(self.build / "relay_tcp_splice"), str(port), str(target)],
                    port, self.folder, cpus=self.cpus)

    def relay_udp_epoll(self, target):
        port = free_port()
        return Peer("relay_udp_epoll", [str(self.build / "relay_udp_epoll"), str(port), str(target)],
                    port, self.folder, is_ready=lambda: self._udp_answers(port), cpus=self.cpus)

    def haproxy(self, target):
        if not self._program("haproxy"):
            return None
        port = free_port()
        config = self.write("haproxy.cfg", f"""global
  maxconn 7000
  nbthread 1
defaults
  mode tcp
  backlog 4096
  timeout connect 10s
  timeout client 300s
  timeout server 300s
  option splice-auto
listen relay
  bind {HOST}:{port}
  server target {HOST}:{target}
""")
        return Peer("haproxy", [self._program("haproxy"), "-db", "-f", str(config)], port, self.folder,
                    cpus=self.cpus)

    def socat_relay(self, target):
        if not self._program("socat"):
            return None
        port = free_port()
        return Peer("socat", [self._program("socat"), f"TCP4-LISTEN:{port},bind={HOST},fork,"
                              "reuseaddr,backlog=4096,nodelay", f"TCP4:{HOST}:{target},nodelay"],
                    port, self.folder, cpus=self.cpus)

    def socat_udp_relay(self, target):
        """A process for each client."""
        if not self._program("socat"):
            return None
        port = free_port()
        return Peer("socat", [self._program("socat"), f"UDP4-LISTEN:{port},bind={HOST},fork,reuseaddr",
                              f"UDP4:{HOST}:{target}"], port, self.folder,
                    is_ready=lambda: self._udp_answers(port), cpus=self.cpus)

    def rinetd(self, target):
        if not self._program("rinetd"):
            return None
        port = free_port()
        config = self.write("rinetd.conf", f"{HOST} {port} {HOST} {target}\n")
        return Peer("rinetd", [self._program("rinetd"), "-f", "-c", str(config)], port, self.folder,
                    cpus=self.cpus)

    def ssh_relay(self, target):
        """ssh -L through an sshd of its own on loopback, without a password."""
        if not self._program("sshd") or not self._program("ssh"):
            return None
        key = self.folder / "ssh_key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        at, port = free_port(), free_port()
        config = self.write("sshd_config", f"""ListenAddress {HOST}:{at}
HostKey {key}
AuthorizedKeysFile {key}.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
MaxSessions 20000
""")
        server = Peer("sshd", [self._program("sshd"), "-D", "-e", "-f", str(config)], at, self.folder,
                      cpus=self.cpus)
        try:
            client = Peer("ssh", ["ssh", "-N", "-F", "none", "-i", str(key), "-p", str(at),
                                  "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                                  "-o", "BatchMode=yes", "-L", f"{HOST}:{port}:{HOST}:{target}", HOST],
                          port, self.folder, cpus=self.cpus)
        except RuntimeError:
            server.stop()
            raise
        stop = client.stop
        client.stop = lambda: (stop(), server.stop())
        client.pids = [client.pid, server.pid]
        return client
