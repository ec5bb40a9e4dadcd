"""A log that was written elsewhere: its values within rounding, and what they themselves give."""

from __future__ import annotations

import numpy as np

from ...chapter import Chapter
from ...equations import form, operands
from ...events import Evaluate, Event, Multiply, Update, result
from ...jacobian import Array
from ...program import Program
from ...text import short
from .. import cells
from ..compare import ULPS, digest_of, fits, near
from ..lines import MOST_CONTRIBUTIONS, arrays
from ..recorded import after_updates, as_recorded
from ..records import CellsLine, EventLine, Record, Written
from ..sentences import Sentence
from .differences import worst
from .following import Following

MOST_TOLD = 12
"""Cells of the largest array whose numbers stand in a sentence; of a larger one its norm does."""


class Recorded:
    """What a log has recorded of an iteration, as far as that is, within rounding, what is derived."""

    def __init__(self, timeline: Following) -> None:
        self.timeline = timeline
        self._chapter: Chapter
        self._values: dict[str, Array] = {}
        self._behind: dict[str, Array] = {}
        self._updates: list[Event] = []
        self._rows: dict[str, list[Array]] = {}
        self._whole: dict[str, Array] = {}
        self._sentences: dict[int, tuple[Program, dict[int, Sentence]]] = {}  # by the id of the program, which is kept

    def begin(self, chapter: Chapter) -> None:
        """An iteration begins."""
        self._chapter = chapter
        derived = {name: result(chapter.events[index]) for name, index in chapter.evaluated.items()}
        self._values = {**chapter.given, **chapter.parameters, **derived}
        self._behind, self._rows, self._whole, self._updates = {}, {}, {}, []

    def hand_on(self, number: int) -> None:
        """Let the next iteration start from what is recorded of this one."""
        timeline = self.timeline
        if self._updates:
            state = after_updates(timeline.state(number), self._updates, timeline.scenario)
            timeline.go_on(number, state)

    def take_cells(self, record: CellsLine, event: Event) -> str:
        """A line of the cells of a large array, which the line of the event has as a digest; what is wrong with it."""
        derived = dict(arrays(event, _terms(event))).get(record.name)
        rows = self._rows.get(record.name, [])
        start, size = len(rows) * cells.MOST_CELLS, len(record.cells)
        if derived is None or derived.size <= cells.MOST_CELLS or record.start != start or size != _row(derived, start):
            return f"cells {record.start:,} of {short(record.name)} do not belong here"
        try:
            row = cells.read(record.cells, (size, 1), derived.dtype.name)
        except (ValueError, TypeError, OverflowError):
            return f"the cells of {short(record.name)} are not numbers"
        self._rows.setdefault(record.name, []).append(row)
        return ""

    def is_derived(self, event: Event) -> bool:
        """Take an event whose line is, to the byte, what is derived; False where cells before it are to be compared."""
        if self._rows:
            return False
        if isinstance(event, Update):
            self._behind[event.parameter] = event.after
            self._updates.append(event)
        return True

    def take(self, record: EventLine, expected: Record, event: Event) -> str:
        """What is wrong with the values of a line, or else empty; then they are those that go on."""
        try:
            for name, derived in arrays(event, _terms(event)):
                written = _at(record, name)
                whole = self._gathered(name, written, derived)
                if not fits(written, derived, exactly=False) or (
                    whole is not None and not near(whole, derived, derived)
                ):
                    said = worst(name, written, _at(expected, name)) or f"{name} has other cells than are derived"
                    return f"{said}; more than {ULPS:,.0f} units in the last place"
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            return f"its values are not those of its event: {short(str(error), 120)}"
        finally:
            self._rows.clear()
        recorded = as_recorded(event, record, self._recall)
        match recorded:
            case Evaluate(phase="evaluate"):
                self._behind[recorded.node.name] = recorded.value
            case Evaluate():
                self._values[recorded.node.name] = recorded.value
            case Update():
                self._behind[recorded.parameter] = recorded.after
                self._updates.append(recorded)
        return ""

    def text(self, record: EventLine, event: Event) -> str:
        """What is wrong with a sentence, by the recorded numbers; empty also where not all of them stand in the log."""
        recorded = as_recorded(event, record, self._recall)
        names = event.node.arguments if isinstance(event, Evaluate) else ()
        values: dict[str, Array] = self._values
        if event.phase == "evaluate":
            there = {name: self.timeline.value(name, record.n) for name in names}
            values = {name: x for name, x in there.items() if x is not None} | self._behind
        terms = operands(recorded, values)
        if isinstance(event, Multiply):
            terms[1] = self._recall(_at(record, "local"), terms[1])
        outcome = result(recorded)
        if len(terms) > MOST_CONTRIBUTIONS or any(x.size > MOST_TOLD for x in (*terms, outcome)):
            return ""
        program, index = self._chapter.program, record.n - 1 - self._chapter.start
        sentences = self._sentences.setdefault(id(program), (program, {}))[1]
        if index not in sentences:
            found = form(program, event, self.timeline.scenario.update)
            sentences[index] = Sentence(found, len(terms), are_scalars=False)
        return worst("text", record.text, sentences[index].of(terms, outcome))

    def _gathered(self, name: str, written: Written, derived: Array) -> Array | None:
        """The array whose cells stood before the event, which has the digest of it; ValueError where it is another."""
        if name not in self._rows:
            return None
        whole = np.concatenate(self._rows[name]).reshape(-1)
        digest = digest_of(written).sha256
        if whole.size != derived.size or cells.sha256(whole) != digest:
            raise ValueError(f"the cells of {name} do not fit its digest")
        self._whole[digest] = whole.reshape(derived.shape)
        return self._whole[digest]

    def _recall(self, written: Written, derived: Array) -> Array:
        if derived.size > cells.MOST_CELLS:
            return self._whole.get(digest_of(written).sha256, derived)
        recorded = cells.read(written, derived.shape, derived.dtype.name)
        return derived if cells.same_bits(recorded, derived) else recorded


def _row(x: Array, start: int) -> int:
    """How many cells of a large array stand in the line that begins with number `start`."""
    return min(cells.MOST_CELLS, x.size - start)


def _terms(event: Event) -> list[Array]:
    return [event.upstream, event.local.shown] if isinstance(event, Multiply) else []


def _at(record: Record, name: str) -> Written:
    """What a line says under a name as quantities.m or contributions.0."""
    head, _, rest = name.partition(".")
    said = getattr(record, head)
    return said if not rest else said[int(rest)] if isinstance(said, list) else said[rest]
