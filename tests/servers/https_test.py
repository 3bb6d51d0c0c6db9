"""portlabd's https: its certificates, its ports, a reload, and clients that do harm."""

import os
import pathlib
import random
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from portlab_testing import (TIME_LIMIT, Portlabd, enter_private_network, environment, need, program,
                             run, wait_until)

GET = b"GET /hello.txt HTTP/1.1\r\nHost: lab\r\n\r\n"


def setUpModule():
    enter_private_network()


def connect(port, address="127.0.0.1"):
    return socket.create_connection((address, port), TIME_LIMIT)


def fetch(port, authority, host="localhost", request=GET, address="127.0.0.1"):
    """One request, with the authority as the only one that is trusted; the certificate's names."""
    context = ssl.create_default_context(cadata=authority)
    with context.wrap_socket(connect(port, address), server_hostname=host) as session:
        session.sendall(request)
        answer = session.recv(4096)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise AssertionError(f"answered {answer!r}")
        return [value for _, value in session.getpeercert()["subjectAltName"]]


def authority_of(server):
    return server.ask_control("authority")["authority"]


def hello():
    """The bytes of a ClientHello."""
    to_server, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(from_server, to_server, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return to_server.read()


class Certificates:
    """Certificates of an authority that openssl(1) makes."""

    def __init__(self, test):
        need("openssl")
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.folder = pathlib.Path(folder.name)
        self.authority = self.make("authority", "-x509", "-subj", "/CN=Test authority")

    def path(self, name):
        return str(self.folder / name)

    def openssl(self, *words):
        done = run("openssl", *words)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def make(self, name, *options):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem"), *options)
        os.chmod(self.path(f"{name}.key"), 0o644)
        return (self.folder / f"{name}.pem").read_text()

    def sign(self, name, *options):
        """A certificate for localhost; its file and that of its key."""
        self.make(name, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost," +
                  f"DNS:{name}.test")
        self.openssl("x509", "-req", "-in", self.path(f"{name}.pem"), "-CA",
                     self.path("authority.pem"), "-CAkey", self.path("authority.key"), "-copy_extensions",
                     "copy", "-out", self.path(f"{name}.pem"), *options)
        return self.path(f"{name}.pem"), self.path(f"{name}.key")


class OwnCertificates(unittest.TestCase):
    def setUp(self):
        self.made = Certificates(self)

    def start(self, *arguments):
        server = Portlabd(*arguments)
        self.addCleanup(server.close)
        return server

    def refused(self, *arguments):
        done = subprocess.run([program("PORTLABD"), "https=0", "--control", self.made.path("control"),
                               *arguments], capture_output=True, text=True, timeout=TIME_LIMIT,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def test_a_certificate_and_its_key_are_used(self):
        certificate, key = self.made.sign("first")
        server = self.start("https=0", "http=0", "--certificate", certificate, "--key", key)
        self.assertIn("first.test", fetch(server.port("https"), self.made.authority))
        self.assertIn("error", server.ask_control("authority"))
        with connect(server.port("http")) as plain:
            plain.sendall(b"GET /authority.pem HTTP/1.0\r\n\r\n")
            self.assertIn(b" 404 ", plain.recv(4096))

    def test_both_may_be_in_one_file_and_named_in_the_configuration(self):
        certificate, key = self.made.sign("first")
        both = self.made.path("both.pem")
        pathlib.Path(both).write_text(pathlib.Path(certificate).read_text() +
                                      pathlib.Path(key).read_text())
        config = self.made.path("config")
        pathlib.Path(config).write_text(f"https = 0\ncertificate = {both}\n")
        server = self.start("--config", config)
        self.assertIn("first.test", fetch(server.port("https"), self.made.authority))

    def test_a_chain_is_sent_whole(self):
        self.made.make("between", "-subj", "/CN=Between")
        extensions = self.made.path("extensions")
        pathlib.Path(extensions).write_text("basicConstraints=critical,CA:TRUE\n")
        self.made.openssl("x509", "-req", "-in", self.made.path("between.pem"), "-CA",
                          self.made.path("authority.pem"), "-CAkey", self.made.path("authority.key"),
                          "-extfile", extensions, "-out", self.made.path("between.pem"))
        self.made.make("leaf", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        self.made.openssl("x509", "-req", "-in", self.made.path("leaf.pem"), "-CA",
                          self.made.path("between.pem"), "-CAkey", self.made.path("between.key"),
                          "-copy_extensions", "copy", "-out", self.made.path("leaf.pem"))
        chain = self.made.path("chain.pem")
        pathlib.Path(chain).write_text((self.made.folder / "leaf.pem").read_text() +
                                       (self.made.folder / "between.pem").read_text())
        server = self.start("https=0", "--certificate", chain, "--key", self.made.path("leaf.key"))
        fetch(server.port("https"), self.made.authority)

    def test_what_cannot_be_used_is_named(self):
        certificate, key = self.made.sign("first")
        _, other_key = self.made.sign("second")
        empty = self.made.path("empty")
        pathlib.Path(empty).write_text("no certificate\n")
        encrypted = self.made.path("encrypted.key")
        self.made.openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", encrypted)
        for arguments, words in (
                (("--certificate", "/nonexistent/file"), ("/nonexistent/file", "No such file")),
                (("--certificate", empty), (empty, "no certificate in PEM format")),
                (("--certificate", key), (key, "no certificate in PEM format")),
                (("--certificate", self.made.path("")), ("certificate",)),
                (("--certificate", certificate), (certificate, "no key in PEM format")),
                (("--certificate", certificate, "--key", "/nonexistent/key"), ("/nonexistent/key",)),
                (("--certificate", certificate, "--key", other_key),
                 (other_key, "does not belong to the certificate")),
                (("--certificate", certificate, "--key", encrypted), (encrypted, "encrypted")),
                (("--key", key), ("--certificate",))):
            with self.subTest(arguments=arguments):
                error = self.refused(*arguments)
                for word in words:
                    self.assertIn(word, " ".join(error.split()))
                self.assertTrue(error.startswith("portlabd: "), error)

    def test_an_expired_certificate_is_a_warning(self):
        certificate, key = self.made.sign("old", "-days", "-1")
        server = self.start("https=0", "--certificate", certificate, "--key", key)
        self.assertIn("the certificate has expired", server.log())
        with self.assertRaisesRegex(ssl.SSLError, "expired"):
            fetch(server.port("https"), self.made.authority)

    def test_a_reload_reads_them_again(self):
        certificate, key = self.made.sign("first")
        server = self.start("https=0", "--certificate", certificate, "--key", key)
        context = ssl.create_default_context(cadata=self.made.authority)
        before = context.wrap_socket(connect(server.port("https")), server_hostname="localhost")
        self.addCleanup(before.close)
        self.made.sign("second")
        for ending in ("key", "pem"):
            os.replace(self.made.path(f"second.{ending}"), self.made.path(f"first.{ending}"))
        server.signal(signal.SIGHUP)
        wait_until(lambda: "SIGHUP: read again" in server.log(), "the files are read again")
        self.assertIn("second.test", fetch(server.port("https"), self.made.authority))
        before.sendall(GET)  # the session keeps the certificate that it began with
        self.assertIn(b"200 OK", before.recv(4096))

    def test_a_reload_of_a_wrong_file_changes_nothing(self):
        certificate, key = self.made.sign("first")
        server = self.start("https=0", "--certificate", certificate, "--key", key)
        pathlib.Path(certificate).write_text("nothing\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "SIGHUP: nothing has changed" in server.log(), "the reload fails")
        self.assertIn(certificate, server.log())
        self.assertIn("first.test", fetch(server.port("https"), self.made.authority))

    def test_a_reload_leaves_a_key_that_can_not_be_read_any_more(self):
        certificate, key = self.made.sign("first")
        server = self.start("https=0", "--certificate", certificate, "--key", key)
        os.chmod(key, 0)  # portlabd has dropped root's right to read all files
        server.signal(signal.SIGHUP)
        wait_until(lambda: "SIGHUP: read again" in server.log(), "the rest is read again")
        self.assertIn("the certificate stays the same", server.log())
        self.assertIn("first.test", fetch(server.port("https"), self.made.authority))

    def test_a_reload_may_open_https_with_a_certificate(self):
        config = self.made.path("config")
        pathlib.Path(config).write_text("http = 0\n")
        server = self.start("--config", config)
        certificate, key = self.made.sign("first")
        pathlib.Path(config).write_text(f"https = 8443\ncertificate = {certificate}\nkey = {key}\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "SIGHUP: read again" in server.log(), "the configuration is read again")
        self.assertIn("first.test", fetch(8443, self.made.authority))


class OwnAuthority(unittest.TestCase):
    def test_it_is_made_when_https_listens_for_the_first_time(self):
        with Portlabd("http=0") as server:
            self.assertIn("error", server.ask_control("authority"))
            done = server.ask_control("listen", "https=8443")
            self.assertIn("8443", done["done"])
            fetch(8443, authority_of(server), "www.lab.test")

    def test_it_is_only_in_memory(self):
        with Portlabd("https=0") as one, Portlabd("https=0") as other:
            self.assertNotEqual(authority_of(one), authority_of(other))
            with self.assertRaises(ssl.SSLError):
                fetch(one.port("https"), authority_of(other))
            self.assertNotIn("PRIVATE", authority_of(one))

    def test_a_reload_signs_another_certificate_with_the_names_of_the_zones(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            zone = pathlib.Path(folder) / "class.test.zone"
            text = "$TTL 60\n@ SOA ns1 me 1 2 3 4 5\n@ NS ns1\nns1 A 127.0.0.1\n"
            zone.write_text(text)
            with Portlabd("https=0", "--zone", str(zone)) as server:
                authority = authority_of(server)
                self.assertIn("ns1.class.test", fetch(server.port("https"), authority))
                zone.write_text(text + "deep.below A 127.0.0.1\nelsewhere A 192.0.2.1\n_x._tcp A 127.0.0.1\n")
                server.signal(signal.SIGHUP)
                wait_until(lambda: "SIGHUP: read again" in server.log(), "the zone is read again")
                names = fetch(server.port("https"), authority, "deep.below.class.test")
                self.assertNotIn("elsewhere.class.test", names)
                self.assertFalse([name for name in names if "_" in name])

    def test_it_is_for_all_addresses_of_this_machine(self):
        run("ip", "address", "add", "192.168.77.5/24", "dev", "lo")
        with Portlabd("https=0", "--bind", "0.0.0.0") as server:
            fetch(server.port("https"), authority_of(server), "192.168.77.5", address="192.168.77.5")


class Ports(unittest.TestCase):
    def test_it_moves_opens_and_closes_like_any_service(self):
        with Portlabd("https=0", "--workers", "2") as server:
            authority = authority_of(server)
            self.assertIn("done", server.ask_control("move", "https=8444"))
            fetch(8444, authority)
            self.assertIn("done", server.ask_control("listen", "https=8445"))
            for _ in range(20):
                fetch(8445, authority)
            self.assertIn("done", server.ask_control("close", "https=8444"))
            with self.assertRaises(ConnectionRefusedError):
                connect(8444)

    def test_its_default_port_is_443_and_it_listens_only_where_it_is_named(self):
        with Portlabd("--shift", "8000", "https", "http") as server:
            self.assertEqual((server.port("https"), server.port("http")), (8443, 8080))
            urls = server.ask_control("url")["here"]["urls"]
            self.assertIn("https://127.0.0.1:8443/", urls)
        with Portlabd("--shift", "8000") as server:
            self.assertEqual(server.listeners("https"), [])

    def test_in_a_private_network_it_has_port_443_and_curl_trusts_its_authority(self):
        need("curl")
        with Portlabd("http", "dns", "--private") as server:
            # The certificate is made when https listens for the first time.
            server.ask_control("listen", "https")
            self.assertIn("https", [row["service"] for row in server.ask_control("listeners")["listeners"]])
            authority_file = server.control + ".pem"
            with open(authority_file, encoding="ascii") as file:
                self.assertEqual(file.read(), authority_of(server))
            done = subprocess.run(
                [program("PORTLAB"), "enter", "--control", server.control, "curl", "--silent",
                 "--show-error", "https://www.lab.test/hello.txt"],
                capture_output=True, text=True, timeout=TIME_LIMIT, env=environment(),
                stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Hello from", done.stdout)
            self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(authority_file))

    def test_the_authority_is_kept_in_a_file_that_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ca.pem")
            with Portlabd("https=0", "--authority-file", path) as server:
                with open(path, encoding="ascii") as file:
                    self.assertEqual(file.read(), authority_of(server))
                self.assertEqual(server.stop(), 0)
            self.assertEqual(os.listdir(folder), [])
            with self.assertRaisesRegex(AssertionError, "--authority-file .*No such file"):
                Portlabd("https=0", "--authority-file", os.path.join(folder, "none", "ca.pem"))

    def test_the_authoritys_file_is_removed_before_sessions_have_ended(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ca.pem")
            with Portlabd("https=0", "http=0", "--authority-file", path) as server:
                with socket.create_connection(("127.0.0.1", server.port("http"))) as client:
                    client.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
                    self.assertTrue(client.recv(1))  # and no more: the session stays busy
                    server.signal(signal.SIGTERM)
                    wait_until(lambda: not os.path.exists(path), "the file is removed")
                    self.assertIsNone(server.process.poll())
                    server.process.kill()
            self.assertEqual(os.listdir(folder), [])


class Harm(unittest.TestCase):
    """Clients that do harm; another one is served throughout."""

    @classmethod
    def setUpClass(cls):
        cls.server = Portlabd("https=0")
        cls.addClassCleanup(cls.server.close)
        cls.port = cls.server.port("https")
        cls.authority = authority_of(cls.server)

    def tearDown(self):
        fetch(self.port, self.authority)
        self.assertNotIn("internal", self.server.log())

    def ended(self, client):
        """What the server sends until it ends the connection."""
        received = b""
        try:
            while piece := client.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received

    def test_bytes_that_are_no_handshake(self):
        numbers = random.Random(443)
        for sent in (b"\0", b"\x16\x03\x01\0\0", b"\x16\x03\x01\xff\xff" + b"x" * 70000,
                     b"\x15\x03\x01\0\2\1\0", b"\x17\x03\x03\0\1x", b"\x80\x2e\1\3\1" + b"\0" * 60,
                     *[numbers.randbytes(size) for size in (1, 5, 11, 200, 5000, 100_000)]):
            with connect(self.port) as client:
                try:
                    client.sendall(sent)
                    client.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # the server has closed already
                self.ended(client)

    def test_a_handshake_that_is_cut_anywhere(self):
        whole = hello()
        for size in range(0, len(whole), 7):
            with connect(self.port) as client:
                client.sendall(whole[:size])
                client.shutdown(socket.SHUT_WR)
                self.assertLess(len(self.ended(client)), 100)

    def test_a_handshake_with_bytes_changed(self):
        numbers = random.Random(8446)
        for _ in range(200):
            changed = bytearray(hello())
            for _ in range(numbers.randint(1, 8)):
                changed[numbers.randrange(len(changed))] = numbers.randrange(256)
            with connect(self.port) as client:
                try:
                    client.sendall(changed)
                    client.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                self.ended(client)

    def test_a_handshake_byte_for_byte_succeeds(self):
        to_server, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = ssl.create_default_context(cadata=self.authority).wrap_bio(
            from_server, to_server, server_hostname="localhost")
        with connect(self.port) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def send():
                for byte in to_server.read():
                    plain.sendall(bytes([byte]))

            def until(step):
                while True:
                    try:
                        result = step()
                        send()
                        return result
                    except ssl.SSLWantReadError:
                        send()
                        from_server.write(plain.recv(65536))

            until(client.do_handshake)
            until(lambda: client.write(GET))
            self.assertIn(b"200 OK", until(lambda: client.read(4096)))

    def test_a_request_in_the_packet_of_the_handshakes_last_bytes_is_answered(self):
        to_server, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = ssl.create_default_context(cadata=self.authority).wrap_bio(
            from_server, to_server, server_hostname="localhost")
        with connect(self.port) as plain:
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    if to_server.pending:
                        plain.sendall(to_server.read())
                    from_server.write(plain.recv(65536))
            client.write(GET)
            plain.sendall(to_server.read())  # Finished, and the request
            while True:
                try:
                    self.assertIn(b"200 OK", client.read(4096))
                    break
                except ssl.SSLWantReadError:
                    from_server.write(plain.recv(65536))

    def test_a_client_that_does_not_finish_its_handshake_is_closed(self):
        clients = [connect(self.port) for _ in range(3)]
        clients[1].sendall(hello()[:50])
        clients[2].sendall(hello())
        for client in clients:  # within 10 s; the socket's own time limit is longer
            with client:
                self.ended(client)
        wait_until(lambda: self.server.log().count("timed out") >= 3, "three sessions timed out")

    def test_many_handshakes_at_once(self):
        clients = [connect(self.port) for _ in range(300)]
        whole = hello()
        for client in clients:
            client.sendall(whole[:100])
        fetch(self.port, self.authority)
        for client in clients:
            client.sendall(whole[100:])
        for client in clients:
            self.assertEqual(client.recv(1), b"\x16")  # the server's part of the handshake
            client.close()

    def test_a_client_that_reads_nothing_of_a_large_answer(self):
        context = ssl.create_default_context(cadata=self.authority)
        client = context.wrap_socket(connect(self.port), server_hostname="localhost")
        client.sendall(b"GET /1MiB.txt HTTP/1.1\r\nHost: lab\r\n\r\n" * 50)
        fetch(self.port, self.authority)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def test_a_slow_reader_gets_all_of_a_large_answer(self):
        context = ssl.create_default_context(cadata=self.authority)
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        plain.settimeout(TIME_LIMIT)
        plain.connect(("127.0.0.1", self.port))
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"GET /1MiB.txt HTTP/1.0\r\n\r\n")
            received = b""
            while piece := client.recv(1000):
                received += piece
        body = received.partition(b"\r\n\r\n")[2]
        site = pathlib.Path(__file__).resolve().parents[2] / "servers/site/files/1MiB.txt"
        self.assertEqual(body, site.read_bytes())

    def test_a_flood_of_key_updates(self):
        need("openssl")
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-quiet", "-no_ign_eof"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            def flood():
                try:
                    for _ in range(2000):
                        client.stdin.write(b"K\n")
                    client.stdin.flush()
                except BrokenPipeError:
                    pass
            thread = threading.Thread(target=flood)
            thread.start()
            for _ in range(5):
                fetch(self.port, self.authority)
            thread.join()
            client.kill()

    def test_the_stop_ends_sessions_and_handshakes(self):
        with Portlabd("https=0") as server:
            context = ssl.create_default_context(cadata=authority_of(server))
            idle = context.wrap_socket(connect(server.port("https")), server_hostname="localhost")
            half = connect(server.port("https"))
            half.sendall(hello()[:100])
            idle.sendall(GET)
            idle.recv(4096)
            self.assertEqual(server.stop(), 0)
            idle.close()
            half.close()


if __name__ == "__main__":
    unittest.main()
