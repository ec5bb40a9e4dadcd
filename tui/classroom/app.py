"""The application of a session: what the server tells is heard here, and shown on the screen of a file."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from textual.events import Event
from textual.screen import Screen

from bptui.core.errors import ExitCode
from bptui.core.timeline import Timeline

from ..app import BptuiApp
from ..face import Face
from .caps import renew
from .lesson import Lesson
from .messages import Message, Moved, Reader, Welcome, encoded
from .pages import Live
from .participant import Participant

_SIGHUP = 1
_MOST = 1 << 16


class ClassApp(BptuiApp):
    """A session of a class. The server's welcome must be the first that comes on the line."""

    CSS_PATH = "../bptui.tcss"

    def __init__(self, files: Sequence[Timeline], line: socket.socket, *, face: Face) -> None:
        super().__init__(files[0], face=face)
        self.files = files
        self.line = line
        self._reader = Reader()
        self._early = list(self._first())
        welcome = self._early.pop(0)
        assert isinstance(welcome, Welcome)
        self.participant = Participant(welcome, self._tell)

    def _first(self) -> list[Message]:
        """Wait for what the server tells first."""
        while True:
            data = self.line.recv(_MOST)
            if not data:
                raise EOFError("the server has gone")
            if messages := list(self._reader.feed(data)):
                return messages

    def _tell(self, message: Message) -> None:
        self.line.sendall(encoded(message))

    # ---- the screen

    def get_default_screen(self) -> Screen[None]:
        """The lesson; it goes to where the class is."""
        return Lesson(self.files, self.participant, self.face)

    async def on_event(self, event: Event) -> None:
        """The reader types, or does something else."""
        renew()
        await super().on_event(event)

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
        renew()
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        self.participant.heard(message)
        lesson = self.screen_stack[0]
        if isinstance(lesson, Lesson):
            lesson.call_later(lesson.heard, message)
        if not isinstance(message, Moved) and isinstance(self.screen, Live):
            self.screen.call_later(self.screen.draw)
