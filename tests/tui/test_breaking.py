"""Breakpoints through real keys: running to their hits both ways, and those that are set up before.

An iteration of a chain of n layers has 2n + 1 values, then ∂L/∂z, for each layer from last to first the steps A to D
(the first has no D), and 2n updates. One of xor and of dead_relu, two layers, has 5, then 8, then 4 steps.
"""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import screens
from breakpoints import assert_hits, run, stop_at, xor_losses
from textual.pilot import Pilot

from bptui.tui.app import BptuiApp
from bptui.tui.setup import set_up

TANH4 = (screens.FOLDER / "tanh4.toml").read_text("utf-8")


@asynccontextmanager
async def started(scenario: str, *breakpoints: str) -> AsyncIterator[Pilot[None]]:
    """The debugger, with what stands on the command line."""
    timeline = screens.timeline(scenario)
    async with BptuiApp(timeline, set_up(timeline.scenario, breakpoints)).run_test(size=(80, 24)) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        yield pilot


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


PRODUCTS = {
    "tanh4": products(2.0, [1.0, 2.0, 1.0, 1.0], [identity, identity, tanh, identity], 10.0),
    "vanishing": products(1.0, [1.0] * 20, [*[sigmoid] * 19, identity], 0.0),
}


def small(scenario: str, bound: float) -> list[int]:
    """The positions of the products below a bound."""
    return [position for position, product in PRODUCTS[scenario].items() if abs(product) < bound]


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
