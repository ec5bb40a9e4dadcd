"""Going to what is looked for, through real keys: matches of words, steps of a row, and places by name."""

import pytest
import screens
from textual.pilot import Pilot
from textual.widgets import Input


async def ask(pilot: Pilot[None], key: str, words: str) -> list[str]:
    """Open a prompt, type, and press Enter; returns the screen."""
    await screens.press(pilot, key)
    await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    return await screens.press(pilot, *words, "enter")


async def run(pilot: Pilot[None], key: str, nothing: str) -> list[int]:
    """The positions that a key leads to, until it stays and says that there is nothing more."""
    position, found = screens.debugger(pilot).position, []
    while True:
        rows = await screens.press(pilot, key)
        if screens.debugger(pilot).position == position:
            assert nothing in rows[-2]
            return found
        position = screens.debugger(pilot).position
        found.append(position)


# ---- words

MATCHES = {
    "tanh": [6, 15],  # a₃ = tanh(u₃), and δ₃ through it
    "sech": [15],  # its derivative
    "W2": [3, 20, 22, 28],  # u₂, ∂L/∂W₂, ∂L/∂a₁ = W₂ᵀ δ₂, and the update
    "W₂": [3, 20, 22, 28],
    "δ3": [15, 16, 17, 18],  # δ₃, and the three products that begin with it
    "delta3": [15, 16, 17, 18],
    "half_squared_error": [9, 10],
    " TANH ": [6, 15],
    "update": [26, 27, 28, 29, 30, 31, 32, 33],
}
"""Where the words stand in tanh4: 9 values, 16 products from ∂L/∂z and layer 4 to layer 1, and 8 updates."""


async def test_matches_on_and_back() -> None:
    async with screens.opened("tanh4") as pilot:
        for words, positions in MATCHES.items():
            await screens.press(pilot, "0")
            rows = await ask(pilot, "/", words)
            assert f"match of '{words.strip()}'" in rows[-2]
            assert screens.debugger(pilot).position == positions[0], words
            assert await run(pilot, ".", f"'{words.strip()}' stands in no step ahead") == positions[1:], words
            assert await run(pilot, ",", f"'{words.strip()}' stands in no step behind") == positions[-2::-1], words


@pytest.mark.parametrize(("words", "positions"), [("update W2", [28]), ("∂L/∂W2", [20, 28]), ("W2 · a1", [3])])
async def test_words_are_found_as_they_are_typed(words: str, positions: list[int]) -> None:
    """Also where the textbook writes them otherwise: update W₂, ∂L/∂W₂, W₂ · a₁."""
    async with screens.opened("tanh4") as pilot:
        await ask(pilot, "/", words)
        first = [screens.debugger(pilot).position]
        assert first + await run(pilot, ".", "stands in no step ahead") == positions


async def test_matches_over_iterations() -> None:
    """xor has 17 steps an iteration: five values, ∂L/∂z, δ₂, W₂, b₂, a₁, δ₁, W₁, b₁, and W₁, b₁, W₂, b₂ move."""
    positions = [17 * iteration + index for iteration in range(100) for index in (3, 8, 10, 16)]
    async with screens.opened("xor") as pilot:
        await ask(pilot, "/", "W2")
        assert screens.debugger(pilot).position == positions[0]
        await screens.press(pilot, *"." * 6)
        assert screens.debugger(pilot).position == positions[6]
        await screens.press(pilot, *",,,")
        assert screens.debugger(pilot).position == positions[3]
        await screens.press(pilot, "G", ",")
        assert screens.debugger(pilot).position == positions[-1]


@pytest.mark.parametrize("key", [".", ","])
async def test_a_match_of_nothing_asks_for_words(key: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "f")
        await screens.press(pilot, key)
        rows = await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        assert any("search: tanh, W2, δ3" in row for row in rows)
        await screens.press(pilot, *"sech", "enter")
        assert screens.debugger(pilot).position == 15


