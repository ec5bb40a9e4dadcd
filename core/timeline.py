"""The trace as a place to go about in: its iterations, derived when they are looked at, and the state at any position.

Several threads may use a timeline: what is derived depends on the scenario alone, and is kept under a lock.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np

from .calendar import Calendar
from .chapter import Arrived, Chapter, derive
from .events import Event, Multiply, result
from .jacobian import Array
from .losses import Losses
from .scenario import Scenario
from .training import State, population

MOST_STATES = 4_096
"""States that are kept to derive iterations from; beyond that every other one is dropped."""
MOST_STATE_BYTES = 128 << 20
"""Bytes of these states."""
MOST_BYTES = 64 << 20
"""Bytes of the chapters that are kept besides the present one."""


class Timeline:
    """All events of a scenario, in order. Position p, 0 … N, means that p of them have happened.

    Events are derived an iteration at a time, when they are looked at. `len` is N; where a NaN or an infinity stops the
    run before its end, N is that of the whole run until the stop has been reached. A branch is the timeline `base` up
    to iteration `first`, which then starts from another state, or in another scenario with as many events. `noted` may
    hold what a reader has noted at its positions.
    """

    def __init__(
        self, scenario: Scenario, *, base: Timeline | None = None, first: int = 0, state: State | None = None
    ) -> None:
        while base and base.base and first <= base.first:  # of that branch nothing would be seen
            base = base.base
        self.scenario = scenario
        self.base: Timeline | None = base
        self.first: int = first
        self.calendar = Calendar.of(scenario)
        self.stopped: Event | None = None
        self.noted: Mapping[int, tuple[str, ...]] = {}
        self.losses: Losses = Losses(scenario, base.losses if base else None, first)
        self._length = self.calendar.total
        self._states = {first: state or State(scenario.parameters)}
        self._stride = 1
        self._latest: tuple[int, State] | None = None
        self._chapters: dict[int, Chapter] = {}
        self._held = 0
        self._furthest = first - 1
        self._statistics: tuple[int, dict[str, Array]] = (-1, {})
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._length

    @property
    def events(self) -> Sequence[Event]:
        """All events; those that are looked at are derived, and the number of them is known once all are."""
        return _Events(self)

    @property
    def whole(self) -> Timeline:
        """The same run to its own end."""
        return self

    @property
    def furthest(self) -> int:
        """The last iteration that has been derived, -1 before the first."""
        return self._furthest

    # ---- deriving -----------------------------------------------------------------------------------------------

    def reach(self, position: int) -> int:
        """Derive what lies before a position; returns it, or the nearest one that there is."""
        position = min(max(position, 0), len(self))
        if position:
            self.chapter(position)
        return min(position, len(self))

    def chapter(self, position: int) -> Chapter:
        """The iteration of the event that has happened last; of the first one at position 0."""
        return self.chapter_of(self.calendar.iteration(max(min(position, len(self)), 1) - 1))

    def chapter_of(self, number: int) -> Chapter:
        """The iteration of this number, or the one in which the run stops."""
        if self.base and number < self.first:
            return self.base.chapter_of(number)
        with self._lock:
            if number in self._chapters:  # it becomes the one that was used last
                self._chapters[number] = chapter = self._chapters.pop(number)
                return chapter
        for chapter in self.walk(number, number):
            self._keep(chapter)
        return chapter

    def holds(self, number: int) -> bool:
        """Whether the iteration of this number is there without deriving anything."""
        if self.base and number < self.first:
            return self.base.holds(number)
        with self._lock:
            return number in self._chapters

    def walk(self, number: int, last: int) -> Iterator[Chapter]:
        """Iterations in order up to the last, each derived from the one before; up to where the run stops.

        It begins at iteration `number`, or at the one before it that can be derived without any other.
        """
        if self.base and number < self.first:
            yield from self.base.walk(number, min(last, self.first - 1))
            number = self.first
        start, state = self._nearest(number)
        last = min(last, self.calendar.iteration(max(len(self), 1) - 1))
        for each in range(start, last + 1):
            chapter, after = self._derive(each, state)
            self._remember(chapter, after)
            yield chapter
            if after is None:
                return
            state = after

    def starts(self, last: int) -> list[int]:
        """The iterations, up to the last, that can be derived without any other, in order."""
        with self._lock:
            own = sorted(kept for kept in self._states if kept <= last)
        return [*(self.base.starts(min(last, self.first - 1)) if self.base and self.first else []), *own]

    def state(self, number: int) -> State:
        """What an iteration starts from; the one in which the run stops is the last that has this."""
        if self.base and number < self.first:
            return self.base.state(number)
        start, state = self._nearest(number)
        for each in range(start, number):
            _, after = self._derive(each, state)
            if after is None:
                break
            state = after
        return state

    def _derive(self, number: int, state: State) -> tuple[Chapter, State | None]:
        """An iteration from what it starts from, and the state behind it: None where the run stops in it."""
        return derive(self.scenario, self.calendar, number, state)

    def _nearest(self, number: int) -> tuple[int, State]:
        with self._lock:
            start = max(kept for kept in self._states if kept <= number)
            if self._latest and start < self._latest[0] <= number:
                return self._latest
            return start, self._states[start]

    def _remember(self, chapter: Chapter, after: State | None) -> None:
        """Keep what an iteration came to, and what the next one starts from; of a run that has stopped, where."""
        self.losses.add(chapter)
        with self._lock:
            self._furthest = max(self._furthest, chapter.number)
            if after is None:
                self.stopped, self._length = chapter.events[-1], chapter.end
                return
            number = chapter.number + 1
            self._latest = number, after  # most often it is the next iteration that is asked for
            if number < self.scenario.iterations and number % self._stride == 0:
                self._states[number] = after
            if len(self._states) > max(min(MOST_STATES, MOST_STATE_BYTES // after.nbytes), 2):
                self._stride *= 2
                kept = {n: state for n, state in self._states.items() if n == self.first or n % self._stride == 0}
                self._states = kept

    def _keep(self, chapter: Chapter) -> None:
        with self._lock:
            if chapter.number not in self._chapters:
                self._chapters[chapter.number] = chapter
                self._held += chapter.nbytes
            while len(self._chapters) > 1 and self._held > MOST_BYTES:
                self._held -= self._chapters.pop(next(iter(self._chapters))).nbytes

    # ---- the state at a position --------------------------------------------------------------------------------

    def event(self, position: int) -> Event | None:
        """The event that has just happened; None at position 0."""
        if position == 0:
            return None
        chapter = self.chapter(position)
        return chapter.events[position - 1 - chapter.start]

    def value(self, name: str, position: int) -> Array | None:
        """The value that a variable has at a position; None before it is computed.

        In an evaluation it is that for the examples that are held out.
        """
        scenario = self.scenario
        if self.base and self.first and position <= self.calendar.start(self.first):
            return self.base.value(name, position)
        if position == 0:
            return scenario.parameters[name] if name in scenario.parameters else scenario.given.get(name)
        chapter = self.chapter(position)
        at = position - chapter.start
        if chapter.updated.get(name, at) < at:
            return result(chapter.events[chapter.updated[name]])
        evaluating = chapter.events[at - 1].phase == "evaluate"
        evaluated = chapter.held_out if evaluating else chapter.evaluated
        if name in chapter.program.by_name:
            index = evaluated.get(name, at)
            return result(chapter.events[index]) if index < at else None
        if evaluating and scenario.examples and name in scenario.examples.held_out:
            return scenario.examples.held_out[name]
        if evaluating and name not in chapter.program.variables:
            return self._population(chapter).get(name)
        return chapter.parameters[name] if name in chapter.parameters else chapter.given.get(name)

    def _population(self, chapter: Chapter) -> dict[str, Array]:
        """The statistics that batch norms use in the evaluation behind an iteration."""
        number, found = self._statistics  # another thread may put others in their place
        if number != chapter.number:
            moved = {name: result(chapter.events[index]) for name, index in chapter.updated.items()}
            with np.errstate(all="ignore"):
                found = population(self.scenario, {**chapter.parameters, **moved})
            self._statistics = chapter.number, found
        return found

    def gradient(self, name: str, position: int) -> Array | Arrived | None:
        """∂L/∂(name) at a position; how many contributions have arrived while it is incomplete; None before the first.

        A variable that the output does not reach has none.
        """
        if position == 0:
            return None
        chapter = self.chapter(position)
        at = position - chapter.start
        index = chapter.completed.get(name)
        if index is not None and index < at:
            return result(chapter.events[index])
        arrived = bisect_left(chapter.arrivals.get(name, []), at)
        return Arrived(arrived, chapter.program.uses[name]) if arrived else None

    def multiplication(self, node: str, argument: int, position: int) -> Multiply | None:
        """The multiplication through a node towards one of its arguments, if it has happened in this iteration."""
        if position == 0:
            return None
        chapter = self.chapter(position)
        name = chapter.program.by_name[node].arguments[argument]
        for index in chapter.arrivals.get(name, []):
            event = chapter.events[index]
            if (
                index < position - chapter.start
                and isinstance(event, Multiply)
                and (event.node.name, event.argument) == (node, argument)
            ):
                return event
        return None


class _Events(Sequence[Event]):
    """The events of a timeline, derived as they are looked at."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def __len__(self) -> int:
        return self.timeline.reach(len(self.timeline))

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        chapter = self.timeline.chapter(index + 1)
        return chapter.events[index - chapter.start]  # IndexError behind the end, which ends an iteration
