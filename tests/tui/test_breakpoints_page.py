"""The page that lists the breakpoints and counts their hits, through real keys."""

import pytest
import screens
from breakpoints import assert_hits, stop_at, xor_losses

from bptui.tui.actions.stopping import Breakpoints
from bptui.tui.debugger import Debugger

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
        await screens.tap(pilot, "B")
        assert isinstance(pilot.app.screen, Breakpoints)
        assert pilot.app.screen.debugger.is_working
        await screens.tap(pilot, "q")
        await screens.settle(pilot)
        assert isinstance(pilot.app.screen, Debugger)
        first = next(k for k in range(20_000) if 9 * 0.64**k < 1e-3)
        rows = await screens.press(pilot, "B")
        assert rows[1].endswith(f"{20_000 - first:,} hits")


async def test_one_is_removed_before_all_is_counted() -> None:
    async with screens.opened(SHRINKS) as pilot:
        await stop_at(pilot, "nan", "backward")
        await screens.press(pilot, "G")
        await screens.tap(pilot, "B")
        assert isinstance(pilot.app.screen, Breakpoints)
        assert pilot.app.screen.debugger.is_working
        await screens.tap(pilot, "r")
        rows = await screens.settle(pilot)
        assert [row.split() for row in rows[1:3]] == [["›", "●", "backward", "20,000", "hits"], []]
