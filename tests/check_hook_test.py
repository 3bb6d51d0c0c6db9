"""./tests/check --install-hook: the pre-commit hook checks what is staged, in every worktree."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent
# The checks of the real repository need its files and tools. This script replaces the include rules.
RULES = "import pathlib, sys\nsys.exit('bad' in pathlib.Path('rules.txt').read_text())\n"


@unittest.skipUnless(shutil.which("git"), "git is not installed")
class Hook(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name, "repository")
        for file in ("tests/check", "labs/packages.sh"):
            (self.top / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / file, self.top / file)
        (self.top / "tests/layering_test.py").write_text(RULES)
        (self.top / "rules.txt").write_text("good\n")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "Begin")

    def run_in(self, top, *command):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        for who in ("AUTHOR", "COMMITTER"):
            environment[f"GIT_{who}_NAME"] = "test"
            environment[f"GIT_{who}_EMAIL"] = "test@lab.test"
        return subprocess.run(command, cwd=top, env=environment, capture_output=True, text=True,
                              timeout=60, check=False)

    def git(self, *arguments, top=None, status=0):
        done = self.run_in(top or self.top, "git", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)

    def check(self, *arguments, status=0):
        done = self.run_in(self.top, "./tests/check", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_a_commit_is_checked_as_it_is_staged(self):
        self.check("--install-hook")
        rules = self.top / "rules.txt"
        rules.write_text("bad\n")
        self.git("commit", "-qam", "Bad", status=1)
        self.git("reset", "-q", "--hard")
        rules.write_text("also good\n")
        self.git("add", "rules.txt")
        rules.write_text("bad, but not staged\n")
        self.git("commit", "-qm", "Good")

    def test_all_worktrees_have_the_hook(self):
        self.check("--install-hook")
        other = self.top.parent / "other"
        self.git("worktree", "add", "-q", str(other))
        (other / "rules.txt").write_text("bad\n")
        self.git("commit", "-qam", "Bad", top=other, status=1)

    def test_remove_hook_removes_it(self):
        self.check("--install-hook")
        self.check("--install-hook")
        self.check("--remove-hook")
        (self.top / "rules.txt").write_text("bad\n")
        self.git("commit", "-qam", "Bad, without a hook")

    def test_another_hook_is_not_changed(self):
        hook = self.top / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 0\n")
        for option in ("--install-hook", "--remove-hook"):
            self.assertIn("nothing was changed", self.check(option, status=1))
        self.assertEqual(hook.read_text(), "#!/bin/sh\nexit 0\n")


if __name__ == "__main__":
    unittest.main()
