"""The application of a session: what the server tells is heard here, and shown on the screen of a file."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

from textual.events import Event, InputEvent, Resize
from textual.screen import Screen

from bptui.core.errors import ExitCode
from bptui.core.timeline import Timeline

from ..app import BptuiApp
from ..face import Face
from .ahead import HoldingDriver
from .caps import renew
from .lesson import Lesson
from .messages import Message, Moved, Reader, Welcome, encoded
from .pages import Live
from .participant import Participant

_SIGHUP = 1
_MOST = 1 << 16


class ClassApp(BptuiApp):
    """A session of a class. It is made before it is known whose it will be; `join` must come before it runs."""

    CSS_PATH = "../bptui.tcss"

    line: socket.socket
    participant: Participant

    def __init__(self, files: Sequence[Timeline], *, face: Face) -> None:
        super().__init__(files[0], face=face)
        self.driver_class = HoldingDriver
        self.files = files
        self._reader = Reader()
        self._early: list[Message] = []
        self._parsed = ""

    def join(self, line: socket.socket) -> None:
        """Take a line, and wait for the server's welcome, which comes first; EOFError where it has gone."""
        self.line = line
        while not self._early:
            data = line.recv(_MOST)
            if not data:
                raise EOFError("the server has gone")
            self._early += self._reader.feed(data)
        welcome = self._early.pop(0)
        assert isinstance(welcome, Welcome)
        self.participant = Participant(welcome, self._tell)

    def _tell(self, message: Message) -> None:
        with suppress(OSError):  # the server has gone: that is heard on the line
            self.line.sendall(encoded(message))

    # ---- the screen

    def get_default_screen(self) -> Screen[None]:
        """The lesson; it goes to where the class is."""
        return Lesson(self.files, self.participant, self.face)

    def take_face(self, face: Face) -> None:
        """Meet a reader of the same theme."""
        self.face = face
        self.set_class(face.is_ascii, "-ascii")

    def take_styles(self, other: ClassApp) -> None:
        """Take over what another application of the same theme has parsed."""
        self.stylesheet, self._parsed = other.stylesheet, other._parsed

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the styles; they are parsed already, unless the reader has chosen another theme."""
        if self.theme != self._parsed:
            self._parsed = self.theme
            super().refresh_css(animate)
        else:
            self.stylesheet.update(self, animate=animate)

    async def on_event(self, event: Event) -> None:
        """The reader types, or does something else."""
        self._renew()
        lesson = self.screen_stack[0] if self.screen_stack else None
        if isinstance(event, InputEvent | Resize) and isinstance(lesson, Lesson):
            lesson.ahead.give_up()
        await super().on_event(event)

    def _renew(self) -> None:
        """What comes may take its time; but not for ever, so long as a job is at work."""
        lesson = self.screen_stack[0] if self.screen_stack else None
        if not (isinstance(lesson, Lesson) and lesson.is_working):
            renew()

    # ---- the line

    def on_mount(self) -> None:
        """Hear what the server tells from now on."""
        asyncio.get_running_loop().add_reader(self.line, self._readable)
        for message in self._early:
            self._hear(message)

    def _readable(self) -> None:
        try:
            data = self.line.recv(_MOST)
            messages = list(self._reader.feed(data))
        except (OSError, ValueError):
            data, messages = b"", []
        if not data:
            asyncio.get_running_loop().remove_reader(self.line)
            self.exit(return_code=ExitCode.SIGNAL + _SIGHUP)
            return
        self._renew()
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        self.participant.heard(message)
        lesson = self.screen_stack[0]
        if isinstance(lesson, Lesson) and not lesson.ahead.is_reached(message):
            lesson.call_later(lesson.heard, message)
        if not isinstance(message, Moved) and isinstance(self.screen, Live):
            self.screen.call_later(self.screen.draw)
