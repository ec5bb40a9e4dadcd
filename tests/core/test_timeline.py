"""The state at any position is what replaying the events up to it gives; where the next steps lie."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, parse, read
from bptui.core.chapter import Arrived
from bptui.core.moves import next_line, phase_end, phase_start, previous_line

FOLDER = Path(__file__).parents[2] / "scenarios"
DIAMOND = """
program = '''
u = x*x
v = exp(-u)
w = u*v + sin(x)
z = w*w*q
aside = p*other
'''
output = "z"
wrt = ["x", "p", "q", "u"]
[input]
x = 0.75
[parameters]
p = 2.0
q = 1.5
[constants]
other = 1.0
[update]
rule = "gradient_descent"
learning_rate = 0.25
"""
STOPS = "program = '''\nu = log(x)\nz = u^2\n'''\n[input]\nx = -1.0\n"
TIMELINES = {path.stem: Timeline(read(path)) for path in sorted(FOLDER.glob("*.toml"))}
TIMELINES = {name: timeline for name, timeline in TIMELINES.items() if timeline.scenario.iterations == 1}
TIMELINES |= {"diamond": Timeline(parse(DIAMOND)), "stops": Timeline(parse(STOPS))}
for _timeline in TIMELINES.values():
    _timeline.reach(len(_timeline))
every_timeline = pytest.mark.parametrize("name", TIMELINES)


def same(found: Any, expected: Any) -> bool:
    if found is None or expected is None or isinstance(found, Arrived) or isinstance(expected, Arrived):
        return bool(found == expected)
    return np.array_equal(found, expected, equal_nan=True)


def names_of(timeline: Timeline) -> list[str]:
    program = timeline.scenario.program
    return [*program.variables, *(node.name for node in program.nodes)]


# ---- the state ------------------------------------------------------------------------------------------------------


@every_timeline
def test_a_value_is_what_the_events_before_made_it(name: str) -> None:
    timeline = TIMELINES[name]
    values: dict[str, Any] = {**timeline.scenario.given, **timeline.scenario.parameters}
    for position in range(len(timeline) + 1):
        if position:
            match timeline.events[position - 1]:
                case Evaluate() as event:
                    values[event.node.name] = event.value
                case Update() as event:
                    values[event.parameter] = event.after
        for variable in names_of(timeline):
            assert same(timeline.value(variable, position), values.get(variable)), (variable, position)


@every_timeline
def test_a_gradient_is_what_the_events_before_made_it(name: str) -> None:
    timeline = TIMELINES[name]
    towards = [event.variable for event in timeline.events if isinstance(event, Multiply)]
    contributions: dict[str, list[Any]] = {}
    totals: dict[str, Any] = {}
    for position in range(len(timeline) + 1):
        if position:
            match timeline.events[position - 1]:
                case Multiply() as event:
                    contributions.setdefault(event.variable, []).append(event.downstream)
                    if towards.count(event.variable) == 1:
                        totals[event.variable] = event.downstream
                case Accumulate() as event:
                    totals[event.variable] = sum(contributions[event.variable][1:], contributions[event.variable][0])
        for variable in names_of(timeline):
            count = len(contributions.get(variable, []))
            expected = totals.get(variable, Arrived(count, towards.count(variable)) if count else None)
            assert same(timeline.gradient(variable, position), expected), (variable, position)


@every_timeline
def test_a_multiplication_is_found_once_it_has_happened(name: str) -> None:
    timeline = TIMELINES[name]
    for node in timeline.scenario.program.nodes:
        for argument in range(len(node.arguments)):
            happened = [
                index
                for index, event in enumerate(timeline.events)
                if isinstance(event, Multiply) and event.node is node and event.argument == argument
            ]
            assert len(happened) <= 1
            for position in range(len(timeline) + 1):
                found = timeline.multiplication(node.name, argument, position)
                assert found is (timeline.events[happened[0]] if happened and happened[0] < position else None)


@every_timeline
def test_the_event_of_a_position_is_the_last_that_has_happened(name: str) -> None:
    timeline = TIMELINES[name]
    assert timeline.event(0) is None
    assert [timeline.event(position) for position in range(1, len(timeline) + 1)] == list(timeline.events)
    assert [timeline.reach(p) for p in (-5, 0, 1, len(timeline), len(timeline) + 9)] == [0, 0, 1, *[len(timeline)] * 2]


def test_only_what_stops_at_a_number_that_is_none_is_stopped() -> None:
    stopped = {name: timeline.stopped for name, timeline in TIMELINES.items()}
    assert {name for name, event in stopped.items() if event is not None} == {"stops"}
    assert stopped["stops"] is TIMELINES["stops"].events[-1]
    assert len(TIMELINES["stops"]) == 1


# ---- where the next steps lie ---------------------------------------------------------------------------------------


def walk(step: Callable[[int], int], start: int) -> list[int]:
    """The positions that a key reaches, pressed again and again until nothing moves."""
    reached = [start]
    while (position := step(reached[-1])) != reached[-1]:
        reached.append(position)
    return reached


def test_the_layers_of_tanh4() -> None:
    """Forward two events a layer and the loss; back the loss and four a layer, three in the first; two updates each."""
    timeline = TIMELINES["tanh4"]
    starts = [1, 3, 5, 7, 9, 10, 11, 15, 19, 23, 26, 28, 30, 32]
    assert walk(partial(next_line, timeline), 0) == [0, *starts, 33]
    assert walk(partial(previous_line, timeline), 33) == [33, *reversed(starts), 0]


def test_the_phases_of_tanh4() -> None:
    timeline = TIMELINES["tanh4"]
    assert walk(partial(phase_end, timeline), 0) == [0, 9, 25, 33]
    assert walk(partial(phase_start, timeline), 33) == [33, 26, 10, 1, 0]


def test_the_lines_of_a_program_with_several_nodes_on_one() -> None:
    """Five lines of 1, 2, 3, 2 and 1 nodes; four lines back, to each what is added up behind it; two updates."""
    timeline = TIMELINES["diamond"]
    kinds = "".join(type(event).__name__[0] for event in timeline.events)
    assert kinds == "E" * 9 + "MMMMA" + "MMMMM" + "MM" + "A" + "MMA" + "UU"
    assert walk(partial(next_line, timeline), 0) == [0, 1, 2, 4, 7, 9, 10, 15, 20, 23, 26, 27]


@given(st.sampled_from(sorted(TIMELINES)), st.data())
def test_every_key_moves_on_until_the_end_and_back(name: str, data: st.DataObject) -> None:
    timeline = TIMELINES[name]
    end = len(timeline)
    here, there = sorted(data.draw(st.tuples(*[st.integers(0, end)] * 2)))
    for onward in (partial(next_line, timeline), partial(phase_end, timeline)):
        assert here < onward(here) <= onward(there) or here == end
        assert onward(end) == end
        assert walk(onward, here)[-1] == end
    for back in (partial(previous_line, timeline), partial(phase_start, timeline)):
        assert back(here) <= back(there) < there or there == 0
        assert back(0) == 0
        assert walk(back, there)[-1] == 0


@every_timeline
def test_back_and_onward_undo_each_other_on_the_starts(name: str) -> None:
    timeline = TIMELINES[name]
    starts = walk(partial(previous_line, timeline), len(timeline) + 1)[1:-1]
    assert len(starts) > 0
    for later, earlier in pairwise(starts):
        assert next_line(timeline, earlier) == later
        assert previous_line(timeline, later) == earlier


@every_timeline
def test_a_phase_ends_where_the_next_begins(name: str) -> None:
    timeline = TIMELINES[name]
    ends = walk(partial(phase_end, timeline), 0)[1:]
    starts = walk(partial(phase_start, timeline), len(timeline) + 1)[-2:0:-1]
    assert starts == [1, *(end + 1 for end in ends[:-1])]
    phases = [{event.phase for event in timeline.events[a - 1 : b]} for a, b in zip(starts, ends, strict=True)]
    assert all(len(phase) == 1 for phase in phases)
    assert [*dict.fromkeys(event.phase for event in timeline.events)] == [phase.pop() for phase in phases]
