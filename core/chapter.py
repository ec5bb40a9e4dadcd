"""One iteration of a trace: its events, and which of them brings which value, contribution, gradient or update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec
import numpy as np

from .calendar import Calendar
from .events import Accumulate, Evaluate, Event, Multiply, Update, result
from .jacobian import Array
from .program import Program
from .scenario import Scenario
from .training import State, given_at, iteration, program_at


class Arrived(msgspec.Struct, frozen=True):
    """A gradient while it is not complete: how many of its contributions have come, out of how many."""

    count: int
    of: int


class Chapter(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The events of one iteration; `start` is the position before the first of them.

    `given` and `parameters` are what it starts from; all indices count from 0 within the chapter.
    """

    number: int
    start: int
    program: Program
    given: Mapping[str, Array]
    parameters: Mapping[str, Array]
    events: Sequence[Event]

    @property
    def end(self) -> int:
        """The position behind the last event."""
        return self.start + len(self.events)

    @cached_property
    def nbytes(self) -> int:
        """About how many bytes it holds: events, their results and local derivatives, the batch and its masks."""
        results = sum(result(event).nbytes for event in self.events)
        derivatives = sum(8 * event.node.op.held for event in self.events if isinstance(event, Multiply))
        return 256 * len(self.events) + 2 * results + derivatives + sum(x.nbytes for x in self.given.values())

    def value(self, name: str) -> Array:
        """The value that a variable has in the passes; KeyError where the run stops before it."""
        if name in self.program.by_name:
            return result(self.events[self.evaluated[name]])
        return self.parameters[name] if name in self.parameters else self.given[name]

    @cached_property
    def evaluated(self) -> dict[str, int]:
        """The event that brings the value of each node."""
        return self._evaluations("forward")

    @cached_property
    def held_out(self) -> dict[str, int]:
        """The event that brings the value of each node for the examples that are held out."""
        return self._evaluations("evaluate")

    @cached_property
    def arrivals(self) -> dict[str, list[int]]:
        """The events that bring the contributions to each variable's gradient."""
        arrivals: dict[str, list[int]] = {}
        for index, event in enumerate(self.events):
            if isinstance(event, Multiply):
                arrivals.setdefault(event.variable, []).append(index)
        return arrivals

    @cached_property
    def completed(self) -> dict[str, int]:
        """The event that completes each gradient."""
        completed = {
            name: indices[0] for name, indices in self.arrivals.items() if self.program.uses[name] == len(indices) == 1
        }
        totals = {event.variable: index for index, event in enumerate(self.events) if isinstance(event, Accumulate)}
        return completed | totals

    @cached_property
    def updated(self) -> dict[str, int]:
        """The event that moves each parameter."""
        return {event.parameter: index for index, event in enumerate(self.events) if isinstance(event, Update)}

    @cached_property
    def phases(self) -> list[int]:
        """The indices at which a phase begins."""
        return _runs([event.phase for event in self.events])

    @cached_property
    def lines(self) -> list[int]:
        """The indices at which a layer begins; without layers a line of the program, in the update a parameter."""
        layer_of = self.program.layer_of
        keys: list[tuple[str, object]] = []
        for event in self.events:
            match event:
                case Evaluate() | Multiply():
                    layer = layer_of.get(event.node.name)
                    place: object = layer.number if layer else ("line", event.node.source)
                case Accumulate():  # belongs to the multiplication that completed it
                    place = keys[-1][1]
                case Update():
                    layer = layer_of.get(event.parameter)
                    place = layer.number if layer else event.parameter
            keys.append((event.phase, place))
        return _runs(keys)

    def _evaluations(self, phase: str) -> dict[str, int]:
        return {
            event.node.name: index
            for index, event in enumerate(self.events)
            if isinstance(event, Evaluate) and event.phase == phase
        }


def derive(
    scenario: Scenario, calendar: Calendar, number: int, state: State, masks: Mapping[str, Array] = {}
) -> tuple[Chapter, State | None]:
    """The events of an iteration from what it starts from, and the state behind it: None where the run stops in it.

    `masks` take the place of those that would be drawn.
    """
    events: list[Event] = []
    program, given = program_at(scenario, number), {**given_at(scenario, number), **masks}
    generator = iteration(scenario, state, number, given)
    with np.errstate(all="ignore"):  # what is not finite is found by the passes, and shown
        while True:
            try:
                events.append(next(generator))
            except StopIteration as end:
                after: State | None = end.value
                break
    chapter = Chapter(number, calendar.start(number), program, given, state.parameters, tuple(events))
    return chapter, after


def _runs(keys: Sequence[object]) -> list[int]:
    """The indices at which a new run of equal keys begins."""
    return [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
