"""The application of a session: what the server tells is heard here, and shown on the screen of a file."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress

from textual.events import Event, InputEvent, Resize
from textual.pilot import Pilot
from textual.screen import Screen

from bptui.core.errors import ExitCode
from bptui.core.timeline import Timeline

from ..app import BptuiApp
from ..face import Face
from .caps import renew
from .driver import HoldingDriver
from .lesson import Lesson
from .messages import Message, Reader, Standing, Welcome, encoded
from .pages import Live
from .participant import Participant
from .steps import Moved, Track

_MOST = 1 << 16
_REHEARSED = 10
"""Steps that are drawn for nobody; with more of them a session would not share more."""
_NOBODY = Welcome("", False, Standing(leads=True), Track(), None, None)
"""Whose the screen is until somebody has joined: one who leads, so that nothing is drawn ahead."""


class ClassApp(BptuiApp):
    """A session of a class. It runs, for nobody, before it is known whose it will be: whoever `join` brings."""

    CSS_PATH = "../bptui.tcss"

    line: socket.socket | None

    def __init__(self, files: Sequence[Timeline], *, face: Face) -> None:
        super().__init__(files[0], face=face)
        self.driver_class = HoldingDriver
        self.files = files
        self.line = None
        self.participant = Participant(_NOBODY, self._tell)
        self._reader = Reader()

    async def rehearse(self, pilot: Pilot[object]) -> None:
        """Go through the first steps of the first file, before anybody has joined."""
        for position in (*range(1, min(len(self.files[0]), _REHEARSED) + 1), 0):
            self._hear(Moved(position))
            await pilot.pause()

    def join(self, line: socket.socket) -> Welcome:
        """Take a line, and wait for the server's welcome, which comes first; EOFError where it has gone."""
        self.line = line
        told: list[Message] = []
        while not told:
            data = line.recv(_MOST)
            if not data:
                raise EOFError("the server has gone")
            told += self._reader.feed(data)
        welcome = told.pop(0)
        assert isinstance(welcome, Welcome)
        self.call_later(self._begin, line, welcome, told)
        return welcome

    def _begin(self, line: socket.socket, welcome: Welcome, told: Sequence[Message]) -> None:
        """Be the session of the one who has joined: hear what the server tells from now on, and draw for the reader."""
        gc.enable()
        self.participant.welcomed(welcome)
        lesson = self.screen_stack[0]
        assert isinstance(lesson, Lesson)
        lesson.call_later(lesson.begin)
        for message in told:
            self._hear(message)
        if isinstance(self._driver, HoldingDriver):
            self._driver.open()
        asyncio.get_running_loop().add_reader(line.fileno(), self._readable, line)

    def _tell(self, message: Message) -> None:
        if self.line is not None:
            with suppress(OSError):  # the server has gone: that is heard on the line
                self.line.sendall(encoded(message))

    # ---- the screen

    def get_default_screen(self) -> Screen[None]:
        """The lesson; it goes to where the class is."""
        return Lesson(self.files, self.participant, self.face)

    def take_face(self, face: Face) -> None:
        """Meet a reader of the same theme, whose terminal may have ASCII alone: all lines are drawn anew then."""
        if face == self.face:
            return
        self.face = face
        self.set_class(face.is_ascii, "-ascii")
        lesson = self.screen_stack[0]
        if isinstance(lesson, Lesson):
            lesson.is_ascii = face.is_ascii
            lesson.call_later(lesson.draw_frame)

    async def on_event(self, event: Event) -> None:
        """The reader types, or does something else."""
        self._renew()
        lesson = self.screen_stack[0] if self.screen_stack else None
        if isinstance(event, InputEvent | Resize) and isinstance(lesson, Lesson):
            lesson.ahead.give_up()
        await super().on_event(event)

    def _renew(self) -> None:
        """What comes to somebody may take its time; but not for ever, so long as a job is at work."""
        lesson = self.screen_stack[0] if self.screen_stack else None
        if self.line is not None and not (isinstance(lesson, Lesson) and lesson.is_working):
            renew()

    # ---- the line

    def _readable(self, line: socket.socket) -> None:
        try:
            data = line.recv(_MOST)
            messages = list(self._reader.feed(data))
        except (OSError, ValueError):
            data, messages = b"", []
        if not data:
            asyncio.get_running_loop().remove_reader(line.fileno())
            self.exit(return_code=ExitCode.SIGNAL + signal.SIGHUP)
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
