"""Long work through real keys: the screen lives meanwhile, a move ends it, and what was derived is kept."""

import asyncio
import re
from collections.abc import Callable

import pytest
import screens
from jobs import STEPS, working, xor
from textual.pilot import Pilot

from bptui.tui.actions.pages import Explanation
from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Help, Prompt

LONG, SHORTER = 60_000, 1_500
"""Iterations that take longer than a test waits, and those that do not."""
GOING = re.compile(r"going to ([\d,]+): ([\d,]+) of ([\d,]+)")


async def seen(pilot: Pilot[None], condition: Callable[[], object]) -> list[str]:
    """Wait for a condition while the work goes on; returns the screen."""
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause(0)
    return screens.text(pilot.app)


def progress(pilot: Pilot[None]) -> tuple[int, ...]:
    """The position that is gone to, and how many iterations of how many are derived; empty where none is said."""
    match = GOING.search(screens.text(pilot.app)[-2])
    return tuple(int(number.replace(",", "")) for number in match.groups()) if match else ()


async def begin(pilot: Pilot[None]) -> tuple[int, ...]:
    """Go to the end, and wait until it is said how far that is."""
    await screens.tap(pilot, "G")
    await seen(pilot, lambda: progress(pilot) and progress(pilot)[1] > 0)
    assert working(pilot).is_working
    return progress(pilot)


async def stop(pilot: Pilot[None]) -> list[str]:
    """Go to the beginning, which ends the work; returns the screen."""
    worker = next(iter(pilot.app.workers))
    await screens.tap(pilot, "0")
    await seen(pilot, lambda: worker.is_finished)
    return await screens.settle(pilot)


async def test_it_is_said_how_far_the_work_is() -> None:
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        target, done, of = await begin(pilot)
        assert target == LONG * STEPS
        assert 0 < done < of < LONG
        assert of > LONG - 2_000  # what was derived before it was taken off the screen is not counted
        await seen(pilot, lambda: progress(pilot)[1] > done)
        assert progress(pilot)[2] == of
        await stop(pilot)


@pytest.mark.parametrize("size", screens.SIZES)
async def test_what_stops_the_work_is_seen_in_every_window(size: tuple[int, int]) -> None:
    async with screens.opened(xor(LONG), size) as pilot:
        await screens.tap(pilot, "G")
        rows = await seen(pilot, lambda: "going to" in screens.text(pilot.app)[-2])
        assert "stops it" in rows[-2]
        await stop(pilot)


@pytest.mark.parametrize(("key", "screen"), [("?", Help), ("g", Prompt), ("e", Explanation)])
async def test_the_screen_lives_meanwhile(key: str, screen: type) -> None:
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        _, done, _ = await begin(pilot)
        await screens.tap(pilot, key)
        await seen(pilot, lambda: isinstance(pilot.app.screen, screen))
        assert working(pilot).is_working
        await screens.tap(pilot, "escape")
        await seen(pilot, lambda: isinstance(pilot.app.screen, Debugger))
        await seen(pilot, lambda: progress(pilot) and progress(pilot)[1] > done)
        await stop(pilot)


@pytest.mark.parametrize(("key", "position"), [("s", 1), ("f", 5), ("i", 1), ("n", 1), ("right", 1)])
async def test_a_move_ends_the_work(key: str, position: int) -> None:
    async with screens.opened(xor(LONG)) as pilot:
        await screens.tap(pilot, "G")
        await seen(pilot, lambda: working(pilot).is_working)
        await screens.tap(pilot, key)
        rows = await screens.settle(pilot)
        assert not working(pilot).is_working
        assert rows[-2].split()[:3] == [str(position), "/", str(LONG * STEPS)]
        assert "going to" not in rows[-2]
        rows = await screens.press(pilot, "s")
        assert rows[-2].split()[0] == str(position + 1)


@pytest.mark.parametrize("key", ["S", "0", "F", "N", "I"])
async def test_a_move_that_stays_ends_the_work_too(key: str) -> None:
    """At the beginning; that nothing is done any more is seen."""
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        before = await screens.settle(pilot)
        await begin(pilot)
        await screens.tap(pilot, key)
        assert await screens.settle(pilot) == before


async def test_what_was_derived_is_kept() -> None:
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        _, done, of = await begin(pilot)
        await stop(pilot)
        derived = LONG - of + done
        rows = await screens.press(pilot, "B")
        heading = re.search(r"hits in the ([\d,]+) iterations derived so far", rows[0])
        assert heading
        assert int(heading[1].replace(",", "")) >= derived
        await screens.press(pilot, "q")
        _, _, rest = await begin(pilot)
        assert rest <= of - done
        await stop(pilot)


async def test_the_answer_arrives() -> None:
    async with screens.opened(xor(SHORTER)) as pilot:
        await screens.tap(pilot, "G")
        assert working(pilot).is_working
        await screens.tap(pilot, "?")
        assert isinstance(pilot.app.screen, Help)
        await screens.settle(pilot)
        assert working(pilot).position == SHORTER * STEPS
        rows = await screens.press(pilot, "q")
        assert f"{SHORTER * STEPS} / {SHORTER * STEPS}  iteration {SHORTER} / {SHORTER}  update" in rows[-2]
        rows = await screens.press(pilot, "I", "S")
        assert f"iteration {SHORTER - 1} / {SHORTER}" in rows[-2]


async def test_a_search_and_a_run_to_a_breakpoint_are_such_work_too() -> None:
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        await screens.press(pilot, "b", *"nan", "enter", "/", *"cosh")
        for position, (key, what) in enumerate((("enter", "looking"), ("c", "running"), (".", "looking")), start=1):
            await screens.tap(pilot, key)
            await seen(pilot, lambda what=what: re.search(rf"{what}: [\d,]+ of [\d,]+", screens.text(pilot.app)[-2]))
            rows = await screens.press(pilot, "s")
            assert not working(pilot).is_working
            assert rows[-2].split()[0] == str(position)


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", 130)])
async def test_it_is_left_while_it_works(key: str, code: int) -> None:
    async with screens.opened(xor(LONG), (120, 40)) as pilot:
        await begin(pilot)
        debugger = working(pilot)
        await screens.tap(pilot, key)
    assert pilot.app.return_code == code
    assert debugger.timeline.furthest < LONG - 1
