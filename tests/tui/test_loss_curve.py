"""The loss curve: a loss that falls by a known factor is a straight line; what is not known yet is not there."""

import math
from itertools import pairwise

import numpy as np
import pytest
import screens

from bptui.core import Timeline, parse
from bptui.core.training import State
from bptui.tui.lines import Line, Role
from bptui.tui.moment import Moment
from bptui.tui.pictures.losses import loss_curve, loss_words

COUNT, LENGTH = 40, 3
FALLING = f"""
program = 'L = w^2'
[parameters]
w = 1.0
[update]
rule = "gradient_descent"
learning_rate = 0.1
iterations = {COUNT}
"""
"""w ← w − 0.1 · 2w = 0.8 w, so the loss of iteration k, from 0, is 0.64ᵏ; an iteration has three events."""


def falling(iterations: int = COUNT) -> Timeline:
    """The run, derived up to an iteration."""
    timeline = Timeline(parse(FALLING))
    timeline.reach(LENGTH * iterations)
    return timeline


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def cells(lines: list[Line], role: Role) -> list[tuple[int, int]]:
    """Column and row of the cells of dots that have a role."""
    characters = [[(c, span.role) for span in line for c in span.text] for line in lines]
    return [
        (x, y)
        for y, row in enumerate(characters)
        for x, (c, here) in enumerate(row)
        if here == role and 0x2800 < ord(c) < 0x2900
    ]


def point(lines: list[Line]) -> tuple[int, int]:
    return next((row.index("●"), y) for y, row in enumerate(texts(lines)) if "●" in row)


# ---- what is remembered


def test_a_loss_is_remembered_when_its_iteration_is_derived() -> None:
    training, held_out = falling(10).losses.known
    assert training[:10] == pytest.approx([0.64**k for k in range(10)], rel=1e-12)
    assert np.isnan(training[10:]).all()
    assert np.isnan(held_out).all()
    assert len(training) == COUNT


def test_a_branch_has_the_losses_of_its_base_before_it() -> None:
    base = falling(10)
    branch = Timeline(base.scenario, base=base, first=4, state=State({"w": np.float64(3.0)}))  # type: ignore[dict-item]
    branch.reach(LENGTH * 7)
    training, _ = branch.losses.known
    assert training[:4] == pytest.approx([0.64**k for k in range(4)], rel=1e-12)
    assert training[4:7] == pytest.approx([9.0 * 0.64**k for k in range(3)], rel=1e-12)
    assert np.isnan(training[7:]).all()


# ---- the curve


def test_a_loss_that_falls_by_a_factor_is_a_straight_line_on_a_logarithmic_scale() -> None:
    lines = loss_curve(Moment(falling(), LENGTH * COUNT), 90, 40)
    curve = cells(lines, "forward")
    assert len({x for x, _ in curve}) > 70
    (x0, y0), (x1, y1) = min(curve), max(curve)
    for x, y in curve:
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=1.0)


def test_the_rows_of_a_falling_loss_never_rise() -> None:
    for size in ((46, 12), (78, 18)):
        curve = cells(loss_curve(Moment(falling(), LENGTH * COUNT), *size), "forward")
        highest = [min(y for x, y in curve if x == column) for column in sorted({x for x, _ in curve})]
        assert highest == sorted(highest)


def test_the_ticks_are_powers_of_ten_where_the_losses_are() -> None:
    """From 1 to 0.64³⁹ = 2.8e-8: a label stands at its place between the two ends."""
    lines = loss_curve(Moment(falling(), LENGTH * COUNT), 90, 40)
    rows = {y: float(row.partition("┤")[0]) for y, row in enumerate(texts(lines)) if "┤" in row}
    assert all(math.log10(value) == pytest.approx(round(math.log10(value))) for value in rows.values())
    curve = cells(lines, "forward")
    (_, top), (_, bottom) = min(curve), max(curve)
    for y, value in rows.items():
        expected = top + (bottom - top) * math.log10(value) / (39 * math.log10(0.64))
        assert y == pytest.approx(expected, abs=1.0)


