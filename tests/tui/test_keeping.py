"""What becomes of a branch: X drops, keeps or writes it; and one that outlives the run."""

import math
from pathlib import Path

import pytest
import screens
from blowup import blows_up
from trying import TANH4, X_IS_3, all_that, by_hand, differing, numbers, results, what_if

from bptui.core import Timeline, read
from bptui.core.events import result
from bptui.tui.dialogs import Prompt


async def test_without_a_branch_there_is_nothing_to_compare_or_drop() -> None:
    async with screens.opened("tanh4") as pilot:
        for key in "dDX":
            rows = await screens.press(pilot, key)
            assert "x changes a value" in rows[-2]
            assert screens.debugger(pilot).position == 0


async def test_a_branch_is_dropped() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "f", *"ssssss")
        branch = await what_if(pilot, "x = 3")
        assert await screens.press(pilot, "X", "q") == branch  # asked, and left as it was
        await what_if(pilot, "b1 = 1")
        rows = await screens.press(pilot, "X")
        assert {"   x = 3", "   b₁ = 1"} <= set(rows)
        assert await screens.press(pilot, "d") == before
        assert "nothing to compare with" in (await screens.press(pilot, "d"))[-2]


async def test_a_branch_is_kept() -> None:
    """It becomes the run: the next edit is compared with it, and dropped it is there again."""
    async with screens.opened("tanh4") as pilot:
        screens.debugger(pilot).position = 15
        await what_if(pilot, "x = 3")
        rows = await screens.press(pilot, "X", "k")
        assert screens.debugger(pilot).position == 15
        assert "what if" not in rows[0]
        assert "kept" in rows[-2]
        branch = [result(event) for event in screens.debugger(pilot).timeline.events]
        assert not differing(branch, results(X_IS_3))
        rows = await what_if(pilot, "x = 2")
        assert numbers(rows, "run    ≠ ") == pytest.approx([(math.tanh(6) - 10) / math.cosh(6) ** 2], rel=1e-10)
        await screens.press(pilot, "0")
        assert await all_that(pilot, "d") == differing(results(X_IS_3), results(TANH4))


async def test_a_kept_branch_can_still_be_written(tmp_path: Path) -> None:
    async with screens.opened("tanh4") as pilot:
        await what_if(pilot, "x = 3")
        await screens.press(pilot, "X", "k", "X", "w")
        await screens.enter(pilot, f"{tmp_path}/kept")
    assert read(tmp_path / "kept.toml").given["x"] == 3.0


async def test_a_branch_is_written_and_read_again(tmp_path: Path) -> None:
    both = by_hand(X_IS_3, "W = 2.0", "W = -1.5")
    async with screens.opened("tanh4") as pilot:
        await what_if(pilot, "x = 3")
        branch = await what_if(pilot, "W2 = -1.5")
        await screens.press(pilot, "X", "w")
        rows = await screens.enter(pilot, f"{tmp_path}/mine")
        assert "written to " in rows[-2]
        written = Timeline(read(tmp_path / "mine.toml"))
        assert not differing([result(event) for event in written.events], results(both))
        assert rows[:-2] == branch[:-2]  # it is still there

        kept = (tmp_path / "mine.toml").read_bytes()
        await screens.press(pilot, "X", "w")
        rows = await screens.enter(pilot, f"{tmp_path}/mine.toml")
        assert "exists already; name a new file" in " ".join(row.strip(" │") for row in rows)
        assert isinstance(pilot.app.screen, Prompt)
        assert (tmp_path / "mine.toml").read_bytes() == kept
        assert (await screens.press(pilot, "escape"))[:-2] == branch[:-2]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


BLOWS_UP = blows_up(iterations=30)
"""dz/dw = e^w - 2 e^2w is negative and grows: w runs away, and exp(w) becomes infinite."""


@pytest.mark.parametrize("size", screens.SIZES)
async def test_a_branch_that_outlives_the_run_says_that_it_had_stopped(size: tuple[int, int]) -> None:
    async with screens.opened(BLOWS_UP, size) as pilot:
        await screens.press(pilot, "G")
        stopped = screens.debugger(pilot).position
        assert screens.debugger(pilot).timeline.stopped is not None
        await what_if(pilot, "w = 0")
        rows = await screens.press(pilot, "G")
        assert screens.debugger(pilot).position > stopped
        assert any("had stopped before this" in row for row in rows)
        assert any("≠ w" in row for row in rows)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("~nobody-of-this-name/x", "cannot be written"), (".", "is there already"), ("/", "is there already")],
)
async def test_what_is_no_file_to_write_to_is_said(typed: str, said: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await what_if(pilot, "x = 3")
        await screens.press(pilot, "X", "w")
        rows = await screens.enter(pilot, typed)
        assert isinstance(pilot.app.screen, Prompt)
        assert any(said in row for row in rows)
