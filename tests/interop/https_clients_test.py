"""portlabd's HTTPS with other programs: curl, wget, openssl s_client and Python's ssl and http.client."""

import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import unittest

from portlab_testing import Portlabd, has_ipv6, need, portlab, run, wait_until

SITE = pathlib.Path(__file__).resolve().parents[2] / "servers" / "site" / "files"
WHOLE = (SITE / "1MiB.txt").read_bytes()


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        addresses = ["127.0.0.1"] + ["[::1]"] * has_ipv6()
        cls.server = Portlabd("http=0", *[f"https={address}:0" for address in addresses])
        cls.addClassCleanup(cls.server.close)
        cls.port = cls.server.port("https")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.authority = os.path.join(cls.folder.name, "authority.pem")
        with open(cls.authority, "w", encoding="ascii") as file:
            file.write(cls.server.ask_control("authority")["authority"])

    def curl(self, path, *options, host="www.lab.test", expect=0):
        need("curl")
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.authority,
             "--resolve", f"{host}:{self.port}:127.0.0.1", *options,
             f"https://{host}:{self.port}{path}"],
            capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr.decode()

    def s_client(self, *options, sends=b"GET /hello.txt HTTP/1.0\r\n\r\n"):
        need("openssl")
        return subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority,
             "-ign_eof", *options],
            input=sends, capture_output=True, check=False, timeout=60)

    def context(self):
        return ssl.create_default_context(cafile=self.authority)

    def connect(self, host="www.lab.test", **options):
        """A TLS connection of Python's."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        session = self.context().wrap_socket(plain, server_hostname=host, **options)
        self.addCleanup(session.close)
        return session

    # ---- the certificate

    def test_clients_that_trust_the_authority_accept_each_name_of_the_server(self):
        for host in ("www.lab.test", "server1.lab.test", "web.lab.test", "lab.test", "localhost",
                     socket.gethostname()):
            with self.subTest(host=host):
                self.assertEqual(self.curl("/hello.txt", host=host), (SITE / "hello.txt").read_bytes())
        for host in ("127.0.0.1", "::1"):
            self.connect(host).close()

    def test_a_name_of_another_machine_is_not_in_the_certificate(self):
        message = self.curl("/", host="www.example.test", expect=60)
        self.assertIn("www.example.test", message)

    def test_without_the_authority_curl_refuses_and_the_log_says_why(self):
        need("curl")
        done = run("curl", "--silent", "--show-error", f"https://127.0.0.1:{self.port}/")
        self.assertEqual(done.returncode, 60, done.stderr)
        wait_until(lambda: re.search("https .*TLS handshake failed: the client's alert: unknown CA", self.server.log()),
                   "the log names the failure")

    def test_the_authority_is_the_same_over_http_https_and_control(self):
        wanted = pathlib.Path(self.authority).read_bytes()
        self.assertEqual(self.curl("/authority.pem"), wanted)
        plain = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        plain.request("GET", "/authority.pem")
        answer = plain.getresponse()
        self.assertEqual(answer.getheader("Content-Type"), "application/x-pem-file")
        self.assertEqual(answer.read(), wanted)
        plain.close()
        done = portlab("server", "--control", self.server.control, "authority")
        self.assertEqual((done.code, done.out), (0, wanted), done)

    def test_openssl_finds_nothing_wrong_with_the_certificate(self):
        need("openssl")
        done = self.s_client("-showcerts", "-verify_return_error", "-x509_strict", "-purpose",
                             "sslserver", "-verify_hostname", "www.lab.test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"Verify return code: 0 (ok)", done.stdout)
        shown = run("openssl", "x509", "-noout", "-text", input=done.stdout.decode(), stdin=None)
        for wanted in ("Issuer: CN = Portlab lab authority", "DNS:*.lab.test", "DNS:www.lab.test",
                       "DNS:localhost", "IP Address:127.0.0.1", "ASN1 OID: prime256v1",
                       "CA:FALSE", "TLS Web Server Authentication"):
            self.assertIn(wanted, shown.stdout)

    # ---- versions, ciphers, ALPN

    def test_versions_1_2_and_1_3_and_no_older_ones(self):
        for option, version in (("-tls1_2", b"TLSv1.2"), ("-tls1_3", b"TLSv1.3")):
            done = self.s_client(option)
            self.assertIn(version, done.stdout)
            self.assertIn(b"200 OK", done.stdout)
        for option in ("-tls1_1", "-tls1"):
            done = self.s_client(option, "-cipher", "DEFAULT@SECLEVEL=0")
            self.assertIn(b"Cipher is (NONE)", done.stdout)

    def test_weak_ciphers_are_refused_and_strong_ones_have_forward_secrecy(self):
        for cipher in ("NULL", "RC4", "3DES", "EXPORT", "aNULL"):
            done = self.s_client("-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
            self.assertNotIn(b"200 OK", done.stdout, cipher)
        done = self.s_client("-tls1_2")
        self.assertRegex(done.stdout, rb"Cipher is ECDHE-")

    def test_no_compression_and_no_renegotiation(self):
        done = self.s_client("-tls1_2")
        self.assertIn(b"Compression: NONE", done.stdout)
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as client:
            client.stdin.write(b"R\n")  # s_client's command to renegotiate
            client.stdin.flush()
            self.assertIn(b"no renegotiation", client.stderr.read())

    def test_alpn_chooses_http_1_1_and_refuses_clients_that_have_only_others(self):
        for offered, chosen in (("http/1.1", b"http/1.1"), ("h2,http/1.1", b"http/1.1")):
            self.assertIn(b"ALPN protocol: " + chosen, self.s_client("-alpn", offered).stdout)
        done = self.s_client("-alpn", "h2")
        self.assertIn(b"no application protocol", done.stderr)
        self.assertIn(b"200 OK", self.s_client().stdout)

    def test_a_session_is_resumed(self):
        with tempfile.NamedTemporaryFile() as file:
            for option in ("-tls1_2", "-tls1_3"):
                self.assertIn(b"New, TLSv1", self.s_client(option, "-sess_out", file.name).stdout)
                self.assertIn(b"Reused, TLSv1", self.s_client(option, "-sess_in", file.name).stdout)

    # ---- HTTP

    def test_curl_keeps_its_connection_and_fetches_files_whole_and_in_parts(self):
        out = self.curl("/", "--write-out", "%{num_connects}\n", "--output", os.devnull, "--output",
                        os.devnull, f"https://www.lab.test:{self.port}/1MiB.txt")
        self.assertEqual(out.split(), [b"1", b"0"])
        self.assertEqual(self.curl("/1MiB.txt"), WHOLE)
        self.assertEqual(self.curl("/1MiB.txt", "--range", "777777-"), WHOLE[777_777:])
        self.assertEqual(self.curl("/1MiB.txt", "--range", "0-0"), WHOLE[:1])

    def test_wget_fetches_a_file(self):
        need("wget")
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "file")
            done = run("wget", "-q", f"--ca-certificate={self.authority}", "-O", target,
                       f"https://127.0.0.1:{self.port}/1MiB.txt")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(pathlib.Path(target).read_bytes(), WHOLE)

    def test_a_large_body_arrives_and_returns(self):
        body = os.urandom(1 << 19)
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            shown = self.curl("/request", "--data-binary", "@" + file.name)
            self.assertTrue(shown.endswith(b"\r\n\r\n" + body))
            shown = self.curl("/request", "--data-binary", "@" + file.name, "--header",
                              "Transfer-Encoding: chunked", "--header", "Expect: 100-continue")
            self.assertEqual(shown.count(b"Transfer-Encoding: chunked"), 1)

    def test_python_keeps_one_connection_for_many_requests(self):
        session = http.client.HTTPSConnection("localhost", self.port, timeout=20,
                                              context=self.context())
        self.addCleanup(session.close)
        for number in range(50):
            session.request("GET", f"/request?{number}")
            self.assertIn(f"/request?{number} ".encode(), session.getresponse().read())

    def test_pipelined_requests_in_one_record_are_all_answered(self):
        session = self.connect()
        session.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: lab\r\n\r\n" * 100 +
                        b"GET /hello.txt HTTP/1.0\r\n\r\n")
        received = b""
        while piece := session.recv(65536):
            received += piece
        self.assertEqual(received.count(b"200 OK"), 101)

    # ---- what the server shows

    def test_whoami_and_the_session_table_say_tls(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "1.2"), (ssl.TLSVersion.TLSv1_3, "1.3")):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            session = http.client.HTTPSConnection("localhost", self.port, timeout=20, context=context)
            session.request("GET", "/whoami")
            self.assertIn(f"tls  {name}\n", session.getresponse().read().decode())
            session.request("GET", "/whoami", headers={"Accept": "application/json"})
            self.assertEqual(json.loads(session.getresponse().read())["tls"], name)
            session.request("GET", "/api/sessions")
            rows = json.loads(session.getresponse().read())
            own = session.sock.getsockname()[1]
            row = next(row for row in rows if row["remote"]["port"] == own)
            self.assertEqual((row["service"], row["tls"]), ("https", name))
            done = portlab("server", "--control", self.server.control, "sessions", f":{own}")
            self.assertRegex(done.text, rf"https .*TLS {name}, ")
            session.close()

    def test_a_plain_session_has_no_tls(self):
        session = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        session.request("GET", "/api/sessions")
        rows = json.loads(session.getresponse().read())
        self.assertNotIn("tls", next(row for row in rows if row["service"] == "http"))
        session.request("GET", "/whoami", headers={"Accept": "application/json"})
        self.assertEqual(set(json.loads(session.getresponse().read())), {"you", "me"})
        session.close()

    def test_a_request_for_https_is_refused_on_a_plain_connection(self):
        for plain, status in ((False, b"200"), (True, b"421")):
            session = socket.create_connection(
                ("127.0.0.1", self.server.port("http")), timeout=20) if plain else self.connect()
            session.sendall(b"GET https://www.lab.test/hello.txt HTTP/1.0\r\nHost: www.lab.test\r\n\r\n")
            self.assertEqual(session.recv(100).split()[1], status)
            session.close()

    # ---- the end of a connection

    def test_the_server_sends_close_notify(self):
        session = self.connect(suppress_ragged_eofs=False)
        session.sendall(b"GET /hello.txt HTTP/1.0\r\n\r\n")
        received = b""
        while piece := session.recv(65536):  # an end without close_notify raises SSLEOFError
            received += piece
        self.assertIn(b"200 OK", received)

    def test_plain_http_gets_a_400_that_says_what_to_do(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as session:
            session.sendall(b"GET / HTTP/1.1\r\nHost: www.lab.test\r\n\r\n")
            received = b""
            while piece := session.recv(65536):
                received += piece
        self.assertTrue(received.startswith(b"HTTP/1.1 400 "), received)
        self.assertIn(b"https://", received)
        self.assertIsNone(re.search(rb"\x15\x03", received))


if __name__ == "__main__":
    unittest.main()
