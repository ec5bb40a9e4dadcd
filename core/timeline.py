"""The trace as a place to go about in: the state at any position, and where the next steps lie."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import overload

import numpy as np

from .calendar import Calendar
from .chapter import Arrived, Chapter
from .events import Event, Multiply, result
from .jacobian import Array
from .scenario import Scenario
from .training import State, given_at, iteration, population, program_at

MOST_STATES = 512
"""States that are kept to derive iterations from; beyond that every other one is dropped."""
MOST_BYTES = 1 << 28
"""Bytes of the chapters that are kept besides the present one."""


class Timeline:
    """All events of a scenario, in order. Position p, 0 … N, means that p of them have happened.

    Events are derived an iteration at a time, when they are looked at. `len` is N; where a NaN or an infinity stops the
    run before its end, N is that of the whole run until the stop has been reached.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.calendar = Calendar.of(scenario)
        self.stopped: Event | None = None
        self._length = self.calendar.total
        self._states = {0: State(scenario.parameters)}
        self._stride = 1
        self._chapters: dict[int, Chapter] = {}
        self._held = 0
        self._statistics: tuple[int, dict[str, Array]] = (-1, {})

    def __len__(self) -> int:
        return self._length

    @property
    def events(self) -> Sequence[Event]:
        """All events; those that are looked at are derived, and the number of them is known once all are."""
        return _Events(self)

    # ---- deriving -----------------------------------------------------------------------------------------------

    def reach(self, position: int) -> int:
        """Derive what lies before a position; returns it, or the nearest one that there is."""
        position = min(max(position, 0), len(self))
        if position:
            self.chapter(position)
        return min(position, len(self))

    def chapter(self, position: int) -> Chapter:
        """The iteration of the event that has happened last; of the first one at position 0."""
        return self._chapter(self.calendar.iteration(min(max(position, 1), len(self)) - 1))

    def _chapter(self, number: int) -> Chapter:
        """The iteration of this number, or the one in which the run stops."""
        if number not in self._chapters:
            start = max(kept for kept in self._states if kept <= number)
            state = self._states[start]
            for each in range(start, number + 1):
                chapter, after = self._derive(each, state)
                if after is None:
                    break
                state = after
            self._keep(chapter)
            number = chapter.number
        self._chapters[number] = self._chapters.pop(number)  # the last one is the one that was used last
        return self._chapters[number]

    def _derive(self, number: int, state: State) -> tuple[Chapter, State | None]:
        """The events of an iteration, and the state behind it: None where the run stops in it."""
        scenario = self.scenario
        events: list[Event] = []
        program, given = program_at(scenario, number), given_at(scenario, number)
        generator = iteration(scenario, state, number, given)
        with np.errstate(all="ignore"):  # what is not finite is found by the passes, and shown
            while True:
                try:
                    events.append(next(generator))
                except StopIteration as end:
                    after: State | None = end.value
                    break
        start = self.calendar.start(number)
        if after is None:
            self._length, self.stopped = start + len(events), events[-1]
        elif number + 1 < scenario.iterations:
            self._remember(number + 1, after)
        return Chapter(number, start, program, given, state.parameters, tuple(events)), after

    def _remember(self, number: int, state: State) -> None:
        if number % self._stride == 0:
            self._states[number] = state
        if len(self._states) > max(min(MOST_STATES, MOST_BYTES // (state.nbytes + 1)), 2):
            self._stride *= 2
            self._states = {kept: state for kept, state in self._states.items() if kept % self._stride == 0}

    def _keep(self, chapter: Chapter) -> None:
        self._chapters[chapter.number] = chapter
        self._held += chapter.nbytes
        while len(self._chapters) > 1 and self._held > MOST_BYTES:
            self._held -= self._chapters.pop(next(iter(self._chapters))).nbytes

    # ---- where the next steps lie -------------------------------------------------------------------------------

    def next_line(self, position: int) -> int:
        """To the first event of the next layer, or line of the program."""
        return self._next("lines", position)

    def previous_line(self, position: int) -> int:
        """To the first event of this layer or line; from there, to that of the one before."""
        return self._previous("lines", position)

    def phase_end(self, position: int) -> int:
        """To the last event of this phase; from there, to that of the next."""
        if position >= len(self):
            return len(self)
        chapter = self.chapter(position + 1)
        ends = [*chapter.phases[1:], len(chapter.events)]
        return next(chapter.start + end for end in ends if chapter.start + end > position)

    def phase_start(self, position: int) -> int:
        """To the first event of this phase; from there, to that of the one before."""
        return self._previous("phases", position)

    def next_iteration(self, position: int) -> int:
        """To the first event of the next iteration; to the end where there is none."""
        if position == 0:
            return min(1, len(self))
        number = self.calendar.iteration(position - 1) + 1
        return self.calendar.start(number) + 1 if number < self.scenario.iterations else len(self)

    def previous_iteration(self, position: int) -> int:
        """To the first event of this iteration; from there, to that of the one before."""
        if position < 2:
            return 0
        return self.calendar.start(self.calendar.iteration(position - 2)) + 1

    def _next(self, runs: str, position: int) -> int:
        if position >= len(self):
            return len(self)
        chapter = self.chapter(position + 1)
        for index in getattr(chapter, runs):
            if chapter.start + index + 1 > position:
                return int(chapter.start + index + 1)
        return min(chapter.end + 1, len(self))

    def _previous(self, runs: str, position: int) -> int:
        if position < 2:
            return 0
        chapter = self.chapter(position - 1)
        starts: list[int] = getattr(chapter, runs)
        return chapter.start + starts[bisect_left(starts, position - 1 - chapter.start) - 1] + 1

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
        if self._statistics[0] != chapter.number:
            moved = {name: result(chapter.events[index]) for name, index in chapter.updated.items()}
            with np.errstate(all="ignore"):
                found = population(self.scenario, {**chapter.parameters, **moved})
            self._statistics = chapter.number, found
        return self._statistics[1]

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
