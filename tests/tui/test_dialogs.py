"""The "go to" prompt, the help and the palette, through real keys."""

import pytest
import screens
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.tui.commands import COMMANDS
from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Help, Prompt

START = 10
WORDS = {
    "12": 12,
    "0": 0,
    "33": 33,
    "+5": 15,
    "-5": 5,
    "+0": 10,
    "50%": 16,  # of 33, rounded to the even one
    "100%": 33,
    " 12 ": 12,
    "δ3": 15,
    "delta3": 15,
    "delta_3": None,
    "W2": 20,
    "u2": 3,
    "z": 8,
    "L": 9,
    "b4": 13,
    "∂L/∂W3": 16,
    "dL/da2": 18,
    "db4": 13,
    "update W2": 28,
    "backward": 10,
    "loss": 9,
    "iteration 1": 1,
    "iteration 2": None,
    "nonsense": None,
    "34": None,
    "-11": None,
    "+24": None,
    "101%": None,
    "1e3": None,
    "12 13": None,
    "[/red]": None,
}
"""What is typed at position 10, and where it leads; None: it is refused with a message."""


async def go_to(pilot: Pilot[None], words: str) -> list[str]:
    """Open the prompt, type, and press Enter."""
    await screens.press(pilot, "g")
    await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    return await screens.press(pilot, *words, "enter")


async def test_go_to() -> None:
    async with screens.opened("tanh4") as pilot:
        for words, position in WORDS.items():
            screens.debugger(pilot).position = START
            rows = await go_to(pilot, words)
            if position is None:
                assert isinstance(pilot.app.screen, Prompt), words
                assert any(
                    "positions 0 to 33" in row or "nothing is called" in row or "there is one iteration" in row
                    for row in rows
                ), words
                await screens.press(pilot, "escape")
            assert screens.debugger(pilot).position == (START if position is None else position), words


async def test_go_to_with_nothing_closes() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s")
        assert await go_to(pilot, "") == before
        assert await go_to(pilot, "  ") == before
        await screens.press(pilot, "g")
        assert await screens.press(pilot, "escape") == before


async def test_go_to_can_be_corrected() -> None:
    async with screens.opened("tanh4") as pilot:
        rows = await go_to(pilot, "99")
        assert any("there are positions 0 to 33" in row for row in rows)
        await screens.press(pilot, "backspace", "enter")
        assert screens.debugger(pilot).position == 9


async def test_go_to_suggests_a_name() -> None:
    async with screens.opened("modules") as pilot:
        rows = await go_to(pilot, "theta_h")
        assert screens.debugger(pilot).position == 12  # seven values, then ∂L/∂z, θ_f, h, h·1 and θ_h
        rows = await go_to(pilot, "thet_h")
        assert any("nothing is called 'thet_h'; did you mean 'theta_h'?" in row for row in rows)


@pytest.mark.parametrize("key", ["q", "?", "enter", "escape"])
@pytest.mark.parametrize("size", screens.SIZES)
async def test_the_help_opens_and_closes(key: str, size: tuple[int, int]) -> None:
    async with screens.opened("tanh4", size) as pilot:
        before = await screens.press(pilot, "s")
        rows = await screens.press(pilot, "?")
        assert isinstance(pilot.app.screen, Help)
        shown = "\n".join(rows)
        assert "One step forward" in shown
        assert await screens.press(pilot, key) == before
        assert isinstance(pilot.app.screen, Debugger)


async def test_the_whole_help_can_be_read_where_it_is_not_all_shown() -> None:
    async with screens.opened("tanh4", (60, 20)) as pilot:
        seen = set(await screens.press(pilot, "?"))
        for _ in range(len(COMMANDS)):
            seen |= set(await screens.press(pilot, "down"))
        shown = "\n".join(seen)
        for command in COMMANDS:
            assert command.help in shown


async def test_keys_of_the_debugger_do_nothing_behind_the_help() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s")
        await screens.press(pilot, "?", "s", "right", "n", "G", "q")
        assert screens.text(pilot.app) == before


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_finds_and_does_a_command(key: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await pilot.press(key)
        await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await pilot.press(*"to the end of the phase")
        await screens.until(pilot, lambda: any("To the end of the phase" in row for row in screens.text(pilot.app)[4:]))
        await pilot.press("down", "enter")
        await screens.until(pilot, lambda: isinstance(pilot.app.screen, Debugger))
        assert screens.debugger(pilot).position == 9


async def test_the_palette_closes() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s")
        await pilot.press(":")
        await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await pilot.press("escape")
        assert await screens.until(pilot, lambda: isinstance(pilot.app.screen, Debugger)) == before


async def test_what_is_too_long_is_refused_and_not_cut() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "b")
        screens.send(pilot, *("u1 or " * 34))
        rows = await screens.press(pilot, "enter")
        assert isinstance(pilot.app.screen, Prompt)
        assert any("longer than 200 characters" in row for row in rows)
        assert any("Esc closes" in row for row in rows)
