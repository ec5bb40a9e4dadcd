"""Applications that are made before anybody comes, so that what they are made of is there once for all sessions.

A process that is forked shares its memory until one side writes to it, and Python writes where it only reads: it counts
references. What is done before the fork is not written again behind it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence

from textual.pilot import Pilot

from bptui.core.timeline import Timeline

from ..face import Face
from .app import ClassApp
from .messages import Moved, Standing, Track, Welcome, encoded

THEMES = ("terminal", "dark")
_SIZE = (80, 24)
_MOST_STEPS = 8  # more would touch more, which each session then copies


def prepared(files: Sequence[Timeline]) -> dict[str, ClassApp]:
    """An application for each theme that a session may begin with; another has run before it, without a terminal."""
    os.environ.pop("NO_COLOR", None)  # of the server's own terminal
    made = {}
    for theme in THEMES:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor" if theme == "dark" else ""}
        face = Face(theme=theme, mouse=False)
        made[theme] = ClassApp(files, face=face)
        made[theme].take_styles(_rehearsed(files, face))
    return made


def _rehearsed(files: Sequence[Timeline], face: Face) -> ClassApp:
    """Go through the first steps of the first file, on a screen that nobody sees."""
    ours, theirs = socket.socketpair()
    ours.sendall(encoded(Welcome("", False, Standing(), Track(), None, None)))
    app = ClassApp(files, face=face)
    app.join(theirs)

    async def steps(pilot: Pilot[object]) -> None:
        for position in range(1, min(len(files[0]), _MOST_STEPS) + 1):
            drawn = asyncio.Event()
            ours.sendall(encoded(Moved(position)))
            app.call_after_refresh(drawn.set)
            await drawn.wait()
        app.exit()

    with ours, theirs:
        asyncio.run(app.run_async(headless=True, size=_SIZE, auto_pilot=steps))
    return app
