"""Branches and long work together: no answer for one run is taken for another, and the screen stays alive."""

import asyncio

import pytest
import screens
from jobs import STEPS, working, xor
from textual.pilot import Pilot

from bptui.core.events import Update, result
from bptui.tui.actions.predicting import Prompt


async def begin(pilot: Pilot[None], *keys: str) -> None:
    """Press keys of which the last begins what takes long."""
    screens.send(pilot, *keys)
    async with asyncio.timeout(20):
        while not working(pilot).is_working:
            await pilot.pause(0)


async def go_to(pilot: Pilot[None], words: str) -> None:
    await screens.press(pilot, "g")
    await screens.enter(pilot, words)


async def what_if(pilot: Pilot[None], edit: str) -> list[str]:
    await screens.press(pilot, "x")
    return await screens.enter(pilot, edit)


def weight(pilot: Pilot[None], name: str, iteration: int) -> float:
    """The first cell of a parameter as an iteration, counted from 1, starts."""
    return float(working(pilot).timeline.chapter_of(iteration - 1).parameters[name][0, 0])


async def test_a_branch_ends_the_work_for_the_run_that_it_leaves() -> None:
    async with screens.opened(xor(60_000)) as pilot:
        await go_to(pilot, "iteration 3")
        before = working(pilot).position
        await begin(pilot, "G")
        screens.send(pilot, "x")
        async with asyncio.timeout(20):
            while not isinstance(pilot.app.screen, Prompt):
                await pilot.pause(0)
        screens.send(pilot, *"η = 0.5", "enter")
        rows = await screens.until(pilot, lambda: working(pilot).branch is not None)
        assert working(pilot).position == before
        assert not working(pilot).is_working
        assert "what if: η = 0.5" in rows[0]


async def test_a_question_ends_the_work() -> None:
    async with screens.opened(xor(60_000)) as pilot:
        await screens.press(pilot, *"fp")
        await begin(pilot, "G")
        screens.send(pilot, "s")
        async with asyncio.timeout(20):
            while not isinstance(pilot.app.screen, Prompt):
                await pilot.pause(0)
        assert not working(pilot).is_working
        await screens.enter(pilot, "?")
        assert working(pilot).position == 6  # five steps forward, and the one that was shown


async def test_the_run_beside_a_branch_is_derived_on_the_worker_too() -> None:
    """At the end of 2,000 iterations the loss of the run and that of the branch stand beside each other."""
    async with screens.opened(xor(2_000)) as pilot:
        await what_if(pilot, "η = 0.2")
        await screens.press(pilot, "G")
        debugger = working(pilot)
        assert debugger.position == 2_000 * STEPS
        assert debugger.branch is not None
        assert debugger.branch.run.furthest == debugger.timeline.furthest == 1_999
        rows = await screens.press(pilot, "X", "d")
        assert rows[0].endswith(" " + debugger.timeline.scenario.file)
        assert debugger.position == 2_000 * STEPS


async def test_an_edit_before_the_start_of_a_branch_leaves_the_later_one_behind() -> None:
    async with screens.opened("xor") as pilot:
        drawn = weight(pilot, "W1", 3)
        await go_to(pilot, "iteration 3")
        await what_if(pilot, "W1[0, 0] = 5")
        assert weight(pilot, "W1", 3) == 5.0
        await go_to(pilot, "iteration 2")
        rows = await what_if(pilot, "W2[0, 0] = 7")
        assert rows[0].endswith(" what if: W₂[0, 0] = 7")
        assert weight(pilot, "W2", 2) == 7.0
        assert weight(pilot, "W1", 3) not in (5.0, drawn)  # it has learnt from W2 = 7


@pytest.mark.parametrize("kept", [False, True])
async def test_a_rate_changed_later_is_not_that_of_an_earlier_branch(kept: bool) -> None:
    async with screens.opened("xor") as pilot:
        await go_to(pilot, "iteration 30")
        await what_if(pilot, "η = 0.01")
        if kept:
            await screens.press(pilot, "X", "k")
        await go_to(pilot, "iteration 2")
        rows = await what_if(pilot, "W2[0, 0] = 7")
        assert rows[0].endswith(" what if: W₂[0, 0] = 7")
        for iteration in (2, 40):
            event = working(pilot).timeline.chapter_of(iteration).events[STEPS - 1]
            assert isinstance(event, Update)
            assert event.quantities["rate"] == 0.1  # as xor.toml says


async def test_many_edits_of_one_iteration_make_no_chain() -> None:
    async with screens.opened("tanh4") as pilot:
        for value in range(1, 41):
            await what_if(pilot, f"x = {value}")
        timeline = working(pilot).timeline
        assert timeline.base is not None
        assert timeline.base.base is None
        assert float(result(timeline.chapter_of(0).events[0])) == 40.0  # u₁ = 1 · x


async def test_the_page_of_breakpoints_ends_its_own_work_when_it_is_left() -> None:
    async with screens.opened(xor(5_000)) as pilot:
        await screens.press(pilot, "b")
        await screens.enter(pilot, "nan")
        await screens.press(pilot, "G")
        await begin(pilot, "B")
        assert any("counting the hits in the 5,000 iterations" in row for row in screens.text(pilot.app))
        await screens.press(pilot, "q")
        assert not working(pilot).is_working


async def test_where_something_runs_hits_are_not_counted_and_it_is_said() -> None:
    async with screens.opened(xor(60_000)) as pilot:
        await screens.press(pilot, "b")
        await screens.enter(pilot, "nan")
        await begin(pilot, "G")
        screens.send(pilot, "B")
        async with asyncio.timeout(20):
            while not any("not counted while something else runs" in row for row in screens.text(pilot.app)):
                await pilot.pause(0)
        assert working(pilot).is_working
