"""Breakpoints through real keys: setting them, running to their hits both ways, and the page that lists them.

An iteration of a chain of n layers has 2n + 1 values, then ∂L/∂z, for each layer from last to first the steps A to D
(the first has no D), and 2n updates. One of xor and of dead_relu, two layers, has 5, then 8, then 4 steps.
"""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
import screens
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.core import read
from bptui.tui.actions.stopping import Breakpoints
from bptui.tui.app import BptuiApp
from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Prompt
from bptui.tui.setup import set_up

TANH4 = (screens.FOLDER / "tanh4.toml").read_text("utf-8")
SHRINKS = """
program = "L = (w - 3)^2"
[parameters]
w = 0.0
[update]
rule = "gradient_descent"
learning_rate = 0.1
iterations = 20000
"""
"""3 - w shrinks to 0.8 of itself in each iteration, L to 0.64."""


async def offered(pilot: Pilot[None]) -> Input:
    """Open the prompt of `b`."""
    await screens.press(pilot, "b")
    await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    return pilot.app.screen.query_one(Input)


async def stop_at(pilot: Pilot[None], *conditions: str) -> list[str]:
    """Type each condition over what is offered, and press Enter; returns the screen."""
    for condition in conditions:
        await offered(pilot)
        rows = await screens.press(pilot, *condition, "enter")
    return rows


async def run(pilot: Pilot[None], key: str) -> list[int]:
    """The positions that a key runs to, until it stays."""
    position, found = screens.debugger(pilot).position, []
    while True:
        rows = await screens.press(pilot, key)
        if screens.debugger(pilot).position == position:
            assert f"no breakpoint hit {'ahead' if key == 'c' else 'behind'}" in rows[-2]
            return found
        assert "● " in rows[-2]
        position = screens.debugger(pilot).position
        found.append(position)


async def assert_hits(pilot: Pilot[None], positions: Sequence[int]) -> None:
    """From the start on, back from the last one, and back from the end to the last one before it."""
    await screens.press(pilot, "0")
    assert await run(pilot, "c") == list(positions)
    assert await run(pilot, "C") == list(positions[-2::-1])
    await screens.press(pilot, "G")
    end = screens.debugger(pilot).position
    await screens.press(pilot, "C")
    assert screens.debugger(pilot).position == max((p for p in positions if p < end), default=end)


@asynccontextmanager
async def started(scenario: str, *breakpoints: str) -> AsyncIterator[Pilot[None]]:
    """The debugger, with what stands on the command line."""
    timeline = screens.timeline(scenario)
    async with BptuiApp(timeline, set_up(timeline.scenario, breakpoints)).run_test(size=(80, 24)) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        yield pilot


async def tap(pilot: Pilot[None], key: str) -> None:
    """Press a key, and do not wait for what it has begun."""
    pilot.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, key if len(key) == 1 else None))
    await pilot.pause(0)


# ---- the mathematics

Activation = Callable[[float], tuple[float, float]]
"""A value, and the slope there."""


def identity(u: float) -> tuple[float, float]:
    return u, 1.0


def tanh(u: float) -> tuple[float, float]:
    return math.tanh(u), 1 / math.cosh(u) ** 2


def sigmoid(u: float) -> tuple[float, float]:
    a = 1 / (1 + math.exp(-u))
    return a, a * (1 - a)


def products(x: float, weights: list[float], activations: list[Activation], y: float) -> dict[int, float]:
    """Every product on the way back through layers of one unit, with L = ½(z - y)², by its position."""
    a, slopes = [x], []
    for weight, activation in zip(weights, activations, strict=True):
        value, slope = activation(weight * a[-1])
        a.append(value)
        slopes.append(slope)
    position, delta = 2 * len(weights) + 2, a[-1] - y
    found = {position: delta}
    for layer in reversed(range(len(weights))):
        delta *= slopes[layer]
        for factor in (1.0, a[layer], 1.0, weights[layer]):
            position += 1
            found[position] = delta * factor
        delta *= weights[layer]
    del found[position]  # nobody asks for ∂L/∂x
    return found


