"""Reading a log: an index of its lines, made once, and the records of an iteration whenever they are asked for."""

from __future__ import annotations

import os
import stat
import threading
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from ..calendar import Calendar
from ..errors import IncompleteError, InputError
from ..program import MEMORY_LIMIT
from ..search import Job, Progress
from . import header as headers
from .frame import body_of, is_whole
from .records import CellsLine, EditLine, EndLine, EventLine, MaskLine, Record, TrackLine, decoded

LONGEST_LINE = 1 << 20
"""Bytes of the longest line but the first."""
_BLOCK = 1 << 16
_FLAGS = ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
MOST_BRANCHES = 10_000
DEEPEST = 100
"""Branches of branches of branches: each asks the one before it."""


class Span(msgspec.Struct):
    """Where the events of a branch stand: for each iteration that is there its number, and where its lines begin.

    The branch begins at iteration `first`, 0 for the run. `reach` is the position of the last event, `end` the last
    position of its iteration.
    """

    numbers: array[int]
    offsets: array[int]
    first: int
    reach: int
    end: int
    depth: int


class Log:
    """A log that is open: its header, scenario and index. `problem` says why it is not read to the end.

    `track` has the place of each line about what the reader did.
    """

    def __init__(self, path: str, max_memory: int = MEMORY_LIMIT) -> None:
        self.path = path
        self._file = _open(path)
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self.header = _header(self._file.readline(headers.LONGEST_HEADER), path)
        self.scenario = headers.scenario_of(self.header, path, max_memory)
        self.calendar = Calendar.of(self.scenario)
        self.spans = {0: Span(array("Q"), array("Q"), 0, 0, 0, 0)}
        self.track = array("Q")
        self.end: EndLine | None = None
        self.problem = ""
        self.lines = 1
        self._on_windows = False
        self._before = -1
        self._whole = 0  # bytes, up to the first line that is not as it was written

    @property
    def is_complete(self) -> bool:
        """Whether its last line says so, and nothing on the way was wrong."""
        return self.end is not None and not self.problem

    def indexed(self) -> Job[None]:
        """Go through all lines once, up to the first that is not as it was written; says how many bytes are done."""
        size, offset = os.fstat(self._file.fileno()).st_size, self._file.tell()
        for raw in _lines(self._file):
            line = as_written(raw)
            self.lines += 1
            self.problem = self._take(line, offset)
            if self.problem:
                break
            offset += len(raw)
            self._on_windows |= line is not raw
            self._whole = offset
            if self.lines % 4096 == 0:
                yield Progress(offset, size)
        if self.problem:
            self.problem = f"line {self.lines:,} {self.problem}"
        elif self.end is None:
            self.problem = "the recording was not ended"
        elif self._on_windows:
            self.problem = "its lines end as on Windows: an editor or a mail has changed it"

    def records(self, branch: int, number: int) -> list[EventLine | MaskLine | CellsLine]:
        """What the log says of an iteration of a branch, in its order; empty where it is not there."""
        span = self.spans.get(branch)
        at = _at(span.numbers, number) if span else -1
        if span is None or at < 0:
            return []
        with self._lock:
            return list(self._read(branch, span, at))

    def walk(self) -> Iterator[EventLine | TrackLine]:
        """All events and all that the reader did, in their order, as far as the index goes."""
        with _open(self.path) as file:
            file.readline(headers.LONGEST_HEADER)
            while file.tell() < self._whole:
                record = self._next(file)
                if not isinstance(record, MaskLine | CellsLine | EndLine):
                    yield record

    def did(self, index: int) -> TrackLine:
        """What the reader did, by its number on the track."""
        with self._lock:
            self._file.seek(self.track[index])
            record = self._next(self._file)
        if isinstance(record, EventLine | MaskLine | CellsLine | EndLine):
            raise self._changed()
        return record

    def _read(self, branch: int, span: Span, at: int) -> Iterator[EventLine | MaskLine | CellsLine]:
        first = self.calendar.start(span.numbers[at])
        is_last = at + 1 == len(span.numbers)
        last = span.reach if is_last else min(self._end(span.numbers[at]), span.reach)
        self._file.seek(span.offsets[at])
        n = first
        while n < last:
            record = self._next(self._file)
            if isinstance(record, EventLine | MaskLine | CellsLine) and record.branch == branch:
                yield record
                n = record.n if isinstance(record, EventLine) else n

    def _next(self, file: BinaryIO) -> Record:
        try:
            return decoded(body_of(as_written(file.readline(LONGEST_LINE))))
        except ValueError:
            raise self._changed() from None

    def _changed(self) -> InputError:
        return InputError("was changed while it was open", file=self.path, hint="open it again")

    # ---- the index

    def _take(self, line: bytes, offset: int) -> str:
        """The next line; returns what is wrong with it."""
        if problem := self._line_problem(line):
            return problem
        try:
            record = decoded(body_of(line))
        except ValueError:
            return "says nothing that a log says"
        if isinstance(record, EventLine):
            begin, self._before = offset if self._before < 0 else self._before, -1
            return self._event(record, begin)
        if isinstance(record, MaskLine | CellsLine):  # of the event that comes next
            self._before = offset if self._before < 0 else self._before
            return ""
        return self._other(record, offset)

    def _line_problem(self, line: bytes) -> str:
        if not line.endswith(b"\n"):
            return "is longer than any" if len(line) >= LONGEST_LINE else "is not whole: the log ends within it"
        if not is_whole(line):
            return "is damaged"
        return "comes behind the end" if self.end is not None else ""

    def _event(self, record: EventLine, offset: int) -> str:
        """An event, the next of its branch; returns what is wrong with it."""
        n, span = record.n, self.spans.get(record.branch)
        if span is None:
            return "is of a branch that has not begun"
        if span.reach < n == span.reach + 1 <= span.end:
            span.reach = n
            return ""
        if n <= span.reach:
            return f"is step {n:,} again"
        if n > self.calendar.total:
            return f"is step {n:,} of {self.calendar.total:,}"
        number = self.calendar.iteration(n - 1)
        last = span.numbers[-1] if span.numbers else span.first - 1
        leaves_out = self.header.every > 1 and number > last
        if span.reach < span.end or n != self.calendar.start(number) + 1 or not (number == last + 1 or leaves_out):
            return f"is step {n:,}, where {span.reach + 1:,} is expected"
        span.numbers.append(number)
        span.offsets.append(offset)
        span.reach, span.end = n, self._end(number)
        return ""

    def _end(self, number: int) -> int:
        """The last position of an iteration."""
        return self.calendar.start(number + 1) if number + 1 < self.calendar.iterations else self.calendar.total

    def _has_come(self, base: Span, number: int) -> bool:
        """Whether an iteration begins no later than the events that are there, but for those that are left out."""
        if self.header.every == 1:
            return self.calendar.start(number) <= base.reach
        return number < (base.numbers[-1] if base.numbers else base.first) + self.header.every + 1

    def _other(self, record: TrackLine | EndLine, offset: int) -> str:
        """The end, or what the reader did."""
        if isinstance(record, EndLine):
            self.end = record
            return ""
        if isinstance(record, EditLine):
            if record.base not in self.spans or not 1 <= record.iteration <= self.calendar.iterations:
                return "changes what is not there"
            if not self._has_come(self.spans[record.base], record.iteration - 1):
                return f"changes iteration {record.iteration:,}, which has not begun"
            base = self.spans[record.base]
            if base.depth >= DEEPEST:
                return f"is branch {DEEPEST + 1} of a branch of a branch"
            if record.branch != len(self.spans) or len(self.spans) >= MOST_BRANCHES:
                return f"begins branch {record.branch:,}, where {len(self.spans):,} is expected"
            start = self.calendar.start(record.iteration - 1)
            depth = base.depth + (record.iteration - 1 > base.first or base.depth == 0)
            self.spans[record.branch] = Span(array("Q"), array("Q"), record.iteration - 1, start, start, depth)
        self.track.append(offset)
        return ""


