"""Completion in bash, zsh and fish, each with the installed script, and the words the programs offer."""

import os
import pathlib
import shlex
import unittest

from portlab_testing import need, program, run

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "common/packaging/completions"


def offered(*words, of="PORTLAB"):
    done = run(program(of), "--complete", *words)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def path_with_programs():
    return f"{pathlib.Path(program('PORTLAB')).parent}:{os.environ['PATH']}"


class Words(unittest.TestCase):
    def test_the_first_word_is_a_command(self):
        self.assertIn("netstat", offered(""))
        self.assertEqual(offered("net"), ["netstat"])
        self.assertIn("help", offered("h"))
        self.assertEqual(offered("help", "net"), ["netstat"])

    def test_the_options_of_a_command(self):
        self.assertIn("--sessions", offered("http", "--"))
        self.assertIn("--json", offered("lab", "--j"))
        self.assertEqual(offered("nonsense", "--"), [])

    def test_the_operands_of_a_command(self):
        self.assertEqual(offered("server", "m"), ["move"])
        self.assertEqual(offered("server", "move", "h"), ["http", "https"])
        self.assertEqual(offered("lab", "")[:2], ["0", "1"])
        self.assertIn("next", offered("lab", ""))
        self.assertIn(":files", offered("lab", ""))
        self.assertIn("15", offered("myth", "1"))
        self.assertIn("refused", offered("why", "re"))

    def test_portlabd_offers_services_options_and_values(self):
        self.assertEqual(offered("h", of="PORTLABD"), ["http", "https"])
        self.assertEqual(offered("http=83", "d", of="PORTLABD"), ["dns"])
        self.assertEqual(offered("--log", "s", of="PORTLABD"), ["sessions"])
        self.assertEqual(offered("--confine=", of="PORTLABD"), ["--confine=yes", "--confine=no"])
        self.assertEqual(offered("--root", "", of="PORTLABD"), [":folders"])


class Shells(unittest.TestCase):
    """The same cases in each shell: a command line up to the cursor, and what is offered."""

    CASES = [("portlab netst", ["netstat"]),
             ("portlab server move h", ["http"]),
             ("portlab lab 5", ["5"]),
             ("portlab http --sess", ["--sessions"]),
             ("portlabd --log s", ["sessions"]),
             ("portlabd --confine=y", ["yes"]),
             ("portlabd --config /etc/host", ["/etc/hostname", "/etc/hosts"])]

    def check(self, complete):
        for line, expected in self.CASES:
            with self.subTest(line):
                found = complete(line)
                for word in expected:
                    self.assertIn(word, [each.removeprefix("--confine=") for each in found])

    def test_bash(self):
        need("bash")
        library = pathlib.Path("/usr/share/bash-completion/bash_completion")
        if not library.is_file():
            self.skipTest("bash-completion is not installed")

        def complete(line):
            # What bash does at the Tab key: it splits the line, at ":" and "=" too.
            words = [each for word in shlex.split(line)
                     for each in word.replace("=", " = ").split()]
            script = (f". {library}; . {SCRIPTS}/portlab.bash; COMP_LINE={shlex.quote(line)}; "
                      f"COMP_POINT={len(line)}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
                      f"_portlab {words[0]}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            return self.lines(run("bash", "--norc", "-c", script, env={**os.environ, "PATH": path_with_programs()}))

        self.check(complete)

    def test_zsh(self):
        need("zsh")

        def complete(line):
            # The functions of zsh's completion system work only at a terminal's Tab key: here they print.
            words = shlex.split(line)
            script = (f"_describe() {{ print -rl -- ${{${{(P)2}}%%:*}} }}; compset() {{ :; }}; "
                      f"_files() {{ print -rl -- $words[CURRENT]*(N) }}; _portlab() {{ source {SCRIPTS}/_portlab }}; "
                      f"words=({shlex.join(words)}); CURRENT={len(words)}; _portlab")
            return self.lines(run("zsh", "-f", "-c", script, env={**os.environ, "PATH": path_with_programs()}))

        self.check(complete)

    def test_fish(self):
        need("fish")

        def complete(line):
            script = f"source {SCRIPTS}/portlab.fish; source {SCRIPTS}/portlabd.fish; complete -C {shlex.quote(line)}"
            done = run("fish", "--no-config", "-c", script, env={**os.environ, "PATH": path_with_programs()})
            return [each.split("\t")[0] for each in self.lines(done)]

        self.check(complete)

    def lines(self, done):
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()


if __name__ == "__main__":
    unittest.main()
