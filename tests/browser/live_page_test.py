"""The live page in a real browser: Debian's chromium, without a window, driven by browser.mjs. Skipped, with the
reason, without chromium, node or npm; npm fetches the two packages of package.json once, into node_modules.
The streams of the page without a browser: tests/servers/live_events_test.py."""

import os
import re
import socket
import tempfile
import unittest

import live_browser
from live_browser import PageTest
from portlab_testing import TIME_LIMIT, Portlabd, portlab, wait_until


def setUpModule():
    PageTest.real_ports = live_browser.set_up()


def ftp_reply(lines, command=None):
    """Sends a command of FTP, if there is one; the last line of the reply."""
    if command:
        lines.write(command + "\r\n")
        lines.flush()
    while True:
        line = lines.readline()
        if re.match(r"\d{3} ", line):
            return line


class Sessions(PageTest):
    def test_sessions_of_real_clients_appear_and_go(self):
        server = self.start()
        self.open()
        echo = self.connect(server.port("echo"))
        port = echo.getsockname()[1]
        self.wait_for_row(port, "open")
        self.wait_for_text("#tuple", f"127.0.0.1:{port} → 127.0.0.1:{server.port('echo')}")
        self.wait_for_text(f"[data-filter='echo {server.port('echo')}']", "1 session")
        echo.close()
        self.wait_for_row(port, "closed")
        self.wait_for_text("#events", "closed")
        self.assertEqual(portlab("http", f"http://127.0.0.1:{self.port}/hello.txt").code, 0)
        self.wait_for_text("#words", "GET /hello.txt 200")
        self.assertEqual(portlab("dns", "www.lab.test", f"@127.0.0.1:{server.port('dns', 'udp')}").code, 0)
        self.wait_for_text("#counts", "1 flow")
        self.wait_for_text("#rows", "A www.lab.test NOERROR")

    def test_a_move_closes_the_old_port(self):
        server = self.start()
        self.open()
        old, new = self.port, 83
        open_before = self.connect(old)
        if not self.real_ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                new = free.getsockname()[1]
        self.assertIn("listeners", server.ask_control("move", f"http={new}"))
        self.wait_for_text(".card.closed", f"http moved to {new}")
        self.assertEqual(self.text(".card.closed .port"), str(old))
        self.wait_for_text(f"[data-filter='http {new}']", f"moved from {old}")
        self.wait_for_text("#announcement", f"http moved from port {old} to port {new}")
        self.wait_for_row(open_before.getsockname()[1], "open")
        self.assertEqual(portlab("http", f"http://127.0.0.1:{new}/hello.txt").code, 0)
        self.wait_for_text("#words", f"http's default port is 80. Here it is on {new}.")
        if self.real_ports:  # where the server sees refusals
            for count in (1, 2):
                self.assertEqual(portlab("http", f"http://127.0.0.1:{old}/").code, 3)
                self.wait_for_text(".card.closed", f"{count} refused · http moved to {new}")

    def test_a_refusal_is_that_of_the_port_that_closed_last_and_has_no_open_card(self):
        self.start()
        self.open()
        cards = self.evaluate("""(async () => {
            const { Model } = await import('./model.js');
            const model = new Model();
            const end = (port) => ({ transport: 'tcp', address: '127.0.0.1', port });
            const listener = (service, port) => ({ service, endpoint: end(port) });
            const udp = { service: 'dns', endpoint: { ...end(53), transport: 'udp' } };
            model.snapshot({ at: 1, sessions: [], listeners: [listener('dns', 53), udp, listener('http', 80)] });
            const apply = (...changes) => model.apply({ at: 2, changes });
            const refusal = (port) => ({ kind: 'refused', client: end(40000), server: end(port), times: 1 });
            const refuse = (port) => apply(refusal(port))[0].refusal.card;
            const close = (service, port) => apply({ kind: 'listener_closed', listener: listener(service, port) });
            close('dns', 53);
            close('http', 80);
            const cards = [refuse(53) || 'none', refuse(80)];
            apply({ kind: 'listener_opened', listener: listener('echo', 80) });
            close('echo', 80);
            return [...cards, refuse(80)];
        })()""")
        self.assertEqual(cards, ["none", "http 80", "echo 80"])

    def test_the_second_port_of_ftp_appears_and_goes(self):
        site = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(site, 0o755)
        with open(os.path.join(site, "large"), "wb") as file:
            file.truncate(64 << 20)  # more than the sockets' buffers hold
        server = self.start(site=site)
        self.open()
        with self.connect(server.port("ftp")).makefile("rw", newline="") as lines:
            ftp_reply(lines)
            ftp_reply(lines, "USER anonymous")
            self.assertEqual(ftp_reply(lines, "PASS a@lab.test")[:3], "230")
            port = int(re.search(r"\|\|\|(\d+)\|", ftp_reply(lines, "EPSV"))[1])
            data = self.connect(port)
            lines.write("RETR large\r\n")
            lines.flush()
            self.wait_for_text(".card.data", "second port of ftp")
            self.assertEqual(self.text(".card.data .port"), str(port))
            self.wait_for_row(data.getsockname()[1], "open")
            data.close()
            self.wait("!document.querySelector('.card.data')")
            # This one is over before the page gets the next batch of events.
            url = f"ftp://127.0.0.1:{server.port('ftp')}/"
            self.assertEqual(portlab("ftp", url, "ls").code, 0)
            self.wait_for_text(".card.data", "second port of ftp")
            self.wait("!document.querySelector('.card.data')")

    def test_the_page_reconnects_after_a_restart(self):
        server = self.start()
        self.open()
        at = self.port
        for _ in range(5):  # their numbers are larger than those after the restart
            self.connect(server.port("echo")).close()
        self.wait("document.querySelectorAll('#rows tr.closed').length === 5")
        before = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(before, "open")
        self.assertEqual(server.stop(), 0)
        self.wait("document.getElementById('state').className === 'reconnecting'")
        self.wait_for_text("#announcement", "reconnecting")
        again = Portlabd(f"http={at}", "echo=0")
        self.addCleanup(again.close)
        self.wait("document.getElementById('state').className === 'live'")
        self.wait(f"!{self.row(before)}")
        port = self.connect(again.port("echo")).getsockname()[1]
        self.wait_for_row(port, "open")
        self.wait_for_text("#tuple", f"127.0.0.1:{port} →")
        self.wait("document.querySelectorAll('.card.open').length === 2")

    def test_the_page_and_the_api_agree(self):
        server = self.start()
        kept = [*self.connect(server.port("echo"), 5), *self.connect(server.port("ftp"), 3)]
        self.open()
        kept += [self.ask_http("/hello.txt", "/none"), *self.connect(server.port("echo"), 4)]
        for gone in kept[::4]:
            gone.close()
        for name in ("www.lab.test", "none.lab.test"):
            portlab("dns", name, f"@127.0.0.1:{server.port('dns', 'udp')}")
        # The rows as text: service, transport, both ends, the last request. fetch() makes a connection of its own,
        # or uses one that has made a request before.
        agree = """fetch('/api/sessions').then((answer) => answer.json()).then((sessions) => {
          const rows = [...document.querySelectorAll('#rows tr:not(.closed)')].map((row) => [0, 1, 2, 3, 7]
            .map((i) => row.children[i].textContent.trim().replace(/^this page: /, '')).join(' '));
          const api = sessions.map(({ service, local, remote, note }) => `${service} ${local.transport} ` +
            `${remote.address}:${remote.port} ${local.address}:${local.port} ${note}`);
          const others = (list) => list.filter((row) => !row.includes('/api/sessions') && !row.includes('/live/'))
            .sort().join();
          return others(rows) === others(api) && others(api).split(',').length >= 12;
        })"""
        self.wait(agree)


