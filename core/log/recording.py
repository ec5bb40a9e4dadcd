"""Writing a log: each event once, in the order of the trace, and between them what the reader does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from hashlib import sha256

from ..edits import Edit
from ..grading import Answer, Grade
from ..jacobian import counted, scalar
from ..mistakes import Cell
from ..notation import number
from ..questions import Question
from ..search import Job, Progress
from ..timeline import Timeline
from . import cells
from .frame import printable
from .header import Header
from .lines import Lines
from .output import Output
from .records import (
    DropLine,
    EditLine,
    EndLine,
    KeepLine,
    MoveLine,
    NoteLine,
    PredictionLine,
    QuestionLine,
    SelectLine,
    TrackLine,
)

BATCH = 256
"""Lines that are written at once, where there are so many."""


class _Branch:
    """How far the events of a timeline have been written."""

    def __init__(self, timeline: Timeline, number: int, *, full: bool) -> None:
        self.number = number
        self.lines = Lines(timeline, number, full=full)
        self.written = timeline.calendar.start(timeline.first)


class Recording:
    """A log that is being written; `clock` gives the seconds since its beginning.

    What is shown must have been written before, with `events`. Several threads may call it.
    """

    def __init__(self, output: Output, header: Header, timeline: Timeline, clock: Callable[[], float]) -> None:
        self.output = output
        self.clock = clock
        self.last = 0
        self._header = header
        self._hash = sha256()
        self._lines = 1
        self._events = 0
        self._made = 0
        self._is_closed = False
        self._branches: dict[Timeline, _Branch] = {}
        self._lock = threading.RLock()
        output.write(printable(header))
        self.add(timeline, 0)

    @property
    def said(self) -> str:
        """How much there is."""
        return f"{counted(self._events, 'step')} in {counted(self._lines + self._is_closed, 'line')}"

    @property
    def is_on(self) -> bool:
        """Whether it still goes on."""
        return self.output.failure is None and not self._is_closed

    def add(self, timeline: Timeline, number: int) -> None:
        """A timeline whose events are to be written under the number of its branch; 0 is the run."""
        with self._lock:
            self._branches[timeline] = _Branch(timeline, number, full=self._header.full)

    def knows(self, timeline: Timeline) -> bool:
        """Whether the events of a timeline can be written: not where a change that was kept was left behind."""
        return timeline in self._branches

    def number(self, timeline: Timeline) -> int:
        """The number of a branch."""
        return self._branches[timeline].number

    # ---- events

    def events(self, timeline: Timeline, position: int) -> Job[None]:
        """Write what has not been written up to a position, an iteration at a time."""
        branch = self._branches[timeline]
        if timeline.base:
            yield from self.events(timeline.base, min(position, timeline.calendar.start(timeline.first)))
        begun = branch.written
        while self.is_on and branch.written < min(position, len(timeline)):
            yield Progress(branch.written - begun, position - begun)
            with self._lock:  # one that was cancelled may still be at its last iteration
                if branch.written < position:
                    self._write_next(timeline, branch, position)

    def _write_next(self, timeline: Timeline, branch: _Branch, position: int) -> None:
        """Write the events of the next iterations up to a position, a good many lines at once."""
        lines: list[bytes] = []
        events, last = 0, self.last
        for _ in range(BATCH):  # of iterations, where they are left out
            if branch.written >= min(position, len(timeline)) or len(lines) >= BATCH:
                break
            chapter = timeline.chapter(branch.written + 1)
            first, upto = branch.written - chapter.start, min(position - chapter.start, len(chapter.events))
            branch.written = chapter.start + upto
            if chapter.number % self._header.every and chapter.end < len(timeline):
                branch.written = chapter.end  # it is left out
                continue
            lines += branch.lines.of(chapter, first, upto)
            events, last = events + upto - first, branch.written
        if self._put(lines):
            self._events += events
            self.last = last

    # ---- what the reader does

    def move(self, position: int, time: float | None = None) -> None:
        """The reader goes to a position."""
        self.copy(MoveLine(self._at(time), f"to step {position:,}", position))

    def select(self, row: int | None, name: str, time: float | None = None) -> None:
        """The reader selects a row of the table, which begins with a name."""
        self.copy(SelectLine(self._at(time), f"selects {name}" if name else "selects no row", row))

    def note(self, position: int, text: str, time: float | None = None) -> None:
        """The reader writes a note."""
        self.copy(NoteLine(self._at(time), f"note: {text}", position, text))

    def edit(self, timeline: Timeline | None, base: int, edit: Edit, iteration: int, time: float | None = None) -> None:
        """The reader changes a value: `timeline` branches off number `base` at an iteration, which counts from 0.

        It is None where nothing of it is shown.
        """
        with self._lock:
            self._made += 1
            if timeline is not None:
                self.add(timeline, self._made)
            self.copy(_edit(self._at(time), self._made, base, edit, iteration))

    def keep(self, time: float | None = None) -> None:
        """The branch becomes the run."""
        self.copy(KeepLine(self._at(time), "keeps the branch"))

    def drop(self, position: int, time: float | None = None) -> None:
        """The branch is dropped; back to the run at a position."""
        self.copy(DropLine(self._at(time), f"drops the branch, to step {position:,}", position))

    def question(self, asked: Question, time: float | None = None) -> None:
        """A class is asked what a step brings."""
        self.copy(question_line(self._at(time), asked))

    def prediction(
        self, position: int, cell: Cell, answer: Answer | None, grade: Grade | None, time: float | None = None
    ) -> None:
        """The reader answers what the step at a position brings, or asks to see it."""
        self.copy(prediction(self._at(time), position, cell, answer, grade))

    def copy(self, line: TrackLine) -> None:
        """A line about what a reader did."""
        with self._lock:
            self._put([printable(line)])

    def close(self, *, ended: bool = True) -> None:
        """Close the file; write the last line before, unless it has not been `ended`."""
        with self._lock:
            self._is_closed = True
            if ended:
                text = f"the end, after {counted(self._events, 'step')}"
                self.output.write(printable(EndLine(text, self._events, self._lines, self._hash.hexdigest())))
        self.output.close()

    def _at(self, time: float | None) -> float:
        return round(self.clock(), 3) if time is None else time

    def _put(self, lines: Sequence[bytes]) -> bool:
        data = b"".join(lines)
        if not self.output.write(data):
            return False
        self._hash.update(data)
        self._lines += len(lines)
        return True


def question_line(time: float, asked: Question) -> QuestionLine:
    """The line of a question to a class."""
    return QuestionLine(time, f"asks the class: {asked.asks}", asked.position)


def prediction(time: float, position: int, cell: Cell, answer: Answer | None, grade: Grade | None) -> PredictionLine:
    """The line of an answer with its grade; without them the reader asked to see it."""
    if answer is None or grade is None:
        return PredictionLine(time, "asks to see it", position, cell, None, 0.0, right=False, as_what="", mistake="")
    said = f"right: that is the {grade.as_what}" if grade.right else f"wrong{grade.mistake and ': '}{grade.mistake}"
    return PredictionLine(
        time=time,
        text=f"predicts {number(answer.value)}, {said}",
        position=position,
        cell=cell,
        answer=cells.written(scalar(answer.value)),
        tolerance=answer.tolerance,
        right=grade.right,
        as_what=grade.as_what,
        mistake=grade.mistake,
    )


def _edit(time: float, branch: int, base: int, edit: Edit, iteration: int) -> EditLine:
    return EditLine(
        time=time,
        text=f"what if: {edit}",
        branch=branch,
        base=base,
        iteration=iteration + 1,
        name=edit.name,
        cell=edit.cell,
        value=cells.written(edit.value),
    )
