"""The window may have any size, and change it at any time."""

import pytest
import screens

from bptui.core import Accumulate
from bptui.core.notes import notes_at

SIZES = [(1, 1), (120, 40), (59, 19), (300, 100), (60, 20), (10, 100), (300, 3), (100, 32), (99, 31), (2, 30), (80, 24)]
KEYS = {
    "backward": "fss",
    "update": "G",
    "help": "f?",
    "go to": "fg",
    "palette": "f:",
    "explain": "fsse",
    "matrix": "fssm",
    "attribution": "v",
    "what if": "fx",
    "breakpoints": "fB",
    "question": "fsps",
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
async def test_the_window_changes_in_every_state(keys: str) -> None:
    async with screens.opened("layers4") as pilot:
        before = await screens.press(pilot, *keys)
        for size in SIZES:
            rows = await screens.resize(pilot, *size)
            assert len(rows) == size[1]
        assert before == rows


@pytest.mark.parametrize("size", screens.SIZES)
async def test_after_a_change_all_is_as_if_opened_in_that_size(size: tuple[int, int]) -> None:
    async with screens.opened("tanh4", size) as pilot:
        opened = await screens.press(pilot, *"fsssss")
    async with screens.opened("tanh4", (300, 100)) as pilot:
        await screens.press(pilot, *"fsssss")
        assert await screens.resize(pilot, *size) == opened


@pytest.mark.parametrize(("size", "is_small"), [((59, 20), True), ((60, 19), True), ((60, 20), False)])
async def test_a_window_that_is_too_small_is_told_so(size: tuple[int, int], is_small: bool) -> None:
    async with screens.opened("tanh4") as pilot:
        rows = await screens.resize(pilot, *size)
        assert any("bptui needs 60×20" in row for row in rows) == is_small
        assert any("layers ──" in row for row in rows) != is_small


async def test_a_window_that_was_too_small_shows_where_one_is() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.resize(pilot, 40, 10)
        await screens.press(pilot, "s", "s")
        rows = await screens.resize(pilot, 80, 24)
        assert any(row.startswith("   2 / 33") for row in rows)


@pytest.mark.parametrize("scenario", screens.BRIEF)
async def test_the_lower_panes_have_room_at_every_position(scenario: str) -> None:
    """Also in the smallest window the program's current line is shown, and on the way back the last factor."""
    async with screens.opened(scenario, (60, 20)) as pilot:
        for position, event in enumerate(screens.debugger(pilot).timeline.events, start=1):
            screens.debugger(pilot).position = position
            rows = await screens.settle(pilot)
            noted = bool(notes_at(screens.debugger(pilot).timeline, position))  # a note stands in the program's place
            assert any(mark in row for row in rows for mark in (["note ──"] if noted else "▶◀✎")), position
            if event.phase == "backward" and not noted:
                last = " sum = " if isinstance(event, Accumulate) else " × "
                assert any(row.startswith(last) for row in rows), position
