#!/usr/bin/env python3
"""portlab http with https URLs: whom it trusts, what it says about TLS, and servers that break TLS.

The servers are Python's ssl module and `openssl s_server`; openssl makes their certificates."""

import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import tempfile
import threading
import unittest
import warnings

from portlab_testing import (ClientTest, Portlabd, Server, environment, has_ipv6, main, need, on_terminal, portlab,
                             read_head, run)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n"

CA_SETTINGS = """[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
default_md = sha256
default_days = 30
policy = names
copy_extensions = copy
unique_subject = no
rand_serial = yes
[names]
organizationName = optional
commonName = optional
[req]
distinguished_name = none
[none]
"""


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, name="Test authority"):
        need("openssl")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portlab-test-"))
        (self.folder / "ca.cnf").write_text(CA_SETTINGS)
        (self.folder / "index.txt").touch()
        self.file = self.self_signed("authority", f"/O=Portlab/CN={name}")
        self.key = self.folder / "authority.key"

    def openssl(self, *arguments):
        done = run("openssl", *map(str, arguments), cwd=self.folder)
        if done.returncode != 0:
            raise AssertionError(f"openssl {arguments}: {done.stderr}")

    def self_signed(self, name, subject, *more):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-utf8", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", 30,
                     *more)
        return self.folder / f"{name}.pem"

    def certificate(self, name, names, *more, subject="/CN=Test server"):
        """Signs a certificate for these names; returns its file. The key is in its .key file."""
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-config", "ca.cnf", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                     *(["-addext", "subjectAltName=" + names] if names else []))
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", self.file, "-keyfile", self.key,
                     "-in", f"{name}.csr", "-out", f"{name}.pem", *more)
        return self.folder / f"{name}.pem"

    def remove(self):
        shutil.rmtree(self.folder)


def context_for(certificate, oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    context.set_alpn_protocols(["http/1.1"])
    if oldest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # Debian's OpenSSL has no TLS 1.0 otherwise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python, about TLS 1.0
        context.minimum_version, context.maximum_version = oldest, newest
    return context


def over_tls(context, handle, close_notify=True):
    """A function for Server: the handshake, and then `handle` over TLS."""

    def serve(session):
        with context.wrap_socket(session, server_side=True) as encrypted:
            handle(encrypted)
            if close_notify:
                encrypted.unwrap()

    return serve


def answer(*replies):
    """Answers one request after the other."""

    def handle(session):
        for reply in replies:
            if not read_head(session):
                return
            session.sendall(reply)

    return handle


class HttpsTest(ClientTest):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.remove)
        cls.local = cls.authority.certificate("local", "DNS:localhost,DNS:*.lab.example,IP:127.0.0.1,IP:::1")
        cls.cacert = ["--cacert", cls.authority.file]

    def server(self, handle=None, certificate=None, **options):
        address = {key: options.pop(key) for key in ("family", "address") if key in options}
        close_notify = options.pop("close_notify", True)
        context = context_for(certificate or self.local, **options)
        return Server(over_tls(context, handle or answer(OK), close_notify), **address)

    def fails(self, server, *said, code=3, host="127.0.0.1", options=None):
        result = portlab("http", *(self.cacert if options is None else options), f"https://{host}:{server.port}/")
        self.expect(result, code, f"{server.port}", *said)
        self.expect_form(result)
        self.assertEqual(result.out, b"")
        return result