def xor_losses(iterations: int = 100) -> list[float]:
    """The loss in each iteration of xor, trained with Adam."""
    start = read(screens.FOLDER / "xor.toml").parameters  # they are drawn
    theta = [float(x) for name in ("W1", "b1", "W2", "b2") for x in np.ravel(start[name])]
    m, v, losses = [0.0] * 17, [0.0] * 17, []
    for t in range(1, iterations + 1):
        loss, g = 0.0, [0.0] * 17
        for x1, x2, y in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
            a = [math.tanh(theta[2 * i] * x1 + theta[2 * i + 1] * x2 + theta[8 + i]) for i in range(4)]
            z = sum(theta[12 + i] * a[i] for i in range(4)) + theta[16]
            loss += (math.log1p(math.exp(z)) - y * z) / 4
            delta2 = (1 / (1 + math.exp(-z)) - y) / 4
            g[16] += delta2
            for i in range(4):
                delta1 = delta2 * theta[12 + i] * (1 - a[i] ** 2)
                g[12 + i] += delta2 * a[i]
                g[8 + i] += delta1
                g[2 * i] += delta1 * x1
                g[2 * i + 1] += delta1 * x2
        losses.append(loss)
        m = [0.9 * old + 0.1 * new for old, new in zip(m, g, strict=True)]
        v = [0.999 * old + 0.001 * new**2 for old, new in zip(v, g, strict=True)]
        steps = [a / (1 - 0.9**t) / (math.sqrt(b / (1 - 0.999**t)) + 1e-8) for a, b in zip(m, v, strict=True)]
        theta = [old - 0.1 * step for old, step in zip(theta, steps, strict=True)]
    return losses


PRODUCTS = {
    "tanh4": products(2.0, [1.0, 2.0, 1.0, 1.0], [identity, identity, tanh, identity], 10.0),
    "vanishing": products(1.0, [1.0] * 20, [*[sigmoid] * 19, identity], 0.0),
}


def small(scenario: str, bound: float) -> list[int]:
    """The positions of the products below a bound."""
    return [position for position, product in PRODUCTS[scenario].items() if abs(product) < bound]


# ---- the prompt


OFFERED = {
    "0": "u1",  # before the first step, the first
    "0sss": "u2",
    "0f": "L",
    "0fs": "grad(z)",
    "0fssssss": "delta3",
    "0fsssssss": "grad(W3)",
    "0ffs": "W1",
    "0j": "layer 2",
    "fj": "layer 3",
}
"""What is offered on tanh4 after these keys; a row stays selected."""


async def test_what_is_offered_is_the_place_of_the_step_or_the_selected_row() -> None:
    async with screens.opened("tanh4") as pilot:
        for keys, text in OFFERED.items():
            await screens.press(pilot, *keys)
            assert (await offered(pilot)).value == text
            await screens.press(pilot, "enter")
        rows = await screens.press(pilot, "B")
        assert [" ".join(row.split()[:-2]).lstrip("›● ") for row in rows[1:10]] == list(OFFERED.values())


async def test_a_row_of_a_program_without_layers_is_offered_by_its_name() -> None:
    async with screens.opened("nested4") as pilot:
        await screens.press(pilot, *"jjj")  # x, u, v, w
        assert (await offered(pilot)).value == "w"


async def test_what_is_offered_is_typed_over() -> None:
    async with screens.opened("tanh4") as pilot:
        typed = await offered(pilot)
        rows = await screens.settle(pilot)
        assert any("u1" in row for row in rows)
        assert any("type over it: a name, line 2" in row for row in rows)
        await screens.press(pilot, *"u3")
        assert typed.value == "u3"
        rows = await screens.press(pilot, "enter")
        assert "● u3; c runs to it, C back, B lists all" in rows[-2]


async def test_what_is_offered_can_be_added_to() -> None:
    async with screens.opened("tanh4") as pilot:
        await offered(pilot)
        await screens.press(pilot, "end", *" or delta3", "enter")
        await assert_hits(pilot, [1, 15, 23])  # u1, δ3, δ1


async def test_nothing_typed_sets_nothing() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.settle(pilot)
        await offered(pilot)
        assert await screens.press(pilot, "backspace", "enter") == before
        await offered(pilot)
        assert await screens.press(pilot, "escape") == before
        assert "none is set" in (await screens.press(pilot, "B"))[1]


WRONG = {
    "local = 0": "one = compares nothing; write ==",
    "los < 0.1": "nothing is called 'los'; did you mean 'loss'?",
    "|product| <": "a number or a name is missing",
    "3": "a number alone is no condition",
    "layer 9": "layers are counted from 1 to 4",
    "x": "no step is at x, which is given",
    "0 < u3 < 1": "a comparison has two sides; write 0 < u3 and u3 < 1",
    "[/red]": "[/red]",
}


