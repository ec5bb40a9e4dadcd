"""What runs in a process of its own for each who has joined: the terminal is taken, the app runs, the process ends."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import signal
import socket
import sys
import termios
from collections.abc import Mapping, Sequence
from functools import partial

from bptui.core.errors import ExitCode

from ..face import Face
from .app import ClassApp
from .caps import confine
from .messages import Fault, encoded

CRASHED = "a fault in bptui has ended this session; join again to go on where you were"
USED_UP = 99
"""The exit code of a session that could have no more memory."""
_NICE = 5  # so that the server, and the session of a teacher, come first
KILLED = "this session used more memory or processor time than it may; join again to go on where you were"


def session(apps: Mapping[str, ClassApp], words: Mapping[str, object], descriptors: Sequence[int]) -> int:
    """Run a session on a terminal and a line, which are its descriptors; returns its exit code."""
    terminal, line = descriptors
    _take(terminal)
    asked = words["terminal"]
    assert isinstance(asked, dict)
    confine(asked)
    gc.enable()
    face = _face(asked)
    app = apps[face.theme]
    app.take_face(face)
    app.join(socket.socket(fileno=line))
    if not app.participant.is_teacher:
        os.nice(_NICE)
    try:
        asyncio.run(_run(app))
    finally:
        if app.fault is not None:
            app.line.setblocking(True)
            app.line.sendall(encoded(Fault(type(app.fault).__name__)))
    sys.stdout.flush()
    if isinstance(app.fault, MemoryError):
        return USED_UP
    return ExitCode.FAULT if app.fault is not None else app.return_code or ExitCode.OK


async def _run(app: ClassApp) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, partial(app.exit, return_code=ExitCode.SIGNAL + number))
    await app.run_async(mouse=False)


def _take(terminal: int) -> None:
    """Make a terminal that of this process, and of its standard streams; what is said of faults goes nowhere."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream, descriptor in ((0, terminal), (1, terminal), (2, nowhere)):
        os.dup2(descriptor, stream)
    os.close(terminal)
    os.close(nowhere)
    sys.stdin = sys.__stdin__ = open(0, closefd=False, encoding="utf-8", errors="replace")  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", closefd=False, encoding="utf-8", errors="backslashreplace"
    )


def _face(terminal: Mapping[str, str]) -> Face:
    """As over any SSH: the terminal's own colours, unless it says that it shows more."""
    shows_all = terminal.get("COLORTERM") in ("truecolor", "24bit")
    return Face(theme="dark" if shows_all else "terminal", mouse=False, is_ascii=terminal.get("TERM") == "linux")


def why(status: int) -> str:
    """What is to be said of an exit code; nothing where the reader has left."""
    if status in (
        ExitCode.OK,
        ExitCode.SIGNAL + signal.SIGINT,
        ExitCode.SIGNAL + signal.SIGTERM,
        ExitCode.SIGNAL + signal.SIGHUP,
    ):
        return ""
    return KILLED if status in (USED_UP, -signal.SIGXCPU, -signal.SIGKILL) else CRASHED
