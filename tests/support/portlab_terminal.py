"""A program on a pseudo-terminal, and what a user does there: type, and read the screen.

    with Terminal("telnet", "127.0.0.1", port) as terminal:
        terminal.expect("login: ")
        terminal.type("guest\\r")
"""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from portlab_testing import TIME_LIMIT, environment


class Terminal:
    """Of 80 columns and 24 rows."""

    def __init__(self, *command, columns=80, rows=24, env=None):
        self.screen = b""  # all that was shown
        self.seen = 0      # how much of it expect() has read
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            self.resize(columns, rows, 0)
            words = [str(word) for word in command]
            os.execvpe(words[0], words, env or environment())
        self.status = None

    def resize(self, columns, rows, descriptor=None):
        fcntl.ioctl(self.master if descriptor is None else descriptor, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, text):
        """Waits until the text is on the screen, behind what was expected before; returns all up to its end."""
        wanted = text.encode()
        end = time.monotonic() + TIME_LIMIT
        while (found := self.screen.find(wanted, self.seen)) < 0:
            if not self._read(end):
                raise AssertionError(f"{text!r} did not come; the screen: {self.screen.decode(errors='replace')}")
        begin, self.seen = self.seen, found + len(wanted)
        return self.screen[begin:self.seen].decode(errors="replace")

    def _read(self, end):
        """False: the program has ended, or it is too late."""
        if not select.select([self.master], [], [], max(end - time.monotonic(), 0))[0]:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the terminal open
            return False
        self.screen += piece
        return bool(piece)

    def wait(self):
        """Waits for the program's end; returns its exit status, or the negative number of a signal."""
        if self.status is None:
            end = time.monotonic() + TIME_LIMIT
            while self._read(end):
                pass
            while self.status is None and time.monotonic() < end:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
                else:
                    time.sleep(0.01)
            assert self.status is not None, f"it has not ended; the screen: {self.screen!r}"
        return self.status

    def mode(self):
        """The terminal's mode: tcgetattr(3)."""
        return termios.tcgetattr(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.master)