async def test_a_wrong_condition_is_complained_about_at_once() -> None:
    async with screens.opened("tanh4") as pilot:
        await offered(pilot)
        for wrong, complaint in WRONG.items():
            rows = await screens.press(pilot, *wrong, "enter")
            assert isinstance(pilot.app.screen, Prompt)
            assert complaint in " ".join(row.strip(" │╭╮╰╯─") for row in rows)
            assert pilot.app.screen.query_one(Input).value == wrong
            await screens.press(pilot, *["backspace"] * len(wrong))
        await screens.press(pilot, *"u3", "enter")
        await assert_hits(pilot, [5, 15])


# ---- running


async def test_without_a_breakpoint_nothing_is_run_to() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "s")
        for key in "cC":
            rows = await screens.press(pilot, key)
            assert "   1 / 33  no breakpoint is set; b sets one" in rows[-2]


HITS = {
    "u3": [5, 15],  # its value, and δ₃
    "δ3": [15],
    "W3": [16, 30],
    "update": [26],
    "layer 3": [5, 15, 30],
    "layer 3 and not forward": [15, 30],
    "shape changed": [],  # all are numbers
    "value == 4": [3, 4, 5],  # u₂ = 2 × 2, a₂ and u₃
    "|product| < 0.02": small("tanh4", 0.02),
    "position == 33": [33],
}
"""Where the conditions hit in tanh4."""


async def test_c_runs_on_and_capital_c_back() -> None:
    async with screens.opened("tanh4") as pilot:
        for condition, positions in HITS.items():
            await stop_at(pilot, condition)
            await assert_hits(pilot, positions)
            await screens.press(pilot, "B", "r", "q")


async def test_several_breakpoints_stop_in_order() -> None:
    async with screens.opened("tanh4") as pilot:
        await stop_at(pilot, "backward", "u3", "delta3")
        await assert_hits(pilot, [5, 10, 15])
        await screens.press(pilot, "0", "c", "c")
        rows = await screens.press(pilot, "c")
        assert "● u3, delta3" in rows[-2]


async def test_where_the_product_vanishes() -> None:
    async with screens.opened("vanishing") as pilot:
        positions = small("vanishing", 1e-4)
        assert 10 < len(positions) < 80  # of the 80 multiplications
        await stop_at(pilot, "|product| < 1e-4")
        assert await run(pilot, "c") == positions
        await screens.press(pilot, "G")
        for position in positions[:-4:-1]:
            await screens.press(pilot, "C")
            assert screens.debugger(pilot).position == position


async def test_where_a_local_derivative_is_zero() -> None:
    """The dead unit has an activation of 0, which is the local derivative towards W₂ (8), and a slope of 0 (11)."""
    async with screens.opened("dead_relu") as pilot:
        await stop_at(pilot, "local == 0")
        await assert_hits(pilot, [17 * iteration + index for iteration in range(3) for index in (8, 11)])


async def test_when_the_loss_is_small() -> None:
    """L is the fifth value of each iteration."""
    positions = [17 * iteration + 5 for iteration, loss in enumerate(xor_losses()) if loss < 0.1]
    async with screens.opened("xor") as pilot:
        await stop_at(pilot, "loss < 0.1")
        rows = await screens.press(pilot, "c")
        assert screens.debugger(pilot).position == positions[0] > 17 * 20
        assert f"{positions[0]} / 1700  iteration {positions[0] // 17 + 1} / 100  ● loss < 0.1" in rows[-2]
        await assert_hits(pilot, positions)


# ---- the page of all


async def test_the_page_lists_hits() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await stop_at(pilot, "u3", "backward", "nan", "u3")
        rows = await screens.press(pilot, "B")
        assert [row.split() for row in rows[1:5]] == [
            ["›", "●", "u3", "2", "hits"],
            ["●", "backward", "1", "hit"],
            ["●", "nan", "0", "hits"],
            [],
        ]
        assert await screens.press(pilot, "q") == before