class You(PageTest):
    def test_the_viewer_sees_their_own_port_and_a_reload_takes_another(self):
        self.start()
        self.open()
        port = int(self.text("#you").rsplit(" ", 1)[1])
        self.assertIn("you are 127.0.0.1, port", self.text("#you"))
        self.wait(f"{self.row(port)}?.textContent.includes('this page')")
        self.browser.ask("reload")
        self.wait_for_text("#you", f"(before: {port})")

    def test_the_streams_of_live_pages_can_be_hidden(self):
        server = self.start()
        self.open()
        self.ask_http("/api/events?label=table%204")
        echo = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(echo, "open")
        self.wait_for_text("#rows", "this page: GET /api/events")
        self.wait_for_text("#rows", "table 4: GET /api/events")
        rows = "[...document.querySelectorAll('#rows tr')]"
        streams = f"{rows}.filter((r) => r.textContent.includes('/api/events')).length"
        count = "Number(/(\\d+) session/.exec(document.getElementById('counts').textContent)[1])"
        before = self.evaluate(count)
        self.click("#hide")
        self.wait(f"{streams} === 0 && {count} === {before - 2}")
        self.assertTrue(self.evaluate(f"Boolean({self.row(echo)})"))
        self.click("#hide")
        self.wait(f"{streams} === 2")

    def test_a_label_is_shown_to_all(self):
        self.start()
        self.open()
        self.fill("#label", "table 3 <b>")
        self.click("#label-form button")
        self.wait_for_text("#rows", "label=table%203")
        self.ask_http("/api/events?label=table%204%20%3Cb%3E")
        self.wait_for_text("#rows", "table 4 <b>:")

    def test_the_front_page_leads_here(self):
        self.start()
        self.browser.ask("open", f"http://127.0.0.1:{self.port}/", {})
        self.click("a[href='/live/']")
        self.wait("document.getElementById('state')?.className === 'live'")


