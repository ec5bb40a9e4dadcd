"""Reading a log through to its end, whatever is wrong on the way: lines that are damaged, missing, repeated, joined."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

import msgspec

from ...calendar import Calendar
from ...jacobian import counted
from ...text import short
from ..begins import BEGINNING
from ..frame import body_of, is_whole
from ..header import LONGEST_HEADER
from ..log import LONGEST_LINE, MOST_BRANCHES
from ..records import (
    AccumulateLine,
    CellsLine,
    EditLine,
    EndLine,
    EvaluateLine,
    EventLine,
    MaskLine,
    MultiplyLine,
    Record,
    UpdateLine,
    decoded,
)
from .findings import Findings

MOST_GAPS = 1_000
"""Gaps in the steps of a branch that are remembered, for steps that come late."""

ENDS_SO = "lines more end so"
OF_NO_BRANCH = "lines more are of branches that have not begun"
COME_BEHIND = "lines more come behind the end"


class _Gap(msgspec.Struct):
    """Steps that were passed over before a line."""

    first: int
    last: int
    line: int


class _Span(msgspec.Struct):
    """How far the steps of a branch have come, which begins at position `start`."""

    start: int
    reach: int
    gaps: list[_Gap]


class Reading:
    """Takes the lines of a log one by one, and finds what is wrong with their order.

    `every` is the header's. `body` is the last line without its CRC-32, `events` counts the lines of events, `end` is
    the last line of a log that has one, and `is_torn` says that the log ends within a line.
    """

    def __init__(self, calendar: Calendar, every: int, findings: Findings) -> None:
        self.calendar = calendar
        self.findings = findings
        self.line = 1
        self.events = 0
        self.end: EndLine | None = None
        self.is_torn = False
        self.is_over = False
        self.body = b""
        self._every = every
        self._hash = sha256()
        self._spans = {0: _Span(0, 0, [])}

    def take(self, line: bytes) -> Record | None:
        """The record of the next line; None where there is none, or where it cannot be compared with anything."""
        self.line += 1
        if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            self.is_torn = True
            return None
        record = self._record(line)
        if isinstance(record, EndLine):
            self._take_end(record)
            return None
        self._hash.update(line)
        if record is None or self.is_over:
            return None
        if isinstance(record, EventLine):
            self.events += 1
            return record if self._is_in_order(record.branch, record.n) else None
        if isinstance(record, MaskLine | CellsLine):
            return record if self._belongs(record) else None
        if isinstance(record, EditLine):
            return record if self._branches_off(record) else None
        return record

    def close(self) -> None:
        """Find what is still missing."""
        for number, span in self._spans.items():
            for gap in span.gaps:
                self._find(_missing(gap, number), gap.line)
        self.findings.kept.sort(key=lambda finding: finding.line)

    def _find(self, says: str, line: int = 0) -> None:
        self.findings.add(line or self.line, says)

    # ---- a line by itself

    def _record(self, line: bytes) -> Record | None:
        """What a line says, also one that was edited; what is wrong with it is found."""
        if line.startswith(BEGINNING):
            self._find("is the first line of a log again: several were joined; from here on nothing is compared")
            self.is_over = True
            return None
        if self.end is not None:
            self.findings.add(self.line, "comes behind the end: something was joined to it", COME_BEHIND)
            self.is_over = True
            return None
        if not line.endswith(b"\n"):
            self._find(f"is longer than any: {LONGEST_LINE:,} bytes are the most")
            return None
        if line.endswith(b"\r\n"):
            self.findings.add(self.line, "ends as on Windows: an editor or a mail has changed it", ENDS_SO)
            line = line[:-2] + b"\n"
        whole, self.body = is_whole(line), body_of(line)
        try:
            record = decoded(self.body)
        except (ValueError, RecursionError):
            self._find("says nothing that a log says" if whole else "is damaged")
            return None
        if not whole:
            self._find("was edited or damaged: its CRC-32 is not that of its text")
        return record

    def _take_end(self, record: EndLine) -> None:
        events, lines, digest = self.events, self.line - 1, self._hash.hexdigest()
        self.end = record
        if record.events != events:
            self._find(f"says that there are {record.events:,} steps; there are {events:,}")
        if record.lines != lines:
            self._find(f"says that there are {record.lines:,} lines before it; there are {lines:,}")
        if record.sha256 != digest:
            self._find("has not the SHA-256 of the lines before it: they are not those that were written")
        elif record.text != (text := f"the end, after {counted(events, 'step')}"):
            self._find(f"text is {short(record.text, 80)!r}; {text!r} would be right")

    # ---- its place

    def _is_in_order(self, branch: int, n: int) -> bool:
        """Whether a step can be compared with one that is derived; that it is not the next one is found."""
        span = self._spans.get(branch)
        if span is None:
            says = f"is of branch {branch:,}, which has not begun"
            self.findings.add(self.line, says, OF_NO_BRANCH)
            return False
        if not span.start < n <= self.calendar.total:
            self._find(f"is step {n:,}; those of branch {branch:,} are {span.start + 1:,} to {self.calendar.total:,}")
            return False
        if n > span.reach:
            self._go_on(span, branch, n)
        else:
            self._go_back(span, n)
        return True

    def _go_on(self, span: _Span, branch: int, n: int) -> None:
        expected = self._following(span)
        if n > expected:
            gap = _Gap(expected, n - 1, self.line)
            if len(span.gaps) < MOST_GAPS:
                span.gaps.append(gap)
            else:
                self._find(_missing(gap, branch))
        span.reach = n

    def _go_back(self, span: _Span, n: int) -> None:
        """A step that is not behind the last: one that was passed over, or one that was there already."""
        gap = next((gap for gap in span.gaps if gap.first <= n <= gap.last), None)
        if gap is None:
            self._find(f"is step {n:,} again")
            return
        at = span.gaps.index(gap)
        rest = [_Gap(gap.first, n - 1, gap.line), _Gap(n + 1, gap.last, gap.line)]
        span.gaps[at : at + 1] = [each for each in rest if each.first <= each.last]
        if (gap.first, gap.last, gap.line, span.reach) == (n, n, self.line - 1, n + 1):
            self._find(f"is swapped with line {self.line:,}: step {n + 1:,} stands before step {n:,}", gap.line)
        else:
            self._find(f"is step {n:,}, behind step {span.reach:,}")

    def _following(self, span: _Span) -> int:
        """The step that comes behind those of a branch that are there; where iterations are left out, behind these."""
        calendar, reach = self.calendar, span.reach
        if self._every == 1 or reach >= calendar.total:
            return reach + 1
        number = calendar.iteration(reach)
        if calendar.start(number) < reach:
            return reach + 1
        return calendar.start(min(-(-number // self._every) * self._every, calendar.iterations - 1)) + 1

    def _belongs(self, record: MaskLine | CellsLine) -> bool:
        """Whether masks or cells stand before a step that is still to come."""
        span, n = self._spans.get(record.branch), first_step(record, self.calendar)
        if span is None or not span.reach < n <= self.calendar.total:
            self._find(f"belongs to step {n:,} of branch {record.branch:,}, which does not come behind it")
            return False
        return True

    def _branches_off(self, record: EditLine) -> bool:
        number = len(self._spans)
        if record.branch != number or number >= MOST_BRANCHES:
            self._find(f"begins branch {record.branch:,}, where {number:,} is expected")
        elif record.base not in self._spans:
            self._find(f"branches off {record.base:,}, which has not begun")
        elif not 1 <= record.iteration <= self.calendar.iterations:
            self._find(f"is of iteration {record.iteration:,}; there are {self.calendar.iterations:,}")
        else:
            start = self.calendar.start(record.iteration - 1)
            self._spans[number] = _Span(start, start, [])
            return True
        return False


def first_step(record: EventLine | MaskLine | CellsLine, calendar: Calendar) -> int:
    """The step that a line is of, or belongs to; a mask belongs to the first of its iteration."""
    match record:
        case MaskLine():
            return calendar.start(record.iteration - 1) + 1
        case CellsLine():
            return record.of
        case EvaluateLine() | MultiplyLine() | AccumulateLine() | UpdateLine():
            return record.n


def lines_behind_the_first(file: BinaryIO) -> Iterator[bytes]:
    """Each line with its newline; one that is too long is cut off there, and the rest of it passed over."""
    file.readline(LONGEST_HEADER)
    while line := file.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def _missing(gap: _Gap, branch: int) -> str:
    steps = f"step {gap.first:,} is" if gap.first == gap.last else f"steps {gap.first:,} to {gap.last:,} are"
    return f"{steps} missing before it" + (f" in branch {branch:,}" if branch else "")
