"""Watches through real keys: a value and its history, the same whichever way a position is reached."""

import math

import numpy as np
import pytest
import screens
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.core import Evaluate, Update
from bptui.tui.app import BptuiApp
from bptui.tui.dialogs import Prompt
from bptui.tui.setup import set_up

TANH4 = (screens.FOLDER / "tanh4.toml").read_text("utf-8")
BARS = "▁▂▃▄▅▆▇█"
HISTORY = 32
DELTA3 = (math.tanh(4.0) - 10.0) / math.cosh(4.0) ** 2
"""Of tanh4, where u₃ = 4 and y = 10; the layer behind has slope 1 and weight 1."""
FEW = {(60, 20): 2, (80, 24): 3, (120, 40): 6}
"""How many watches there are rows for."""


async def ask(pilot: Pilot[None]) -> None:
    """Open the prompt of `w`."""
    await screens.press(pilot, "w")
    await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))


async def watch(pilot: Pilot[None], *quantities: str) -> list[str]:
    """Watch each; returns the screen."""
    for quantity in quantities:
        await ask(pilot)
        rows = await screens.press(pilot, *quantity, "enter")
    return rows


def shown(rows: list[str]) -> list[str]:
    """The rows of the watches."""
    return [row.strip() for row in rows if row.startswith("  watch ")]


def history(values: list[float]) -> str:
    """The last values as bars, and the least and the greatest of them; nothing where there is one or none."""
    last = values[-HISTORY:]
    if len(last) < 2:
        return ""
    low, high = min(last), max(last)
    bars = "".join(BARS[math.floor((x - low) / (high - low) * 7 + 0.5)] for x in last)
    return f"  {bars}  {low:.4g} … {high:.4g}"


# ---- setting and taking out


async def test_a_watch_is_set_and_said() -> None:
    async with screens.opened("tanh4") as pilot:
        await ask(pilot)
        rows = await screens.settle(pilot)
        assert any("watch: loss, W2, norm(δ3)" in row for row in rows)
        rows = await screens.press(pilot, *"W2", "enter")
        assert "watching W2; W lists all" in rows[-2]
        assert shown(rows) == ["watch W2 = 2"]


async def test_nothing_typed_watches_nothing() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s")
        assert await watch(pilot, "") == before
        await ask(pilot)
        assert await screens.press(pilot, "escape") == before
        assert "none is set" in (await screens.press(pilot, "W"))[1]


async def test_what_cannot_be_watched_is_complained_about_at_once() -> None:
    wrong = {
        "los": "nothing is called 'los'; did you mean 'loss'?",
        "norm(": "a number or a name is missing",
        "W2 > 1": "this is no number",
        "local": "a watch is on a variable or a gradient",
        "grad(x)": "∂L/∂x is not computed",
    }
    async with screens.opened("tanh4") as pilot:
        await ask(pilot)
        for quantity, complaint in wrong.items():
            rows = await screens.press(pilot, *quantity, "enter")
            assert isinstance(pilot.app.screen, Prompt)
            assert complaint in " ".join(row.strip(" │╭╮╰╯─") for row in rows), quantity
            await screens.press(pilot, *["backspace"] * len(quantity))
        rows = await screens.press(pilot, *"loss", "enter")
        assert shown(rows) == ["watch loss = ·"]


async def test_all_are_listed_and_taken_out() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "f")
        await watch(pilot, "W2", "loss", "u3 * 2")
        rows = await screens.press(pilot, "W")
        assert "watches" in rows[0]
        listed = ["W2 = 2", f"loss = {(math.tanh(4.0) - 10.0) ** 2 / 2:.6g}", "u3 * 2 = 8"]
        assert [row.lstrip("› ").removeprefix("watch ") for row in rows[1:5]] == [*listed, ""]
        assert rows[1].startswith(" ›")
        rows = await screens.press(pilot, "j", "r")
        assert [row.lstrip("› ").removeprefix("watch ") for row in rows[1:4]] == [listed[0], listed[2], ""]
        rows = await screens.press(pilot, "k", "r", "r")
        assert "none is set" in rows[1]
        await screens.press(pilot, "r", "q")
        assert await screens.press(pilot, "S", "s") == before


async def test_watches_of_the_scenario_and_of_the_command_line() -> None:
    timeline = screens.timeline('watches = ["u3"]\n' + TANH4)
    async with BptuiApp(timeline, set_up(timeline.scenario, watches=["norm(W4)"])).run_test(size=(80, 24)) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        assert shown(await screens.settle(pilot)) == ["watch u3 = ·", "watch norm(W4) = 1"]


# ---- values


async def test_a_gradient_is_there_from_the_step_that_completes_it() -> None:
    async with screens.opened("tanh4") as pilot:
        rows = await watch(pilot, "delta3", "W4")
        for position in range(34):
            moved = position >= 32  # the seventh of eight updates: W₄ - 0.1 ∂L/∂W₄
            w4 = 1.0 - 0.1 * (math.tanh(4.0) - 10.0) * math.tanh(4.0) if moved else 1.0
            delta3 = f"{DELTA3:.6g}" if position >= 15 else "·"
            assert shown(rows) == [f"watch delta3 = {delta3}", f"watch W4 = {w4:.6g}"], position
            rows = await screens.press(pilot, "s")


