#!/usr/bin/env python3
"""portlabd's FTP with other clients: curl, wget, lftp and Python's ftplib, passive and active,
over IPv4 and IPv6. A client that is not installed is skipped."""

import filecmp
import ftplib
import io
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


FAMILIES = ["127.0.0.1"] + (["::1"] if has_ipv6() else [])


def in_url(host):
    return f"[{host}]" if ":" in host else host


class Server(Portlabd):
    """A portlabd that serves FTP from a folder on a free port of each address."""

    def __init__(self, root):
        super().__init__("--log", "none", "--root", str(root),
                         *[f"ftp={in_url(host)}:0" for host in FAMILIES])
        self.ports = {end["address"]: end["port"] for end in self.listeners("ftp")}

    def url(self, path="/", host="127.0.0.1"):
        return f"ftp://{in_url(host)}:{self.ports[host]}{path}"


def make_root(root):
    """Files that show what transfers can spoil: all bytes, line ends, names, nothing at all."""
    noise = random.Random(959)
    (root / "docs" / "deep").mkdir(parents=True)
    (root / "hello.txt").write_bytes(b"Hello, port!\nSecond line\n")
    (root / "bytes.bin").write_bytes(bytes(range(256)) * 64 + b"\r\n\n\r\xff\xff")
    (root / "big.bin").write_bytes(noise.randbytes(3_000_000))
    (root / "empty").write_bytes(b"")
    (root / "docs" / "two words.txt").write_text("two words\n")
    (root / "docs" / "été.txt").write_text("summer\n")
    (root / "docs" / "deep" / 'say "hi".txt').write_text("hi\n")


def needs(tool):
    return unittest.skipUnless(shutil.which(tool), f"{tool} is not installed")


class FtpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="portlab-ftp-root-")
        cls.root = pathlib.Path(cls.folder.name)
        make_root(cls.root)
        cls.server = Server(cls.root)

    @classmethod
    def tearDownClass(cls):
        status, log = cls.server.stop(), cls.server.log()
        cls.server.close()
        cls.folder.cleanup()
        assert status == 0, f"portlabd ended with {status}: {log}"

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="portlab-ftp-here-"))
        self.addCleanup(shutil.rmtree, self.scratch)

    def run_client(self, *command, status=0):
        """Runs a client in the scratch folder; its output as bytes."""
        # An empty home folder: no .netrc, .wgetrc or .lftprc of the user.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.scratch), "LC_ALL": "C.UTF-8"}
        done = subprocess.run([str(word) for word in command], cwd=self.scratch, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIME_LIMIT)
        self.assertEqual(done.returncode, status,
                         f"{command}\n{done.stdout[-2000:]!r}\n{done.stderr.decode()[-4000:]}")
        return done.stdout

    def content(self, path):
        return (self.root / path).read_bytes()

    def assert_same_tree(self, copy, original):
        compared = filecmp.dircmp(copy, original)
        self.assertEqual((compared.left_only, compared.right_only, compared.diff_files),
                         ([], [], []))
        for name in compared.common_dirs:
            self.assert_same_tree(copy / name, original / name)


