"""A timeline whose values are those of a log; what stands there as a digest only is derived, and checked against it."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import msgspec
import numpy as np

from ..chapter import Chapter, derive
from ..events import Accumulate, Evaluate, Event, Multiply, Update
from ..given import MOST_AXES
from ..jacobian import Array, scalar
from ..optimizers import RULES
from ..scenario import Scenario
from ..search import Finder
from ..timeline import Timeline
from ..training import State, program_at
from . import cells
from .branches import after_edit
from .compare import digest_of, fits
from .log import Log
from .records import (
    AccumulateLine,
    CellsLine,
    EditLine,
    EvaluateLine,
    EventLine,
    MaskLine,
    MultiplyLine,
    UpdateLine,
    Written,
)

Records = Sequence[EventLine | MaskLine | CellsLine]
Recall = Callable[[Written, Array], Array]
"""The recorded array in place of a derived one; that one itself, if it has the same bits or only a digest is there."""


class RecordedTimeline(Timeline):
    """The run of a log, or a branch in it; it ends with the last event that is there.

    An iteration that the log leaves out is derived. On the processor and with the NumPy that wrote the log, what is
    derived has the recorded bits; elsewhere the recorded values take its place, and the next iteration starts from
    them. Local derivatives are always derived.
    """

    def __init__(
        self,
        log: Log,
        scenario: Scenario,
        branch: int = 0,
        *,
        base: Timeline | None = None,
        first: int = 0,
        state: State | None = None,
    ) -> None:
        super().__init__(scenario, base=base, first=first, state=state)
        self.log = log
        self.branch = branch
        self._length = log.spans[branch].reach
        if (
            isinstance(self.base, RecordedTimeline) and log.header.every > 1
        ):  # it may leave out what is before the branch
            self.base._length = max(self.base._length, self.calendar.start(first))
        self._exactly = log.header.is_at_home
        self._checked: tuple[int, list[int]] = (-1, [])

    def _derive(self, number: int, state: State) -> tuple[Chapter, State | None]:
        records = self.log.records(self.branch, number)
        chapter, after = derive(self.scenario, self.calendar, number, state, self._masks(records, number))
        lines, recall = _by_index(records, chapter), _recall(records)
        events = [as_recorded(event, lines.get(i), recall) for i, event in enumerate(chapter.events)]
        if any(ours is not theirs for ours, theirs in zip(events, chapter.events, strict=True)):
            after = after and after_updates(after, events, self.scenario)
        there = max(self._length - chapter.start, 0)
        if len(events) > there:  # the log ends within this iteration
            events, after = events[:there], after or state
        return msgspec.structs.replace(chapter, events=tuple(events)), after

    def branching(self, line: EditLine) -> RecordedTimeline:
        """What branches off by an edit; InputError where it cannot be made."""
        scenario, state = after_edit(line, self)
        first = line.iteration - 1
        return RecordedTimeline(self.log, scenario, line.branch, base=self, first=first, state=state)

    def differences(self, number: int) -> list[int]:
        """The events of an iteration that the log says otherwise than they are derived, by index.

        On the processor that wrote it they are derived from the scenario; elsewhere from the iteration before.
        """
        if self._checked[0] != number:
            *_, derived = self.whole.walk(number, number) if self._exactly else [self._derive_anew(number)]
            records = self.log.records(self.branch, number)
            lines, there = _by_index(records, derived), min(len(derived.events), self._length - derived.start)
            missing = [i for i in range(there) if records and i not in lines]
            wrong = [i for i in lines if i >= there or not agrees(lines[i], derived.events[i], self._exactly)]
            self._checked = number, sorted((*missing, *wrong))
        return self._checked[1]

    def _derive_anew(self, number: int) -> Chapter:
        return derive(self.scenario, self.calendar, number, self.state(number))[0]

    @cached_property
    def whole(self) -> Timeline:
        """The same run to its own end, without what is recorded."""
        base = self.base.whole if self.base else None
        return Timeline(self.scenario, base=base, first=self.first, state=self._states[self.first])

    def _masks(self, records: Records, number: int) -> dict[str, Array]:
        """The masks that the log has for an iteration, of the shapes that they must have."""
        program = program_at(self.scenario, number)
        lines = [record for record in records if isinstance(record, MaskLine) and record.name in program.masks]
        found = ((line.name, read_mask(line, self.scenario.dtype)) for line in lines)
        return {name: x for name, x in found if x is not None and x.shape == program.shape(name)}


def differing(timeline: Timeline) -> Finder:
    """The events that the log says otherwise than they are derived; none of a timeline that has no log."""

    def find(chapter: Chapter) -> list[int]:
        own = timeline
        while own.base and chapter.number < own.first:
            own = own.base
        return own.differences(chapter.number) if isinstance(own, RecordedTimeline) else []

    return find


def agrees(line: EventLine, event: Event, exactly: bool) -> bool:
    """Whether the values of a line are those of an event."""
    try:
        return all(
            fits(written, x, exactly=exactly, scale=_scale(x, event))
            for written, x in _pairs(line, event)
            if exactly or not (isinstance(event, Update) and x is event.gradient)  # compared where it arrived
        )
    except (ValueError, TypeError, KeyError):  # of another kind, or no values at all
        return False


def read_mask(line: MaskLine, dtype: str) -> Array | None:
    """The mask of a line; None where it is damaged."""
    size = math.prod(line.shape)
    try:
        packed = np.frombuffer(base64.b64decode(line.kept, validate=True), dtype=np.uint8)
    except ValueError:  # no base64, or no ASCII
        return None
    if min(line.shape, default=1) < 1 or len(line.shape) > MOST_AXES or packed.size != -(-size // 8):
        return None
    kept = np.unpackbits(packed, count=size).reshape(line.shape)
    with np.errstate(all="ignore"):
        return scalar((kept * line.factor).astype(dtype))


def _by_index(records: Records, chapter: Chapter) -> dict[int, EventLine]:
    return {record.n - 1 - chapter.start: record for record in records if isinstance(record, EventLine)}


def _pairs(line: EventLine, event: Event) -> list[tuple[Written, Array]]:
    """What a line says beside what the event holds."""
    match line, event:
        case EvaluateLine(), Evaluate():
            return [(line.value, event.value)]
        case MultiplyLine(), Multiply():
            local = event.local.shown
            return [(line.upstream, event.upstream), (line.local, local), (line.downstream, event.downstream)]
        case AccumulateLine(), Accumulate():
            return [*zip(line.contributions, event.contributions, strict=False), (line.total, event.total)]
        case UpdateLine(), Update():
            between = [(line.quantities[name], scalar(x)) for name, x in event.quantities.items()]
            return [(line.before, event.before), (line.gradient, event.gradient), *between, (line.after, event.after)]
    raise TypeError("a line of another kind than its event")


def _scale(x: Array, event: Event) -> Array:
    """Of what size the numbers are that went into an array of an event, as cells or as the array itself."""
    with np.errstate(all="ignore"):
        if isinstance(event, Multiply) and x is event.downstream:
            factors = np.max(np.abs(event.upstream)) * np.max(np.abs(event.local.shown))
            return np.stack([np.max(np.abs(x)), factors])
        if isinstance(event, Accumulate) and x is event.total:
            return np.stack([np.max(np.abs(each)) for each in event.contributions])
    return x


def as_recorded(event: Event, line: EventLine | None, recall: Recall) -> Event:
    """The event with what its line says; itself, where that is the same."""
    try:
        if line is None or all(recall(written, x) is x for written, x in _pairs(line, event)):
            return event
        change = msgspec.structs.replace
        match line, event:
            case EvaluateLine(), Evaluate():
                return change(event, value=recall(line.value, event.value))
            case MultiplyLine(), Multiply():
                upstream, downstream = recall(line.upstream, event.upstream), recall(line.downstream, event.downstream)
                return change(event, upstream=upstream, downstream=downstream)
            case AccumulateLine(), Accumulate():
                several = map(recall, line.contributions, event.contributions)
                contributions = (*several, *event.contributions[len(line.contributions) :])
                return change(event, contributions=contributions, total=recall(line.total, event.total))
            case UpdateLine(), Update():
                between = {name: recall(line.quantities[name], scalar(x)) for name, x in event.quantities.items()}
                return change(
                    event,
                    before=recall(line.before, event.before),
                    gradient=recall(line.gradient, event.gradient),
                    after=recall(line.after, event.after),
                    quantities=between,
                )
    except (ValueError, TypeError, KeyError):  # what cannot be read stays as it is derived; `differing` finds it
        pass
    return event


def _recall(records: Records) -> Recall:
    """How to find a recorded array, of the large ones those that stand in full."""
    whole: dict[str, Array] = {}
    rows: dict[tuple[int, str], list[cells.Cells]] = {}
    for record in records:
        if isinstance(record, CellsLine):
            rows.setdefault((record.of, record.name), []).extend(record.cells)

    def recall(written: Written, derived: Array) -> Array:
        if derived.size <= cells.MOST_CELLS:
            recorded = cells.read(written, derived.shape, derived.dtype.name)
        else:
            digest = digest_of(written)
            if rows and not whole:
                whole.update(_by_hash(rows, derived.dtype.name))
            if digest.sha256 not in whole or whole[digest.sha256].size != derived.size:
                return derived
            recorded = whole[digest.sha256].reshape(derived.shape)
        return derived if cells.same_bits(recorded, derived) else recorded

    return recall


def _by_hash(rows: Mapping[tuple[int, str], list[cells.Cells]], dtype: str) -> dict[str, Array]:
    """The arrays that stand in full, as columns, by their SHA-256."""
    columns = [cells.read(row, (len(row), 1), dtype) for row in rows.values()]
    return {cells.sha256(column): column for column in columns}


def after_updates(after: State, events: Sequence[Event], scenario: Scenario) -> State:
    """What the next iteration starts from, after updates that are recorded."""
    updates = [event for event in events if isinstance(event, Update)]
    remembered = RULES[scenario.update.rule].state if scenario.update else ()
    return State(
        {**after.parameters, **{event.parameter: event.after for event in updates}},
        {
            **after.memory,
            **{event.parameter: {key: scalar(event.quantities[key]) for key in remembered} for event in updates},
        },
    )
