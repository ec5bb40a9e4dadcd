"""The journal of a class: one line for each event, without secrets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from bptui.core.text import short, visible

LONGEST_VALUE = 80
"""Characters of a value that are shown."""
MOST_LINES = 100
"""Lines that are written in one second: a flood of connections must not fill the disk."""


class Journal:
    """Writes events to a stream, if there is one; where that fails, nothing more is written, and nobody is told."""

    def __init__(self, stream: TextIO | None, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock
        """Seconds since 1970."""
        self._second = 0
        self._lines = 0  # in this second
        self._left_out = 0

    def event(self, what: str, /, **words: object) -> None:
        """Write one line: the time, the event, and what is to be said of it. Never give it a token."""
        now = self._clock()
        if int(now) != self._second:
            self._second, self._lines = int(now), 0
            self._say_what_was_left_out(now)
        if self._lines < MOST_LINES:
            self._write(now, what, words)
        else:
            self._left_out += 1

    def close(self) -> None:
        """Say what was left out, if anything, and write nothing more; the stream stays open, it is another's."""
        self._say_what_was_left_out(self._clock())
        self._stream = None

    def _say_what_was_left_out(self, now: float) -> None:
        if self._left_out:
            self._write(now, "left-out", {"lines": self._left_out})
            self._left_out = 0

    def _write(self, now: float, what: str, words: dict[str, object]) -> None:
        if self._stream is None:
            return
        self._lines += 1
        at = datetime.fromtimestamp(now, UTC).astimezone().isoformat(timespec="seconds")
        line = " ".join([at, _shown(what), *(f"{key}={_shown(value)}" for key, value in words.items())])
        encoding = self._stream.encoding or "utf-8"  # None if it stays in memory
        try:  # a name that the encoding lacks must not be an error: it would end the journal
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # a full disk, a closed pipe or a closed file never ends a class
            self._stream = None


def _shown(value: object) -> str:
    """The value, or its beginning, as one word: in quotes if it needs them, and no quote within."""
    text = str(value)[: LONGEST_VALUE + 1]  # one too many, so that it is seen that there was more
    shown = short(visible(text), LONGEST_VALUE)
    if shown and not any(each in shown for each in " \"'"):
        return shown
    return '"' + shown.replace('"', r"\x22") + '"'
