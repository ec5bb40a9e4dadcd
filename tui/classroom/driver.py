"""The driver of a session: it draws nowhere until there is a terminal, and then without threads."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import termios
from contextlib import suppress
from typing import Any

from textual.constants import ESCAPE_DELAY
from textual.driver import Driver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from bptui.core.errors import ExitCode

from ..ascii import cellwise
from ..driver import LARGEST, Parser

_TAKE = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l\x1b[?2026$p\x1b[?2048$p"
"""The other screen, without a cursor; focus and pastes are told, lines are cut. Two questions: what `_BEGIN` needs, and
whether sizes come as input."""
_GIVE_BACK = "\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[?1004l"
_SIZES_AS_INPUT, _SIZES_BY_SIGNAL = "\x1b[?2048h", "\x1b[?2048l"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame, so that the terminal shows it at once."""


class HoldingDriver(Driver):
    """Draws nowhere until it is opened, then on the terminal that is standard input and output; it can keep frames.

    It has no threads: in a process that is forked there would be none of them, and a stack for each costs memory. While
    the terminal takes nothing the whole process waits; it is of one reader alone.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_open = False
        self._is_holding = False
        self._held = ""
        self._waiting = ""
        self._sizes_are_input = False
        self._attributes: list[Any] = []
        self._parser = Parser(self._debug)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._ticking: asyncio.TimerHandle | None = None

    # ---- the terminal

    def start_application_mode(self) -> None:
        """Wait for a terminal."""

    def open(self) -> None:
        """Take the terminal, and draw all on it."""
        self._is_open = True
        with suppress(termios.error):  # it has gone already, which the first read says
            self._attributes = termios.tcgetattr(0)
            termios.tcsetattr(0, termios.TCSANOW, _raw(termios.tcgetattr(0)))
        signal.signal(signal.SIGWINCH, lambda *_: self._loop.call_soon_threadsafe(self._resized))
        self._loop.add_reader(0, self._readable)
        self.write(_TAKE)
        if _window() == self._app.size:
            self._app.refresh(layout=True)
        else:
            self._resized()

    def _resized(self) -> None:
        if not self._sizes_are_input:
            self.send_message(Resize(_window(), _window()))

    def disable_input(self) -> None:
        """Read nothing more."""
        if self._is_open:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            self._loop.remove_reader(0)
            if self._ticking is not None:
                self._ticking.cancel()
            with suppress(termios.error):
                termios.tcflush(0, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Give the terminal back; what was kept back is not wanted any more."""
        self._is_holding, self._held = False, ""
        self.disable_input()
        self.write(_SIZES_BY_SIGNAL * self._sizes_are_input + _GIVE_BACK)
        self.flush()
        if self._is_open and self._attributes:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._attributes)
        self._is_open = False

    # ---- what is typed

    def _readable(self) -> None:
        try:
            data = os.read(0, 4096)
        except OSError:  # how Linux says that the other end is closed
            data = b""
        if not data:
            self._loop.remove_reader(0)
            self._app.exit(return_code=ExitCode.SIGNAL + signal.SIGHUP)
            return
        if self._ticking is not None:
            self._ticking.cancel()
        self._ticking = self._loop.call_later(ESCAPE_DELAY + 0.01, self._process, "")
        if text := self._decode(data):
            self._process(text)

    def _process(self, text: str) -> None:
        """Pass on what a text says; without one, what an escape that nothing has followed says."""
        try:
            for message in self._parser.feed(text) if text else self._parser.tick():
                self.process_message(message)
        except Exception:
            self._app.call_later(self._app.panic)

    def process_message(self, message: Message) -> None:
        """Pass it on; a size that nobody asked the terminal for is not believed."""
        if isinstance(message, InBandWindowResize) and message.supported:
            self._sizes_are_input = True
            if not message.enabled:
                self.write(_SIZES_AS_INPUT)
                message = InBandWindowResize(True, True)
        if self._sizes_are_input or not isinstance(message, Resize):
            super().process_message(message)

    def send_message(self, message: Message) -> None:
        """Tell the app, on whose loop this runs."""
        self._app.post_message(message)

    # ---- what is drawn

    def hold(self) -> None:
        """Keep back what is drawn from now on."""
        self._is_holding = True

    def show(self) -> None:
        """Write what was kept back."""
        held, self._held, self._is_holding = self._held, "", False
        if held:
            self._write(held)

    def show_with_next(self) -> None:
        """Write what was kept back together with the next frame, as one."""
        self._is_holding = False

    def write(self, data: str) -> None:
        """Write it, or keep it back."""
        if self._is_holding:
            self._held += data
            return
        if self._held:
            held, self._held = self._held, ""
            is_next = data == _BEGIN and held.endswith(_END)
            self._write(held.removesuffix(_END) if is_next else held)
            if is_next:
                return
        self._write(data)

    def _write(self, data: str) -> None:
        """Write it with what else is written until the loop goes on, if there is a terminal."""
        if self._is_open:
            if not self._waiting:
                self._loop.call_soon(self.flush)
            self._waiting += data

    def flush(self) -> None:
        """Send what was written."""
        text, self._waiting = self._waiting, ""
        if self._app.has_class("-ascii"):
            text = cellwise(text)
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while rest:
                rest = rest[os.write(1, rest) :]
        except OSError:
            self._is_open = False  # nobody is there to see it


def _raw(attributes: list[Any]) -> list[Any]:
    """A terminal's attributes, but for these: every byte that is typed comes at once, and as it is."""
    changed = list(attributes)
    changed[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    changed[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    changed[6] = list(changed[6])
    changed[6][termios.VMIN] = 1
    return changed


def _window() -> Size:
    """The terminal's size, or as much of it as is drawn on."""
    try:
        columns, rows = os.get_terminal_size(0)
    except OSError:  # it has gone
        columns, rows = 0, 0
    return Size(min(columns or 80, LARGEST[0]), min(rows or 24, LARGEST[1]))
