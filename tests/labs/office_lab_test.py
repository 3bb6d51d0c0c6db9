"""Labs with several hosts (network: office): the prompt of each host, its checks, and the end of the office. Where the
tests run as root, the student is nobody."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import unittest
import unittest.mock

from labs_test import LONG, Student, lab
from portlab_testing import (
    TIME_LIMIT,
    namespaces_are_allowed,
    need,
    program,
    run,
    wait_until,
    without_namespaces,
)

NOBODY = 65534
WHOAMI = """```sh
on pc1: portlab http -q http://server1.lab.test/whoami
```

```output
you  tcp 192.168.1.11:49876
…
```

<!-- check
output you  tcp 192.168.1.11:
exit 0
wrong: on pc2: portlab http -q http://server1.lab.test/whoami
also: on pc1: portlab http http://192.168.1.10/whoami
-->
"""
ECHO = """```sh
on pc2: portlab echo -q 192.168.1.10 hi --hold 600 &
```

```output
[1] …
…
```

<!-- check
sockets on pc2 tcp remote 192.168.1.10:7 state ESTABLISHED
sockets on server1 tcp local :7 state ESTABLISHED count 1
next: portlab echo -q 192.168.1.10 hi --hold 600 &
wrong: on pc1: portlab echo -q 192.168.1.10 hi
-->
"""
RULE = """```sh
on router: nft insert rule ip office input tcp dport 8085 accept
on router: portlab office rules | grep 8085
```

```output
…
```

<!-- check
accepted tcp 8085
next: nft insert rule ip office input tcp dport 8085 accept
output dport 8085
exit 0
next: portlab office rules | grep 8085
-->
"""
FORWARD = """```sh
on router: portlab office forward 8080 server1:80
```

```output
…
```

<!-- check
forwarded tcp 8080 192.168.1.10:80
next: portlab office forward 8080 server1:80
-->
"""
QUESTION = """**Question:** Which port?

<!-- answer
7
hint: h
because: b
-->
"""
LAST = """```sh
on pc1: echo never
```

```output
never
```