@needs("curl")
class Curl(FtpTest):
    ways = {"EPSV": [], "PASV": ["--disable-epsv"], "EPRT": ["-P", "-"],
            "PORT": ["-P", "-", "--disable-eprt"]}

    def curl(self, *words, status=0):
        return self.run_client("curl", "-sS", "-g", "--max-time", "20", *words, status=status)

    def test_fetches_every_byte_in_every_way(self):
        for host in FAMILIES:
            for way, options in self.ways.items():
                if host == "::1" and way in ("PASV", "PORT"):
                    continue  # these two can only name IPv4 addresses
                for path in ("bytes.bin", "big.bin", "empty"):
                    with self.subTest(host=host, way=way, path=path):
                        got = self.curl(*options, self.server.url("/" + path, host))
                        self.assertEqual(got, self.content(path))

    def test_lists(self):
        for host in FAMILIES:
            lines = self.curl(self.server.url("/", host)).decode().splitlines()
            self.assertIn("hello.txt", [line.split()[-1] for line in lines])
        names = self.curl("-l", self.server.url("/docs/")).decode().splitlines()
        self.assertEqual(sorted(names), ["deep", "two words.txt", "été.txt"])

    def test_fetches_names_with_spaces_quotes_and_letters_beyond_ascii(self):
        for url, path in (("/docs/two%20words.txt", "docs/two words.txt"),
                          ("/docs/%C3%A9t%C3%A9.txt", "docs/été.txt"),
                          ("/docs/deep/say%20%22hi%22.txt", 'docs/deep/say "hi".txt')):
            self.assertEqual(self.curl(self.server.url(url)), self.content(path))

    def test_resumes_and_takes_ranges(self):
        (self.scratch / "big.bin").write_bytes(self.content("big.bin")[:1_000_000])
        self.curl("-C", "-", "-o", "big.bin", self.server.url("/big.bin"))
        self.assertEqual((self.scratch / "big.bin").read_bytes(), self.content("big.bin"))
        self.assertEqual(self.curl("-r", "100-199", self.server.url("/big.bin")),
                         self.content("big.bin")[100:200])

    def test_asks_for_size_and_time_alone(self):
        head = self.curl("-I", self.server.url("/big.bin")).decode()
        self.assertIn("Content-Length: 3000000", head)
        self.assertIn("Last-Modified: ", head)

    def test_reports_a_refusal(self):
        self.curl(self.server.url("/nowhere"), status=78)
        self.curl(self.server.url("/nowhere/"), status=9)
        self.curl("-T", self.root / "hello.txt", self.server.url("/new.txt"), status=25)
        self.curl("-u", "bob:secret", self.server.url("/"), status=67)
        self.curl("-Q", "DELE hello.txt", self.server.url("/"), status=21)
        self.assertTrue((self.root / "hello.txt").exists())

    def test_fetches_much_over_one_control_connection(self):
        urls = [self.server.url("/docs/deep/../../hello.txt")] * 50
        self.assertEqual(self.curl("--path-as-is", *urls), self.content("hello.txt") * 50)


@needs("wget")
class Wget(FtpTest):
    def wget(self, *words, status=0):
        return self.run_client("wget", "-nv", "--tries=1", "--timeout=20", *words, status=status)

    def test_fetches_passively_and_actively(self):
        for host in FAMILIES:
            for options in ([], ["--no-passive-ftp"]):
                with self.subTest(host=host, options=options):
                    got = self.wget(*options, "-O", "-", self.server.url("/big.bin", host))
                    self.assertEqual(got, self.content("big.bin"))

    def test_resumes(self):
        (self.scratch / "big.bin").write_bytes(self.content("big.bin")[:1_000_000])
        self.wget("-c", self.server.url("/big.bin"))
        self.assertEqual((self.scratch / "big.bin").read_bytes(), self.content("big.bin"))

    def test_copies_the_whole_tree(self):
        self.wget("-r", "-nH", "-P", "copy", "--restrict-file-names=nocontrol",
                  self.server.url("/"))
        self.assert_same_tree(self.scratch / "copy", self.root)

    def test_matches_patterns_in_the_list(self):
        self.wget(self.server.url("/*.bin"))
        self.assertEqual(sorted(os.listdir(self.scratch)), ["big.bin", "bytes.bin"])

    def test_reports_a_missing_file(self):
        self.wget(self.server.url("/nowhere"), status=8)


@needs("lftp")
class Lftp(FtpTest):
    def lftp(self, script, host="127.0.0.1", status=0):
        settings = ("set cmd:fail-exit yes; set net:timeout 10; set net:max-retries 2;"
                    "set net:reconnect-interval-base 1; set ftp:ssl-allow no;")
        return self.run_client("lftp", "-c", f"{settings} open {self.server.url('/', host)}; {script}",
                               status=status).decode()

    def test_mirrors_the_whole_tree_passively_and_actively(self):
        for host in FAMILIES:
            for mode in ("yes", "no"):
                for mlsd in ("yes", "no"):
                    with self.subTest(host=host, passive=mode, mlsd=mlsd):
                        copy = self.scratch / f"copy-{len(host)}-{mode}-{mlsd}"
                        self.lftp(f"set ftp:passive-mode {mode}; set ftp:use-mlsd {mlsd};"
                                  f"mirror / {copy}", host)
                        self.assert_same_tree(copy, self.root)
                        # lftp copies the modes, too: the directories are read-only.
                        for folder, _, _ in os.walk(copy):
                            os.chmod(folder, 0o755)

    def test_fetches_one_file_in_three_pieces_at_once(self):
        self.lftp("pget -n 3 big.bin -o big.bin")
        self.assertEqual((self.scratch / "big.bin").read_bytes(), self.content("big.bin"))

    def test_lists_and_walks(self):
        out = self.lftp("ls; cd docs/deep; pwd; nlist; cls -l ..")
        for part in ("hello.txt", "/docs/deep", 'say "hi".txt', "two words.txt"):
            self.assertIn(part, out)

    def test_reports_a_refusal(self):
        self.lftp("get nowhere", status=1)
        self.lftp("ls nowhere", status=1)
        self.lftp("mkdir new", status=1)
        self.lftp(f"put {self.root}/hello.txt -o new.txt", status=1)
        self.assertFalse((self.root / "new.txt").exists())


