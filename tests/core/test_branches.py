"""A branch is its base up to an iteration; from there on it is, bit for bit, a run from the state that it got."""

import numpy as np
import pytest
from branches import LEARNS, bits, branched, run_from, said, state_at
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Timeline, Update, parse
from bptui.core.events import result

PLAIN = """
program = '''
u = x*p
v = exp(-u)
w = u*v + sin(p)
z = w*w*q
'''
output = "z"
[input]
x = 0.75
[parameters]
p = P
q = Q
[update]
rule = "gradient_descent"
learning_rate = RATE
iterations = ITERATIONS
"""

EDITS = ["W[1, 0] = 0.75", "b = [1, 2, 3]", "η = 0.5", "x[0, 1] = 4", "y[0, 0] = -3", "g[2] = 0"]


def plain(p: float, q: float, rate: float, iterations: int) -> Timeline:
    words = {"P": p, "Q": q, "RATE": rate, "ITERATIONS": iterations}
    text = PLAIN
    for word, number in words.items():
        text = text.replace(f"= {word}\n", f"= {number!r}\n")
    return Timeline(parse(text))


# ---- before and after -----------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(edit=st.sampled_from(EDITS), first=st.integers(0, 7), shares=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_before_it_is_the_base_and_after_a_run_from_its_state(edit: str, first: int, shares: list[float]) -> None:
    base, untouched = Timeline(parse(LEARNS)), Timeline(parse(LEARNS))
    branch = branched(base, edit, first)
    border = base.calendar.start(first)
    scenario, state = branch.scenario, branch.state(first)
    with np.errstate(all="ignore"):
        alone = list(run_from(scenario, state, first))
    expected = [*map(said, list(untouched.events)[:border]), *map(said, alone)]
    assert len(branch) == len(expected) == len(untouched)
    for share in shares:
        position = branch.reach(round(share * len(branch)))
        if position:
            assert said(branch.event(position)) == expected[position - 1]
        if 0 < position <= border:
            assert state_at(branch, position) == state_at(untouched, position)
    assert [*map(said, branch.events)] == expected
    assert [*map(said, base.events)] == [*map(said, untouched.events)]  # which nothing of this has changed


@settings(max_examples=25, deadline=None)
@given(
    p=st.floats(0.25, 1), q=st.floats(-1, 1), changed=st.floats(-1, 1), first=st.integers(0, 6), rest=st.integers(1, 4)
)
def test_after_it_is_the_scenario_with_these_parameters_written_in(
    p: float, q: float, changed: float, first: int, rest: int
) -> None:
    """Gradient descent remembers nothing: whoever writes down the parameters may start there."""
    base = plain(p, q, 0.01, first + rest)
    border = base.reach(base.calendar.start(first))
    learnt = float(np.asarray(base.value("q", border)))
    branch = branched(base, f"p = {changed!r}", first)
    written = plain(changed, learnt, 0.01, rest)
    ours = [said(branch.event(position))[2:] for position in range(border + 1, branch.reach(len(branch)) + 1)]
    assert ours == [said(event)[2:] for event in written.events]
    for position in range(1, len(written) + 1):
        assert state_at(branch, border + position) == state_at(written, position)


def test_without_a_change_it_is_the_base_everywhere() -> None:
    base = Timeline(parse(LEARNS))
    branch = Timeline(base.scenario, base=base, first=4, state=base.state(4))
    assert [*map(said, branch.events)] == [*map(said, base.events)]
    for position in range(len(base) + 1):
        assert state_at(branch, position) == state_at(base, position)
        for node in base.scenario.program.nodes:
            for argument in range(len(node.arguments)):
                ours, theirs = (each.multiplication(node.name, argument, position) for each in (branch, base))
                assert (ours is None) == (theirs is None)
                assert ours is None or theirs is None or said(ours) == said(theirs)


# ---- the border -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 3, 6])
def test_at_the_border_the_base_has_the_last_word(first: int) -> None:
    """Behind the iterations before 3 and 6 held-out examples are evaluated; the change is there one step later."""
    base = Timeline(parse(LEARNS))
    branch = branched(base, "W[1, 0] = 0.75", first)
    border = base.calendar.start(first)
    last = branch.event(border)
    assert last is not None
    assert last.phase == ("update" if first == 1 else "evaluate")
    assert last.iteration == first - 1
    assert state_at(branch, border) == state_at(base, border)
    held_out = base.scenario.examples.held_out if base.scenario.examples else {}
    assert (bits(branch.value("x", border)) == bits(held_out["x"])) == (first > 1)
    W = branch.value("W", border)
    assert W is not None
    assert W[1, 0] != 0.75
    opening = branch.event(border + 1)
    assert opening is not None
    assert (opening.phase, opening.iteration) == ("forward", first)
    changed = branch.value("W", border + 1)
    assert changed is not None
    W = np.array(W)
    W[1, 0] = 0.75
    np.testing.assert_array_equal(changed, W)
    assert branch.value("u", border + 1) is result(opening)
    assert branch.value("h", border + 1) is None
    assert branch.gradient("W", border) is not None
    assert branch.gradient("W", border + 1) is None
    assert branch.chapter(border).number == first - 1
    assert branch.chapter(border + 1).number == first


def test_the_evaluation_before_the_border_is_that_of_the_base() -> None:
    """Batch norm takes its statistics from all training examples, one of which the branch changes."""
    base = Timeline(parse(LEARNS))
    branch = branched(base, "x[0, 0] = 9", 3)
    for number, agrees in ((3, True), (6, False)):
        border = base.calendar.start(number)
        for name in ("n·mean", "n·variance"):
            ours, theirs = branch.value(name, border), base.value(name, border)
            assert ours is not None
            assert (bits(ours) == bits(theirs)) == agrees


def test_from_the_start_the_change_is_there_at_position_0() -> None:
    base = Timeline(parse(LEARNS))
    branch = branched(base, "b[2] = 7", 0)
    b, old = branch.value("b", 0), base.value("b", 0)
    assert b is not None
    assert old is not None
    assert list(b.ravel()) == [0.1, 0.2, 7.0]
    assert list(old.ravel()) == [0.1, 0.2, -0.1]
    assert branch.event(0) is None
    assert branch.gradient("b", 0) is None
    assert branch.value("u", 0) is None
    later = branched(base, "b[2] = 7", 2)
    assert state_at(later, 0) == state_at(base, 0)


def test_what_the_update_rule_remembers_goes_on() -> None:
    """Adam's first moment after the border: 0.9 of what it was and 0.1 of the branch's gradient."""
    base = Timeline(parse(LEARNS))
    before = base.state(3).memory
    branch = branched(base, "V[0, 1] = 2", 3)
    moved = [event for event in branch.chapter_of(3).events if isinstance(event, Update)]
    assert {event.parameter for event in moved} == set(base.scenario.parameters)
    others = {event.parameter: event for event in base.chapter_of(3).events if isinstance(event, Update)}
    for event in moved:
        expected = 0.9 * before[event.parameter]["m"] + 0.1 * event.gradient
        np.testing.assert_allclose(event.quantities["m"], expected, rtol=1e-12, atol=1e-18)
        assert not np.array_equal(event.gradient, others[event.parameter].gradient)
