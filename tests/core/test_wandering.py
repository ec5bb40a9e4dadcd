"""Whichever way a position is reached, the whole state there has the bits of a linear run."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from blowup import blows_up
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bptui.core import Accumulate, Evaluate, Event, Multiply, Scenario, Timeline, Update, parse
from bptui.core.chapter import Arrived
from bptui.core.edits import parse_edit
from bptui.core.events import result
from bptui.core.moves import MOVES
from bptui.core.training import State, given_at, iteration, population
from bptui.core.whatif import edited

TRAINING = """
seed = 7
program = '''
u = W @ x + b
h = tanh(u)
d = dropout(h, p=0.25)
n = batch_norm(d, g, s)
z = V @ n + V @ h
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.5, -1.0, 0.25, 2.0, -0.75, 1.5, -0.125, 0.875, 3.0], [1.0, 0.5, -2.0, 0.0, 1.25, -0.5, 0.75, -1.5, 0.125]]
[target]
y = [[1.0, 0.0, -1.0, 0.5, 0.25, -0.5, 2.0, 1.0, 0.0]]
[parameters]
W = { init = "normal", shape = [3, 2] }
b = [0.1, 0.2, -0.1]
g = [1.0, 0.5, 2.0]
s = [0.0, 0.5, -0.5]
V = { init = "normal", shape = [1, 3] }
[data]
batch_size = 3
shuffle = true
held_out = 2
[update]
rule = "adam"
learning_rate = 0.05
iterations = 11
"""
"""Three batches an epoch, the last of one example; the last epoch has two of them. Dropout, batch norm, moments."""
STOPS = blows_up(rule="momentum", rate=0.01, iterations=40)
"""w grows faster and faster, until exp overflows."""


# ---- the linear run -------------------------------------------------------------------------------------------------


class Happened(NamedTuple):
    """An event, in which scenario it happened, and what its iteration started from."""

    scenario: Scenario
    start: State
    event: Event


class Run(msgspec.Struct, frozen=True, eq=False):
    """A linear run: a digest for each position; and for each kind of move where it can lead, ahead and behind."""

    base: Scenario
    edit: str
    first: int
    digests: list[bytes]
    ahead: dict[str, list[int]]
    behind: dict[str, list[int]]

    @property
    def end(self) -> int:
        return len(self.digests) - 1

    def timeline(self) -> Timeline:
        """Nothing of it is derived, but for what the branch starts from."""
        base = Timeline(self.base)
        return branch(base, self.edit, self.first) if self.edit else base

    def leads(self, move: str, position: int) -> int:
        """Where a move leads: to the nearest of its places; where there is none, to the end or the start."""
        if move in ("first", "last"):
            return self.end if move == "last" else 0
        if move.endswith("_back"):
            behind = self.behind[move.removesuffix("_back")]
            return [0, *behind][bisect_left(behind, position)]
        ahead = self.ahead[move]
        return [*ahead, self.end][bisect_right(ahead, position)]


def branch(base: Timeline, edit: str, first: int) -> Timeline:
    state = base.state(first)
    scenario, state = edited(base.scenario, state, first, parse_edit(edit, base.scenario))
    return Timeline(scenario, base=base, first=first, state=state)


def linear(text: str, edit: str = "", first: int = 0) -> Run:
    """All events one after the other, without a timeline; with an edit, those of the branch from iteration `first`."""
    scenario = parse(text)
    events: list[Happened] = []
    at, state = scenario, State(scenario.parameters)
    with np.errstate(all="ignore"):
        for number in range(scenario.iterations):
            if edit and number == first:
                at, state = edited(scenario, state, first, parse_edit(edit, scenario))
            found, after = alone(at, state, number)
            events += [Happened(at, state, event) for event in found]
            if after is None:
                break
            state = after
        found_digests = list(digests(scenario, events))
    return Run(scenario, edit, first, found_digests, *places([each.event for each in events]))


def alone(scenario: Scenario, state: State, number: int) -> tuple[list[Event], State | None]:
    """The events of an iteration, and what it returns."""
    events: list[Event] = []
    generator = iteration(scenario, state, number, given_at(scenario, number))
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def names_of(scenario: Scenario) -> tuple[str, ...]:
    """All that may have a value: among it the statistics of an evaluation."""
    evaluated = scenario.evaluation.variables if scenario.evaluation else {}
    return tuple(dict.fromkeys([*scenario.program.variables, *scenario.program.by_name, *evaluated]))


def digests(scenario: Scenario, events: list[Happened]) -> Iterator[bytes]:
    """Of each position from 0 on: replayed from the events."""
    names = names_of(scenario)
    first = [each.event for each in events if each.event.iteration == 0]
    towards = [event.variable for event in first if isinstance(event, Multiply)]
    parameters: dict[str, Any] = {}
    values: dict[str, Any] = {**scenario.given, **scenario.parameters}
    contributions: dict[str, int] = {}
    gradients: dict[str, Any] = {}
    before: tuple[int, str] = (-1, "")
    yield digest(None, [(values.get(name), None) for name in names])
    for at, start, event in events:
        if event.iteration != before[0]:
            parameters, contributions, gradients = dict(start.parameters), {}, {}
            values = {**given_at(at, event.iteration), **parameters}
        elif event.phase == "evaluate" != before[1]:
            assert at.examples
            values = {
                **given_at(at, event.iteration),
                **at.examples.held_out,
                **population(at, parameters),
                **parameters,
            }
        before = event.iteration, event.phase
        match event:
            case Evaluate():
                values[event.node.name] = event.value
            case Multiply():
                name = event.variable
                contributions[name] = contributions.get(name, 0) + 1
                gradients[name] = Arrived(contributions[name], towards.count(name))
                if towards.count(name) == 1:
                    gradients[name] = event.downstream
            case Accumulate():
                gradients[event.variable] = event.total
            case Update():
                parameters[event.parameter] = values[event.parameter] = event.after
        yield digest(event, [(values.get(name), gradients.get(name)) for name in names])


def digest(event: Event | None, state: Iterable[tuple[Any, Any]]) -> bytes:
    """One for the event with its result, the values and the gradients: type, shape and every bit."""
    parts = [told(value) + told(gradient) for value, gradient in state]
    if event is not None:
        parts += [f"{type(event).__name__} {event.iteration} {event.phase}".encode(), told(result(event))]
    return blake2b(b"|".join(parts)).digest()


def told(value: Any) -> bytes:
    if value is None or isinstance(value, Arrived):
        return repr(value).encode()
    return f"{value.dtype.str}{value.shape}".encode() + bytes(value.tobytes())


def places(events: list[Event]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The positions that the moves ahead lead to, and those behind: starts, but of a phase ahead its end."""
    keys: dict[str, list[Any]] = {
        "step": list(range(len(events))),
        "line": [],
        "phase": [(event.iteration, event.phase) for event in events],
        "iteration": [event.iteration for event in events],
    }
    for event in events:
        match event:
            case Evaluate() | Multiply():
                line: Any = event.node.source
            case Accumulate():
                line = keys["line"][-1][2]
            case Update():
                line = event.parameter
        keys["line"].append((event.iteration, event.phase, line))
    starts = {
        kind: [i + 1 for i, key in enumerate(found) if i == 0 or found[i - 1] != key] for kind, found in keys.items()
    }
    ends = [start - 1 for start in starts["phase"][1:]]
    return {**starts, "phase": ends}, starts


RUNS = {
    "training": linear(TRAINING),
    "branch": linear(TRAINING, "W[1, 0] = 0.75", first=5),
    "behind an evaluation": linear(TRAINING, "x[0, 1] = 4", first=3),
    "stops": linear(STOPS),
}


# ---- going about ----------------------------------------------------------------------------------------------------


class Wandering(RuleBasedStateMachine):
    """A cursor on a timeline that goes anywhere, in any order."""

    timeline: Timeline
    run: Run
    names: tuple[str, ...]
    position = 0

    @initialize(name=st.sampled_from(sorted(RUNS)))
    def open(self, name: str) -> None:
        self.run = RUNS[name]
        self.timeline = self.run.timeline()
        self.names = names_of(self.run.base)

    @rule(name=st.sampled_from(sorted(MOVES)))
    def move(self, name: str) -> None:
        expected = self.run.leads(name, self.position)
        self.position = self.timeline.reach(MOVES[name](self.timeline, self.position))
        assert self.position == expected

    @rule(position=st.integers(-2, max(run.end for run in RUNS.values()) + 2))
    def seek(self, position: int) -> None:
        self.position = self.timeline.reach(position)
        assert self.position == min(max(position, 0), self.run.end)

    @invariant()
    def has_the_bits_of_the_linear_run(self) -> None:
        timeline, position = self.timeline, self.position
        state = ((timeline.value(name, position), timeline.gradient(name, position)) for name in self.names)
        assert digest(timeline.event(position), state) == self.run.digests[position]


def test_any_way_leads_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is so little that all is derived again and again."""
    monkeypatch.setattr("bptui.core.timeline.MOST_STATES", 3)
    monkeypatch.setattr("bptui.core.timeline.MOST_BYTES", 40_000)
    run_state_machine_as_test(Wandering, settings=settings(max_examples=1_000, stateful_step_count=50, deadline=None))
