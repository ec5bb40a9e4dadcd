"""What the command line writes: lines to the last byte on standard output, one of complaint on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable


class WritingError(Exception):
    """Standard output takes no more: the disk is full, or it is closed."""


def write(lines: Iterable[str]) -> int:
    """Write lines to standard output, to the last byte; returns the exit code 0."""
    if sys.stdout is None:
        raise WritingError("standard output is closed")
    try:
        for text in lines:
            print(text)
        sys.stdout.flush()
        return 0
    except OSError as error:
        from .terminal import discard

        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise WritingError(error.strerror) from error


def fail(reason: str, code: int) -> int:
    """Say in one line on standard error what is wrong; returns the exit code."""
    from bptui.core.text import visible

    try:
        if sys.stderr is not None:
            print(visible(reason), file=sys.stderr)
    except OSError:
        from .terminal import discard

        discard(sys.stderr)
    return code
