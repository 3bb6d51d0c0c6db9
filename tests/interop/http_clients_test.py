"""portlabd's HTTP with other programs: curl, wget, nmap and Python's http.client."""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import Portlabd, need, program, run

SITE = pathlib.Path(__file__).resolve().parents[2] / "servers" / "site" / "files"
FAMILIES = ["127.0.0.1"]
try:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
    FAMILIES.append("[::1]")
except OSError:
    pass


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Portlabd("--root", str(SITE), *[f"http={family}:0" for family in FAMILIES])
        cls.addClassCleanup(cls.server.close)
        cls.bases = []
        for endpoint in cls.server.listeners("http"):
            host = endpoint["address"]
            cls.bases.append(
                f"http://{f'[{host}]' if ':' in host else host}:{endpoint['port']}")
        cls.base = cls.bases[0]
        cls.port = cls.server.port("http")

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        return connection

    # ---- the site that every clone has

    def test_the_site_holds_what_was_promised(self):
        self.assertEqual((SITE / "1MiB.txt").stat().st_size, 1 << 20)
        for name in ("index.html", "hello.txt"):
            self.assertTrue((SITE / name).is_file(), name)
        self.assertGreaterEqual(len(list((SITE / "docs").iterdir())), 3)
        page = (SITE / "index.html").read_text(encoding="utf-8")
        for link in ("/whoami", "/request", "/api/listeners", "/hello.txt"):
            self.assertIn(f'href="{link}"', page)
        for loaded in ("src=", "@import", "url(", "<link"):
            self.assertNotIn(loaded, page)

    # ---- curl

    def curl(self, *arguments):
        need("curl")
        # Not as text: Python would make LF of every CR LF.
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", *arguments],
                              capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_curl_fetches_over_both_families(self):
        wanted = (SITE / "hello.txt").read_text(encoding="utf-8")
        for base in self.bases:
            self.assertEqual(self.curl(base + "/hello.txt"), wanted)
            self.assertEqual(self.curl("--http1.0", base + "/hello.txt"), wanted)
            self.assertEqual(self.curl("--http2", base + "/hello.txt"), wanted)  # Upgrade: h2c

    def test_curl_reuses_its_connection(self):
        out = self.curl("--write-out", "%{num_connects}\n", "--output", os.devnull,
                        self.base + "/", "--output", os.devnull, self.base + "/docs/",
                        "--output", os.devnull, self.base + "/1MiB.txt")
        self.assertEqual(out.split(), ["1", "0", "0"])

    def test_curl_resumes_a_download(self):
        whole = (SITE / "1MiB.txt").read_bytes()
        with tempfile.NamedTemporaryFile() as target:
            target.write(whole[:777_777])
            target.flush()
            self.curl("--continue-at", "-", "--output", target.name, self.base + "/1MiB.txt")
            self.assertEqual(pathlib.Path(target.name).read_bytes(), whole)

    def test_curl_knows_what_it_has(self):
        with tempfile.TemporaryDirectory() as folder:
            etag, body = os.path.join(folder, "etag"), os.path.join(folder, "body")
            arguments = ["--etag-save", etag, "--etag-compare", etag, "--output", body,
                         "--write-out", "%{http_code}", self.base + "/hello.txt"]
            self.assertEqual(self.curl(*arguments), "200")
            self.assertEqual(self.curl(*arguments), "304")

    def test_curl_posts_with_length_chunked_and_after_100_continue(self):
        shown = self.curl("--data", "a=1&b=2", self.base + "/request")
        self.assertTrue(shown.startswith("POST /request HTTP/1.1\r\n"), shown)
        self.assertTrue(shown.endswith("\r\n\r\na=1&b=2"), shown)
        shown = self.curl("--header", "Transfer-Encoding: chunked", "--data", "hello",
                          self.base + "/request")
        self.assertTrue(shown.endswith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), shown)
        with tempfile.NamedTemporaryFile() as body:
            body.write(b"x" * (1 << 20))
            body.flush()
            shown = self.curl("--header", "Expect: 100-continue", "--data-binary",
                              "@" + body.name, self.base + "/request")
            self.assertTrue(shown.endswith("x" * (1 << 20)))
            code = self.curl("--header", "Expect: 100-continue", "--data-binary", "@" + body.name,
                             "--output", os.devnull, "--write-out", "%{http_code}",
                             self.base + "/hello.txt")
            self.assertEqual(code, "405")

    def test_curl_head_options_and_errors(self):
        self.assertIn("Content-Length: 1048576", self.curl("--head", self.base + "/1MiB.txt"))
        self.assertIn("Allow: GET, HEAD, OPTIONS",
                      self.curl("--request", "OPTIONS", "--include", self.base + "/hello.txt"))
        for target, arguments, wanted in (
                ("/absent", [], "404"), ("/docs", [], "301"), ("/docs", ["--location"], "200"),
                ("/hello.txt", ["--request", "DELETE"], "405"),
                ("/hello.txt", ["--request", "BREW"], "501"),
                ("/hello.txt", ["--range", "0-4"], "206"),
                ("/hello.txt", ["--range", "99999-"], "416"),
                ("/hello.txt", ["--range", "0-1,3-4"], "206"),
                ("/../../../etc/passwd", ["--path-as-is"], "404")):
            code = self.curl(*arguments, "--output", os.devnull, "--write-out", "%{http_code}",
                             self.base + target)
            self.assertEqual(code, wanted, (target, arguments))

    def test_curl_fetches_many_at_once(self):
        need("curl")
        done = run("curl", "--silent", "--parallel", "--parallel-max", "50", "--write-out",
                   "%{http_code}\n", "--output", os.devnull, self.base + "/hello.txt?[1-200]")
        codes = done.stdout.split()
        self.assertEqual((len(codes), set(codes)), (200, {"200"}), done.stderr)

    # ---- wget

    def test_wget_mirrors_the_site(self):
        need("wget")
        with tempfile.TemporaryDirectory() as folder:
            done = run("wget", "--quiet", "--recursive", "--level=3", "--no-host-directories",
                       "--execute", "robots=off", "--reject-regex", "/api/|/request|/whoami",
                       "--directory-prefix", folder, self.base + "/")
            self.assertEqual(done.returncode, 0, done.stderr)
            for path in SITE.rglob("*"):
                if path.is_file():
                    copy = pathlib.Path(folder) / path.relative_to(SITE)
                    self.assertEqual(copy.read_bytes(), path.read_bytes(), path)

    def test_wget_continues_and_compares_dates(self):
        need("wget")
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / "1MiB.txt"
            whole = (SITE / "1MiB.txt").read_bytes()
            target.write_bytes(whole[:500_000])
            run("wget", "--quiet", "--continue", "-P", folder, self.base + "/1MiB.txt")
            self.assertEqual(target.read_bytes(), whole)
            run("wget", "--quiet", "--timestamping", "-P", folder, self.base + "/hello.txt")
            again = run("wget", "--timestamping", "-P", folder, self.base + "/hello.txt")
            self.assertIn("304", again.stderr)

    # ---- http.client

    def test_http_client_keeps_its_connection(self):
        connection = self.connect()
        for _ in range(3):
            connection.request("GET", "/whoami", headers={"Accept": "application/json"})
            response = connection.getresponse()
            both = json.loads(response.read())
            self.assertEqual(both["you"]["port"], connection.sock.getsockname()[1])
            self.assertEqual(both["me"]["port"], self.port)
        connection.request("POST", "/request", body=iter([b"one", b"two"]), encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})
        self.assertTrue(connection.getresponse().read().endswith(
            b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"))
        connection.request("HEAD", "/1MiB.txt")
        response = connection.getresponse()
        self.assertEqual(response.read(), b"")
        self.assertEqual(response.getheader("Content-Length"), "1048576")

    def test_the_api_lists_its_own_session(self):
        connection = self.connect()
        connection.request("GET", "/hello.txt")
        connection.getresponse().read()
        connection.request("GET", "/api/sessions")
        rows = json.loads(connection.getresponse().read())
        own_rows = [row for row in rows
                if row["remote"]["port"] == connection.sock.getsockname()[1]]
        self.assertEqual(len(own_rows), 1)
        self.assertEqual(own_rows[0]["note"], "GET /hello.txt 200")
        connection.request("GET", "/api/listeners")
        rows = json.loads(connection.getresponse().read())
        self.assertIn(self.port, [row["endpoint"].get("port") for row in rows])

    def test_multipart_ranges_parse_as_mime(self):
        import email.parser
        connection = self.connect()
        connection.request("GET", "/1MiB.txt", headers={"Range": "bytes=0-62,64-126,-1"})
        response = connection.getresponse()
        self.assertEqual(response.status, 206)
        head = b"Content-Type: " + response.getheader("Content-Type").encode() + b"\r\n\r\n"
        parts = email.parser.BytesParser().parsebytes(head + response.read()).get_payload()
        self.assertEqual([part["Content-Range"] for part in parts],
                         ["bytes 0-62/1048576", "bytes 64-126/1048576",
                          "bytes 1048575-1048575/1048576"])
        self.assertTrue(parts[1].get_payload().startswith("line     2 of 16384"))

    # ---- nmap

    def test_nmap_recognises_http_at_80_and_8080(self):
        # nmap knows products by their replies and no "http" in general; where HTTP is usual, it
        # asks the server for its name. Those ports are free in a network of one's own.
        need("nmap", "unshare", "ip")
        if run("unshare", "--user", "--map-root-user", "--net", "true").returncode != 0:
            self.skipTest("this system forbids private networks")
        script = """
            ip link set lo up
            exec 3< <("$0" http=80 http=8080 --root "$1" --control "$2" --log none)
            while read -r line <&3; do [ "$line" = ready ] && break; done
            nmap -sT -sV -Pn -n -p 80,8080 127.0.0.1
            kill $!
        """
        with tempfile.TemporaryDirectory() as folder:
            done = run("unshare", "--user", "--map-root-user", "--net", "bash", "-c", script,
                       program("PORTLABD"), str(SITE), os.path.join(folder, "control"),
                       timeout=120)
        for port in (80, 8080):
            self.assertRegex(done.stdout, rf"(?m)^{port}/tcp +open +http(-proxy)? +Portlab$",
                             done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