<!-- check
output on pc1
-->
"""


def office_lab(folder, *steps):
    path = os.path.join(folder, "office.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Lab 1: Small\n\n<!-- lab\nminutes: 1\nnetwork: office\n-->\n\n")
        file.writelines(f"## {n}. S\n\n{step}\n\n" for n, step in enumerate(steps, 1))
    return path


class InAnOffice(unittest.TestCase):
    def setUp(self):
        need("ip", "nft")
        if not namespaces_are_allowed():
            self.skipTest("this system forbids namespaces")
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        self.addCleanup(folder.cleanup)
        self.state = folder.name
        self.before = []
        if os.geteuid() == 0 and shutil.which("setpriv"):
            os.chown(self.state, NOBODY, NOBODY)
            self.before = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        # `portlab enter` looks for a lab beside the control socket: not for one of another test.
        patch = unittest.mock.patch.dict(os.environ, HOME=self.state,
                                         PORTLAB_CONTROL=os.path.join(self.state, "control"))
        patch.start()
        self.addCleanup(patch.stop)

    def portlab(self, *words):
        return subprocess.run([*self.before, program("PORTLAB"), *words], text=True, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT)

    def student(self, *steps):
        student = Student(self.state, office_lab(self.state, *steps), before=self.before)
        self.addCleanup(student.close)
        return student

    def office_of(self, student):
        """The name of the lab's office. At a prompt."""
        student.type("echo office=$PORTLAB_OFFICE")
        name = student.expect(r"office=(lab-\d+)").group(1)
        student.expect(r"\$ $")
        return name

    def offices(self):
        return json.loads(self.portlab("office", "status", "--json").stdout)["offices"]

    def test_each_task_has_the_prompt_of_its_host(self):
        student = self.student(WHOAMI, ECHO, QUESTION, LAST)
        student.expect(r"Type this on pc1(?s:.*)portlab http -q(?s:.*)\(lab 1, 1/4\) pc1\$ $")
        student.type("hostname")
        student.expect(r"\npc1\s(?s:.*)pc1\$ $")
        student.type("on pc2: portlab http -q http://server1.lab.test/whoami")  # as in the handout
        student.expect(r"you  tcp 192\.168\.1\.12:(?s:.*)not yet(?s:.*)pc1\$ $")
        student.type("on")
        student.expect(r"on HOST: (?s:.*)pc1\$ $")
        student.type("on pc9 true")
        student.expect(r"no host 'pc9'(?s:.*)pc1\$ $")
        student.type("on pc3")
        student.expect(r"pc3\$ $")
        student.type("hint")
        student.expect(r"hint: (?s:.*)pc3\$ $")
        student.type("exit")
        student.expect(r"\(lab 1, 1/4\) pc1\$ $")
        student.type("help")
        student.expect(r"on HOST +opens a shell on another host(?s:.*)pc1\$ $")
        student.type("")
        student.expect(r"you  tcp 192\.168\.1\.11:(?s:.*)step 1/4 done(?s:.*)\(lab 1, 2/4\) pc2\$ $")
        student.type("on pc1 portlab echo -q 192.168.1.10 hi")
        student.expect(r"not yet(?s:.*)expected  on pc2: a tcp socket in ESTABLISHED to 192\.168\.1\.10(?s:.*)"
                       r"observed  on pc2: none(?s:.*)pc2\$ $")
        student.type("")
        student.expect(r"step 2/4 done(?s:.*)Your answer: $")
        student.type("portlab netstat -n :7")  # on the host of the last task
        student.expect(r"192\.168\.1\.12:\d+ +192\.168\.1\.10:7 +ESTABLISHED(?s:.*)Your answer: $")
        student.type("portlab office netstat pc2")
        student.expect(r"pc2:\d+ .*server1:7 +echo(?s:.*)Your answer: $")
        student.type("7")
        student.expect(r"\(lab 1, 4/4\) pc1\$ $")
        entered = self.portlab("enter", "hostname")
        self.assertEqual((entered.stdout, entered.stderr), ("pc1\n", ""))
        # The first shell of pc1 goes on.
        student.type("history | grep -c hostname")
        student.expect(r"\n[1-9]\s")

    def test_a_rule_counts_where_it_has_an_effect(self):
        student = self.student(RULE, FORWARD, LAST)
        student.expect(r"1/3\) router\$ $")
        student.type("nft add rule ip office input tcp dport 8085 accept")
        student.expect(r"not yet(?s:.*)after the one that drops(?s:.*)next +nft insert(?s:.*)router\$ $")
        student.type("nft insert rule ip office forward tcp dport 8085 accept")
        student.expect(r"not yet(?s:.*)router\$ $")
        student.type("portlab office rules | grep 8085")
        student.expect(r"dport 8085 accept(?s:.*)not yet(?s:.*)router\$ $")
        self.assertNotIn("next (2 of 2)", student.shown)
        student.type("nft insert rule ip office input tcp dport { 8085, 8086 } accept")
        student.expect(r"step 1/3 done(?s:.*)2/3\) router\$ $")
        student.type("nft add element ip office forwarded_tcp '{ 8080 : 192.168.1.10 . 81 }'")
        student.expect(r"not yet(?s:.*)8080/tcp to 192\.168\.1\.10:81(?s:.*)router\$ $")
        student.type("nft delete element ip office forwarded_tcp '{ 8080 }'")
        student.expect(r"router\$ $")
        student.type("nft add element ip office forwarded_tcp '{ 8080 : 192.168.1.10 . 80 }'")
        student.expect("step 2/3 done")

    def test_a_lab_is_resumed_in_an_office_of_its_own_which_ends_with_it(self):
        student = self.student(WHOAMI, ECHO, LAST)
        student.expect(r"1/3\) pc1\$ $")
        first = self.office_of(student)
        self.assertIn(first, self.offices())
        student.type("")
        student.expect(r"2/3\) pc2\$ $")
        student.type("skip")
        student.expect(r"3/3\) pc1\$ $")
        student.type("quit")
        student.expect("Your progress is saved")
        self.assertEqual(student.process.wait(TIME_LIMIT), 0)
        self.assertNotIn(first, self.offices())
        again = Student(self.state, os.path.join(self.state, "office.md"), before=self.before)
        self.addCleanup(again.close)
        again.expect(r"The commands before it are run again(?s:.*)3/3\) pc1\$ $")
        again.type("on server1 portlab netstat -n :7")
        again.expect(r"192\.168\.1\.10:7 +192\.168\.1\.12:\d+ +ESTABLISHED(?s:.*)pc1\$ $")
        again.type("reset")
        again.expect(r"Type yes")
        again.type("yes")
        again.expect(r"1/3\) pc1\$ $")
        self.assertNotEqual(self.office_of(again), first)

    def test_kill_9_leaves_no_office(self):
        student = self.student(WHOAMI)
        student.expect(r"pc1\$ $")
        name = self.office_of(student)
        pid = json.loads(self.portlab("office", "--name", name, "status", "--json").stdout)["pid"]
        keeper = os.pidfd_open(pid)
        self.addCleanup(os.close, keeper)
        child = int(name.rpartition("-")[2])
        for each in (student.process.pid, child):  # neither can end anything in order
            os.kill(each, signal.SIGSTOP)
        for each in (student.process.pid, child):
            os.kill(each, signal.SIGKILL)
        ended, _, _ = select.select([keeper], [], [], TIME_LIMIT)
        self.assertTrue(ended, "the office outlived its lab")
        wait_until(lambda: name not in self.offices(), "the end of the office's socket")

    def test_an_office_that_has_ended_is_the_problem(self):
        student = self.student(WHOAMI, LAST)
        student.expect(r"1/2\) pc1\$ $")
        name = self.office_of(student)
        self.assertEqual(self.portlab("office", "--name", name, "down").returncode, 0)
        student.expect(r"The lab's shell has ended|the office is down")

    def test_two_labs_do_not_meet(self):
        path = office_lab(self.state, WHOAMI, ECHO)
        command = [*self.before, program("PORTLAB"), "lab", "--selftest", path]
        both = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        for one in both:
            shown, _ = one.communicate(timeout=LONG)
            self.assertEqual(one.returncode, 0, shown)

    def test_a_check_looks_at_the_right_host(self):
        path = office_lab(self.state, ECHO.replace("on server1 tcp local", "on pc3 tcp local"))
        done = lab("lab", "--auto", path)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("observed on pc3: none", done.stderr)

    def test_in_a_shell_of_an_office_the_lab_says_how_to_go_on(self):
        name = f"test-{os.getpid()}"
        self.assertEqual(run(program("PORTLAB"), "office", "--name", name, "up").returncode, 0)
        self.addCleanup(run, program("PORTLAB"), "office", "--name", name, "down")
        done = run(program("PORTLAB"), "office", "--name", name, "enter", "pc1", program("PORTLAB"), "lab",
                   "--auto", office_lab(self.state, WHOAMI))
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("this shell is in one", done.stderr)


class WithoutAnOffice(unittest.TestCase):
    def test_the_lab_shows_what_it_cannot_do(self):
        with tempfile.TemporaryDirectory() as folder:
            done = without_namespaces(program("PORTLAB"), "lab", "--auto", office_lab(folder, WHOAMI), timeout=LONG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"This needs the office, which cannot come up on this\s+machine")
        self.assertRegex(done.stdout, r"would\s+type\s+on\s+pc1:")
        self.assertIn("you  tcp 192.168.1.11:49876", done.stdout)


if __name__ == "__main__":
    unittest.main()
