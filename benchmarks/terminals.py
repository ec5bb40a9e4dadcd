"""Many pseudo-terminals that are read in one loop, which costs little: what comes is kept, and looked at later."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 30  # seconds until a screen that does not show what it should is given up
BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"
"""Around a frame, once the terminal has said that it knows them."""
BARE_END = b"\x1b[0m\x1b[1;1H"
"""At the end of one that was sent before."""
MODE_QUERY = re.compile(rb"\x1b\[\?(\d+)\$p")
ASKED_WITHIN = 2_000  # bytes
POSITION = rb"\x1b\[%d;[12]H(?:\x1b\[49m \x1b\[0m)?\x1b\[[\d;]*m +(\d+)(?: / |\x1b\[0m)"
"""In the last row but one; of what follows it only what has changed is sent."""


class Terminal:
    """The terminal's side of a pseudo-terminal of so many columns and rows, with bptui at the end of it."""

    def __init__(self, argv: list[str], environment: dict[str, str], size: tuple[int, int]) -> None:
        self.written = bytearray()
        self.mark = 0
        self._lengths: list[int] = []
        self._times: list[float] = []
        self._position = re.compile(POSITION % (size[1] - 1))
        self._answered = 0  # bytes in which no question about its modes is left to answer
        self.began = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                termios.tcsetwinsize(0, size[::-1])
                os.execvpe(argv[0], argv, environment)
            finally:  # the copy of this process must not go on where there is no such program
                os._exit(127)
        os.set_blocking(self.master, False)

    def press(self, keys: str) -> float:
        """Type; the time at which that was. What comes from now on comes after the mark."""
        self.mark = len(self.written)
        now = time.perf_counter()
        os.write(self.master, keys.encode())
        return now

    def take(self) -> bool:
        """Take what has come; whether more can come."""
        before = len(self.written)
        try:
            self.written += os.read(self.master, 65536)
        except BlockingIOError:
            return True
        except OSError:  # how Linux says that the other end is closed
            return False
        self._lengths.append(len(self.written))
        self._times.append(time.perf_counter())
        if before < ASKED_WITHIN:
            self._answer()
        return True

    def _answer(self) -> None:
        """As a terminal does that knows synchronized output."""
        for query in MODE_QUERY.finditer(self.written, self._answered):
            self._answered = query.end()
            os.write(self.master, b"\x1b[?%b;%d$y" % (query[1], 2 if query[1] == b"2026" else 0))

    @property
    def last(self) -> float:
        """When the last byte came."""
        return self._times[-1] if self._times else self.began

    def position(self) -> int | None:
        """The last position that was shown after the mark."""
        found = self._position.findall(self.written, self.mark)
        return int(found[-1]) if found else None

    def whole(self, position: int) -> float | None:
        """When the end of the first frame after the mark that shows this position had come; None if it has not."""
        for found in self._position.finditer(self.written, self.mark):
            if int(found[1]) != position:
                continue
            is_bare = self.written.rfind(BEGIN, 0, found.start()) <= self.written.rfind(END, 0, found.start())
            ends = BARE_END if is_bare else END
            if (end := self.written.find(ends, found.end())) >= 0:
                return self._times[bisect_right(self._lengths, end + len(ends) - 1)]
        return None

    def close(self) -> None:
        """End the program."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


class Terminals:
    """Many terminals, read in one loop."""

    def __init__(self) -> None:
        self._by_descriptor: dict[int, Terminal] = {}
        self._epoll = select.epoll()

    def add(self, terminal: Terminal) -> Terminal:
        self._by_descriptor[terminal.master] = terminal
        self._epoll.register(terminal.master, select.EPOLLIN)
        return terminal

    def neglect(self, terminal: Terminal) -> None:
        """Read it no more."""
        with suppress(FileNotFoundError):
            self._epoll.unregister(terminal.master)

    def remove(self, terminal: Terminal) -> None:
        """End what runs in it, which may have ended before."""
        self.neglect(terminal)
        self._by_descriptor.pop(terminal.master).close()

    def read(self, seconds: float) -> None:
        """Take whatever comes for so long."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            for descriptor, _ in self._epoll.poll(left):
                if not self._by_descriptor[descriptor].take():
                    self._epoll.unregister(descriptor)

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Read until it is so."""
        deadline = time.perf_counter() + PATIENCE
        while not is_so():
            if time.perf_counter() > deadline:
                sys.exit(f"waited {PATIENCE} s until {what}")
            self.read(0.005)

    def frame(self, terminal: Terminal, position: int) -> float:
        """Read until a terminal has a whole frame that shows this position; when it had come."""
        deadline = time.perf_counter() + PATIENCE
        while (came := terminal.whole(position)) is None:
            if time.perf_counter() > deadline:
                shown = bytes(terminal.written[-500:])
                sys.exit(f"waited {PATIENCE} s for position {position}; the last that came was {shown!r}")
            self.read(0.005)
        return came

    def quiet(self, terminal: Terminal, seconds: float) -> None:
        """Read until a terminal has been sent nothing for so long."""
        while (left := terminal.last + seconds - time.perf_counter()) > 0:
            self.read(left)

    def close(self) -> None:
        for terminal in list(self._by_descriptor.values()):
            self.remove(terminal)
        self._epoll.close()