async def test_hits_are_counted_in_what_has_been_derived() -> None:
    losses = xor_losses()
    first = next(iteration for iteration, loss in enumerate(losses, start=1) if loss < 0.1)
    async with screens.opened("xor") as pilot:
        await stop_at(pilot, "loss < 0.1")
        await screens.press(pilot, "c")
        rows = await screens.press(pilot, "B")
        assert f"hits in the {first} iterations derived so far" in rows[0]
        assert rows[1].endswith("loss < 0.1  1 hit")
        await screens.press(pilot, "q", "G")
        rows = await screens.press(pilot, "B")
        assert "hits in the 100 iterations derived so far" in rows[0]
        assert rows[1].endswith(f"loss < 0.1  {sum(loss < 0.1 for loss in losses)} hits")


async def test_one_that_is_switched_off_is_run_past() -> None:
    async with screens.opened("tanh4") as pilot:
        await stop_at(pilot, "u3", "backward")
        rows = await screens.press(pilot, "B", "o")
        assert "› ○ off  u3" in rows[1]
        await screens.press(pilot, "q")
        await assert_hits(pilot, [10])
        rows = await screens.press(pilot, "B", "down", "up", "o")
        assert "› ●      u3" in rows[1]
        await screens.press(pilot, "q")
        await assert_hits(pilot, [5, 10, 15])


async def test_one_that_is_off_and_set_again_is_on() -> None:
    async with screens.opened("tanh4") as pilot:
        await stop_at(pilot, "u3")
        await screens.press(pilot, "B", "o", "q")
        rows = await stop_at(pilot, "u3")
        assert "● u3; c runs to it" in rows[-2]
        await assert_hits(pilot, [5, 15])


@pytest.mark.parametrize("key", ["r", "delete", "backspace"])
async def test_one_that_is_removed_is_forgotten(key: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await stop_at(pilot, "u3", "backward")
        rows = await screens.press(pilot, "B", "j", key)
        assert [row.split() for row in rows[1:3]] == [["›", "●", "u3", "2", "hits"], []]
        await screens.press(pilot, "q")
        await assert_hits(pilot, [5, 15])
        rows = await screens.press(pilot, "B", key)
        assert "none is set" in rows[1]
        rows = await screens.press(pilot, key, "o", "q", "c")  # there is nothing to remove, or to switch
        assert "no breakpoint is set" in rows[-2]


async def test_the_page_is_left_before_all_is_counted() -> None:
    async with screens.opened(SHRINKS) as pilot:
        await stop_at(pilot, "loss < 1e-3")
        await screens.press(pilot, "G")
        await tap(pilot, "B")
        assert isinstance(pilot.app.screen, Breakpoints)
        assert pilot.app.screen.debugger.is_working
        await tap(pilot, "q")
        await screens.settle(pilot)
        assert isinstance(pilot.app.screen, Debugger)
        first = next(k for k in range(20_000) if 9 * 0.64**k < 1e-3)
        rows = await screens.press(pilot, "B")
        assert rows[1].endswith(f"{20_000 - first:,} hits")


async def test_one_is_removed_before_all_is_counted() -> None:
    async with screens.opened(SHRINKS) as pilot:
        await stop_at(pilot, "nan", "backward")
        await screens.press(pilot, "G")
        await tap(pilot, "B")
        assert isinstance(pilot.app.screen, Breakpoints)
        assert pilot.app.screen.debugger.is_working
        await tap(pilot, "r")
        rows = await screens.settle(pilot)
        assert [row.split() for row in rows[1:3]] == [["›", "●", "backward", "20,000", "hits"], []]


# ---- set up before


async def test_breakpoints_of_the_scenario() -> None:
    async with screens.opened('breakpoints = ["delta3", "loss > 40"]\n' + TANH4) as pilot:
        await assert_hits(pilot, [9, 15])  # L = ½(tanh 4 - 10)² = 40.5
        await stop_at(pilot, "update")
        rows = await screens.press(pilot, "B")
        assert [row.split()[-3:-2] for row in rows[1:4]] == [["delta3"], ["40"], ["update"]]


async def test_breakpoints_of_the_command_line_come_after_those_of_the_scenario() -> None:
    async with started('breakpoints = ["delta3"]\n' + TANH4, "u3 == 4", "update") as pilot:
        await assert_hits(pilot, [5, 15, 26])
        rows = await screens.press(pilot, "B")
        assert [row.split()[1:] for row in rows[2:4]] == [["u3", "==", "4", "1", "hit"], ["update", "1", "hit"]]