class Controls(PageTest):
    def test_filter_and_sort(self):
        server = self.start()
        self.open()
        ports = sorted(one.getsockname()[1] for one in self.connect(server.port("echo"), 5))
        for port in ports:
            self.wait_for_row(port, "open")
        shown = "[...document.querySelectorAll('#rows tr')].map((r) => Number(r.children[2].textContent.split(':')[1]))"
        self.fill("#filter", "echo tcp")
        self.wait("document.querySelectorAll('#rows tr').length === 5")
        self.click("[data-key=client] button")
        self.wait(f"({shown}).join() === '{','.join(map(str, ports))}'")
        self.click("[data-key=client] button")
        self.wait(f"({shown}).join() === '{','.join(map(str, reversed(ports)))}'")
        self.assertEqual(self.evaluate("document.querySelector('[data-key=client]').ariaSort"), "descending")
        self.fill("#filter", f"echo {ports[2]}")
        self.wait("document.querySelectorAll('#rows tr').length === 1")
        self.wait_for_text("#found", "1 of ")
        self.fill("#filter", "nothing-like-this")
        self.wait("document.querySelectorAll('#rows tr').length === 0")

    def test_a_dot_is_chosen_by_the_mouse(self):
        server = self.start()
        self.open()
        port = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(port, "open")
        box = self.evaluate("(({left, top, width}) => [left, top, width])"
                            "(document.getElementById('square').getBoundingClientRect())")
        cell = (box[2] - 2) / 256
        self.browser.ask("mouse", box[0] + 1 + (port % 256 + .5) * cell, box[1] + 1 + (port // 256 + .5) * cell)
        self.wait_for_text("#focus-title", "Selected session")
        self.assertIn("tell this session apart from all others", self.text("#words"))
        self.assertIn(f"The client's system picked port {port}", self.text("#words"))
        self.wait(f"{self.row(port)}.classList.contains('selected') && document.querySelector('#events tr.selected')")

    def repeat(self, step, code):
        """Does the step until the page shows that it is true: other events, as of the browser's own requests, may
        be in between."""
        for _ in range(30):
            step()
            self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
            if self.evaluate(code):
                return
        self.fail(f"30 steps do not lead to {code}")

    def test_pause_and_step(self):
        server = self.start()
        self.open()
        first = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(first, "open")
        self.click("#pause")
        self.wait_for_text("#state-word", "paused")
        second = self.connect(server.port("echo")).getsockname()[1]
        # The kernel does not stop: the event arrives, and is not shown.
        self.wait("Number(/of (\\d+);/.exec(document.getElementById('place').textContent)?.[1]) > "
                  "Number(/event (\\d+) of/.exec(document.getElementById('place').textContent)[1])")
        self.assertTrue(self.evaluate(f"{self.row(second)} === undefined"))
        self.evaluate("document.getElementById('back').focus()")
        self.repeat(lambda: self.press("ArrowLeft"), f"{self.row(first)} === undefined")
        self.repeat(lambda: self.press("ArrowRight"), f"{self.row(first)} !== undefined")
        self.assertTrue(self.evaluate(f"{self.row(second)} === undefined"))
        self.repeat(lambda: self.click("#forward"), f"{self.row(second)} !== undefined")
        self.repeat(lambda: self.evaluate("document.getElementById('forward').click()"),
                    "document.getElementById('forward').disabled")
        self.click("#pause")
        self.wait_for_text("#state-word", "live")
        self.wait_for_row(second, "open")

    def test_the_keyboard_alone_is_enough(self):
        server = self.start()
        self.open()
        port = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(port, "open")
        focused = ("(({id, textContent, type, parentElement}) => id || type === 'submit' && 'submit' || textContent)"
                   "(document.activeElement)")

        def tab_to(wanted, key="Tab"):
            for _ in range(60):
                self.press(key)
                if self.evaluate(focused) == wanted:
                    style = self.evaluate("(({outlineStyle, outlineWidth}) => [outlineStyle, parseInt(outlineWidth)])"
                                          "(getComputedStyle(document.activeElement))")
                    self.assertEqual(style[0], "solid", wanted)
                    self.assertGreaterEqual(style[1], 2, wanted)
                    return
            self.fail(f"Tab does not lead to {wanted}")

        tab_to("To the table of sessions")
        self.press("Enter")
        tab_to("filter")
        self.press(*"echo", "Space", *str(port))
        self.wait("document.querySelectorAll('#rows tr').length === 1")
        tab_to("hide")
        self.press("Space")
        self.wait("document.getElementById('hide').checked")
        tab_to("Server")
        self.press("Enter")
        self.wait("document.querySelector('[data-key=server]').ariaSort === 'ascending'")
        tab_to(f"127.0.0.1:{port}")
        self.press("Enter")
        self.wait_for_text("#focus-title", "Selected session")
        self.assertIn("tell this session apart from all others", self.text("#words"))
        # An update of the table leaves the focus where it is.
        other = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_text("#events", f":{other}")
        self.assertEqual(self.evaluate(focused), f"127.0.0.1:{port}")
        self.press("Escape")
        self.wait_for_text("#focus-title", "Newest session")
        tab_to("label")
        self.press(*"table", "Enter")
        self.wait("sessionStorage.getItem('label') === 'table'")
        tab_to("pause", "Shift+Tab")
        self.press("Space")
        self.wait_for_text("#state-word", "paused")
        tab_to("back")
        self.press("Enter")
        self.wait_for_text("#place", "event ")


class Looks(PageTest):
    sizes = ((1280, 720), (1920, 1080), (390, 844), (320, 640))

    def open_with_sessions(self, query=""):
        """The page with sessions of all kinds and a moved listener; the port of the newest client."""
        server = self.start()
        self.open(query)
        self.ask_http("/hello.txt", "/none")
        self.connect(server.port("ftp"))
        portlab("dns", "www.lab.test", f"@127.0.0.1:{server.port('dns', 'udp')}")
        portlab("ftp", f"ftp://127.0.0.1:{server.port('ftp')}/", "ls")
        self.connect(server.port("echo"), 12)
        server.ask_control("move", "echo=0")
        self.wait_for_text(".card.closed", "echo moved to")
        port = self.ask_http("/docs/three-ranges.txt").getsockname()[1]
        self.wait_for_row(port, "open")
        return port

    def test_axe_finds_nothing(self):
        port = self.open_with_sessions()
        self.assertEqual(self.browser.ask("axe"), [])
        self.browser.ask("look", {"width": 320, "height": 640, "dark": True})
        self.assertEqual(self.browser.ask("axe"), [], "narrow and dark")
        self.evaluate(f"{self.row(port)}.querySelector('button').click()")
        self.wait_for_text("#focus-title", "Selected session")
        self.click("#pause")
        self.wait_for_text("#state-word", "paused")
        self.browser.ask("look", {})
        self.assertEqual(self.browser.ask("axe"), [], "with an explanation")

    def test_axe_finds_nothing_on_a_projector_and_without_sessions(self):
        self.open_with_sessions("?projector")
        self.assertEqual(self.browser.ask("axe"), [])
        self.browser.ask("look", {"dark": True})
        self.fill("#filter", "nothing-like-this")
        self.wait("document.getElementById('rows').rows.length === 0")
        self.assertEqual(self.browser.ask("axe"), [], "dark, with an empty table")

    def test_nothing_is_cut_and_nothing_scrolls_sideways(self):
        self.expect_room_for_all("")

    def test_nothing_is_cut_on_a_projector(self):
        self.expect_room_for_all("?projector")

    def expect_room_for_all(self, query):
        self.open_with_sessions(query)
        # Texts of the cards, the header and the newest session that do not fit into their boxes.
        cut = """[...document.querySelectorAll('.card *, header *, #tuple, #words *, #ranges *, #ephemeral, #drawn')]
          .filter((e) => !e.closest('svg') && getComputedStyle(e).display !== 'inline' &&
            (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 4))
          .map((e) => `${e.id || e.className || e.localName}: ${e.textContent}`)"""
        outside = """[...document.querySelectorAll('#square, .card, #tuple, #words, #counts, #state, #pause, #ephemeral')]
          .filter((e) => {
            const box = e.getBoundingClientRect();
            const limits = (e.id === 'ephemeral' ? e.parentElement : document.body).getBoundingClientRect();
            return box.left < limits.left - 1 || box.right > limits.right + 1;
          }).map((e) => e.id || e.className)"""
        for width, height in (*self.sizes, (800, 600), (1024, 768)):
            self.browser.ask("look", {"width": width, "height": height})
            self.assertEqual(self.evaluate(cut), [], width)
            self.assertEqual(self.evaluate(outside), [], width)
            self.assertLessEqual(self.evaluate("document.documentElement.scrollWidth"), width)
            if width >= 1280:  # the square, all cards and the newest session, without scrolling
                bottom = "document.getElementById('focus').getBoundingClientRect().bottom"
                self.assertLessEqual(self.evaluate(bottom), height)

    def test_an_explanation_is_in_sight(self):
        self.expect_explanation_in_sight("")

    def test_an_explanation_is_in_sight_on_a_projector(self):
        self.expect_explanation_in_sight("?projector")

    def expect_explanation_in_sight(self, query):
        port = self.open_with_sessions(query)
        self.evaluate(f"{self.row(port)}.querySelector('button').click()")
        self.wait_for_text("#focus-title", "Selected session")
        seen = """['tuple', 'words', 'unselect'].map((id) => document.getElementById(id).getBoundingClientRect())
          .every(({ top, bottom }) => top >= 0 && bottom <= innerHeight)"""
        for width, height in self.sizes[:3]:
            self.browser.ask("look", {"width": width, "height": height})
            for place in ("document.body", self.row(port)):
                self.evaluate(f"{place}.scrollIntoView()")
                self.wait(seen)

    def test_type_for_a_projector_is_large(self):
        self.open_with_sessions("?projector")
        # An inch on a screen of 720 lines is 18 px and more, if the screen is 40 inches high.
        small = """[...document.querySelectorAll('header *, .card *, #ranges *, #ephemeral, #tuple, #words *')]
          .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility() &&
            parseFloat(getComputedStyle(e).fontSize) < 18).map((e) => e.id || e.className || e.textContent)"""
        self.assertEqual(self.evaluate(small), [])
        sizes = """[...document.querySelectorAll('header *, .card *, #words *, #tuple')]
          .map((e) => [parseFloat(getComputedStyle(e).fontSize), e.id || e.className]).sort((a, b) => b[0] - a[0])[0]"""
        self.assertIn(self.evaluate(sizes)[1], ("tuple", "port"))

    def test_reduced_motion_is_respected(self):
        server = self.start()
        # The ring around a new dot grows: each frame draws a circle of another radius.
        watch = """(() => {
          window.radii = new Set();
          const arc = CanvasRenderingContext2D.prototype.arc;
          CanvasRenderingContext2D.prototype.arc = function (x, y, radius, ...angles) {
            window.radii.add(radius);
            return arc.call(this, x, y, radius, ...angles);
          };
        })()"""

        def radii(calm, sessions):
            self.open(calm=calm)
            self.evaluate(watch)
            for _ in range(sessions):
                self.wait_for_row(self.connect(server.port("echo")).getsockname()[1], "open")
                if self.evaluate("window.radii.size") > 8:
                    break
            return self.evaluate("window.radii.size")

        self.assertLessEqual(radii(True, 8), 8)
        self.assertGreater(radii(False, 20), 8)


class Safety(PageTest):
    def test_text_from_the_network_is_shown_as_text(self):
        name = "<img src=x onerror=alert(1)>.txt"
        site = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(site, 0o755)
        with open(os.path.join(site, name), "wb") as file:
            file.write(b"x")
        server = self.start(site=site)
        self.open()
        self.evaluate("window.alert = () => console.error('a script of the network has run')")
        # A name, a target, and a label that contain elements.
        with self.connect(server.port("ftp")).makefile("rw", newline="") as lines:
            ftp_reply(lines)
            ftp_reply(lines, "USER anonymous")
            ftp_reply(lines, "PASS a@lab.test")
            self.assertEqual(ftp_reply(lines, f"MDTM {name}")[:3], "213")
            self.wait_for_text("#rows", f"MDTM {name}")
        for target in ("/%3Cscript%3Ealert(1)%3C/script%3E", "/?<svg/onload=alert(1)>", "/</td></table><b>x"):
            self.ask_http(target)
        self.ask_http("/api/events?label=%3Cimg%20src=x%3E")
        self.wait_for_text("#rows", "<img src=x>:")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            question = b"\x0c<b>bold</b>x\x03lab\x04test\x00\x00\x01\x00\x01"
            client.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + question,
                          ("127.0.0.1", server.port("dns", "udp")))
            self.wait_for_text("#rows", "<b>bold</b>x")
        for selected in (True, False):
            if selected:
                self.evaluate("[...document.querySelectorAll('#rows tr')].find((r) => r.textContent.includes('MDTM'))"
                              ".querySelector('button').click()")
                self.wait_for_text("#words", f"MDTM {name}")
            self.assertEqual(self.evaluate(
                "document.querySelectorAll('body img, body script, body [onload], body [onerror], #rows b, #events b, "
                "#words b, main style, iframe').length"), 0)
            self.press("Escape")

    def test_the_policy_forbids_scripts_of_others(self):
        self.start()
        self.open()
        self.evaluate("""document.body.append(
          Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}),
          Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x.png'}))""")
        wait_until(lambda: sum("Content Security Policy" in text for text in self.browser.ask("problems")) >= 2,
                   "two blocked elements")
        self.assertTrue(self.evaluate("window.ran === undefined"))
        self.open()  # without these problems


class Many(PageTest):
    services = ("http", "echo", "ftp")

    def test_15000_sessions_leave_it_usable(self):
        # Each side of a session is an open file of one process: the server's, and this one's.
        count = 15000 if self.real_ports else 2000
        count = min(count, live_browser.files_max() - 300)
        server = self.start("--max-sessions-per-address", str(count + 200))
        self.open()
        self.connect(server.port("echo"), count)
        sessions = ("Number(/([\\d,]+) sessions/.exec(document.getElementById('counts').textContent)?.[1]"
                    ".replace(',', ''))")
        self.wait(f"{sessions} > {count}")
        self.wait_for_text("#drawn", f"the newest 500 of {count // 1000}")
        # What the page holds does not grow with the sessions.
        self.assertLessEqual(self.evaluate("document.querySelectorAll('#rows tr').length"), 200)
        self.assertLessEqual(self.evaluate("document.querySelectorAll('*').length"), 3000)
        port = self.connect(self.port).getsockname()[1]
        self.fill("#filter", f"http {port}")
        self.wait_for_row(port, "open")
        self.evaluate(f"{self.row(port)}.querySelector('button').click()")
        self.wait_for_text("#words", f"picked port {port}")
        self.press("Escape")
        # Sessions open and close meanwhile.
        self.click("#pause")
        self.wait_for_text("#state-word", "paused")
        for client in self.connect(server.port("echo"), 100):
            client.close()
        self.click("#back")
        self.wait_for_text("#place", "new ones arrive")
        self.click("#pause")
        self.wait_for_text("#state-word", "live")
        # A page that is loaded now gets all of them in its snapshot.
        self.open()
        self.wait(f"{sessions} > {count}")
        self.wait_for_text("#drawn", "the newest 500 of")

    def test_with_thirty_viewers_the_page_stays_live(self):
        server = self.start()
        for viewer in range(29):
            self.ask_http(f"/api/events?label=table%20{viewer}")
        self.open()
        self.wait("parseInt(/\\d+ sessions/.exec(document.getElementById('counts').textContent)) >= 30")
        self.fill("#filter", "table 28")
        self.wait("document.querySelectorAll('#rows tr').length === 1")
        self.fill("#filter", "")
        port = self.connect(server.port("echo")).getsockname()[1]
        self.wait_for_row(port, "open")
        self.assertEqual(self.text("#state-word"), "live")


if __name__ == "__main__":
    unittest.main()
