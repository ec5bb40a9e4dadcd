"""A real program in a real pseudo-terminal, and the screen that a user would see."""

import copy
import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyte

ALTERNATE_SCREEN = 1049
SYNCHRONIZED_OUTPUT = 2026

# The first shell of a session that opens a terminal gets it as its controlling terminal; then it becomes the program.
# This needs no code of ours between fork and exec, which is not safe in a test process that runs threads.
START = ["/bin/sh", "-c", ': <"$0"; exec "$@" >&0 2>&0']

SEQUENCE = re.compile(rb"\x1b\[([<=>?]?)([\d:;]*)([ -/]*)([@-~])|\x1b[PX^_].*?\x1b\\", re.DOTALL)
UNFINISHED = re.compile(rb"\x1b(\[[0-?]*[ -/]*|[PX^_]((?!\x1b\\).)*)?\Z", re.DOTALL)


class Screen(pyte.Screen):
    """pyte's screen, and the alternate screen that pyte leaves out."""

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Enter the alternate screen with a clean sheet; everything else is pyte's."""
        if ALTERNATE_SCREEN in modes and ALTERNATE_SCREEN not in self.private_modes:
            self.save_cursor()
            self.primary = copy.deepcopy(self.buffer)
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Leave the alternate screen for what was there before; everything else is pyte's."""
        if ALTERNATE_SCREEN in modes and ALTERNATE_SCREEN in self.private_modes:
            self.buffer = self.primary
            self.restore_cursor()
        super().reset_mode(*modes, **kwargs)

    @property
    def private_modes(self) -> set[int]:
        """The DEC modes that are set; a fresh terminal has 7 (wrap) and 25 (cursor shown)."""
        return {mode >> 5 for mode in self.mode if mode >> 5}


class Terminal:
    """A terminal of the given size with a program in it.

    The environment holds nothing of the machine's but PATH (with this Python's programs first): an empty HOME, which
    is the working directory too, and what a terminal in full colour sets. `env` changes it; None takes a variable away.
    """

    def __init__(
        self, argv: Sequence[str], columns: int = 80, rows: int = 24, env: Mapping[str, str | None] | None = None
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="home-", ignore_cleanup_errors=True)
        wanted: dict[str, str | None] = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": self._temporary.name,
        }
        environment = {name: value for name, value in (wanted | dict(env or {})).items() if value is not None}
        self.home = Path(environment["HOME"])
        self.screen = Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""  # every byte that the program has written
        self._unfinished = b""
        self._ended = False
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (rows, columns))
        os.set_blocking(master, False)
        self._master = io.FileIO(master, "r+")
        command = [*START, os.ttyname(slave), *argv]
        self.process = subprocess.Popen(command, stdin=slave, cwd=self.home, env=environment, start_new_session=True)
        os.close(slave)  # so that reading ends when the program does

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, without the blanks at their ends."""
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return ["".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def press(self, keys: str | bytes, timeout: float = 10) -> None:
        """Type; what the program writes meanwhile is read, so that neither waits for the other."""
        pending = keys.encode() if isinstance(keys, str) else keys
        while pending:
            readable, writable, _ = select.select([self._master], [self._master], [], timeout)
            if readable:
                self._receive()
            elif writable:
                pending = pending[self._master.write(pending) or 0 :]
            if self._ended or not (readable or writable):
                raise AssertionError(self._report(f"{pending!r} could not be typed"))

    def wait_for(self, expected: str | Callable[[str], bool], timeout: float = 10) -> None:
        """Read until the screen shows a text or satisfies a condition; a half-drawn frame is not looked at."""
        deadline = time.monotonic() + timeout
        satisfied = expected if callable(expected) else lambda text: expected in text
        while SYNCHRONIZED_OUTPUT in self.screen.private_modes or not satisfied(self.text):
            if not self._read(deadline):
                raise AssertionError(self._report(f"waited {timeout} s for {expected!r}"))

    def settle(self, quiet: float = 0.15, timeout: float = 10) -> None:
        """Read until nothing has come for a while; only for what has no text to wait for."""
        deadline = time.monotonic() + timeout
        while self._read(time.monotonic() + quiet):
            if time.monotonic() > deadline:
                raise AssertionError(self._report(f"never quiet for {quiet} s in {timeout} s"))

    def wait_exit(self, timeout: float = 10) -> int:
        """Read to the end; the exit code, or -n when signal n ended the program."""
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            pass
        try:
            return self.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(self._report(f"did not end in {timeout} s")) from None

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window; the program is told by SIGWINCH."""
        self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._master, (rows, columns))

    def signal(self, signum: int) -> None:
        """Send a signal to the program."""
        self.process.send_signal(signum)

    def termios(self) -> list[Any]:
        """The attributes of the terminal (echo, line mode, ...), to compare before and after."""
        return termios.tcgetattr(self._master)

    def close_master(self) -> None:
        """The terminal vanishes, as when its window is closed."""
        self._ended = True
        self._master.close()

    def close(self) -> None:
        """End the program and whatever it started in its process group."""
        self.close_master()
        with suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says the latter of the dead
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._temporary.cleanup()

    def _read(self, deadline: float) -> bool:
        """Read once; False if the time is over or the program has closed its end."""
        if self._ended or not select.select([self._master], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        self._receive()
        return not self._ended

    def _receive(self) -> None:
        try:
            data = self._master.read(65536)
        except OSError:  # EIO is how Linux says that the other end is closed
            data = b""
        self._ended = not data
        self.raw += data
        data = self._unfinished + data
        cut = match.start() if (match := UNFINISHED.search(data)) else len(data)
        self._unfinished = data[cut:]
        self._stream.feed(SEQUENCE.sub(self._understood, data[:cut]))

    def _understood(self, sequence: re.Match[bytes]) -> bytes:
        """What pyte may see of a control sequence: of those it does not know it would draw the letters, or raise."""
        private, parameters, middle, final = sequence.groups()
        if (private, middle, final) == (b"?", b"$", b"p"):  # "do you know this mode?" 2: yes, and it is off; 0: no
            self._master.write(b"\x1b[?%b;%d$y" % (parameters, 2 if parameters == b"%d" % SYNCHRONIZED_OUTPUT else 0))
        known = final in b"hlJK" if private == b"?" else private == b""
        return sequence[0] if known and middle == b"" and b":" not in parameters else b""

    def _report(self, what: str) -> str:
        state = "is running" if self.process.poll() is None else f"ended with {self.process.returncode}"
        return f"{what}; the program {state}; the screen:\n{self.text}"
