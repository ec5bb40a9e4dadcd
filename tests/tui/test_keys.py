"""Every command through its keys, both ways: 9 values, 16 multiplications and 8 updates are the trace of tanh4."""

import pytest
import screens

from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Help, Prompt

END = 33
FROM_START = {
    "s": 1,
    "right": 1,
    "s s right": 3,
    "s s S": 1,
    "s right left": 1,
    "S": 0,
    "left": 0,
    "n": 1,  # u₁, the first event of the first layer
    "n n": 3,  # u₂
    "n n n n": 7,  # u₄
    "n n n n n": 9,  # the loss
    "n n n n n n": 10,  # the loss, backward
    "n n n n n n n": 11,  # δ₄, the first backward step of the fourth layer
    "n n N": 1,
    "n s N": 1,  # first to the beginning of the layer one is in
    "f": 9,
    "f f": 25,
    "f f f": 33,
    "f f f f": 33,
    "f s F": 1,  # from the first event of a phase to that of the one before
    "f s s F": 10,
    "f F": 1,
    "0": 0,
    "f 0": 0,
    "G": 33,
    "G G": 33,
    "G S": 32,
    "G N": 32,  # W₄ and b₄ are one layer
    "G N N": 30,
    "G F": 26,
    "G F F": 10,
    "G F F F": 1,
    "G 0": 0,
}


async def test_keys_of_tanh4() -> None:
    async with screens.opened("tanh4") as pilot:
        for keys, position in FROM_START.items():
            screens.debugger(pilot).position = 0
            rows = await screens.press(pilot, *keys.split())
            assert screens.debugger(pilot).position == position, keys
            assert any(row.startswith(f"  {position:>2} / {END}") for row in rows), keys


@pytest.mark.parametrize("size", screens.SIZES)
@pytest.mark.parametrize(
    ("forward", "there", "back", "home"), [("s", 33, "S", 33), ("n", 15, "N", 15), ("f", 3, "F", 4)]
)
async def test_a_way_there_is_a_way_back(size: tuple[int, int], forward: str, there: int, back: str, home: int) -> None:
    """By layers: four and the loss, the loss and four, the updates of four, and the last event; by phases: their ends
    on the way there, their beginnings on the way back.
    """
    async with screens.opened("tanh4", size) as pilot:
        for key, presses, end in ((forward, there, END), (back, home, 0)):
            await screens.press(pilot, *key * (presses - 1))
            assert screens.debugger(pilot).position != end
            await screens.press(pilot, key)
            assert screens.debugger(pilot).position == end


async def test_lines_of_a_program_without_layers() -> None:
    """nested4: u, v, w, z forward, and backward in the other order; a line has one event each way."""
    without_notes = (screens.FOLDER / "nested4.toml").read_text("utf-8").partition("[[note]]")[0]
    async with screens.opened(without_notes) as pilot:
        for position in range(1, 9):
            rows = await screens.press(pilot, "n")
            assert screens.debugger(pilot).position == position
            line = ["u = 3*x", "v = u^2", "w = log(v)", "z = exp(w)"][position - 1 if position < 5 else 8 - position]
            assert any(f"{'▶' if position < 5 else '◀'} {line}" in row for row in rows)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize("before", ["", "s", "G"])
async def test_leaving(key: str, before: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, *before)
        await pilot.press(key)
    assert pilot.app.return_code == (0 if key == "q" else 130)


@pytest.mark.parametrize(
    ("key", "screen"), [("g", Prompt), ("/", Prompt), ("b", Prompt), ("w", Prompt), ("x", Prompt), ("?", Help)]
)
async def test_what_opens_a_dialog(key: str, screen: type) -> None:
    async with screens.opened("tanh4") as pilot:
        await pilot.press("s", key)
        await screens.until(pilot, lambda: isinstance(pilot.app.screen, screen))


async def test_keys_without_a_meaning_do_nothing() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "s", "s")
        for key in ("u", "H", "Z", "7", "f5", "ctrl+s", "escape", "shift+tab", "enter", "delete"):
            assert await screens.press(pilot, key) == before, key
        assert isinstance(pilot.app.screen, Debugger)
