"""The screen through real keys, at the sizes it is designed for."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.core import Timeline, read
from bptui.tui.app import BptuiApp
from bptui.tui.commands import COMMANDS, key_label
from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import GoTo, Help
from bptui.tui.widgets.pane import Pane

ROOT = Path(__file__).parents[2]
SIZES = [(60, 20), (80, 24), (120, 40)]
SCENARIOS = sorted(path.stem for path in (ROOT / "scenarios").glob("*.toml"))


def app(scenario: str = "tanh4") -> BptuiApp:
    return BptuiApp(Timeline(read(ROOT / "scenarios" / f"{scenario}.toml")))


def debugger(pilot: Pilot[None]) -> Debugger:
    screen = pilot.app.screen
    assert isinstance(screen, Debugger)
    return screen


def shown(pilot: Pilot[None]) -> list[str]:
    """The text of the panes, one after the other."""
    panes = [pane for pane in pilot.app.screen.query(Pane) if pane.size]
    return [pane.render_line(y).text.rstrip() for pane in panes for y in range(pane.size.height)]


@pytest.mark.parametrize(
    ("scenario", "size"), [*(("tanh4", size) for size in SIZES), *((name, (80, 24)) for name in SCENARIOS[:-1])]
)
async def test_every_position_looks_the_same_whichever_way_it_is_reached(scenario: str, size: tuple[int, int]) -> None:
    async with app(scenario).run_test(size=size) as pilot:
        await pilot.pause()
        end = len(debugger(pilot).timeline)
        there, back, again = [], [], []
        for position in range(end + 1):
            assert debugger(pilot).position == position
            there.append(shown(pilot))
            await pilot.press("s")
        for _ in range(end + 1):
            back.append(shown(pilot))
            await pilot.press("S")
        for _ in range(end + 1):
            again.append(shown(pilot))
            await pilot.press("right")
    assert there == back[::-1] == again
    assert len({tuple(lines) for lines in there}) == end + 1


@pytest.mark.parametrize(
    ("keys", "position"),
    [
        ("s", 1),
        ("S", 0),
        ("right right left", 1),
        ("n", 1),
        ("n n", 3),
        ("n n N", 1),
        ("f", 9),
        ("f f", 25),
        ("f f f f", 33),
        ("f s F", 1),
        ("G", 33),
        ("G F", 26),
        ("G 0", 0),
        ("G N", 32),
    ],
)
async def test_the_keys_of_tanh4(keys: str, position: int) -> None:
    """9 values, 16 multiplications, 8 updates; a layer has two events forward, and two updates."""
    async with app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys.split())
        assert debugger(pilot).position == position


@pytest.mark.parametrize(
    ("words", "position"),
    [("12", 12), ("+5", 14), ("-5", 4), ("50%", 16), ("δ3", 15), ("delta3", 15), ("W2", 20), ("u2", 3), ("L", 9)],
)
async def test_go_to_finds_numbers_and_names(words: str, position: int) -> None:
    async with app().run_test(size=(80, 24)) as pilot:
        debugger(pilot).position = 9
        await pilot.press("g")
        pilot.app.screen.query_one(Input).value = words
        await pilot.press("enter")
        assert debugger(pilot).position == position


async def test_go_to_says_what_is_wrong_and_closes_on_nothing() -> None:
    async with app().run_test(size=(80, 24)) as pilot:
        await pilot.press("g", "9", "9", "enter")
        assert isinstance(pilot.app.screen, GoTo)
        assert "positions 0 to 33" in str(pilot.app.screen.query_one("#complaint").render())
        await pilot.press("backspace", "backspace", "enter")
        assert debugger(pilot).position == 0


@pytest.mark.parametrize("key", ["q", "question_mark", "enter", "escape"])
async def test_help_opens_and_closes(key: str) -> None:
    async with app().run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, Help)
        await pilot.press(key)
        assert debugger(pilot).position == 0


async def test_a_window_of_any_size_is_survived_and_a_small_one_told() -> None:
    async with app("layers4").run_test(size=(80, 24)) as pilot:
        await pilot.press("f", "s", "s")
        before = shown(pilot)
        for size in ((1, 1), (59, 19), (200, 70), (10, 60), (300, 3)):
            await pilot.resize_terminal(*size)
            await pilot.press("s", "S")
        await pilot.resize_terminal(59, 19)
        await pilot.pause()
        assert "bptui needs 60×20" in shown(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert shown(pilot) == before


def test_every_command_is_bound_and_in_the_docs() -> None:
    bound = {binding.key for binding in Debugger.BINDINGS}  # type: ignore[union-attr]
    docs = (ROOT / "docs" / "keys.md").read_text("utf-8")
    for command in COMMANDS:
        assert ",".join(command.keys) in bound
        for key in command.keys:
            assert f"`{key_label(key)}`" in docs


async def test_only_rows_that_changed_are_painted_again() -> None:
    async with app().run_test(size=(120, 40)) as pilot:
        await pilot.press("f", "s")
        painted: list[int] = []
        for pane in pilot.app.screen.query(Pane):
            pane.refresh = lambda *regions, **options: painted.append(len(regions))  # type: ignore[method-assign]
        await pilot.press("s")
        assert 0 < sum(painted) < 16
