"""Reading a scenario's text: only from a regular file of bearable size."""

from __future__ import annotations

import os
import stat

from .errors import InputError

LARGEST_FILE = 1 << 16
"""Bytes of the largest scenario that is read."""


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a regular UTF-8 file of bearable size; InputError otherwise."""
    file = os.fspath(path)
    try:
        data = _read_bytes(file)
    except FileNotFoundError:
        raise InputError("there is no such file", file=file, hint="`bptui scenarios` lists those that ship") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file, hint="name a scenario (.toml)") from None
    except ValueError:  # a NUL byte in the name
        raise InputError("is not a file name", file=file, hint="name a scenario (.toml)") from None
    if len(data) > LARGEST_FILE:
        raise InputError(f"is larger than {LARGEST_FILE // 1024} KiB", file=file, hint="a scenario is a short text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", file=file, line=line, hint="save it as UTF-8") from None


def _read_bytes(file: str) -> bytes:
    """At most one byte more than is allowed; a pipe or a device is not waited for."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            reason = "is a folder" if stat.S_ISDIR(mode) else "is not a regular file"
            raise InputError(reason, file=file, hint="name a scenario (.toml)")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