class Ftplib(FtpTest):
    def connect(self, host="127.0.0.1", passive=True):
        client = ftplib.FTP(encoding="utf-8")
        client.connect(host, self.server.ports[host], timeout=20)
        self.addCleanup(client.close)
        client.login()
        client.set_pasv(passive)
        return client

    def test_fetches_bytes_text_and_the_rest_in_every_way(self):
        for host in FAMILIES:
            for passive in (True, False):
                with self.subTest(host=host, passive=passive):
                    client = self.connect(host, passive)
                    got = io.BytesIO()
                    client.retrbinary("RETR bytes.bin", got.write)
                    self.assertEqual(got.getvalue(), self.content("bytes.bin"))
                    got = io.BytesIO()
                    client.retrbinary("RETR big.bin", got.write, rest=2_999_000)
                    self.assertEqual(got.getvalue(), self.content("big.bin")[2_999_000:])
                    lines = []
                    client.retrlines("RETR hello.txt", lines.append)
                    self.assertEqual(lines, ["Hello, port!", "Second line"])
                    client.quit()

    def test_reads_lists_of_all_kinds(self):
        client = self.connect()
        self.assertEqual(sorted(client.nlst()), sorted(os.listdir(self.root)))
        facts = dict(client.mlsd("", ["type", "size"]))
        self.assertEqual(facts["hello.txt"], {"type": "file", "size": "25"})
        self.assertEqual(facts["docs"]["type"], "dir")
        lines = []
        client.dir("docs", lines.append)
        self.assertEqual(len(lines), 3)

    def test_walks_and_asks(self):
        client = self.connect()
        client.cwd("docs/deep")
        self.assertEqual(client.pwd(), "/docs/deep")
        client.cwd("..")
        self.assertEqual(client.pwd(), "/docs")
        client.voidcmd("TYPE I")
        self.assertEqual(client.size("/big.bin"), 3_000_000)
        self.assertRegex(client.sendcmd("MDTM /big.bin"), r"^213 \d{14}$")

    def test_aborts_a_transfer_and_goes_on(self):
        client = self.connect()
        client.voidcmd("TYPE I")
        data = client.transfercmd("RETR big.bin")
        data.recv(1000)
        self.assertRegex(client.abort(), "^(426|226)")
        data.close()
        client.voidresp()
        self.assertEqual(sorted(client.nlst("docs/deep")), ['docs/deep/say "hi".txt'])

    def test_reports_a_refusal(self):
        client = self.connect()
        for refused in (lambda: client.delete("hello.txt"), lambda: client.mkd("new"),
                        lambda: client.rename("hello.txt", "new"), lambda: client.cwd("nowhere"),
                        lambda: client.storbinary("STOR new", io.BytesIO(b"x"))):
            self.assertRaises(ftplib.error_perm, refused)


class SecondPort(FtpTest):
    """The rules of the data port, with plain sockets."""

    def control(self):
        control = socket.create_connection(("127.0.0.1", self.server.ports["127.0.0.1"]), 20)
        self.addCleanup(control.close)
        lines = control.makefile("rwb", buffering=0)
        self.addCleanup(lines.close)
        lines.readline()

        def say(line):
            lines.write(line.encode() + b"\r\n")
            return lines.readline().decode()
        say("USER anonymous")
        say("PASS test@lab.test")
        return say

    def test_data_goes_only_to_the_client_and_to_no_well_known_port(self):
        say = self.control()
        self.assertTrue(say("PORT 127,0,0,2,195,80").startswith("504 "))
        self.assertTrue(say("PORT 127,0,0,1,0,25").startswith("504 "))
        self.assertTrue(say("EPRT |1|192.0.2.1|50000|").startswith("504 "))
        self.assertTrue(say("LIST").startswith("425 "))

    def test_no_path_leads_out(self):
        (self.root / "out").symlink_to("/etc")
        self.addCleanup((self.root / "out").unlink)
        say = self.control()
        say("PASV")
        say("TYPE I")
        for path in ("../../../etc/passwd", "/../etc/passwd", "out/passwd", "docs/../../etc/passwd"):
            for verb in ("RETR", "SIZE", "MDTM", "MLST"):
                self.assertTrue(say(f"{verb} {path}").startswith("550 "), f"{verb} {path}")


del FtpTest  # has no tests of its own
