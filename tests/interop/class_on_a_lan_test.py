"""A class on a LAN: the names, URLs and limits of a server that other machines use."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import portlab_lan
from portlab_lan import PCS, SERVER, SERVER6, Lan
from portlab_testing import Portlabd, environment, need, portlab, program, run, wait_until

setUpModule = portlab_lan.enter


class ClassOnALanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("dig", "curl")
        cls.lan = cls.enterClassContext(Lan())

    def start(self, *arguments):
        server = Portlabd("--confine", "no", *arguments)
        self.addCleanup(server.close)
        return server

    def dig(self, *words, server=SERVER, port=53, there=True):
        command = ["dig", f"@{server}", "-p", str(port), "+tries=1", "+time=5", *words]
        done = self.lan.there(*command) if there else run(*command)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split("\n;; Query time")[0]

    def short(self, *words, **options):
        return sorted(self.dig("+short", *words, **options).split())

    def client(self, *arguments, **variables):
        done = self.lan.there(program("PORTLAB"), *arguments, env=environment(**variables))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_name_of_the_server_is_the_address_at_which_the_question_arrived(self):
        self.start("--bind", "0.0.0.0")
        for name in ("www", "server1", "ftp", "mail", "web", "start", ""):
            full = f"{name}.lab.test".lstrip(".")
            self.assertIn(SERVER, self.short(full), full)
            self.assertNotIn("127.", self.dig(full), full)
            self.assertNotIn("127.", self.dig("+tcp", full), full)
            self.assertNotIn("::1\n", self.dig("AAAA", full), full)
        self.assertIn("ANSWER: 0", self.dig("AAAA", "www.lab.test"))
        self.assertEqual(self.short("www.lab.test", server="127.0.0.1", there=False), ["127.0.0.1"])
        self.assertEqual(self.short("whoami.lab.test"), [PCS[0]])

    def test_targets_of_srv_ns_and_mx_lead_to_the_server(self):
        self.start("--bind", "0.0.0.0")
        for kind, name in (("SRV", "_http._tcp.lab.test"), ("NS", "lab.test"), ("MX", "lab.test")):
            response = self.dig(kind, name)
            self.assertRegex(response, rf"ADDITIONAL SECTION:\n.*\sA\s+{re.escape(SERVER)}")
            self.assertNotRegex(response, r"127\.|\s::1")

    def test_ipv6_likewise(self):
        self.start("--bind", "::")
        self.assertEqual(self.short("AAAA", "www.lab.test", server=SERVER6), [SERVER6])
        self.assertEqual(self.short("A", "www.lab.test", server=SERVER6), [])

    def test_both_families_where_both_answer(self):
        self.start("--bind", "0.0.0.0", "--bind", "::")
        self.assertEqual(self.short("AAAA", "www.lab.test"), [SERVER6])
        self.assertEqual(self.short("A", "www.lab.test", server=SERVER6), [SERVER])

    def test_one_address(self):
        self.start("--bind", SERVER)
        self.assertEqual(self.short("www.lab.test"), [SERVER])
        self.assertEqual(self.short("AAAA", "www.lab.test"), [])

    def test_behind_nat_the_public_address_is_named(self):
        self.start("--bind", "0.0.0.0", "--public-address", "203.0.113.1")
        self.assertEqual(self.short("www.lab.test"), ["203.0.113.1"])
        self.assertEqual(self.short("www.lab.test", server="127.0.0.1", there=False), ["127.0.0.1"])
        done = self.lan.there("curl", "-sv", "--disable-epsv", "--max-time", "2",
                              f"ftp://{SERVER}/hello.txt")
        self.assertIn("203,0,113,1,", done.stderr)

    def test_the_start_and_server_url_name_the_urls_for_the_class(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        control = os.path.join(folder, "control")
        log = os.path.join(folder, "out")
        with open(log, "wb") as out:
            server = subprocess.Popen([program("PORTLABD"), "--confine", "no", "--bind", "0.0.0.0",
                                       "--control", control, "http=8080", "dns=8053"], stdout=out,
                                      stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def printed():
            with open(log, encoding="utf-8") as file:
                return file.read()

        wait_until(lambda: "ready" in printed(), "ready")
        self.assertIn(f"On other machines: http://{SERVER}:8080/\n", printed())
        self.assertIn(f"export PORTLAB_DNS={SERVER}:8053\n", printed())
        again = portlab("server", "url", "--control", control)
        self.assertIn(f"http://{SERVER}:8080/\n", again.out.decode())
        self.assertIn("http://127.0.0.1:8080/\n", again.out.decode())
        both = json.loads(portlab("server", "url", "--json", "--control", control).out)
        self.assertEqual(both["others"]["urls"], [f"http://{SERVER}:8080/"])

    def test_portlab_on_another_machine_finds_the_names(self):
        self.start("--bind", "0.0.0.0")
        done = self.client("http", "http://www.lab.test/hello.txt", PORTLAB_DNS=SERVER)
        self.assertIn(SERVER + ":80", done.stderr)

    def test_the_lists_show_no_unix_socket(self):
        self.start("--bind", "0.0.0.0")
        for page in ("listeners", "sessions"):
            body = self.lan.there("curl", "-s", f"http://{SERVER}/api/{page}").stdout
            self.assertNotIn("control", body)
            self.assertNotIn("unix", body)
        self.assertNotIn("own", self.lan.there("curl", "-s", f"http://{SERVER}/").stdout.split())

    def test_thirty_students_ask_at_once(self):
        need("sh")
        self.start("--bind", "0.0.0.0")
        lines = "; ".join(f"{program('PORTLAB')} dns www.lab.test @{SERVER} --sessions 20 --source {pc} "
                          f"-q & p{i}=$!" for i, pc in enumerate(PCS))
        waits = " && ".join(f"wait $p{i}" for i in range(len(PCS)))
        done = self.lan.there("sh", "-c", f"{lines}; {waits}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("truncated", done.stderr)
        self.assertEqual(done.stdout.count(SERVER), 20 * len(PCS))

    def test_a_limited_rate_is_called_so(self):
        self.start("--bind", "0.0.0.0", "--dns-rate", "1")
        results = [self.lan.there("dig", f"@{SERVER}", "+tries=1", "+time=1", "+ignore",
                                  "www.lab.test").stdout for _ in range(12)]
        self.assertTrue(any("rate limited" in text for text in results), results[-1])

    def test_what_bind_may_mean_otherwise_is_said(self):
        server = self.start("--bind", "::", "echo=7007")
        self.assertIn("IPv6 only", server.log())
        server = self.start("--private", "--bind", "0.0.0.0", "echo=7008")
        self.assertIn("no other machine can reach a private network", server.log())


if __name__ == "__main__":
    unittest.main()
