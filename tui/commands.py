"""One table of commands: keys, footer, palette and help come from it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """A command: its keys (the first is shown), what help says, the screen's action."""

    id: str
    keys: tuple[str, ...]
    help: str
    action: str


COMMANDS = (
    Command("step", ("s", "right"), "One step forward", "move('step')"),
    Command("step-back", ("S", "left"), "One step backward", "move('step_back')"),
    Command("line", ("n",), "To the next layer, or line of the program", "move('line')"),
    Command("line-back", ("N",), "To the previous layer, or line of the program", "move('line_back')"),
    Command("phase", ("f",), "To the end of the phase", "move('phase')"),
    Command("phase-back", ("F",), "To the start of the phase", "move('phase_back')"),
    Command("iteration", ("i",), "To the next iteration", "move('iteration')"),
    Command("iteration-back", ("I",), "To the start of the iteration", "move('iteration_back')"),
    Command("hit", ("c",), "On to the next breakpoint hit", "do('hit')"),
    Command("hit-back", ("C",), "Back to the last breakpoint hit", "do('hit_back')"),
    Command("event", ("t",), "To the next step of the selected row", "do('event')"),
    Command("event-back", ("T",), "To the previous step of the selected row", "do('event_back')"),
    Command("search", ("slash",), "Search in formulas and names", "do('search')"),
    Command("match", ("full_stop",), "To the next match of the search", "do('match')"),
    Command("match-back", ("comma",), "To the previous match of the search", "do('match_back')"),
    Command("differ", ("d",), "To the next step that differs, or is wrong", "do('differ')"),
    Command("differ-back", ("D",), "To the previous step that differs, or is wrong", "do('differ_back')"),
    Command("goto", ("g",), "Go to 12, +5, 50%, δ3, W2, iteration 40", "do('goto')"),
    Command("first", ("0",), "To the beginning", "move('first')"),
    Command("last", ("G",), "To the end", "move('last')"),
    Command("play", ("space",), "Play, or pause", "do('play')"),
    Command("faster", ("plus",), "Play faster", "do('faster')"),
    Command("slower", ("minus",), "Play slower", "do('slower')"),
    Command("row-up", ("k", "up"), "Select the row above", "select(-1)"),
    Command("row-down", ("j", "down"), "Select the row below", "select(1)"),
    Command("explain", ("e",), "Explain the gradient: where it comes from", "do('explain')"),
    Command("matrix", ("m",), "The Jacobian beside the product that is done", "do('matrix')"),
    Command("attribution", ("v",), "Where it vanishes or explodes", "do('attribution')"),
    Command("what-if", ("x",), "What if: change a value", "do('what_if')"),
    Command("branch", ("X",), "Keep, drop or write what was changed", "do('branch')"),
    Command("predict", ("p",), "Predict each step before it is shown", "do('predict')"),
    Command("break", ("b",), "Breakpoint here, or on a condition", "do('break')"),
    Command("breakpoints", ("B",), "All breakpoints, with their hits", "do('breakpoints')"),
    Command("watch", ("w",), "Watch a value", "do('watch')"),
    Command("watches", ("W",), "All watches", "do('watches')"),
    Command("note", ("a",), "Note something here", "do('note')"),
    Command("record", ("r",), "Record the session as a text log, or end that", "do('record')"),
    Command("track", ("equals_sign",), "Back to the track: a recording's, a class's", "do('track')"),
    Command("roster", ("R",), "The class: who is here, who leads", "do('roster')"),
    Command("question", ("Q",), "Ask the class the next step, or answer", "do('question')"),
    Command("pane-1", ("1",), "Pane 1: the layers, or the variables", "do('pane_1')"),
    Command("pane-2", ("2",), "Pane 2: the step", "do('pane_2')"),
    Command("pane-3", ("3",), "Pane 3: the running product", "do('pane_3')"),
    Command("pane-4", ("4",), "Pane 4: the updates", "do('pane_4')"),
    Command("pane-5", ("5",), "Pane 5: the program", "do('pane_5')"),
    Command("pane-6", ("6",), "Pane 6: the picture", "do('pane_6')"),
    Command("next-pane", ("tab",), "To the next pane", "do('next_pane')"),
    Command("zoom", ("z",), "Zoom the chosen pane, or show all", "do('zoom')"),
    Command("picture", ("o",), "The next picture, or none", "do('picture')"),
    Command("picture-back", ("O",), "The previous picture, or none", "do('picture_back')"),
    Command("heat-map", ("h",), "Heat map of a matrix, with a cursor", "do('heat_map')"),
    Command("numbers", ("number_sign",), "Numbers in 4 or 17 digits, fixed or scientific", "do('numbers')"),
    Command("theme", ("l",), "The next theme: dark, light, contrast, terminal", "do('theme')"),
    Command("copy", ("y",), "Copy the equation", "do('copy')"),
    Command("copy-box", ("Y",), "Show the equation to select it", "do('copy_box')"),
    Command("help", ("question_mark",), "This help", "help"),
    Command("palette", ("colon", "ctrl+p"), "Find a command by its name", "app.command_palette"),
    Command("quit", ("q",), "Quit", "app.leave(0)"),
)

FOOTER = (
    ("step", "step-back", "step"),
    ("phase", "phase-back", "phase"),
    ("explain", "", "explain"),
    ("picture", "", "picture"),
    ("attribution", "", "vanish"),
    ("what-if", "", "what if"),
    ("zoom", "", "zoom"),
    ("hit", "hit-back", "run"),
    ("line", "line-back", "layer"),
    ("goto", "", "go"),
    ("help", "", "help"),
    ("quit", "", "quit"),
)
"""What the last line of the screen shows, as much as it has room for: the commands forward and back, a title."""

_LABELS = {
    "right": "→",
    "left": "←",
    "up": "↑",
    "down": "↓",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "number_sign": "#",
    "at": "@",
    "backslash": "\\",
    "underscore": "_",
}


def key_label(key: str) -> str:
    """A key as it is written on the keyboard."""
    if key in _LABELS or "_" not in key:
        return _LABELS.get(key, key)
    try:
        return unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return key


def label(commands: Sequence[Command], name: str) -> str:
    """The key of a command, as it is written on the keyboard; empty where it has none."""
    return next((key_label(command.keys[0]) for command in commands if command.id == name and command.keys), "")


def footer(commands: Sequence[Command]) -> list[tuple[str, str]]:
    """The entries of the last line: keys, title."""
    entries = [(f"{label(commands, ahead)} {label(commands, back)}".strip(), title) for ahead, back, title in FOOTER]
    return [(keys, title) for keys, title in entries if keys]


def in_footer(commands: Sequence[Command]) -> list[Command]:
    """The command that each of these entries begins with."""
    with_keys = {command.id: command for command in commands if command.keys}
    firsts = (with_keys.get(ahead) or with_keys.get(back) for ahead, back, _ in FOOTER)
    return [command for command in firsts if command]
