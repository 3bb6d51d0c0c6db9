"""The map of an office, which `portlab page` adds to the live page, in a real browser."""

import os
import subprocess
import unittest

import live_browser
from portlab_testing import PORTLAB, TIME_LIMIT, environment, namespaces_are_allowed, need, portlab


def setUpModule():
    need("ip", "nft")
    if not namespaces_are_allowed():
        raise unittest.SkipTest("this system forbids namespaces")
    live_browser.need_browser()


class Map(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.name = f"map-{os.getpid()}"
        started = cls.office("up")
        if started.code != 0:
            raise AssertionError(started)
        cls.addClassCleanup(cls.office, "down")
        cls.page = subprocess.Popen([PORTLAB, "page", "--no-open", "--name", cls.name], text=True, env=environment(),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.page.stdout.close)
        cls.addClassCleanup(cls.page.wait, TIME_LIMIT)
        cls.addClassCleanup(cls.page.terminate)
        cls.url = cls.page.stdout.readline().strip()
        cls.browser = live_browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def office(cls, *words):
        return portlab("office", "--name", cls.name, *words)

    def hold(self, host, to):
        """A session from this host; the port of its client."""
        client = subprocess.Popen([PORTLAB, "office", "--name", self.name, "enter", host, PORTLAB, "connect", to,
                                   "--hold", "600"], env=environment(LC_ALL="C"), text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(client.wait, TIME_LIMIT)
        self.addCleanup(client.terminate)
        self.addCleanup(client.stderr.close)
        return int(client.stderr.readline().split()[1].rsplit(":", 1)[1])

    def open(self, query="", **options):
        self.browser.ask("open", self.url + query, options)
        self.wait("!document.getElementById('office').hidden")

    def wait(self, code):
        self.browser.ask("wait", code)

    def wait_for_text(self, selector, text):
        self.wait(f"document.querySelector('{selector}').textContent.includes('{text}')")

    def tearDown(self):
        self.assertEqual(self.browser.ask("problems"), [])

    def test_it_shows_hosts_sessions_and_translations(self):
        self.office("forward", "8080", "server1:80")
        self.open()
        self.wait_for_text("#host-server1", "192.168.1.10")
        self.wait_for_text("#host-server1", "21 ftp")
        self.wait_for_text("#host-router", "8080 → server1:80")
        inside = self.hold("pc1", "192.168.1.10:80")
        self.wait_for_text("#across", f"pc1:{inside} → server1:80 http ESTABLISHED")
        outside = self.hold("pc2", "203.0.113.80:80")
        self.wait_for_text("#across", f"pc2:{outside} → router:")
        self.wait_for_text("#host-router p", f"pc2:{outside} ⇄ :")
        visitor = self.hold("internet", "203.0.113.1:8080")
        self.wait_for_text("#across", f"internet:{visitor} → router:8080 → server1:80 http ESTABLISHED")
        # A cable for each of five hosts; of the sessions one line for the first, two joined ones for the others.
        self.assertEqual(self.browser.ask("evaluate", "document.querySelectorAll('#cables [style]:not(.ended)').length"), 5)
        self.assertNotIn("127.0.0.100", self.browser.ask("evaluate", "document.getElementById('across').textContent"))

    def test_it_is_usable_by_all(self):
        self.hold("pc3", "203.0.113.80:21")
        for options in ({"dark": False}, {"dark": True}, {"width": 390, "height": 844}, {"width": 320, "height": 640}):
            with self.subTest(options):
                self.open(**options)
                self.wait_for_text("#across", "router:")
                self.assertEqual(self.browser.ask("axe"), [])
                self.assertLessEqual(self.browser.ask("evaluate", "document.documentElement.scrollWidth"),
                                     options.get("width", 1280))
        self.open("&projector")
        self.assertTrue(self.browser.ask("evaluate", "document.querySelector('[href*=projector]').search.includes('office')"))


if __name__ == "__main__":
    unittest.main()
