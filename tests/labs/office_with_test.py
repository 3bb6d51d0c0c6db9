"""portlab office up --with smb,rdp: a shared folder and a remote desktop, with Samba and FreeRDP. Each case
runs as the user who runs the tests, and again as nobody where the tests run as root."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from office_test import NOTHING, Nobody, Office, traces
from portlab_testing import (
    PORTLAB,
    ClientTest,
    environment,
    main,
    namespaces_are_allowed,
    need,
    portlab,
    run,
    wait_until,
)

SMB = ("smbd", "smbclient")
RDP = ("freerdp-shadow-cli", "xfreerdp", "Xvfb", "xterm", "xwdtopnm", "pnmtopng", "pngtopnm")
NO_DISPLAY = environment(DISPLAY="")


def setUpModule():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    need("ip", "nft", *SMB, *RDP)
    if not namespaces_are_allowed():
        raise unittest.SkipTest("this system forbids namespaces")


def files_outside():
    """What X servers and Samba would leave in this machine's folders."""
    found = set()
    for folder in ("/tmp", "/tmp/.X11-unix", "/var/lib/xkb", "/run/samba", "/var/log/samba", "/var/log/samba/cores",
                   "/var/lib/samba", "/var/lib/samba/private", "/var/cache/samba"):
        if os.path.isdir(folder):
            found |= {os.path.join(folder, name) for name in os.listdir(folder)
                      if folder != "/tmp" or name.startswith(".X")}
    return found


def shared_memory():
    """The System V shared memory that ended programs have left on this machine: FreeRDP and X servers use it."""
    with open("/proc/sysvipc/shm", encoding="utf-8") as table:
        names, *rows = (line.split() for line in table)
    rows = [dict(zip(names, row)) for row in rows]
    return {row["shmid"] for row in rows if not os.path.exists(f"/proc/{row['cpid']}")}


def processes_in(office, name):
    """The ids of the processes of the office that execute a program of this name."""
    space = os.readlink(f"/proc/{office.keeper()}/ns/pid_for_children")
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == space and \
                    os.path.basename(os.readlink(f"/proc/{pid}/exe")) == name:
                found.append(int(pid))
        except OSError:
            continue
    return found


def pixels(path):
    """The width and height of a PNG, and the number of pixels of each colour."""
    raw = subprocess.run(["pngtopnm", path], check=True, capture_output=True).stdout
    kind, width, height, *_ = raw.split(maxsplit=4)
    count = int(width) * int(height) * (3 if kind == b"P6" else 1)
    body = raw[-count:]
    step = 3 if kind == b"P6" else 1
    colours = {}
    for at in range(0, count, step):
        colour = body[at:at + step]
        colours[colour] = colours.get(colour, 0) + 1
    return int(width), int(height), colours


