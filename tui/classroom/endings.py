"""How a session ends, in words for its reader."""

from __future__ import annotations

import signal

from bptui.core.errors import ExitCode

OVER = "the class is over"
"""Where the server ends a session."""
CRASHED = "a fault in bptui has ended this session; join again to go on where you were"
KILLED = "this session used more memory or processor time than it may; join again to go on where you were"
USED_UP = 99
"""The exit code of a session that could have no more memory."""


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