@pytest.mark.parametrize("words", ["", "   "])
async def test_nothing_typed_searches_for_nothing(words: str) -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s")
        assert await ask(pilot, "/", words) == before


async def test_what_stands_nowhere_is_said_and_the_place_kept() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "f")
        rows = await ask(pilot, "/", "cosh")
        assert "  9 / 33  'cosh' stands in no step ahead" in rows[-2]
        rows = await screens.press(pilot, ",")
        assert "  9 / 33  'cosh' stands in no step behind" in rows[-2]
        rows = await ask(pilot, "/", "[/red]")
        assert "'[/red]' stands in no step ahead" in rows[-2]
        rows = await screens.press(pilot, "s")
        assert "stands in no step" not in rows[-2]


# ---- rows


async def test_steps_of_the_selected_row() -> None:
    """Of layer 2: u₂ and a₂, the ∂L/∂a₂ that layer 3 sends, δ₂, W₂ and b₂, and both updates."""
    async with screens.opened("tanh4") as pilot:
        rows = await screens.press(pilot, "j")
        assert rows[4].startswith(" ›2 identity")
        assert await run(pilot, "t", "the selected row has no step after this") == [3, 4, 18, 19, 20, 21, 28, 29]
        assert await run(pilot, "T", "the selected row has no step before this") == [28, 21, 20, 19, 18, 4, 3]


async def test_without_a_selected_row_it_is_that_of_the_step() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, *"sssss")  # u₃
        assert await run(pilot, "t", "no step after") == [6, 14, 15, 16, 17, 30, 31]


@pytest.mark.parametrize(("up", "down"), [("k", "j"), ("up", "down")])
async def test_rows_are_selected(up: str, down: str) -> None:
    async with screens.opened("tanh4") as pilot:
        for row in (1, 2, 3, 3):
            rows = await screens.press(pilot, down)
            assert [each[1] for each in rows[3:7]] == ["›" if i == row else " " for i in range(4)]
        for row in (2, 1, 0, 0):
            rows = await screens.press(pilot, up)
            assert [each[1] for each in rows[3:7]] == ["›" if i == row else " " for i in range(4)]
        assert screens.debugger(pilot).position == 0


async def test_steps_of_a_variable_over_iterations() -> None:
    """The rows of xor are its layers; the second has u₂, z, the ∂L/∂z, δ₂, W₂, b₂ and two updates in each iteration."""
    steps = [17 * iteration + index for iteration in range(3) for index in (3, 4, 6, 7, 8, 9, 16, 17)]
    async with screens.opened("xor") as pilot:
        await screens.press(pilot, "j")
        for key, positions in (("t", steps), ("T", steps[-2::-1])):
            for position in positions:
                await screens.press(pilot, key)
                assert screens.debugger(pilot).position == position


async def test_a_row_without_steps_says_so() -> None:
    """x of nested4 is given; its only step is the last, ∂z/∂x."""
    async with screens.opened("nested4") as pilot:
        assert await run(pilot, "t", "the selected row has no step after this") == [8]
        await screens.press(pilot, "0")
        rows = await screens.press(pilot, "T")
        assert "the selected row has no step before this" in rows[-2]


# ---- places

PLACES = {
    "iteration 40": 664,  # 39 × 17, and the first of the next
    "W2": 671,
    "update b2": 680,
    "-17": 663,
    "50%": 850,
    "iteration 100": 1684,
    "iteration 101": "there are iterations 1 to 100",
    "1701": "there are positions 0 to 1700",
    "iteration x": "nothing is called 'iteration x'",
}
"""One after the other in xor; a name is looked for in the iteration where one is."""


async def test_places_in_a_trained_run() -> None:
    async with screens.opened("xor") as pilot:
        for words, place in PLACES.items():
            rows = await ask(pilot, "g", words)
            if isinstance(place, str):
                assert any(place in row for row in rows), words
                await screens.press(pilot, "escape")
            else:
                assert screens.debugger(pilot).position == place, words
                assert f"{place} / 1700  iteration {(place - 1) // 17 + 1} / 100" in rows[-2], words
