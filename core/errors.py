"""The one error type that a user sees, and the exit codes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum
from itertools import islice

from .text import short, visible

_MOST_COMPARED = 1_000
_MOST_LISTED = 16


class ExitCode(IntEnum):
    """What the command returns to the shell; on signal n it is 128 + n."""

    OK = 0
    FAULT = 1
    BAD_INPUT = 2
    INCOMPLETE = 3
    CHECK_FAILED = 4
    WRITING_FAILED = 5
    NOT_FINITE = 6
    SIGNAL = 128


class InputError(Exception):
    """Something the user gave is wrong: said in one line, `FILE:LINE: key: what is wrong; what would be right`."""

    def __init__(self, reason: str, *, file: str = "", line: int = 0, key: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file
        self.line = line
        self.key = key
        self.hint = hint

    def __str__(self) -> str:
        """The line; what comes from the file is in it as visible text."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        message = ": ".join(part for part in (place, self.key, self.reason) if part)
        return visible(f"{message}; {self.hint}" if self.hint else message)


class IncompleteError(InputError):
    """A log ends before anything of it can be shown."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a word that is not known: the nearest one that is, or else all of them, if they are not too many."""
    words = list(islice(known, _MOST_COMPARED))
    near = [each for each in words if each.casefold() == word.casefold()]
    near = near or difflib.get_close_matches(word[:80], words, n=1)
    if near:
        return f"did you mean '{short(near[0])}'?"
    more = ", …" if len(words) > _MOST_LISTED else ""
    return "known are: " + ", ".join(map(short, words[:_MOST_LISTED])) + more
