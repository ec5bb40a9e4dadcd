"""Comparing the lines of a branch with those that are derived: byte for byte, or by their values within rounding."""

from __future__ import annotations

from collections.abc import Iterator

from ...chapter import Chapter
from ...events import Event
from ...jacobian import counted
from ...text import visible
from ..frame import body_of
from ..header import Header
from ..lines import Lines
from ..records import CellsLine, EventLine, MaskLine, Record, decoded
from .differences import difference
from .elsewhere import Recorded
from .findings import Findings
from .following import Following
from .reading_through import first_step

_MASK = b'{"event":"mask",'
_BEFORE = (_MASK, b'{"event":"cells",')
_VALUES = {"value", "upstream", "local", "downstream", "contributions", "total", "before", "gradient", "quantities"}
_NOT_THE_SAME = {*_VALUES, "after", "text"}
"""What another processor may write otherwise."""

DIFFER = "lines more differ in a value"
TEXTS_DIFFER = "lines more differ in their text"
_OTHERWISE = "its numbers are right, but they are not written as a log writes them"
OUT_OF_PLACE = "lines more of masks or cells are out of place"
BEHIND_STOP = "lines more are behind the end of the run"


class Comparison:
    """The lines of one branch beside those that are derived; `verified` counts the events that are as they should be.

    Where the log was not written here, an iteration is derived from what is recorded of the one before, so that
    differences do not add up.
    """

    def __init__(self, timeline: Following, branch: int, header: Header, findings: Findings) -> None:
        self.timeline = timeline
        self.verified = 0
        self._header = header
        self._findings = findings
        self._exactly = header.is_at_home
        self._lines = Lines(timeline, branch, full=header.full)
        self._chapter: Chapter | None = None
        self._stream: Iterator[bytes] = iter(())
        self._next = 0  # the step whose lines the stream gives next
        self._step = 0  # the one whose lines are these:
        self._group: list[bytes] = []
        self._recorded = Recorded(timeline)

    def take(self, line: int, body: bytes, record: EventLine | MaskLine | CellsLine) -> None:
        """Compare a line; what is wrong with it is found."""
        n = first_step(record, self.timeline.calendar)
        chapter = self._turn_to(line, n)
        if chapter is None:
            return
        self._derive(chapter, n)
        event = chapter.events[n - 1 - chapter.start]
        if isinstance(record, MaskLine | CellsLine):
            if self._exactly or isinstance(record, MaskLine):
                self._take_before(line, body, record)
            elif says := self._recorded.take_cells(record, event):
                self._findings.add(line, says, OUT_OF_PLACE)
            return
        beginning = _BEFORE if self._exactly else _MASK  # elsewhere other arrays may be equal to each other
        if missing := sum(other.startswith(beginning) for other in self._group):
            self._findings.add(line, f"{counted(missing, 'line')} of masks or cells missing before it")
        self._take_event(line, body, record, event)

    def hand_on(self, number: int) -> None:
        """Let an iteration start from what is recorded of the one before it, if that is the last that was compared."""
        if not self._exactly and self._chapter is not None and self._chapter.number + 1 == number:
            self._recorded.hand_on(number)

    def _turn_to(self, line: int, n: int) -> Chapter | None:
        """The iteration of a step, which may be another than that of the step before; None where it has none."""
        timeline, chapter = self.timeline, self._chapter
        number = timeline.calendar.iteration(n - 1)
        if chapter is None or chapter.number != number:
            self.hand_on(number)
            self._chapter = chapter = timeline.chapter_of(number)
            self._stream = self._lines.of(chapter, 0, len(chapter.events))
            self._next, self._step = chapter.start + 1, 0
            self._recorded.begin(chapter)
        if n > chapter.end:
            self._findings.add(line, f"is of step {n:,}; the run ends behind step {chapter.end:,}", BEHIND_STOP)
            self._chapter = None
            return None
        if number % self._header.every and chapter.end < len(timeline):
            self._findings.add(line, f"is of iteration {number + 1:,}, which is left out in this log", OUT_OF_PLACE)
            return None
        return chapter

    def _derive(self, chapter: Chapter, n: int) -> None:
        """The lines of a step without their CRC-32: first its masks and cells, last its event."""
        if n < self._next and n != self._step:
            self._stream = self._lines.of(chapter, n - 1 - chapter.start, len(chapter.events))
            self._next = n
        while self._next <= n:
            self._step, self._group = self._next, []
            for data in self._stream:
                self._group.append(body_of(data))
                if not data.startswith(_BEFORE):
                    break
            self._next += 1

    def _take_before(self, line: int, body: bytes, record: MaskLine | CellsLine) -> None:
        """A line of masks or cells: the next one that is derived."""
        if len(self._group) > 1 and self._group[0] == body:
            del self._group[0]
            return
        for skipped, other in enumerate(self._group[:-1][:2]):
            expected = decoded(other)
            if _identity(expected) == _identity(record):
                if skipped:
                    self._findings.add(line, "a line of masks or cells is missing before it")
                if other != body:
                    self._findings.add(line, difference(record, expected) or _OTHERWISE, DIFFER)
                del self._group[: skipped + 1]
                return
        self._findings.add(line, f"{visible(record.text)}: it does not belong here", OUT_OF_PLACE)

    def _take_event(self, line: int, body: bytes, record: EventLine, event: Event) -> None:
        derived = self._group[-1]
        del self._group[:-1]  # it may come again
        if body == derived and (self._exactly or self._recorded.is_derived(event)):
            self.verified += 1
            return
        expected = decoded(derived)
        if self._exactly:
            values = difference(record, expected, {"text"})
            text = difference(record, expected) or _OTHERWISE
        else:
            values = difference(record, expected, _NOT_THE_SAME) or self._recorded.take(record, expected, event)
            text = "" if values else self._recorded.text(record, event)
        if values or text:
            self._findings.add(line, f"step {record.n:,}: {values or text}", DIFFER if values else TEXTS_DIFFER)
        else:
            self.verified += 1


def _identity(record: Record) -> tuple[object, ...]:
    return (record.of, record.name, record.start) if isinstance(record, CellsLine) else (getattr(record, "name", ""),)
