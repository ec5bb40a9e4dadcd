"""Keys, help, palette, footer and docs come from the one table of commands."""

from pathlib import Path

import pytest
import screens
from textual.binding import Binding

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
    "goto": {"g"},
    "first": {"0"},
    "last": {"G"},
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


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_is_in_the_docs(command: Command) -> None:
    docs = DOCS.read_text("utf-8")
    for key in command.keys:
        assert f"`{key_label(key)}`" in docs


async def test_the_help_says_each_key_beside_what_it_does() -> None:
    async with screens.opened("tanh4", (120, 40)) as pilot:
        rows = await screens.press(pilot, "?")
        for command in COMMANDS:
            keys = "  ".join(map(key_label, command.keys))
            assert any(f"│ {keys} " in row and command.help in row for row in rows), command.id


async def test_the_palette_offers_each_command_but_itself() -> None:
    async with screens.opened("tanh4") as pilot:
        offered = {offer.title for offer in pilot.app.get_system_commands(pilot.app.screen)}
        assert offered == {command.help for command in COMMANDS if command.id != "palette"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_footer_shows_all_its_keys(size: tuple[int, int]) -> None:
    async with screens.opened("tanh4", size) as pilot:
        footer = screens.text(pilot.app)[-1]
        assert footer.split() == " ".join(" ".join(entry) for entry in FOOTER).split()
        bound = {key_label(key) for command in COMMANDS for key in command.keys}
        assert {key for forward, back, _ in FOOTER for key in (forward, back) if key} <= bound


async def test_in_the_smallest_window_the_footer_keeps_help_and_quit() -> None:
    async with screens.opened("tanh4", (60, 20)) as pilot:
        footer = screens.text(pilot.app)[-1]
        assert footer.strip().startswith("s S step")
        assert footer.endswith("? help  q quit")
