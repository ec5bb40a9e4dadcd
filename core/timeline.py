"""The trace as a place to go about in: the state at any position, and where the next steps lie."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec
import numpy as np

from .events import Accumulate, Evaluate, Event, Multiply, Update, result
from .jacobian import Array, is_finite
from .scenario import Scenario
from .training import trace


class Arrived(msgspec.Struct, frozen=True):
    """A gradient while it is not complete: how many of its contributions have come, out of how many."""

    count: int
    of: int


class Timeline:
    """All events of a scenario, in order. Position p, 0 … N, means that p of them have happened."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        with np.errstate(all="ignore"):  # what is not finite is found by the passes, and shown
            self.events: Sequence[Event] = tuple(trace(scenario))
        self.evaluated: dict[str, int] = {}
        self.arrivals: dict[str, list[int]] = {}
        self.completed: dict[str, int] = {}
        self.updated: dict[str, int] = {}
        for index, event in enumerate(self.events):
            self._note(index, event)
        self._phases = _runs([event.phase for event in self.events])
        self._lines = _runs(self._line_keys())

    def __len__(self) -> int:
        return len(self.events)

    def _note(self, index: int, event: Event) -> None:
        """Write down which event brings a value, a contribution, a whole gradient, an update."""
        match event:
            case Evaluate():
                self.evaluated[event.node.name] = index
            case Multiply():
                self.arrivals.setdefault(event.variable, []).append(index)
                if self.scenario.program.uses[event.variable] == 1:
                    self.completed[event.variable] = index
            case Accumulate():
                self.completed[event.variable] = index
            case Update():
                self.updated[event.parameter] = index

    def _line_keys(self) -> list[tuple[str, object]]:
        """For each event its phase and layer; without layers the line of the program, in the update the parameter."""
        program = self.scenario.program
        keys: list[tuple[str, object]] = []
        for event in self.events:
            match event:
                case Evaluate() | Multiply():
                    layer = program.layer_of.get(event.node.name)
                    place: object = layer.number if layer else ("line", event.node.source)
                case Accumulate():  # belongs to the multiplication that completed it
                    place = keys[-1][1]
                case Update():
                    layer = program.layer_of.get(event.parameter)
                    place = layer.number if layer else event.parameter
            keys.append((event.phase, place))
        return keys

    # ---- where the next steps lie -------------------------------------------------------------------------------

    def clamp(self, position: int) -> int:
        """The nearest position that there is."""
        return min(max(position, 0), len(self))

    def next_line(self, position: int) -> int:
        """To the first event of the next layer, or line of the program."""
        return _after([start + 1 for start in self._lines], position, len(self))

    def previous_line(self, position: int) -> int:
        """To the first event of this layer or line; from there, to that of the one before."""
        return _before([start + 1 for start in self._lines], position)

    def phase_end(self, position: int) -> int:
        """To the last event of this phase; from there, to that of the next."""
        return _after([*self._phases[1:], len(self)], position, len(self))

    def phase_start(self, position: int) -> int:
        """To the first event of this phase; from there, to that of the one before."""
        return _before([start + 1 for start in self._phases], position)

    # ---- the state at a position --------------------------------------------------------------------------------

    def event(self, position: int) -> Event | None:
        """The event that has just happened; None at position 0."""
        return self.events[position - 1] if position else None

    def value(self, name: str, position: int) -> Array | None:
        """The value that a variable has at a position; None before it is computed."""
        if name in self.updated and self.updated[name] < position:
            return result(self.events[self.updated[name]])
        if name in self.evaluated:
            index = self.evaluated[name]
            return result(self.events[index]) if index < position else None
        scenario = self.scenario
        return scenario.parameters[name] if name in scenario.parameters else scenario.given.get(name)

    def gradient(self, name: str, position: int) -> Array | Arrived | None:
        """∂L/∂(name) at a position; how many contributions have arrived while it is incomplete; None before the first.

        A variable that the output does not reach has none.
        """
        index = self.completed.get(name)
        if index is not None and index < position:
            return result(self.events[index])
        arrived = bisect_left(self.arrivals.get(name, []), position)
        return Arrived(arrived, self.scenario.program.uses[name]) if arrived else None

    def multiplication(self, node: str, argument: int, position: int) -> Multiply | None:
        """The multiplication through a node towards one of its arguments, if it has happened."""
        name = self.scenario.program.by_name[node].arguments[argument]
        for index in self.arrivals.get(name, []):
            event = self.events[index]
            if (
                index < position
                and isinstance(event, Multiply)
                and (event.node.name, event.argument) == (node, argument)
            ):
                return event
        return None

    @property
    def stopped(self) -> Event | None:
        """The event with the first NaN or infinity, at which the trace ended; None if all went well."""
        last = self.event(len(self))
        return last if last is not None and not is_finite(result(last)) else None


def _runs(keys: Sequence[object]) -> list[int]:
    """The indices at which a new run of equal keys begins."""
    return [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]


def _after(positions: Sequence[int], position: int, end: int) -> int:
    index = bisect_left(positions, position + 1)
    return positions[index] if index < len(positions) else end


def _before(positions: Sequence[int], position: int) -> int:
    index = bisect_left(positions, position)
    return positions[index - 1] if index else 0