class Cases:
    user = None

    @classmethod
    def setUpClass(cls):
        cls.before = files_outside(), shared_memory()
        cls.office = Office(cls.user, "--with", "smb,rdp")
        if cls.office.started.code != 0:
            raise AssertionError(cls.office.started)

    @classmethod
    def tearDownClass(cls):
        result = cls.office("down")
        assert result.code == 0, result
        assert traces(cls.office.name) == NOTHING, traces(cls.office.name)
        assert files_outside() <= cls.before[0], files_outside() - cls.before[0]
        assert shared_memory() <= cls.before[1], shared_memory() - cls.before[1]

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="portlab-test-")
        os.chmod(self.folder, 0o777)
        self.picture = os.path.join(self.folder, "desktop.png")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def view(self, *words):
        return self.office("view", *words, "--output", self.picture, env=NO_DISPLAY, timeout=60)

    def sessions(self, port):
        return [row for row in self.office.json("netstat")["sessions"]
                if row["server"]["port"] == port and row["client"]["state"] == "ESTABLISHED"]

    def test_the_shared_folder_is_listed_read_and_written(self):
        listed = self.office.on("pc1", "smbclient", "-N", "//pc3/share", "-c", "ls")
        self.expect(listed, 0)
        self.assertIn("welcome.txt", listed.text)
        fetched = self.office.on("pc1", "smbclient", "-N", "//pc3/share", "-c", "get welcome.txt -")
        self.assertIn("Welcome to the shared folder of pc3.", fetched.text)
        put = self.office.on("pc2", "smbclient", "-N", "//pc3/share", "-c", "put /etc/hostname from-pc2")
        self.expect(put, 0)
        self.assertEqual(self.office.on("pc3", "cat", "/etc/portlab-office/pc3/share/from-pc2").text, "pc2\n")

    def test_the_session_at_445_has_both_its_ends(self):
        client = self.office.popen("pc1", "sh", "-c", "sleep 1000 | smbclient -N //pc3/share",
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            row = wait_until(lambda: self.sessions(445), "the session")[0]
            self.assertEqual((row["client"]["host"], row["server"]["host"], row["service"], row["server"]["state"]),
                             ("pc1", "pc3", "microsoft-ds", "ESTABLISHED"))
        finally:
            client.terminate()
            client.wait(30)

    def test_only_the_two_ports_are_added(self):
        rows = {(row["transport"], row["host"], row["port"], row["service"], row["program"])
                for row in self.office.json("netstat")["listeners"] if row["program"] != "portlabd"}
        desktop = self.office.json("desktop")["port"]
        self.assertEqual(rows, {("tcp", "pc3", 445, "microsoft-ds", "smbd"),
                                ("tcp", "server1", desktop, "ms-wbt-server", "freerdp-shadow-cli")})

    def test_map_netstat_and_status_name_program_and_service(self):
        self.assertRegex(self.office("map").text, r"(?m)^ +pc3 +tcp 445 microsoft-ds \(smbd\)$")
        self.assertRegex(self.office("netstat", "-a", "pc3").text,
                         r"(?m)^tcp +pc3:445 +microsoft-ds +LISTEN +smbd$")
        status = self.office("status").text
        self.assertIn("smbd listens at pc3:445", status)
        self.assertIn("freerdp-shadow-cli listens at server1:", status)

    def test_the_picture_is_that_of_the_desktop_which_moves(self):
        at = lambda port: self.view(f"server1:{port}")
        self.expect(self.office("desktop", "3389"), 0)
        self.expect(at(3389), 0, "pc2$ xfreerdp /v:server1:3389")
        width, height, colours = pixels(self.picture)
        self.assertEqual((width, height), (1024, 768))
        self.assertGreater(len(colours), 1)
        # What a program draws on server1's display is in the next picture.
        painter = self.office.popen("server1", "env", "DISPLAY=:0", "xterm", "-bg", "#ff0000", "-geometry",
                                    "300x100+0+0", "-e", "sleep", "1000",
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            def is_red():
                self.expect(at(3389), 0)
                red = sum(count for colour, count in pixels(self.picture)[2].items()
                          if len(colour) == 3 and colour[0] > 200 and colour[1] < 60 and colour[2] < 60)
                return red > width * height / 2
            wait_until(is_red, "a red picture")
        finally:
            painter.terminate()
            painter.wait(30)
        self.assertTrue(self.office("desktop", "3350").text.endswith("server1:3350 now.\n"))  # no session
        os.remove(self.picture)
        self.expect(self.view(), 3, "server1:3389: connection refused", f"portlab office --name {self.office.name} desktop")
        self.assertFalse(os.path.exists(self.picture))
        self.expect(at(3350), 0)
        self.assertTrue(os.path.exists(self.picture))
        self.assertIn("server1:3350 (ms-wbt-server)", self.office("status").text)
        shown = self.office("netstat", "-a", ":3350").text
        self.assertIn("ms-wbt-server *", shown)
        self.assertIn("* moved: ms-wbt-server's default port is 3389", shown)
        self.assertIn("3350 already", self.office("desktop", "3350").text)
        self.expect(self.office("desktop", "80"), 1, "in use by portlabd")

    def test_a_display_that_does_not_answer_is_named(self):
        self.expect(self.office("view", env=environment(DISPLAY=":9999")), 1,
                    "xfreerdp cannot open the display :9999", "--output desktop.png")

    def test_a_session_is_held_and_seen(self):
        port = self.office.json("desktop")["port"]
        viewer = subprocess.Popen([PORTLAB, "office", "--name", self.office.name, "view", f"server1:{port}",
                                   "--output", self.picture, "--hold", "1000"], env=NO_DISPLAY,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **self.office.user)
        try:
            self.assertIn(b"desktop.png", viewer.stdout.readline())
            row = self.sessions(port)[0]
            self.assertEqual((row["client"]["host"], row["server"]["host"], row["service"], row["server"]["state"]),
                             ("pc2", "server1", "ms-wbt-server", "ESTABLISHED"))
        finally:
            viewer.send_signal(signal.SIGINT)
            viewer.wait(30)
            viewer.stdout.close()
        self.assertEqual(viewer.returncode, 0)
        left = self.office.on("pc2", "ls", "/etc/portlab-office/pc2").text
        self.assertNotIn("view-", left)
        wait_until(lambda: len(processes_in(self.office, "Xvfb")) == 1, "the end of the client's display")

    def test_the_servers_can_change_nothing_outside(self):
        pid = self.office.on("pc3", "cat", "/etc/portlab-office/pc3/smbd.tmp/smbd.pid").text.strip()
        status = self.office.on("pc3", "cat", f"/proc/{pid}/status").text
        self.assertRegex(status, r"(?m)^CapPrm:\s+0+$")
        mounts = self.office.on("pc3", "cat", f"/proc/{pid}/mounts").text.splitlines()
        writable = {line.split()[1] for line in mounts if line.split()[3].split(",")[0] == "rw"}
        self.assertEqual(writable, {"/tmp", "/etc/portlab-office"})

    def test_up_again_changes_nothing(self):
        again = self.office("up", "--with", "rdp,smb")
        self.expect(again, 0)
        self.assertIn("up already", again.text)


class AsThisUser(Cases, ClientTest):
    pass


class AsNobody(Nobody, Cases, ClientTest):
    pass


class UpAndDown(ClientTest):
    def test_a_running_office_gets_more_servers(self):
        with Office() as office:
            self.expect(office("view"), 3, "connection refused")
            self.expect(office("desktop"), 3, "has no desktop", "up --with rdp")
            self.expect(office("up", "--with", "smb"), 0)
            self.assertEqual([each["name"] for each in office.json("status")["with"]], ["smb"])
            # From a host, too.
            self.expect(office.on("pc1", PORTLAB, "office", "up", "--with", "rdp"), 0)
            self.assertEqual([each["name"] for each in office.json("status")["with"]], ["smb", "rdp"])

    def test_what_was_killed_starts_again(self):
        with Office(None, "--with", "smb,rdp") as office:
            for program in ("smbd", "freerdp-shadow-cli", "Xvfb"):
                for pid in processes_in(office, program):
                    with contextlib.suppress(ProcessLookupError):  # a child of one that was killed
                        os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not office.json("status")["with"], "the end of both servers")
            self.expect(office("up", "--with", "smb,rdp"), 0)
            self.assertEqual(len(office.json("status")["with"]), 2)
            with tempfile.TemporaryDirectory() as folder:
                self.expect(office("view", "--output", folder + "/desktop.png", env=NO_DISPLAY), 0)

    def test_up_and_down_leave_nothing(self):
        before = files_outside(), shared_memory()
        for signal_to_keeper in (None, signal.SIGKILL, None):
            office = Office(None, "--with", "smb,rdp")
            self.expect(office.started, 0)
            if signal_to_keeper:
                os.kill(office.keeper(), signal_to_keeper)
            else:
                self.expect(office("down"), 0)
            wait_until(lambda: traces(office.name) == NOTHING, "nothing is left")
            self.assertLessEqual(files_outside(), before[0])
            wait_until(lambda: shared_memory() <= before[1], "no shared memory is left")


class Impossible(ClientTest):
    def test_missing_programs_are_named_with_their_packages(self):
        need("unshare")
        hidden = [os.path.realpath(shutil.which(name)) for name in ("smbd", "xfreerdp", "xwdtopnm")]
        hide = " && ".join(f"mount --bind /dev/null {path}" for path in hidden)
        name = f"test-{os.getpid()}-missing"
        command = [PORTLAB, "office", "--name", name, "up", "--with"]
        with_all = run("unshare", "-Urm", "sh", "-c", f'{hide} && exec "$@"', "sh", *command, "smb,rdp",
                       env=environment())
        self.assertEqual(with_all.returncode, 3, with_all)
        message = " ".join(with_all.stderr.split())
        self.assertIn("--with smb,rdp needs smbd, xfreerdp, xwdtopnm, not installed here", message)
        self.assertIn("sudo apt-get install --no-install-recommends samba freerdp2-x11 netpbm", message)
        self.assertIn("systemctl disable --now smbd nmbd", message)
        self.assertEqual(traces(name), NOTHING)

    def test_version_3_of_freerdp_has_other_names(self):
        need("unshare", *RDP)
        name = f"test-{os.getpid()}-freerdp3"
        script = "".join(f'cp "$(command -v {each})" "$1/{each}3" && '
                         f'mount --bind /dev/null "$(readlink -f "$(command -v {each})")" && '
                         for each in ("xfreerdp", "freerdp-shadow-cli"))
        script += ('PATH=$PATH:$1; office="$2 office --name $3"; $office up --with rdp && $office status && '
                   '$office view -o "$1/desktop.png"; status=$?; $office down; exit $status')
        # Not in /tmp: the servers have another one.
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            done = run("unshare", "-Urm", "sh", "-c", script, "sh", folder, PORTLAB, name, env=NO_DISPLAY)
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("listens at server1:3389", done.stdout)
            self.assertIn("pc2$ xfreerdp3 /v:server1:3389", done.stderr)
            self.assertGreater(os.path.getsize(folder + "/desktop.png"), 0)
        self.assertEqual(traces(name), NOTHING)

    def test_wrong_words_are_explained(self):
        self.expect(portlab("office", "up", "--with", "smb,rtp"), 2, "'rtp' is not one of smb, rdp")
        self.expect(portlab("office", "map", "--with", "smb"), 2, "--with is no option of map")
        self.expect(portlab("office", "view", "pc9"), 2, "pc9")
        self.expect(portlab("office", "view", "switch"), 2, "switch")
        self.expect(portlab("office", "desktop", "0"), 2, "'0' is no port")
        self.expect(portlab("office", "desktop", "rdp"), 2, "desktop: 'rdp'")
        self.expect(portlab("office", "view", "--hold", "x"), 2, "--hold")


if __name__ == "__main__":
    main()