async def test_values_over_iterations_are_the_same_both_ways() -> None:
    """xor: L is the fifth of the 17 steps of an iteration, W₁ moves in the fourteenth."""
    timeline = screens.timeline("xor")
    losses = [float(e.value) for e in timeline.events if isinstance(e, Evaluate) and e.node.name == "L"]
    norms = [math.hypot(*np.ravel(e.after)) for e in timeline.events if isinstance(e, Update) and e.parameter == "W1"]
    first = math.hypot(*np.ravel(timeline.scenario.parameters["W1"]))
    expected = {}
    for position in [*range(36), *(17 * n + k for n in (30, 31, 32, 98, 99) for k in (1, 5, 14, 17))]:
        iteration, step = divmod(position - 1, 17)
        done = iteration + (step == 16)
        loss = f"{losses[iteration]:.6g}" if position and step >= 4 else "·"
        norm = norms[iteration - (step < 13)] if position > 13 else first
        expected[position] = [
            f"watch loss = {loss}{history(losses[:done])}",
            f"watch norm(W1) = {norm:.6g}{history(norms[:done])}",
        ]
    async with screens.opened("xor", (120, 40)) as pilot:
        await watch(pilot, "loss", "norm(W1)")
        there = {}
        for position in expected:
            screens.debugger(pilot).position = position
            there[position] = shown(await screens.settle(pilot))
        assert there == expected
        for position in reversed(expected):
            screens.debugger(pilot).position = position
            assert shown(await screens.settle(pilot)) == expected[position], position


async def test_a_watch_that_is_set_late_knows_what_was_before() -> None:
    async with screens.opened("xor", (120, 40)) as pilot:
        await watch(pilot, "loss")
        early = await screens.press(pilot, "G")
        await screens.press(pilot, "W", "r", "q", "0", "G")
        assert shown(await watch(pilot, "loss")) == shown(early)
        assert len(shown(early)[0].split()[4]) == HISTORY


async def test_a_matrix_is_watched_by_its_cells_and_in_the_history_by_its_norm() -> None:
    async with screens.opened("dead_relu", (120, 40)) as pilot:
        rows = await watch(pilot, "W1")
        assert shown(rows) == ["watch W1 = [0.8, 0.4; 0.6, -0.3]"]
        rows = await screens.press(pilot, "G")
        row = shown(rows)[0]
        assert "0.6, -0.3]" in row  # the weights of the dead unit
        low, high = (float(text) for text in row.rsplit("  ", 1)[1].split(" … "))
        assert low < high < math.hypot(0.8, 0.4, 0.6, 0.3)


# ---- the window


@pytest.mark.parametrize("size", screens.SIZES)
@pytest.mark.parametrize("scenario", ["layers4", "xor", "residual"])
async def test_watches_are_seen_and_the_rest_is_as_before(scenario: str, size: tuple[int, int]) -> None:
    async with screens.opened(scenario, size) as pilot:
        before = await screens.press(pilot, "f", "s", "s")
        rows = await watch(pilot, "loss")
        rows = await screens.press(pilot, "S", "s")
        assert shown(rows)[0].startswith("watch loss = ")
        assert rows[-3].startswith("  watch loss = ")
        assert rows[-2:] == before[-2:]
        assert len(rows) == size[1]
        headings = [row for row in before[:-2] if " ──" in row]
        assert [row for row in rows[:-2] if " ──" in row] == headings
        top = rows.index(headings[-1])
        assert all(len(row) <= size[0] for row in rows)
        assert any("◀" in row for row in rows[top:-3])  # the line of the program
        assert any(row.startswith(" ×") for row in rows[top:-3])  # the last factor
        assert await screens.press(pilot, "W", "r", "q") == before


@pytest.mark.parametrize("size", screens.SIZES)
async def test_of_many_watches_the_first_are_seen_and_the_others_counted(size: tuple[int, int]) -> None:
    names = [f"W{layer}" for layer in (1, 2, 3, 4)] + [f"b{layer}" for layer in (1, 2, 3, 4)]
    values = dict(zip(names, (1, 2, 1, 1, 0, 0, 0, 0), strict=True))
    async with screens.opened("tanh4", size) as pilot:
        await screens.press(pilot, "s")
        rows = await watch(pilot, *names)
        seen = names[: FEW[size] - 1]
        assert shown(rows) == [f"watch {name} = {values[name]}" for name in seen]
        assert f"… {len(names) - len(seen)} more watches" in rows[-3]
        for key in "fsnG":
            rows = await screens.press(pilot, key)
            assert len(shown(rows)) == len(seen)
            assert any("program ──" in row or "note ──" in row for row in rows)
