"""Keys, help, palette, footer and docs come from the one table of commands."""

import runpy
from collections.abc import Sequence
from pathlib import Path

import pytest
import screens
from textual.binding import Binding

from bptui.core.moves import MOVES
from bptui.tui.actions import ACTIONS
from bptui.tui.commands import COMMANDS, FOOTER, Command, key_label
from bptui.tui.debugger import Debugger

KEYS_OF_THE_DESIGN = {
    "step": {"s", "right"},
    "step-back": {"S", "left"},
    "line": {"n"},
    "line-back": {"N"},
    "phase": {"f"},
    "phase-back": {"F"},
    "iteration": {"i"},
    "iteration-back": {"I"},
    "hit": {"c"},
    "hit-back": {"C"},
    "event": {"t"},
    "event-back": {"T"},
    "search": {"slash"},
    "match": {"full_stop"},
    "match-back": {"comma"},
    "differ": {"d"},
    "differ-back": {"D"},
    "play": {"space"},
    "faster": {"plus"},
    "slower": {"minus"},
    "row-up": {"k", "up"},
    "row-down": {"j", "down"},
    "explain": {"e"},
    "matrix": {"m"},
    "attribution": {"v"},
    "what-if": {"x"},
    "branch": {"X"},
    "predict": {"p"},
    "break": {"b"},
    "breakpoints": {"B"},
    "watch": {"w"},
    "watches": {"W"},
    "goto": {"g"},
    "first": {"0"},
    "last": {"G"},
    "note": {"a"},
    "record": {"r"},
    "track": {"equals_sign"},
    "roster": {"R"},  # this and the next came with the class
    "question": {"Q"},
    "pane-1": {"1"},
    "pane-2": {"2"},
    "pane-3": {"3"},
    "pane-4": {"4"},
    "pane-5": {"5"},
    "pane-6": {"6"},
    "next-pane": {"tab"},
    "zoom": {"z"},
    "picture": {"o"},
    "picture-back": {"O"},
    "heat-map": {"h"},
    "numbers": {"number_sign"},
    "theme": {"l"},
    "copy": {"y"},
    "copy-box": {"Y"},
    "help": {"question_mark"},
    "palette": {"colon", "ctrl+p"},
    "quit": {"q"},
}
DOCS = Path(__file__).parents[2] / "docs" / "keys.md"


def test_the_keys_are_those_of_the_design() -> None:
    assert {command.id: set(command.keys) for command in COMMANDS} == KEYS_OF_THE_DESIGN


def test_no_key_stands_twice() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_has_a_binding(command: Command) -> None:
    bindings = {binding.id: binding for binding in Debugger.BINDINGS if isinstance(binding, Binding)}
    assert set(bindings[command.id].key.split(",")) == KEYS_OF_THE_DESIGN[command.id]
    assert bindings[command.id].action == command.action


def test_the_docs_are_made_from_the_table() -> None:
    assert DOCS.read_text("utf-8") == runpy.run_path(str(DOCS.with_suffix(".py")))["page"]()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_is_in_the_docs(command: Command) -> None:
    docs = DOCS.read_text("utf-8")
    for key in command.keys:
        assert f"`{key_label(key)}`" in docs


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_an_action_is_there(command: Command) -> None:
    name = command.action.partition("('")[2].rstrip("')")
    kind = command.action.partition("(")[0]
    known = {"move": MOVES, "do": ACTIONS}
    assert kind not in known or name in known[kind]


async def test_the_help_says_each_key_beside_what_it_does() -> None:
    async with screens.opened("tanh4", (120, 80)) as pilot:
        rows = await screens.press(pilot, "?")
        for command in COMMANDS:
            keys = "  ".join(map(key_label, command.keys))
            assert any(f"│ {keys} " in row and command.help in row for row in rows), command.id


async def test_the_palette_offers_each_command_but_itself() -> None:
    async with screens.opened("tanh4") as pilot:
        offered = {offer.title for offer in pilot.app.get_system_commands(pilot.app.screen)}
        assert offered == {command.help for command in COMMANDS if command.id != "palette"}


def entries(footer: Sequence[tuple[str, str, str]]) -> list[str]:
    """The words of the last line, with the keys of the design."""
    shown = {name: min(keys, key=len) for name, keys in KEYS_OF_THE_DESIGN.items()} | {"": "", "help": "?"}
    return " ".join(f"{shown[ahead]} {shown[back]} {title}" for ahead, back, title in footer).split()


async def test_a_wide_footer_shows_all_its_keys() -> None:
    async with screens.opened("tanh4", (120, 40)) as pilot:
        footer = screens.text(pilot.app)[-1]
        assert footer.split() == entries(FOOTER)


@pytest.mark.parametrize(("size", "count"), [((80, 24), 5), ((60, 20), 3)])
async def test_a_narrow_footer_shows_the_first_keys_and_help_and_quit(size: tuple[int, int], count: int) -> None:
    async with screens.opened("tanh4", size) as pilot:
        footer = screens.text(pilot.app)[-1]
        assert footer.split() == entries((*FOOTER[:count], *FOOTER[-2:]))