def test_the_ticks_below_are_iterations() -> None:
    lines = texts(loss_curve(Moment(falling(), LENGTH * COUNT), 90, 20))
    assert lines[-1].split() == ["5", "10", "15", "20", "25", "30", "35", "iteration"]


def test_a_loss_of_one_size_has_an_ordinary_scale() -> None:
    """0.64⁴ is a sixth: no powers of ten."""
    lines = texts(loss_curve(Moment(falling(5), LENGTH * 5), 60, 24))
    labels = [float(row.partition("┤")[0]) for row in lines if "┤" in row]
    steps = [a - b for a, b in pairwise(labels)]
    assert steps == pytest.approx([steps[0]] * len(steps))


# ---- the present


@pytest.mark.parametrize("iteration", [1, 10, 25, 40])
def test_the_present_iteration_is_marked(iteration: int) -> None:
    lines = loss_curve(Moment(falling(), LENGTH * iteration), 90, 40)
    column, _ = point(lines)
    left = texts(lines)[1].index("│") + 1
    assert column == pytest.approx(left + (89 - left) * (iteration - 1) / (COUNT - 1), abs=1.0)
    assert texts(lines)[0] == f"L at iteration {iteration} of 40 is {0.64 ** (iteration - 1):.3g}"


def test_an_iteration_whose_loss_has_not_come_is_not_yet_the_present_one() -> None:
    """Position 3 ends the first iteration, position 4 brings the second loss."""
    timeline = falling(3)
    first, second = (texts(loss_curve(Moment(timeline, position), 90, 20))[0] for position in (LENGTH, LENGTH + 1))
    assert first == "L at iteration 1 of 40 is 1"
    assert second == "L at iteration 2 of 40 is 0.64"


def test_what_comes_later_is_dim_if_it_is_known_and_else_not_there() -> None:
    there_and_back = loss_curve(Moment(falling(40), LENGTH * 10), 90, 40)
    not_yet = loss_curve(Moment(falling(20), LENGTH * 20), 90, 40)
    column, _ = point(there_and_back)
    assert max(x for x, _ in cells(there_and_back, "dim")) > 80
    assert min(x for x, _ in cells(there_and_back, "dim")) >= column
    assert max(x for x, _ in cells(there_and_back, "forward")) <= column
    assert not cells(not_yet, "dim")


def test_the_held_out_loss_is_marked_on_the_same_axes() -> None:
    """digits: the first epoch ends with iteration 23."""
    timeline = screens.timeline("digits")
    end = timeline.chapter_of(22).end
    before, after = (texts(loss_curve(Moment(timeline, position), 90, 20)) for position in (end - 1, end))
    value = timeline.value("L", end)
    assert value is not None
    assert after[0].endswith(f", ○ held out {float(value):.3g}")
    assert "held out" not in before[0]
    assert "".join(after[1:]).count("○") == 1
    assert "For the held-out examples it is" in " ".join(texts(loss_words(Moment(timeline, end), 90, 9)))


# ---- in words


def test_in_words() -> None:
    now = f"{0.64**9:.3g} at iteration 10"
    said = f"L is {now} of 40. It was 1 at iteration 1; the least is {now}."
    assert texts(loss_words(Moment(falling(), LENGTH * 10), 200, 9)) == [said]
    assert texts(loss_words(Moment(falling(), LENGTH), 200, 9)) == ["L is 1 at iteration 1 of 40."]


def test_one_iteration_is_no_curve() -> None:
    said = ["one iteration, one value of L: a curve needs more (iterations = 100 under [update])"]
    moment = Moment(screens.timeline("tanh4"), 15)
    assert texts(loss_curve(moment, 100, 12)) == texts(loss_words(moment, 100, 12)) == said


def test_before_the_first_loss_there_is_no_curve() -> None:
    assert texts(loss_curve(Moment(falling(1), 0), 80, 12)) == [
        "L has no value yet: its curve begins with the first one"
    ]
