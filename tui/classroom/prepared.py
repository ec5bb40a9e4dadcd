"""Applications that run before anybody comes, so that what they are made of is there once for all sessions.

A process that is forked shares its memory until one side writes to it, and Python writes where it only reads: it counts
references, and notes at each instruction what it has met. What is done before the fork is not written again behind it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

from textual.pilot import Pilot

from bptui.core.errors import ExitCode
from bptui.core.timeline import Timeline

from ..face import Face
from .app import ClassApp

THEMES = ("terminal", "dark")
_SIZE = (80, 24)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that goes on in processes that are forked while it stands still; it shares no descriptors.

    Asyncio has no way to do that: what the kernel keeps for a loop, and the pipe that wakes it, would be shared.
    """

    def __init__(self) -> None:
        super().__init__(selectors.PollSelector())  # of which the kernel keeps nothing

    def rest(self) -> None:
        """Close the pipe."""
        self._close_self_pipe()  # type: ignore[attr-defined]

    def after_fork(self) -> None:
        """Open one that is this process's own."""
        self._make_self_pipe()  # type: ignore[attr-defined]


class Prepared:
    """An application that stands still after its first steps; it goes on in a process that is forked."""

    def __init__(self, files: Sequence[Timeline], face: Face) -> None:
        self.app = ClassApp(files, face=face)
        self._loop = _Loop()
        self._loop.run_until_complete(self._begin())
        self._loop.rest()

    async def _begin(self) -> None:
        """Run until the first steps of the first file have been drawn, for nobody."""
        rehearsed = asyncio.Event()

        async def rehearse(pilot: Pilot[object]) -> None:
            await self.app.rehearse(pilot)
            rehearsed.set()

        self._task = asyncio.create_task(self.app.run_async(mouse=False, size=_SIZE, auto_pilot=rehearse))
        waiting = asyncio.create_task(rehearsed.wait())
        await asyncio.wait((self._task, waiting), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            raise self.app.fault or RuntimeError("the application has ended before it began")

    def go_on(self) -> None:
        """In a process of its own: run until it is left."""
        self._loop.after_fork()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._leave)
        self._loop.run_until_complete(self._task)

    def _leave(self, number: int, _: object) -> None:
        self._loop.call_soon_threadsafe(partial(self.app.exit, return_code=ExitCode.SIGNAL + number))


def prepared(files: Sequence[Timeline]) -> dict[str, Prepared]:
    """An application for each theme that a session may begin with; this process runs no other loop, and no thread."""
    made = {}
    with redirect_stdout(sys.stdout), redirect_stderr(sys.stderr):  # each app takes them, and does not give them back
        for theme in THEMES:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor" if theme == "dark" else ""}
            made[theme] = Prepared(files, Face(theme=theme, mouse=False))
    gc.disable()
    gc.collect()
    gc.freeze()  # or the first collection in a child would copy all of it
    return made
