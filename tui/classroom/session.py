"""What runs in a process of its own for each who has joined: the terminal is taken, the app runs, the process ends."""

from __future__ import annotations

import fcntl
import os
import socket
import termios
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bptui.core.errors import ExitCode

from ..face import Face
from .caps import confine
from .endings import USED_UP
from .messages import Fault, encoded

if TYPE_CHECKING:
    from .prepared import Prepared

_NICE = 5  # so that the server, and the session of a teacher, come first


def session(apps: Mapping[str, Prepared], words: Mapping[str, object], descriptors: Sequence[int]) -> int:
    """Run a session on a terminal and a line, which are its descriptors; returns its exit code."""
    terminal, line = descriptors[0], socket.socket(fileno=descriptors[1])
    _take(terminal)
    confine()
    asked = words["terminal"]
    assert isinstance(asked, dict)
    face = _face(asked)
    prepared = apps[face.theme]
    app = prepared.app
    app.call_later(app.take_face, face)
    if not app.join(line).is_teacher:
        os.nice(_NICE)
    try:
        prepared.go_on()
    finally:
        if app.fault is not None:
            line.setblocking(True)
            line.sendall(encoded(Fault(type(app.fault).__name__)))
    if isinstance(app.fault, MemoryError):
        return USED_UP
    return ExitCode.FAULT if app.fault is not None else app.return_code or ExitCode.OK


def _take(terminal: int) -> None:
    """Make a terminal that of this process, and of its standard streams; what is said of faults goes nowhere."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream, descriptor in ((0, terminal), (1, terminal), (2, nowhere)):
        os.dup2(descriptor, stream)
    os.close(terminal)
    os.close(nowhere)


def _face(terminal: Mapping[str, str]) -> Face:
    """As over any SSH: the terminal's own colours, unless it says that it shows more."""
    shows_all = terminal.get("COLORTERM") in ("truecolor", "24bit")
    return Face(theme="dark" if shows_all else "terminal", mouse=False, is_ascii=terminal.get("TERM") == "linux")
