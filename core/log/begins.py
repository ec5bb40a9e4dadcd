"""Whether a file is a log: known by how it begins, without reading more of it."""

from __future__ import annotations

import os
import stat

BEGINNING = b'{"bptlog":'
"""What every log begins with."""


def is_log(path: str | os.PathLike[str]) -> bool:
    """Whether a regular file begins as a log does; one that ends within these bytes too."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return False
    try:
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        beginning = os.read(descriptor, len(BEGINNING)) if is_regular else b""
    finally:
        os.close(descriptor)
    return bool(beginning) and BEGINNING.startswith(beginning)