def _open(path: str) -> BinaryIO:
    """A regular file; InputError for all else. A pipe or a device is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in _FLAGS))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InputError("is not a regular file", file=path, hint="name a log")
        return os.fdopen(descriptor, "rb", buffering=_BLOCK)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path, hint="name a log") from None
    except ValueError:  # a NUL byte in the name
        raise InputError("is not a file name", file=path, hint="name a log") from None


def _header(first: bytes, path: str) -> headers.Header:
    """The header; of a version that is known the first line must be whole."""
    first = as_written(first)
    try:
        if not first.endswith(b"\n"):
            raise IncompleteError("the log ends within its first line", file=path, line=1, hint="record it again")
        found = headers.decoded(body_of(first))
    except ValueError as error:
        reason, _, hint = str(error).partition("; ")
        raise InputError(reason, file=path, line=1, hint=hint) from None
    if not is_whole(first):
        raise InputError("the first line is damaged", file=path, line=1, hint="take another copy of the log")
    return found


def as_written(line: bytes) -> bytes:
    """A line that an editor or a mail has made end as on Windows, as it was; any other as it is."""
    return line[:-2] + b"\n" if line.endswith(b"\r\n") else line


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines that are left, each with its newline; what is too long, or has no newline, is the last."""
    while line := file.readline(LONGEST_LINE):
        yield line


def _at(numbers: array[int], number: int) -> int:
    """Where a number stands; -1 where it does not."""
    at = bisect_left(numbers, number)
    return at if at < len(numbers) and numbers[at] == number else -1
