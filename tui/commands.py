"""One table of commands: keys, footer, palette and help come from it."""

from __future__ import annotations

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
    Command("differ", ("d",), "To the next step that differs from the run", "do('differ')"),
    Command("differ-back", ("D",), "To the previous step that differs from the run", "do('differ_back')"),
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
    Command("track", ("equals_sign",), "Back to the track of a recording", "do('track')"),
    Command("help", ("question_mark",), "This help", "help"),
    Command("palette", ("colon", "ctrl+p"), "Find a command by its name", "app.command_palette"),
    Command("quit", ("q",), "Quit", "app.leave(0)"),
)

FOOTER = (
    ("s", "S", "step"),
    ("f", "F", "phase"),
    ("e", "", "explain"),
    ("v", "", "vanish"),
    ("x", "", "what if"),
    ("c", "C", "run"),
    ("n", "N", "layer"),
    ("g", "", "go"),
    ("p", "", "predict"),
    ("b", "", "break"),
    ("?", "", "help"),
    ("q", "", "quit"),
)
"""What the last line of the screen shows, as much as it has room for: forward key, backward key, title."""

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
}


def key_label(key: str) -> str:
    """A key as it is written on the keyboard."""
    return _LABELS.get(key, key)
