"""Runs to branch off, the branches, and what events and states are, bit for bit."""

from collections.abc import Iterator

import numpy as np
from blowup import blows_up

from bptui.core import Event, Scenario, Timeline
from bptui.core.edits import parse_edit
from bptui.core.events import result
from bptui.core.training import State, given_at, iteration
from bptui.core.whatif import edited

LEARNS = """
program = '''
u = W @ x + b
h = tanh(u)
d = dropout(h, p=0.25)
n = batch_norm(d, g, s)
z = V @ n + V @ h
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.5, -1.0, 0.25, 2.0, -0.75, 1.5, -0.125, 0.875], [1.0, 0.5, -2.0, 0.0, 1.25, -0.5, 0.75, -1.5]]
[target]
y = [[1.0, 0.0, -1.0, 0.5, 0.25, -0.5, 2.0, 1.0]]
[parameters]
W = { init = "normal", shape = [3, 2] }
b = [0.1, 0.2, -0.1]
g = [1.0, 0.5, 2.0]
s = [0.0, 0.5, -0.5]
V = { init = "normal", shape = [1, 3] }
[data]
batch_size = 2
shuffle = true
held_out = 2
[update]
rule = "adam"
learning_rate = 0.05
iterations = 8
"""
"""An epoch has three iterations and an evaluation; the last two iterations are an epoch cut short."""

STOPS = blows_up(iterations=30)
"""w grows faster and faster, until exp overflows in iteration 14."""


def branched(base: Timeline, edit: str, first: int) -> Timeline:
    scenario, state = edited(base.scenario, base.state(first), first, parse_edit(edit, base.scenario))
    return Timeline(scenario, base=base, first=first, state=state)


def run_from(scenario: Scenario, state: State, first: int) -> Iterator[Event]:
    """All events from an iteration on, one after the other, without a timeline."""
    for number in range(first, scenario.iterations):
        after = yield from iteration(scenario, state, number, given_at(scenario, number))
        if after is None:
            return
        state = after


def bits(x: object) -> object:
    return (x.dtype, x.shape, x.tobytes()) if isinstance(x, np.ndarray | np.generic) else x


def said(event: Event | None) -> tuple[object, ...]:
    """What an event is, with all bits of its result."""
    assert event is not None
    return type(event), event.iteration, event.phase, bits(result(event))


def state_at(timeline: Timeline, position: int) -> dict[str, tuple[object, object]]:
    """The bits of all values and gradients."""
    program = timeline.scenario.program
    return {
        name: (bits(timeline.value(name, position)), bits(timeline.gradient(name, position)))
        for name in (*program.variables, *program.by_name)
    }