class Trust(HttpsTest):
    def test_an_authority_of_a_file(self):
        with self.server() as server:
            result = portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/")
        self.expect(result, 0, "tls  1.3 · certificate for 127.0.0.1, by Test authority, until 2")
        self.assertEqual(result.out, b"hi\n")

    def test_the_file_may_be_in_der_form_and_in_the_environment(self):
        der = self.authority.folder / "authority.der"
        self.authority.openssl("x509", "-in", self.authority.file, "-outform", "DER", "-out", der)
        for options, variables in ((["--cacert", der], {}), ([], {"PORTLAB_CACERT": str(der)}),
                                   ([], {"SSL_CERT_FILE": str(self.authority.file)})):
            with self.subTest(options or variables), self.server() as server:
                result = portlab("http", *options, f"https://localhost:{server.port}/", "-4",
                                 env=environment(**variables))
                self.expect(result, 0, "certificate for localhost, by Test authority")

    def test_the_option_adds_to_the_systems_authorities(self):
        other = Authority("Other authority")
        self.addCleanup(other.remove)
        with self.server() as server:
            result = portlab("http", "--cacert", other.file, f"https://127.0.0.1:{server.port}/",
                             env=environment(SSL_CERT_FILE=str(self.authority.file)))
        self.expect(result, 0, "by Test authority")

    def test_a_file_without_a_certificate(self):
        folder = self.authority.folder
        empty = folder / "empty"
        empty.touch()
        for file, why in ((folder / "missing.pem", "No such file or directory"), (folder, "Is a directory"),
                          (self.authority.key, "it holds no certificate"), (empty, "it holds no certificate"),
                          ("/dev/zero", "it has more than 4 MiB")):
            with self.subTest(file):
                result = portlab("http", "--cacert", file, "https://127.0.0.1:9/")
                self.expect(result, 2, f"--cacert {file}: {why}")
                self.expect_form(result)
        result = portlab("http", "http://127.0.0.1:9/", env=environment(PORTLAB_CACERT="/no/such"))
        self.expect(result, 2, "$PORTLAB_CACERT /no/such: No such file or directory")

    def test_an_unknown_authority(self):
        with self.server() as server:
            self.fails(server, "signed by an authority that is not trusted here: 'Test authority'",
                       "try: --cacert FILE", "--insecure", "why: portlab why certificate 127.0.0.1:",
                       options=[])

    def test_a_self_signed_certificate(self):
        own = self.authority.self_signed("own", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
        with self.server(certificate=own) as server:
            self.fails(server, "self-signed: no authority confirms that this is 127.0.0.1")
            result = portlab("http", "--cacert", own, f"https://127.0.0.1:{server.port}/")
            self.expect(result, 0, "certificate for 127.0.0.1, by itself")

    def test_another_host(self):
        www = self.authority.certificate("www", "DNS:www.lab.example,DNS:lab.example")
        with self.server(certificate=www) as server:
            self.fails(server, "is for www.lab.example and lab.example, not for 127.0.0.1",
                       f"try: portlab http https://www.lab.example:{server.port}/")
        many = self.authority.certificate("many", ",".join(f"DNS:h{i}.lab.example" for i in range(9)))
        with self.server(certificate=many) as server:
            self.fails(server, "is for h0.lab.example, h1.lab.example, h2.lab.example and 6 more, not for")
        nobody = self.authority.certificate("nobody", "", subject="/O=Only an organisation")
        with self.server(certificate=nobody) as server:
            self.fails(server, "is for no name, not for 127.0.0.1")

    def test_the_common_name_counts_only_without_other_names(self):
        only = self.authority.certificate("only", "", subject="/CN=localhost")
        with self.server(certificate=only) as server:
            self.expect(portlab("http", *self.cacert, "-4", f"https://localhost:{server.port}/"), 0)
        beside = self.authority.certificate("beside", "DNS:www.lab.example", subject="/CN=localhost")
        with self.server(certificate=beside) as server:
            self.fails(server, "is for www.lab.example, not for localhost", host="localhost")

    def test_dates(self):
        old = self.authority.certificate("old", "IP:127.0.0.1", "-startdate", "20200101000000Z",
                                         "-enddate", "20210203000000Z")
        with self.server(certificate=old) as server:
            self.fails(server, "the server's certificate expired on 2021-02-03; this machine's date is 2")
        new = self.authority.certificate("new", "IP:127.0.0.1", "-startdate", "20990101000000Z",
                                         "-enddate", "21000101000000Z")
        with self.server(certificate=new) as server:
            self.fails(server, "valid from 2099-01-01 on", "clock right?")

    def test_insecure_says_what_is_not_verified(self):
        own = self.authority.self_signed("plain", "/CN=nobody.example")
        for certificate, why in ((own, "self-signed certificate"),
                                 (self.local, "signed by an unknown authority")):
            for option in ("-k", "--insecure"):
                with self.subTest(why), self.server(certificate=certificate) as server:
                    result = portlab("http", option, f"https://127.0.0.1:{server.port}/")
                    self.expect(result, 0, f"tls  1.3 · not verified: {why} · certificate for ")
                    self.assertEqual(result.out, b"hi\n")
        with self.server() as server:  # nothing to say where it is verified all the same
            result = portlab("http", "-k", *self.cacert, f"https://127.0.0.1:{server.port}/")
            self.expect(result, 0, "certificate for 127.0.0.1, by Test authority")
            self.assertNotIn("not verified", result.err)

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_an_ipv6_address(self):
        with self.server(family=socket.AF_INET6, address="::1") as server:
            result = portlab("http", *self.cacert, f"https://[::1]:{server.port}/")
            self.expect(result, 0, "certificate for ::1, by")

    def test_hostile_names_are_shown_safely(self):
        evil = self.authority.self_signed(
            "evil", "/O=\x1b[31mred\x07/CN=" + "\x1b]0;title\x07" + "a" * 40)
        with self.server(certificate=evil) as server:
            for options in ((), ("-k",), ("-k", "--json")):
                result = portlab("http", *options, f"https://127.0.0.1:{server.port}/")
                self.assertNotRegex(result.err + result.text, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
            self.assertEqual(json.loads(result.text)["tls"]["verified"], False)


class TheLabsAuthority(ClientTest):
    """The authority of the user's portlabd, which is asked over its control socket."""

    def get(self, server, url, **variables):
        return portlab("http", "-4", url, env=environment(PORTLAB_CONTROL=server.control,
                                                          PORTLAB_DNS=f"127.0.0.1:{server.port('dns')}",
                                                          **variables))

    def test_it_is_trusted_for_the_lab_and_this_machine(self):
        with Portlabd("https=0", "dns=0") as server:
            for host in ("127.0.0.1", "localhost", "www.lab.test"):
                result = self.get(server, f"https://{host}:{server.port('https')}/whoami")
                self.expect(result, 0, f"certificate for {host}, by ", "not https's default port 443")

    def test_without_its_portlabd_it_is_unknown(self):
        with Portlabd("https=0", "dns=0") as server, Portlabd("http=0", "dns=0") as other:
            where = f"127.0.0.1:{server.port('https')}"
            for control in (other.control, "/no/such/control"):
                result = portlab("http", f"https://{where}/", env=environment(PORTLAB_CONTROL=control))
                self.expect(result, 3, "signed by an authority that is not trusted here",
                            "portlab server authority > FILE")

    def test_it_is_not_trusted_for_other_names(self):
        authority = Authority()
        self.addCleanup(authority.remove)
        certificate = authority.certificate("any", "DNS:www.example.org,DNS:www.lab.test")

        def control(session):
            session.recv(4096)
            session.sendall(json.dumps({"authority": authority.file.read_text()}).encode() + b"\n")

        sockets = [str(authority.folder / name) for name in ("control", "https")]
        with Server(control, path=sockets[0]), \
                Server(over_tls(context_for(certificate), answer(OK)), path=sockets[1]):
            for host, code in (("www.lab.test", 0), ("www.example.org", 3)):
                result = portlab("http", "--unix-socket", sockets[1], f"https://{host}/",
                                 env=environment(PORTLAB_CONTROL=sockets[0]))
                self.expect(result, code)
        self.assertIn("is not trusted here: 'Test authority'", result.err)

    def test_it_can_be_given_as_a_file(self):
        with Portlabd("https=0") as server, tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(server.ask_control("authority")["authority"])
            file.flush()
            url = f"https://127.0.0.1:{server.port('https')}/whoami"
            self.expect(portlab("http", "--cacert", file.name, url), 0, "certificate for 127.0.0.1")
            self.expect(portlab("http", url, env=environment(PORTLAB_CACERT=file.name)), 0)

    def test_a_plain_request_is_told_the_scheme(self):
        with Portlabd("https=0") as server:
            where = f"127.0.0.1:{server.port('https')}"
            self.expect(portlab("http", f"http://{where}/x"), 1, "this port speaks TLS",
                        f"try: portlab http https://{where}/x")


class Card(HttpsTest):
    def test_json(self):
        with self.server() as server:
            result = portlab("http", "--json", *self.cacert, f"https://localhost:{server.port}/", "-4")
        self.expect(result, 0)
        tls = json.loads(result.text)["tls"]
        self.assertEqual(tls["version"], "1.3")
        self.assertTrue(tls["cipher"].startswith("TLS_"))
        self.assertEqual(tls["alpn"], "http/1.1")
        self.assertEqual(tls["subject"], "CN=Test server")
        self.assertEqual(tls["issuer"], "CN=Test authority,O=Portlab")
        self.assertEqual(tls["names"], ["localhost", "*.lab.example", "127.0.0.1", "::1"])
        self.assertRegex(tls["not_after"], r"^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((tls["verified"], tls["error"]), (True, None))

    def test_json_of_what_is_not_verified_and_of_plain_http(self):
        with self.server() as server:
            tls = json.loads(portlab("http", "--json", "-k", f"https://127.0.0.1:{server.port}/").text)["tls"]
        self.assertEqual((tls["verified"], tls["error"]), (False, "signed by an unknown authority"))
        with Server(answer(OK)) as server:
            self.assertIsNone(json.loads(portlab("http", "--json", server.where).text)["tls"])

    def test_tls_1_2(self):
        with self.server(newest=ssl.TLSVersion.TLSv1_2) as server:
            result = portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/")
        self.expect(result, 0, "tls  1.2 · certificate for 127.0.0.1")

    def test_it_fits_a_narrow_terminal(self):
        with self.server() as server:
            code, screen = on_terminal("http", *self.cacert, f"https://127.0.0.1:{server.port}/", columns=40)
        self.assertEqual(code, 0)
        self.assertIn("certificate for 127.0.0.1", screen.replace("\n     ", " "))
        self.assertLessEqual(max(len(line) for line in
                                 screen.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
                                 .splitlines()), 40)

    def test_the_name_is_sent_but_no_address(self):
        names = []
        context = context_for(self.local)
        context.sni_callback = lambda _, name, __: names.append(name)
        for host in ("localhost", "127.0.0.1", "LOCALHOST."):
            with Server(over_tls(context, answer(OK))) as server:
                self.expect(portlab("http", "-4", *self.cacert, f"https://{host}:{server.port}/"), 0)
        self.assertEqual(names, ["localhost", None, "LOCALHOST"])


class Transfers(HttpsTest):
    def test_head_and_data(self):
        seen = []

        def handle(session):
            head = read_head(session)
            length = int(head.lower().split(b"content-length:")[1].split()[0]) if b"POST" in head else 0
            body = b""
            while len(body) < length:
                body += session.recv(65536)
            seen.append((head.split()[0], body))
            session.sendall(OK if b"HEAD" not in head else OK[:-3])

        data = self.authority.folder / "data"
        data.write_bytes(os.urandom(3_000_000))
        with self.server(handle) as server:
            url = f"https://127.0.0.1:{server.port}/"
            self.expect(portlab("http", "-I", *self.cacert, url), 0)
            self.expect(portlab("http", "-d", f"@{data}", *self.cacert, url), 0)
        self.assertEqual(seen, [(b"HEAD", b""), (b"POST", data.read_bytes())])

    def test_a_large_body_into_a_file_at_a_limited_rate(self):
        body = os.urandom(700_000)
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        output = self.authority.folder / "output"
        with self.server(answer(reply)) as server:
            result = portlab("http", "-o", output, "--rate", "2M", *self.cacert,
                             f"https://127.0.0.1:{server.port}/")
        self.expect(result, 0, f"saved {output}")
        self.assertEqual(output.read_bytes(), body)

    def test_many_sessions(self):
        with self.server() as server:
            result = portlab("http", "--sessions", 20, *self.cacert, f"https://127.0.0.1:{server.port}/")
            self.assertEqual(len(server.peers), 20)
        self.expect(result, 0)
        self.assertEqual(result.err.count("tls  1.3"), 20)
        self.assertEqual(result.out, b"hi\n")

    def test_the_connection_is_used_again(self):
        again = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
        with self.server(answer(again, OK)) as server:
            result = portlab("http", "-L", *self.cacert, f"https://127.0.0.1:{server.port}/")
            self.assertEqual(len(server.peers), 1)
        self.expect(result, 0)
        self.assertEqual(result.out, b"hi\n")

    def test_redirects_between_http_and_https(self):
        def to(url):
            return answer(f"HTTP/1.1 301 Moved\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode())

        with self.server() as last, Server(to(f"https://127.0.0.1:{last.port}/")) as first:
            result = portlab("http", "-L", "--json", *self.cacert, first.where)
            self.assertEqual(json.loads(result.text)["tls"]["version"], "1.3")
            self.expect(portlab("http", "-L", first.where), 3, "is not trusted here")
        with Server(answer(OK)) as last, self.server(to(f"http://{last.where}/")) as first:
            result = portlab("http", "-L", *self.cacert, f"https://127.0.0.1:{first.port}/")
            self.expect(result, 0, f"moved to http://{last.where}/")

    def test_credentials_do_not_leave_the_scheme(self):
        heads = []

        def handle(session):
            heads.append(read_head(session))
            session.sendall(OK)

        with Server(handle) as last:
            to = f"HTTP/1.1 301 Moved\r\nLocation: http://{last.where}/\r\nContent-Length: 0\r\n\r\n"
            with self.server(answer(to.encode())) as first:
                self.expect(portlab("http", "-L", "-H", "Authorization: secret", *self.cacert,
                                    f"https://127.0.0.1:{first.port}/"), 0)
        self.assertNotIn(b"secret", heads[0])

    def test_over_a_unix_socket(self):
        path = str(self.authority.folder / "socket")
        with Server(over_tls(context_for(self.local), answer(OK)), path=path):
            self.expect(portlab("http", "--unix-socket", path, *self.cacert, "https://localhost/"), 0,
                        "certificate for localhost")

    def test_pythons_file_server(self):
        (self.authority.folder / "page.html").write_text("a page\n")
        folder = str(self.authority.folder)

        class Files(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *rest):
                super().__init__(*rest, directory=folder)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
            server.socket = context_for(self.local).wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                result = portlab("http", *self.cacert, f"https://127.0.0.1:{server.server_port}/page.html")
            finally:
                server.shutdown()
                thread.join()
        self.expect(result, 0)
        self.assertEqual(result.out, b"a page\n")


class Failures(HttpsTest):
    def test_a_server_without_tls(self):
        def bad_request(session):
            session.recv(100)
            session.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        with Server(bad_request) as server:
            self.fails(server, "the server answers HTTP without TLS", f"try: portlab http http://127.0.0.1:{server.port}/",
                       code=1)
        with Server(lambda session: session.sendall(b"220 FTP server\r\n") or session.recv(9999)) as server:
            self.fails(server, "this is not TLS: '220 FTP server'", code=1)

    def test_http_to_a_port_with_tls(self):
        def alert(session):
            session.recv(100)
            session.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        with Server(alert) as server:
            result = portlab("http", f"{server.where}/x")
            self.expect(result, 1, "this port speaks TLS", f"try: portlab http https://{server.where}/")
        with self.server() as server:  # OpenSSL closes without a word
            result = portlab("http", server.where)
            self.expect(result, 3, "without an answer", f"https://{server.where}/ (if this port speaks TLS)")
        page = b"<h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port"
        nginx = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        with Server(answer(nginx)) as server:
            result = portlab("http", f"{server.where}/x")
            self.expect(result, 1, "400 Bad Request: this port speaks TLS",
                        f"try: portlab http https://{server.where}/x")

    def test_no_common_version(self):
        with self.server(oldest=ssl.TLSVersion.TLSv1, newest=ssl.TLSVersion.TLSv1) as server:
            self.fails(server, "TLS alert 'protocol version': it speaks neither TLS 1.2 nor 1.3")
        # A ServerHello of TLS 1.0, as of a server that ignores what the client offers.
        hello = b"\x03\x01" + bytes(32) + b"\x00" + b"\xc0\x14" + b"\x00"
        message = b"\x02" + struct.pack(">I", len(hello))[1:] + hello
        with Server(lambda session: session.recv(9999) and session.sendall(
                b"\x16\x03\x01" + struct.pack(">H", len(message)) + message) or session.recv(9999)) as server:
            self.fails(server, "no common version: the server speaks TLS 1.0")

    def test_alerts(self):
        for number, text in ((40, "'handshake failure': it has no version"),
                             (112, "'unrecognized name': it does not serve the name"),
                             (80, "'internal error'"), (255, "'unknown'")):
            alert = b"\x15\x03\x03\x00\x02\x02" + bytes([number])
            with self.subTest(number), Server(
                    lambda session: session.recv(9999) and session.sendall(alert)) as server:  # noqa: B023
                self.fails(server, "ends the session with the TLS alert " + text)

    def test_a_server_that_wants_the_clients_certificate(self):
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = context_for(self.local, newest=newest)
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.file)
            with self.subTest(newest), Server(over_tls(context, answer(OK))) as server:
                result = portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/")
                self.expect(result, 3, "serves only clients with a certificate")

    def test_a_silent_server(self):
        with Server(lambda session: session.recv(9999) and session.recv(9999)) as server:
            self.fails(server, "no TLS handshake came back for 0.2 s", f"http://127.0.0.1:{server.port}/",
                       options=["--timeout", "0.2"])
        with Server(lambda session: session.recv(9999) and session.sendall(b"\x16\x03\x03\x00") or
                    session.recv(9999)) as server:
            self.fails(server, "the TLS handshake was not complete after 2 s", options=["--timeout", "2"])

    def test_a_slow_drip_does_not_prolong_the_handshake(self):
        ended = threading.Event()

        def drip(session):
            session.recv(9999)
            session.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
            while not ended.wait(0.05):
                session.sendall(b"\x03")

        with Server(drip) as server:
            self.fails(server, "was not complete after 2 s", options=["--timeout", "2"])
            ended.set()

    def test_a_server_that_closes_in_the_handshake(self):
        with Server(lambda session: session.recv(9999)) as server:
            self.fails(server, "closed the connection when the TLS handshake began: does it speak TLS?",
                       f"http://127.0.0.1:{server.port}/")
        with Server(lambda session: session.recv(9999) and session.sendall(b"\x16\x03\x03\x01\x00\x02")) as server:
            self.fails(server, "closed the connection in the middle of the TLS handshake")

        def reset(session):
            session.recv(10)  # with the rest unread, close() resets the connection

        with Server(reset) as server:
            self.fails(server, "connection reset", "when the TLS handshake began: does it speak TLS?")

    def test_nonsense_instead_of_a_handshake(self):
        for bytes_sent in (b"\x16\x03\x03\x00\x04\xff\xff\xff\xff", b"\x17\x03\x03\x00\x01\x00",
                           b"\x16\x03\x03\xff\xff" + bytes(70_000), b"\x16\x03\x03\x00\x00" * 100):
            with self.subTest(bytes_sent[:16]), Server(
                    lambda session: session.recv(9999) and session.sendall(bytes_sent)) as server:  # noqa: B023
                self.fails(server, "TLS failed: ")

    def test_a_body_until_the_close_needs_the_end_of_tls(self):
        endless = answer(b"HTTP/1.1 200 OK\r\n\r\nall of it\n")
        output = self.authority.folder / "cut"
        with self.server(endless) as server:
            self.expect(portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/"), 0)
        with self.server(endless, close_notify=False) as server:
            url = f"https://127.0.0.1:{server.port}/"
            result = portlab("http", *self.cacert, url)
            self.expect(result, 3, "perhaps incomplete: 10 bytes came", "close_notify")
            self.assertEqual(result.out, b"all of it\n")
            self.expect(portlab("http", "-o", output, *self.cacert, url), 3)
            self.assertFalse(output.exists())
        with self.server(answer(OK), close_notify=False) as server:  # complete without it
            self.expect(portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/"), 0)

    def test_a_short_body_is_incomplete(self):
        short = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort")
        for close_notify in (True, False):
            with self.subTest(close_notify), self.server(short, close_notify=close_notify) as server:
                result = portlab("http", *self.cacert, f"https://127.0.0.1:{server.port}/")
                self.expect(result, 3, "the response is incomplete: 5 of 99 bytes came")

    def test_other_services(self):
        with Portlabd("http=0", "ftp=0", "echo=0") as server:
            for service, code, said in (("http", 1, "answers HTTP without TLS"),
                                        ("ftp", 1, "this is not TLS: '220 "),
                                        ("echo", 3, "TLS failed: ")):
                result = portlab("http", f"https://127.0.0.1:{server.port(service)}/")
                self.expect(result, code, said)
                self.expect_form(result)

    def test_why_explains_it(self):
        for words, name in (("curl: (60) SSL certificate problem: self-signed certificate", "certificate"),
                            ("ssl.SSLCertVerificationError: certificate verify failed: Hostname mismatch",
                             "certificate"),
                            ("error:0A00042E:SSL routines::tlsv1 alert protocol version", "tls")):
            result = portlab("why", "--json", words)
            self.expect(result, 0)
            self.assertEqual(json.loads(result.text)["name"], name, words)
        with self.server() as server:
            result = portlab("why", "certificate", f"https://127.0.0.1:{server.port}/")
            self.expect(result, 0)
            self.assertIn(f"portlab http --insecure https://127.0.0.1:{server.port}/", result.text)


if __name__ == "__main__":
    main()
