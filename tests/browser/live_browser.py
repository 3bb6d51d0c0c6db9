"""Debian's chromium without a window, for the tests of the live page and for its pictures. browser.mjs drives it."""

import contextlib
import fcntl
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, enter_private_network

HERE = pathlib.Path(__file__).resolve().parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ANSWER_LIMIT = 180  # seconds; browser.mjs reports what is not true after 60 s


def install_packages():
    """Fetches the packages of package-lock.json into node_modules, unless they are there: once, also if several
    tests begin at the same time. A reason why it can't be done, or None."""
    with open(HERE / "package.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "package-lock.json").read_bytes()
        mark = HERE / "node_modules" / ".installed"
        if mark.is_file() and mark.read_bytes() == wanted:
            return None
        command = ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts",
                   "--prefer-offline", "--fetch-retries=0", "--fetch-timeout=30000"]
        try:
            done = subprocess.run(command, cwd=HERE, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                                  check=False, timeout=120)
        except subprocess.TimeoutExpired:
            return "npm ci did not end within 120 s"
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.strip()]
            return "npm ci failed: " + " ".join(errors[:3])
        mark.write_bytes(wanted)
        return None


def need_browser():
    """Everything that the browser needs; where something is missing, the tests are skipped."""
    for tool, path in (("chromium", CHROMIUM), ("node", shutil.which("node")), ("npm", shutil.which("npm"))):
        if path is None:
            raise unittest.SkipTest(f"{tool} is not installed")
    reason = install_packages()
    if reason:
        raise unittest.SkipTest(reason)


def set_up():
    """Everything that the browser needs, and a private network. Returns whether there is such a network."""
    need_browser()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    # The services' default ports, 28,000 ephemeral ports, and no other test's connections.
    if not enter_private_network():
        return False
    pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0", encoding="ascii")
    return True


def files_max():
    """Files that this process, and each program that it starts, may open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Browser:
    """A browser with one page at a time."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="portlab-browser-")
        with open(os.path.join(self.home, "errors"), "wb") as errors:
            self.process = subprocess.Popen(
                ["node", HERE / "browser.mjs", CHROMIUM], cwd=HERE, text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, "HOME": self.home, "TMPDIR": self.home}, start_new_session=True)
        try:
            self.ask("version")
        except AssertionError as error:
            self.close()
            raise unittest.SkipTest(f"chromium does not start here: {error}") from None

    def ask(self, *command):
        """The answer of browser.mjs to a command."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_LIMIT)
        if not ready:
            self.end()
            raise AssertionError(f"{command}: the browser did not answer within {ANSWER_LIMIT} s")
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{command}: the browser has ended: {self.errors()}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{command}: {answer['error']}")
        return answer["value"]

    def errors(self):
        return pathlib.Path(self.home, "errors").read_text(encoding="utf-8", errors="replace")[-2000:]

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIME_LIMIT)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(TIME_LIMIT)
        self.end()
        self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)


class PageTest(unittest.TestCase):
    """A portlabd, and its live page in the browser of the class."""

    real_ports = False  # set_up() has made a private network
    services = ("http", "echo", "ftp", "dns")

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def start(self, *arguments, site=None):
        names = [name if self.real_ports else f"{name}=0" for name in self.services]
        server = Portlabd(*names, *(["--root", site] if site else []), *arguments)
        self.addCleanup(server.close)
        self.port = server.port("http")
        return server

    def open(self, query="", **look):
        self.browser.ask("open", f"http://127.0.0.1:{self.port}/live/{query}", look)
        self.wait("document.getElementById('state').className === 'live'")

    def wait(self, code):
        return self.browser.ask("wait", code)

    def evaluate(self, code):
        return self.browser.ask("evaluate", code)

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def wait_for_text(self, selector, part):
        self.wait(f"document.querySelector({json.dumps(selector)})?.textContent.includes({json.dumps(part)})")

    def click(self, selector):
        self.browser.ask("click", selector)

    def fill(self, selector, text):
        self.browser.ask("fill", selector, text)

    def press(self, *keys):
        for key in keys:
            self.browser.ask("press", key)

    def connect(self, service_port, count=1):
        made = []
        for _ in range(count):
            made.append(socket.create_connection(("127.0.0.1", service_port), TIME_LIMIT))
            self.addCleanup(made[-1].close)
        return made if count > 1 else made[0]

    def ask_http(self, *targets):
        """A connection that has sent these requests and got an answer."""
        client = self.connect(self.port)
        for target in targets:
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: a.lab.test\r\n\r\n".encode())
            client.recv(1 << 16)
        return client

    def row(self, port):
        """JavaScript: the row of the table whose client has this port."""
        return f"[...document.querySelectorAll('#rows tr')].find((r) => r.children[2].textContent.endsWith(':{port}'))"

    def wait_for_row(self, port, state):
        self.wait(f"{self.row(port)}?.children[4].textContent === '{state}'")

    def tearDown(self):
        if self.browser.process.poll() is None:
            found = [text for text in self.browser.ask("problems") if "Failed to load resource" not in text]
            self.assertEqual(found, [])
