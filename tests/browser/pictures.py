#!/usr/bin/env python3
"""Makes the pictures of the live page that the README files show: a class of thirty, and HTTP moved from 80 to 83.
Or, with a folder, every size and theme with 0 to 15,000 sessions, to look at them:

    export PORTLABD=$PWD/build/portlabd PORTLAB=$PWD/build/portlab PYTHONPATH=tests/support
    ./tests/browser/pictures.py
    ./tests/browser/pictures.py FOLDER

Needs what the tests of the live page need, and pngquant."""

import contextlib
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import live_browser
from portlab_testing import Portlabd, need, portlab, run

TOP = pathlib.Path(__file__).resolve().parents[2]
SERVER, VIEWER = "192.168.1.10", "192.168.1.37"
SIZES = ((1280, 720), (1920, 1080), (390, 844))
BYTES_MAX = 60_000
MARK = "PORTLAB_PICTURES"


def enter():
    """Starts this script again on a machine of its own: server1, with the addresses of a class."""
    if not os.environ.get(MARK):
        need("unshare", "ip", "pngquant")
        reason = live_browser.install_packages()
        if reason:
            sys.exit(reason)
        os.execvpe("unshare", ["unshare", "-Urn", "--uts", sys.executable, "-B", *sys.argv], {**os.environ, MARK: "1"})
    socket.sethostname("server1")
    # All addresses of a network on lo are this machine's own.
    for command in ("link set lo up", f"address add {SERVER}/24 dev lo",
                    f"route replace local {SERVER} dev lo table local src {VIEWER}"):
        done = run("ip", *command.split())
        if done.returncode != 0:
            sys.exit(f"ip {command}: {done.stderr}")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Scene(contextlib.ExitStack):
    """A portlabd, its clients, and the live page."""

    def __init__(self, browser):
        super().__init__()
        self.browser = browser
        self.number = 0

    def start(self, query=""):
        self.serve()
        self.browser.ask("open", f"http://{SERVER}/live/{query}", {})
        self.wait_for_state("live")

    def wait_for_state(self, state):
        self.browser.ask("wait", f"document.getElementById('state').className === '{state}'")

    def restart(self):
        """The browser's connections for the files of the page are gone: that of its stream comes back."""
        self.server.stop()
        self.wait_for_state("reconnecting")
        self.browser.ask("evaluate", "sessionStorage.clear()")
        self.serve()
        self.wait_for_state("live")

    def serve(self):
        site = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        site.chmod(0o755)
        shutil.copytree(TOP / "servers" / "site" / "files", site, dirs_exist_ok=True)
        with (site / "large.iso").open("wb") as large:
            large.truncate(64 << 20)
        self.server = self.enter_context(
            Portlabd("--bind", SERVER, "--root", site, "http", "ftp", "dns", "echo"))

    def connect(self, port, text=b"", count=1):
        """Clients of several machines, that have sent this text; the last one's port."""
        for _ in range(count):
            self.number += 1
            source = f"192.168.1.{20 + self.number * 7 % 30}"
            client = self.enter_context(socket.create_connection((SERVER, port), source_address=(source, 0)))
            if text:
                client.sendall(text)
                client.recv(1 << 16)
        return client.getsockname()[1]

    def try_closed(self, port, count):
        """Attempts that are refused."""
        for number in range(count):
            with socket.socket() as client, contextlib.suppress(ConnectionRefusedError):
                client.bind((f"192.168.1.{21 + number}", 0))
                client.connect((SERVER, port))

    def get(self, port, path, count=1):
        return self.connect(port, f"GET {path} HTTP/1.1\r\nHost: {SERVER}\r\n\r\n".encode(), count)

    def ask_dns(self, *names):
        for name in names:
            portlab("dns", f"{name}.lab.test", f"@{SERVER}", "--source", f"192.168.1.{30 + len(name)}")

    def some(self, count):
        """So many sessions, of all services; then a request."""
        ftp, echo = count // 10 + 1, count // 5
        self.connect(7, b"hello", echo)
        self.connect(21, count=ftp)
        self.get(80, "/hello.txt", count - ftp - echo)
        self.ask_dns("www", "ftp", "server1")

    def download(self):
        """A download over FTP that does not end: its second port stays."""
        control = self.enter_context(socket.create_connection((SERVER, 21), source_address=("192.168.1.44", 0)))
        with control.makefile("rw", newline="") as lines:
            def ask(command):
                if command:
                    lines.write(command + "\r\n")
                    lines.flush()
                while not (line := lines.readline())[3:4] == " ":
                    pass
                return line
            for command in ("", "USER anonymous", "PASS a@lab.test"):
                ask(command)
            data = socket.socket()
            data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.enter_context(data).bind(("192.168.1.44", 0))
            data.connect((SERVER, int(ask("EPSV").split("|")[3])))
            lines.write("RETR large.iso\r\n")
            lines.flush()

    def take(self, path, **look):
        """A picture, when nothing moves any more."""
        self.browser.ask("look", look)
        self.browser.ask("wait", "new Promise((done) => setTimeout(() => done(true), 900))")
        self.browser.ask("screenshot", str(path))


def readme_pictures(browser):
    with Scene(browser) as scene:
        scene.start()
        scene.restart()
        scene.connect(7, b"hello", 4)
        scene.connect(21)
        scene.get(80, "/hello.txt", 5)
        scene.download()
        scene.server.ask_control("move", "http=83")
        scene.get(83, "/hello.txt", 9)
        scene.ask_dns("www", "ftp", "server1")
        port = scene.get(83, "/docs/three-ranges.txt")
        browser.ask("wait", f"document.getElementById('tuple').textContent.includes(':{port} ') && "
                            "document.getElementById('words').textContent.includes('three-ranges.txt 200')")
        for name, dark in (("live-page.png", False), ("live-page-dark.png", True)):
            scene.try_closed(80, 3 if not dark else 0)
            path = TOP / "servers" / "http" / name
            scene.take(path, dark=dark)
            subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", path, "64", path], check=True)
            size = path.stat().st_size
            print(f"{path.relative_to(TOP)}: {size} bytes")
            if size > BYTES_MAX:
                sys.exit(f"more than {BYTES_MAX} bytes: fewer colours?")


def all_pictures(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)

    def every_look(scene, name):
        for width, height in SIZES:
            for dark in (False, True):
                path = folder / f"{name}-{width}{'-dark' if dark else ''}.png"
                scene.take(path, width=width, height=height, dark=dark)

    for query in ("", "?projector"):
        mode = "projector-" if query else ""
        for count in (0, 5, 200, 15000):
            with Scene(browser) as scene:
                scene.start(query)
                if count:
                    scene.some(count)
                every_look(scene, f"{mode}{count}")
        with Scene(browser) as scene:
            scene.start(query)
            scene.some(20)
            scene.download()
            scene.server.ask_control("move", "http=83")
            scene.get(83, "/hello.txt", 9)
            every_look(scene, f"{mode}move")
            browser.ask("evaluate", "document.querySelector('#rows button').click()")
            every_look(scene, f"{mode}explained")
        with Scene(browser) as scene:
            scene.start(query)
            scene.some(5)
            with subprocess.Popen([os.environ["PORTLAB"], "scan", SERVER, "all"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as scan:
                time.sleep(1)
                scene.take(folder / f"{mode}scan-1280.png")
                scan.terminate()


def main():
    enter()
    with contextlib.closing(live_browser.Browser()) as browser:
        if len(sys.argv) > 1:
            all_pictures(browser, pathlib.Path(sys.argv[1]).resolve())
        else:
            readme_pictures(browser)


if __name__ == "__main__":
    main()
