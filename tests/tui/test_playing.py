"""Playing through real keys: it goes on by itself, faster or slower, and pauses at the end and by a move."""

import pytest
import screens
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Help

FASTEST = "+++++"
"""From 1 step a second to 32."""


async def play(pilot: Pilot[None], faster: str = FASTEST) -> None:
    """Play, as fast as it goes."""
    await screens.press(pilot, *faster, "space")


async def until(pilot: Pilot[None], position: int) -> list[str]:
    """Wait until a position, or one behind it, has been played to."""
    return await screens.until(pilot, lambda: screens.debugger(pilot).position >= position)


async def assert_paused(pilot: Pilot[None]) -> None:
    """`space` plays, where it would pause what plays."""
    rows = await screens.press(pilot, *"------", "space")
    if screens.debugger(pilot).position == len(screens.debugger(pilot).timeline):
        assert "the end" in rows[-2]
        return
    assert "playing, 0.5 steps a second" in rows[-2]
    rows = await screens.press(pilot, "space")
    assert "paused" in rows[-2]


async def test_it_plays_step_by_step_to_the_end_and_pauses_there() -> None:
    """nested4 has 8 steps."""
    async with screens.opened("nested4") as pilot:
        there = [await screens.settle(pilot)] + [await screens.press(pilot, "s") for _ in range(8)]
        await screens.press(pilot, "0")
        positions: list[int] = []
        debugger = screens.debugger(pilot)
        debugger.watch(debugger, "position", lambda position: positions.append(position), init=False)
        await play(pilot)
        rows = await until(pilot, 2)
        assert rows[:-2] == there[int(rows[-2].split()[0])][:-2]
        rows = await screens.until(pilot, lambda: "the end" in screens.text(pilot.app)[-2])
        assert rows[:-2] == there[8][:-2]
        assert rows[-2].split() == ["8", "/", "8", "the", "end"]
        assert positions == [1, 2, 3, 4, 5, 6, 7, 8]
        await assert_paused(pilot)


async def test_it_plays_over_iterations() -> None:
    async with screens.opened("dead_relu") as pilot:
        await screens.press(pilot, *"iiS")  # the last step of the first iteration of 17
        assert screens.debugger(pilot).position == 17
        await play(pilot)
        rows = await until(pilot, 18)
        assert "iteration 2 / 3" in rows[-2]


async def test_space_pauses_and_goes_on() -> None:
    async with screens.opened("vanishing") as pilot:
        await play(pilot)
        await until(pilot, 2)
        rows = await screens.press(pilot, "space")
        assert "paused" in rows[-2]
        position = screens.debugger(pilot).position
        assert screens.debugger(pilot).playing is None
        rows = await screens.press(pilot, "space")
        assert "playing, 32 steps a second" in rows[-2] or screens.debugger(pilot).position > position
        await until(pilot, position + 2)


@pytest.mark.parametrize(
    ("key", "position"), [("0", 0), ("G", 161), ("f", 41), ("v", None), ("e", None), ("g", None), ("/", None)]
)
async def test_another_move_pauses(key: str, position: int | None) -> None:
    """vanishing: 41 steps forward, 80 back, 40 updates."""
    async with screens.opened("vanishing") as pilot:
        await play(pilot, "+++")
        await until(pilot, 1)
        await screens.press(pilot, key)
        assert pilot.app.screen_stack[0].playing is None  # type: ignore[attr-defined]
        if position is not None:
            assert screens.debugger(pilot).position == position
            await assert_paused(pilot)


@pytest.mark.parametrize("key", ["s", "S", "left", "right", "n", "N", "F", "i", "I"])
async def test_a_step_pauses(key: str) -> None:
    async with screens.opened("vanishing") as pilot:
        await screens.press(pilot, "f")
        await play(pilot)
        await until(pilot, 43)
        await screens.press(pilot, key)
        assert screens.debugger(pilot).playing is None


async def test_selecting_a_row_does_not_pause() -> None:
    async with screens.opened("vanishing") as pilot:
        await play(pilot)
        await until(pilot, 1)
        await screens.press(pilot, "j", "k")
        await until(pilot, screens.debugger(pilot).position + 2)


async def test_the_speed_is_said_and_has_ends() -> None:
    async with screens.opened("tanh4") as pilot:
        for keys, speeds in (("+" * 6, "2 4 8 16 32 32"), ("-" * 8, "16 8 4 2 1 0.5 0.5 0.5")):
            for key, speed in zip(keys, speeds.split(), strict=True):
                rows = await screens.press(pilot, key)
                assert f"{speed} step{'s' * (speed != '1')} a second" in rows[-2]
        assert screens.debugger(pilot).position == 0
        assert screens.debugger(pilot).playing is None


async def test_the_speed_changes_while_it_plays() -> None:
    async with screens.opened("tanh4") as pilot:
        rows = await screens.press(pilot, "-", "space")
        assert "playing, 0.5 steps a second" in rows[-2]
        await screens.press(pilot, *FASTEST, "+")
        await until(pilot, 20)  # which at 0.5 steps a second would come too late


async def test_behind_the_help_it_pauses() -> None:
    async with screens.opened("vanishing") as pilot:
        await play(pilot)
        await until(pilot, 1)
        await screens.press(pilot, "?")
        assert isinstance(pilot.app.screen, Help)
        debugger = pilot.app.screen_stack[0]
        assert isinstance(debugger, Debugger)
        assert debugger.playing is None


async def test_a_prompt_is_typed_in_peace() -> None:
    async with screens.opened("vanishing") as pilot:
        await play(pilot)
        await until(pilot, 1)
        await screens.press(pilot, "g")
        await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await screens.press(pilot, *"100", "enter")
        assert screens.debugger(pilot).position == 100
        await assert_paused(pilot)


async def test_at_the_end_there_is_nothing_to_play() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "G")
        await play(pilot)
        rows = await screens.until(pilot, lambda: "the end" in screens.text(pilot.app)[-2])
        assert "33 / 33  the end" in rows[-2]
        assert screens.debugger(pilot).playing is None
