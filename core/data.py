"""Data files, read without trust: `.csv`, `.npy` and `.npz`, one example per row, below the scenario's own folder.

Nothing is unpickled, nothing is waited for, and no memory is taken because a file says that it needs it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from .errors import did_you_mean
from .formats import READERS, FormatError, too_large
from .jacobian import Array
from .text import short, visible


class DataError(Exception):
    """What is wrong with a data file or a selector, what would be right, and the line in the data file, if it has one.

    The reason is one printable line that names the file, and its line.
    """

    def __init__(self, reason: str, hint: str, line: int = 0) -> None:
        super().__init__(visible(reason))
        self.reason = visible(reason)
        self.hint = visible(hint)
        self.line = line


LARGEST_KEPT = 1 << 20
"""Bytes of the largest data file whose content is kept, to stand in a log."""


class Origin(msgspec.Struct, frozen=True):
    """The bytes that a data file had when it was read: how many, their SHA-256, and of a small one themselves."""

    size: int
    sha256: str
    content: bytes | None

    @classmethod
    def of(cls, content: bytes) -> Origin:
        """The origin of a file with this content."""
        import hashlib  # late: most scenarios have no file beside them

        kept = content if len(content) <= LARGEST_KEPT else None
        return cls(len(content), hashlib.sha256(content).hexdigest(), kept)


class Table(msgspec.Struct, frozen=True, eq=False):
    """What a data file holds; the first axis of each array is the examples, as in the file.

    `arrays` has the arrays of an .npz by name, and what the other files hold under ""; `names` has the columns' names.
    """

    file: str
    origin: Origin
    arrays: Mapping[str, Array]
    names: Mapping[str, int] = {}

    def examples(self, selector: str) -> Array:
        """What is selected, (features, N) or (channels, height, width, N) in float64; DataError where nothing fits.

        A selector is columns, "65", "1-4,7" or "x1,x2"; of an .npz a name, "images", or a name and columns,
        "table:1-64"; an empty one is all there is.
        """
        return np.ascontiguousarray(np.moveaxis(self._selected(selector), 0, -1), dtype=np.float64)

    def _selected(self, selector: str) -> Array:
        if not selector and len(self.arrays) == 1:
            return next(iter(self.arrays.values()))
        if "" in self.arrays:
            return self._columns(self.arrays[""], selector)
        if selector in self.arrays:
            return self.arrays[selector]
        name, colon, columns = selector.rpartition(":")
        if colon and name in self.arrays:
            return self._columns(self.arrays[name], columns)
        name = name if colon else selector
        reason = f"there is no array '{short(name)}'" if name else "it holds several arrays"
        raise self._nothing(reason, did_you_mean(name, self.arrays))

    def _columns(self, table: Array, selector: str) -> Array:
        if table.ndim > 2:
            raise self._nothing(f"an array of {table.ndim} axes has no columns", "select all of it")
        chosen: list[int] = []
        for part in [selector] if selector in self.names else selector.split(","):
            chosen += self._range(part.strip(), table.shape[1])
            if len(chosen) > table.shape[1]:  # before a short text takes much memory
                raise self._nothing("a column is selected twice", "name each once")
        return table[:, chosen]

    def _range(self, text: str, width: int) -> range:
        """The columns that "x1", "7" or "1-4" means, counted from 0."""
        if text in self.names:
            return range(self.names[text], self.names[text] + 1)
        if not (match := re.fullmatch(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?", text)):
            numbers = f"a number from 1 to {width}"
            hint = f"{did_you_mean(text, self.names)} or {numbers}" if self.names else f'give {numbers}, or "1-{width}"'
            raise self._nothing(f"there is no column '{short(text)}'", hint)
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= width:
            raise self._nothing(f"there is no column '{short(text)}'", f"the columns are 1 to {width}")
        return range(first - 1, last)

    def _nothing(self, reason: str, hint: str) -> DataError:
        return DataError(f"{short(self.file, 80)}: {reason}", hint)


def read_table(folder: Path | str, file: str, most_bytes: int, embedded: Mapping[str, bytes] = {}) -> Table:
    """The data file of that name below the folder; DataError where it is none, or may not be read.

    `most_bytes` bounds the file, what it unpacks to, and the memory that its numbers take as float64. A file whose
    content is `embedded` need not be there.
    """
    try:
        read = READERS.get(os.path.splitext(file)[1].lower())
        if read is None:
            raise FormatError("is not a kind of data file that is read", "known are: " + ", ".join(READERS))
        content = embedded[file] if file in embedded else read_bytes(inside(folder, file), most_bytes)
        arrays, names = read(content, most_bytes)
        if sum(held.size for held in arrays.values()) * 8 > most_bytes:
            raise too_large(most_bytes)
    except FormatError as fault:
        line = f" line {fault.line}" if fault.line else ""
        raise DataError(f"{short(file, 80)}{line}: {fault.reason}", fault.hint, fault.line) from None
    return Table(file, Origin.of(content), arrays, names)


def inside(folder: Path | str, file: str, owner: str = "the scenario") -> str:
    """The real path of a file below the folder of its owner, whatever links there are on the way; or FormatError."""
    outside = FormatError(f"is outside {owner}'s folder", f"name a file beside {owner}, or below it")
    if os.path.isabs(file) or ".." in re.split(r"[/\\]", file):
        raise outside
    try:
        root = os.path.realpath(folder)
        path = os.path.realpath(os.path.join(root, file))
        inside = os.path.commonpath([root, path]) == root
    except ValueError:  # a NUL byte or half a surrogate pair in the name
        raise FormatError("is not a file name", f"name a file beside {owner}") from None
    if not inside:
        raise outside
    return path


def read_bytes(path: str, most_bytes: int) -> bytes:
    """The whole of a regular file of bearable size; a pipe or a device is not waited for; or FormatError."""
    flags = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY"))
    try:
        descriptor = os.open(path, os.O_RDONLY | flags)
    except FileNotFoundError:
        raise FormatError("there is no such file", "name a data file") from None
    except OSError as error:
        raise FormatError(f"cannot be read: {error.strerror}", "name a data file") from None
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            reason = "is a folder" if stat.S_ISDIR(state.st_mode) else "is not a regular file"
            raise FormatError(reason, "name a data file")
        if state.st_size > most_bytes:
            raise too_large(most_bytes)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(state.st_size)
    finally:
        os.close(descriptor)
