"""The prompt that sets a breakpoint, through real keys: what it offers, and what it refuses."""

import screens
from breakpoints import assert_hits, offered
from textual.widgets import Input

from bptui.tui.dialogs import Prompt

OFFERED = {
    "0": "u1",  # before the first step, the first
    "0sss": "u2",
    "0f": "L",
    "0fs": "grad(z)",
    "0fssssss": "delta3",
    "0fsssssss": "grad(W3)",
    "0ffs": "W1",
    "0j": "layer 2",
    "fj": "layer 3",
}
"""What is offered on tanh4 after these keys; a row stays selected."""


async def test_what_is_offered_is_the_place_of_the_step_or_the_selected_row() -> None:
    async with screens.opened("tanh4") as pilot:
        for keys, text in OFFERED.items():
            await screens.press(pilot, *keys)
            assert (await offered(pilot)).value == text
            await screens.press(pilot, "enter")
        rows = await screens.press(pilot, "B")
        assert [" ".join(row.split()[:-2]).lstrip("›● ") for row in rows[1:10]] == list(OFFERED.values())


async def test_a_row_of_a_program_without_layers_is_offered_by_its_name() -> None:
    async with screens.opened("nested4") as pilot:
        await screens.press(pilot, *"jjj")  # x, u, v, w
        assert (await offered(pilot)).value == "w"


async def test_what_is_offered_is_typed_over() -> None:
    async with screens.opened("tanh4") as pilot:
        typed = await offered(pilot)
        rows = await screens.settle(pilot)
        assert any("u1" in row for row in rows)
        assert any("type over it: a name, line 2" in row for row in rows)
        await screens.press(pilot, *"u3")
        assert typed.value == "u3"
        rows = await screens.press(pilot, "enter")
        assert "● u3; c runs to it, C back, B lists all" in rows[-2]


async def test_what_is_offered_can_be_added_to() -> None:
    async with screens.opened("tanh4") as pilot:
        await offered(pilot)
        await screens.press(pilot, "end", *" or delta3", "enter")
        await assert_hits(pilot, [1, 15, 23])  # u1, δ3, δ1


async def test_nothing_typed_sets_nothing() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.settle(pilot)
        await offered(pilot)
        assert await screens.press(pilot, "backspace", "enter") == before
        await offered(pilot)
        assert await screens.press(pilot, "escape") == before
        assert "none is set" in (await screens.press(pilot, "B"))[1]


WRONG = {
    "local = 0": "one = compares nothing; write ==",
    "los < 0.1": "nothing is called 'los'; did you mean 'loss'?",
    "|product| <": "a number or a name is missing",
    "3": "a number alone is no condition",
    "layer 9": "layers are counted from 1 to 4",
    "x": "no step is at x, which is given",
    "0 < u3 < 1": "a comparison has two sides; write 0 < u3 and u3 < 1",
    "[/red]": "[/red]",
}


async def test_a_wrong_condition_is_complained_about_at_once() -> None:
    async with screens.opened("tanh4") as pilot:
        await offered(pilot)
        for wrong, complaint in WRONG.items():
            rows = await screens.press(pilot, *wrong, "enter")
            assert isinstance(pilot.app.screen, Prompt)
            assert complaint in " ".join(row.strip(" │╭╮╰╯─") for row in rows)
            assert pilot.app.screen.query_one(Input).value == wrong
            await screens.press(pilot, *["backspace"] * len(wrong))
        await screens.press(pilot, *"u3", "enter")
        await assert_hits(pilot, [5, 15])
