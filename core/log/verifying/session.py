"""What the reader did, followed through a log: the branches that edits made, and the predictions, graded again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...chapter import Chapter
from ...errors import InputError
from ...events import Multiply
from ...grading import CLOSE, Answer, grade
from ...questions import question
from ...timeline import Timeline
from .. import cells
from ..branches import after_edit
from ..log import Log
from ..recording import prediction, question_line
from ..records import (
    AccumulateLine,
    CellsLine,
    DropLine,
    EditLine,
    EvaluateLine,
    KeepLine,
    MaskLine,
    MoveLine,
    MultiplyLine,
    NoteLine,
    PredictionLine,
    QuestionLine,
    Record,
    SelectLine,
    UpdateLine,
)
from .comparing import Comparison
from .differences import difference
from .findings import Findings
from .following import Following

NOT_MADE = "lines more are of branches that cannot be made"
MOST_TOLERANCE = 0.05 * (1.0 + CLOSE)
"""Half a unit of the second digit, as a part of an answer: what an answer of two digits or more may be off."""


class Session:
    """The branches of a log, and which of them the reader is in; `predictions` are those that were graded so.

    A branch is made when it is first needed: then what it branches off has been compared.
    """

    def __init__(self, log: Log, findings: Findings) -> None:
        self.predictions = 0
        self._header = log.header
        self._findings = findings
        self._branches: dict[int, Comparison | None] = {}  # None where it cannot be made
        self._edits: dict[int, tuple[int, EditLine]] = {}
        self._here: int = 0
        self._run: int | None = None  # what a branch is compared with
        self._add(0, Following(log.scenario))

    @property
    def events(self) -> int:
        """How many events are as they should be."""
        return sum(each.verified for each in self._branches.values() if each)

    def take(self, line: int, body: bytes, record: Record) -> None:
        """Compare a line with what it should be; what is wrong with it is found."""
        says = ""
        match record:
            case EvaluateLine() | MultiplyLine() | AccumulateLine() | UpdateLine() | MaskLine() | CellsLine():
                if comparison := self._branch(record.branch):
                    comparison.take(line, body, record)
                else:
                    self._findings.add(line, f"is of branch {record.branch:,}, which cannot be made", NOT_MADE)
            case EditLine():
                self._edits[record.branch] = line, record
                self._run = self._here if self._run is None else self._run
                self._here = record.branch
            case KeepLine() | DropLine():
                says = self._end_branch(record)
            case MoveLine() | NoteLine():
                says = self._position(record.position)
            case SelectLine():
                says = f"selects row {record.row}" if record.row is not None and record.row < 0 else ""
            case QuestionLine():
                says = self._question(record)
            case PredictionLine():
                says = self._prediction(record)
                self.predictions += not says
        if says:
            self._findings.add(line, says)

    def close(self) -> None:
        """Make what was not needed, to see whether that can be."""
        for number in self._edits:
            self._branch(number)

    # ---- branches

    def _add(self, number: int, timeline: Following) -> None:
        self._branches[number] = Comparison(timeline, number, self._header, self._findings)

    def _branch(self, number: int) -> Comparison | None:
        """A branch, which is made if it is not there; None where it cannot be."""
        wanted = []
        while number not in self._branches:  # what it branches off is made before it
            wanted.append(number)
            number = self._edits[number][1].base
        for each in reversed(wanted):
            self._make(*self._edits[each])
            number = each
        return self._branches[number]

    def _make(self, line: int, record: EditLine) -> None:
        base = self._branches[record.base]
        self._branches[record.branch] = None
        if base is None:
            self._findings.add(line, f"branches off {record.base:,}, which cannot be made", NOT_MADE)
            return
        for number in self._chain(record.base):
            if compared := self._branches[number]:
                compared.hand_on(record.iteration - 1)
        try:
            with np.errstate(all="ignore"):
                scenario, state = after_edit(record, base.timeline)
        except InputError as error:
            self._findings.add(line, f"is an edit that cannot be made: {error}")
        except (ValueError, IndexError, OverflowError):
            self._findings.add(line, "is an edit that cannot be made: its cell or its value is none")
        else:
            first = record.iteration - 1
            self._add(record.branch, Following(scenario, base=base.timeline, first=first, state=state))

    def _chain(self, number: int) -> Iterator[int]:
        """A branch, and all that it branches off."""
        while number:
            yield number
            number = self._edits[number][1].base
        yield 0

    def _end_branch(self, record: KeepLine | DropLine) -> str:
        """The reader keeps or drops the branch; what is wrong with that."""
        run, self._run = self._run, None
        if isinstance(record, KeepLine):
            return "" if run is not None else "keeps a branch where there is none"
        if run is None:
            return "drops a branch where there is none"
        self._here = run
        return self._position(record.position)

    # ---- what the reader does

    def _timeline(self) -> Timeline | None:
        branch = self._branch(self._here)
        return branch.timeline if branch else None

    def _position(self, position: int) -> str:
        timeline = self._timeline()
        if timeline is None or 0 <= position <= len(timeline):
            return ""
        return f"is of step {position:,}; there are {len(timeline):,}"

    def _predicted(self, n: int) -> tuple[Chapter, Multiply] | str:
        """The multiplication of a position and its iteration; or why there is none."""
        timeline = self._timeline()
        if timeline is None:
            return "is in a branch that cannot be made"
        if says := self._position(n):
            return says
        while timeline.base and n <= timeline.calendar.start(timeline.first):
            timeline = timeline.base
        chapter = timeline.chapter(n)
        index = n - 1 - chapter.start
        event = chapter.events[index] if 0 <= index < len(chapter.events) else None
        if not isinstance(event, Multiply):
            return f"predicts step {n:,}, which is no multiplication of the chain rule"
        return chapter, event

    def _question(self, record: QuestionLine) -> str:
        """Ask again; what is wrong with the line."""
        found = self._predicted(record.position)
        if isinstance(found, str):
            return found
        asked = question(found[0], record.position - 1 - found[0].start)
        return difference(record, question_line(record.time, asked)) if asked else "asks what is not asked"

    def _prediction(self, record: PredictionLine) -> str:
        """Grade an answer again; what is wrong with the line."""
        found = self._predicted(record.position)
        if isinstance(found, str):
            return found
        (chapter, event), n, cell = found, record.position, record.cell
        index = n - 1 - chapter.start
        shape = event.downstream.shape
        if len(cell) != len(shape) or not all(0 <= i < size for i, size in zip(cell, shape, strict=True)):
            return f"predicts a cell that step {n:,} has not"
        if record.answer is None:
            return difference(record, prediction(record.time, n, cell, None, None))
        answer = _answer(record)
        if answer is None:
            return "is an answer that cannot be typed"
        with np.errstate(all="ignore"):
            graded = grade(chapter, index, cell, answer)
        return difference(record, prediction(record.time, n, cell, answer, graded))


def _answer(record: PredictionLine) -> Answer | None:
    """What was answered; None where it is no finite number, or is to fit more than any that is typed."""
    try:
        value = float(cells.read(record.answer, (), "float64"))
    except (ValueError, OverflowError):
        return None
    is_typed = math.isfinite(value) and 0.0 <= record.tolerance <= MOST_TOLERANCE * abs(value)
    return Answer(value, record.tolerance) if is_typed else None
