"""The zone files of a running portlabd: several of them, their origins, files that they include, and SIGHUP."""

import os
import signal
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, program, wait_until

HEAD = "$TTL 60\n@ SOA ns.elsewhere. root 1 60 60 60 60\n@ NS ns.elsewhere.\n"


class Zones(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)  # for the user that root's portlabd changes to

    def write(self, name, text, encoding="utf-8"):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding=encoding) as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path

    def ask(self, server, *words):
        """The data of the answer, or the error message."""
        done = subprocess.run([program("PORTLAB"), "dns", *words, "--quiet", "--dns",
                               f"127.0.0.1:{server.port('dns')}"], capture_output=True, text=True,
                              timeout=TIME_LIMIT, check=False)
        if done.returncode != 0:
            return done.stderr
        return "\n".join(line.split(None, 3)[3] for line in done.stdout.splitlines())

    def reload(self, server):
        seen = server.log().count("SIGHUP: ")
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.log().count("SIGHUP: ") > seen, "the log tells of the reload")
        return server.log().rsplit("SIGHUP: ", 1)[1]

    def refused(self, *arguments):
        done = subprocess.run([program("PORTLABD"), *arguments, "dns=0"], capture_output=True, text=True,
                              timeout=TIME_LIMIT, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_several_zones_are_served_and_the_most_specific_one_answers(self):
        parent = self.write("a/db.example.org", HEAD + "a A 192.0.2.1\na.sub A 192.0.2.2\n")
        child = self.write("b/child", HEAD + "a A 192.0.2.3\n")
        with Portlabd("--zone", parent, "--zone", f"sub.example.org={child}", "dns=0") as server:
            self.assertIn(f"{parent}:1: warning: there is no $ORIGIN", server.log())
            self.assertNotIn(f"{child}:", server.log())
            self.assertEqual(self.ask(server, "a.example.org"), "192.0.2.1")
            self.assertEqual(self.ask(server, "a.sub.example.org"), "192.0.2.3")
            self.assertIn("REFUSED", self.ask(server, "www.lab.test"))
            self.assertEqual(self.ask(server, "-x", "192.0.2.3"), "a.sub.example.org.")
            self.assertIn("REFUSED", self.ask(server, "-x", "192.0.2.9"))

    def test_zones_of_the_configuration_are_read_again(self):
        one = self.write("one.zone", "$ORIGIN one.test.\n" + HEAD + "a A 192.0.2.1\n")
        self.write("two.zone", "$ORIGIN two.test.\n" + HEAD + "a A 192.0.2.2\n")
        config = self.write("portlab.ini", f"dns = 0\nzone = {one}\nzone = {self.folder}/two.zone\n")
        with Portlabd("--config", config) as server:
            self.assertEqual(self.ask(server, "a.two.test"), "192.0.2.2")
            self.write("two.zone", "$ORIGIN two.test.\n" + HEAD + "a A 192.0.2.22\n")
            self.write("three", HEAD + "a A 192.0.2.3\n")
            self.write("portlab.ini",
                       f"dns = 0\nzone = {self.folder}/two.zone\nzone = three.test={self.folder}/three\n")
            self.assertIn("read again", self.reload(server))
            self.assertEqual(self.ask(server, "a.two.test"), "192.0.2.22")
            self.assertEqual(self.ask(server, "a.three.test"), "192.0.2.3")
            self.assertIn("REFUSED", self.ask(server, "a.one.test"))
            self.write("three", HEAD + "a A x\n")
            said = self.reload(server)
            self.assertIn("nothing has changed", said)
            self.assertIn(f"{self.folder}/three:4: 'x' is not an IPv4 address", said)
            self.assertEqual(self.ask(server, "a.three.test"), "192.0.2.3")

    def test_two_files_of_one_zone_are_an_error_that_names_both(self):
        one = self.write("one", "$ORIGIN lab.test.\n" + HEAD)
        two = self.write("two", HEAD)
        error = self.refused("--zone", one, "--zone", f"lab.test={two}")
        self.assertIn(one, error)
        self.assertIn(two, error)

    def test_a_mistake_in_the_option_is_named(self):
        self.assertIn("a..b", self.refused("--zone", "a..b=x"))
        self.assertIn("there must be a FILE", self.refused("--zone", "a.b="))

    def test_a_zone_in_utf_16_is_named(self):
        zone = self.write("lab.test.zone", "$ORIGIN lab.test.\n" + HEAD, encoding="utf-16")
        error = self.refused("--zone", zone)
        self.assertIn(f"{zone}:1: this text is in UTF-16", error)
        self.assertIn("save it as UTF-8", error)

    def test_an_included_file_is_read_again_and_one_outside_is_refused(self):
        hosts = self.write("include/hosts", "a A 192.0.2.1\n")
        zone = self.write("zones/my.zone", "$ORIGIN lab.test.\n" + HEAD + "$INCLUDE ../include/hosts\n")
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as outside:
            os.chmod(outside, 0o755)
            with open(os.path.join(outside, "hosts"), "w", encoding="ascii") as file:
                file.write("a A 192.0.2.9\n")
            with Portlabd("--zone", zone, "dns=0") as server:
                self.assertEqual(self.ask(server, "a.lab.test"), "192.0.2.1")
                self.write("include/hosts", "a A 192.0.2.2\n")
                self.assertIn("read again", self.reload(server))
                self.assertEqual(self.ask(server, "a.lab.test"), "192.0.2.2")
                self.write("zones/my.zone", "$ORIGIN lab.test.\n" + HEAD + f"$INCLUDE {outside}/hosts\n")
                said = self.reload(server)
                if server.ask_control("status")["confinement"]["landlock"] == 0:
                    self.skipTest("this kernel has no Landlock")
                self.assertIn("nothing has changed", said)
                self.assertIn(f"{zone}:5: $INCLUDE {outside}/hosts: ", said)
                self.assertIn("restart portlabd", said)
                self.assertEqual(self.ask(server, "a.lab.test"), "192.0.2.2")
        self.assertTrue(os.path.exists(hosts))


if __name__ == "__main__":
    unittest.main()
