"""One table of commands: keys, footer, palette and help come from it."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command: its keys (the first is shown), what the footer calls it, what help says, the screen's action."""

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    action: str


COMMANDS = (
    Command("step", ("s", "right"), "step", "One step forward", "move('step')"),
    Command("step-back", ("S", "left"), "back", "One step backward", "move('step_back')"),
    Command("line", ("n",), "layer", "To the next layer, or line of the program", "move('line')"),
    Command("line-back", ("N",), "", "To the previous layer, or line of the program", "move('line_back')"),
    Command("phase", ("f",), "phase", "To the end of the phase", "move('phase')"),
    Command("phase-back", ("F",), "", "To the start of the phase", "move('phase_back')"),
    Command("iteration", ("i",), "iteration", "To the next iteration", "move('iteration')"),
    Command("iteration-back", ("I",), "", "To the start of the iteration", "move('iteration_back')"),
    Command("goto", ("g",), "go to", "Go to a position: 12, +5, -5, 50%, δ3, W2", "goto"),
    Command("first", ("0",), "first", "To the beginning", "move('first')"),
    Command("last", ("G",), "last", "To the end", "move('last')"),
    Command("help", ("question_mark",), "help", "This help", "help"),
    Command("palette", ("colon", "ctrl+p"), "", "Find a command by its name", "app.command_palette"),
    Command("quit", ("q",), "quit", "Quit", "app.leave(0)"),
)

FOOTER = (
    ("s", "S", "step"),
    ("n", "N", "layer"),
    ("f", "F", "phase"),
    ("i", "I", "iteration"),
    ("0", "G", "end"),
    ("g", "", "go"),
    ("?", "", "help"),
    ("q", "", "quit"),
)
"""What the last line of the screen shows: forward key, backward key, title."""


def key_label(key: str) -> str:
    """A key as it is written on the keyboard."""
    return {"right": "→", "left": "←", "question_mark": "?", "colon": ":"}.get(key, key)
