"""What the real program shows in terminals of many kinds, and every key of the table in a real tmux."""

import base64
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from wire.terminal import Terminal
from wire.tmux import Tmux

from bptui.tui.commands import COMMANDS

KEYS = [
    ("s", " 1 / 33"),
    ("Right", " 2 / 33"),
    ("S", " 1 / 33"),
    ("Left", " 0 / 33"),
    ("n", " 1 / 33"),
    ("N", " 0 / 33"),
    ("f", " 9 / 33"),
    ("F", " 1 / 33"),
    ("i", " 33 / 33"),
    ("I", " 1 / 33"),
    ("b", "type over it"),
    ("u3", "u3"),
    ("Enter", "● u3; c runs to it"),
    ("c", " 5 / 33"),
    ("G", " 33 / 33"),
    ("C", " 15 / 33"),
    ("B", "2 hits"),
    ("q", "q quit"),
    ("0", " 0 / 33"),
    ("j", "›2 identity"),
    ("t", " 3 / 33"),
    ("T", "no step before"),
    ("k", "›1 identity"),
    ("Down", "›2 identity"),
    ("Up", "›1 identity"),
    ("/", "search:"),
    ("tanh", "tanh"),
    ("Enter", " 6 / 33"),
    (".", "match"),
    (",", " 6 / 33"),
    ("g", "go to:"),
    ("15", "15"),
    ("Enter", " 15 / 33"),
    ("w", "watch"),
    ("loss", "loss"),
    ("Enter", "watch loss"),
    ("W", "› loss = "),
    ("q", "q quit"),
    ("e", "where δ₃ comes from"),
    ("q", "q quit"),
    ("m", "the Jacobian"),
    ("q", "q quit"),
    ("v", "where ∂L vanishes"),
    ("q", "q quit"),
    ("h", "matrices"),
    ("q", "q quit"),
    ("z", "6 network"),
    ("1", "1 layers"),
    ("2", "2 step A"),
    ("3", "3 running product"),
    ("4", "4 updates"),
    ("5", "5 program"),
    ("6", "6 network"),
    ("o", "picture: function"),
    ("O", "picture: network"),
    ("O", "no picture"),
    ("o", "picture: network"),
    ("Tab", "1 layers"),
    ("z", "1 layers"),
    ("z", "2 step A"),
    ("#", "numbers: 4 digits, fixed"),
    ("l", "theme: light"),
    ("y", "handed to the terminal"),
    ("Y", "select and copy"),
    ("q", "q quit"),
    ("x", "what if"),
    ("W3=0.5", "W3=0.5"),
    ("Enter", "what if: W₃ = 0.5"),
    ("D", "≠"),
    ("d", "≠"),
    ("X", "keep"),
    ("d", "tanh4.toml"),
    ("p", "predict"),
    ("p", "no step of the way back was asked for"),
    ("q", "q quit"),
    ("a", "a note on step"),
    ("look", "look"),
    ("Enter", "look"),
    ("r", "record to a new file"),
    ("Enter", "recording to"),
    ("r", "tanh4.bptlog"),
    ("=", "no recording"),
    ("R", "this is no class; `bptui serve` begins one"),
    ("Q", "this is no class; p asks you"),
    ("+", "2 steps a second"),
    ("-", "1 step a second"),
    ("Space", "playing"),
    ("?", "One step forward"),
    ("q", "q quit"),
    (":", "Search for commands"),
    ("Escape", "3 running product"),
    ("C-p", "Search for commands"),
    ("Escape", "3 running product"),
    ("q", "left with 0"),
]
"""What is sent to tmux, and what the screen shows then."""
TYPED = {"right": "Right", "left": "Left", "up": "Up", "down": "Down", "space": "Space", "tab": "Tab", "ctrl+p": "C-p"}
SIGNS = {"slash": "/", "full_stop": ".", "comma": ",", "plus": "+", "minus": "-", "equals_sign": "=", "colon": ":"}
SIGNS |= {"number_sign": "#", "question_mark": "?"}
COLOURS = re.compile(rb"\x1b\[[\d;]*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[\d;]*m")


def test_the_table_of_keys_is_whole() -> None:
    sent = {key for key, _ in KEYS}
    assert {TYPED.get(key) or SIGNS.get(key, key) for command in COMMANDS for key in command.keys} <= sent


def test_every_key_in_tmux(tmux: Tmux, tmp_path: Path) -> None:
    tmux.open(120, 40, f"cd {shlex.quote(str(tmp_path))}; bptui tanh4; echo left with $?; cat")
    tmux.wait_for("new here?")
    for key, shown in KEYS:
        tmux.press(key)
        try:
            tmux.wait_for(shown)
        except AssertionError as error:
            raise AssertionError(f"after {key}: {error}") from None


@pytest.mark.parametrize("term", ["xterm-256color", "screen-256color", "linux", "xterm", "vt100"])
def test_a_terminal_of_any_kind(terminal: Callable[..., Terminal], term: str) -> None:
    program = terminal(["bptui", "tanh4"], env={"TERM": term, "COLORTERM": None})
    program.wait_for(" 0 / 33")
    program.press("fssssss")
    program.wait_for("-0.0120694555232061")
    assert "δ₃ = ∂L/∂a₃ · φ₃′(u₃)" in program.text
    program.press("q")
    assert program.wait_exit() == 0


@pytest.mark.parametrize(("variable", "value"), [("LC_ALL", "C"), ("LANG", "C"), ("LC_ALL", "en_US.ISO-8859-1")])
def test_a_terminal_without_utf_8_gets_ascii_alone(
    terminal: Callable[..., Terminal], variable: str, value: str
) -> None:
    program = terminal(["bptui", "layers4"], columns=120, rows=40, env={"LANG": None, variable: value})
    program.wait_for(" 0 / 33")
    program.press("fsssss")
    program.wait_for("delta3 = (W4^T delta4) * phi3'(u3)")
    for opens, shown, closes in (("?", "One step forward", "q"), ("g", "go to:", "\r"), (":", "Search", "\x1b")):
        program.press(opens)
        program.wait_for(shown)
        program.press(closes)
        program.wait_for(lambda text, shown=shown: shown not in text)  # type: ignore[misc]
    assert program.raw.isascii()


def test_ascii_is_had_where_it_is_asked_for(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4", "--ascii"])
    program.wait_for(" 0 / 33")
    program.press("fssssss")
    program.wait_for("delta3 = dL/da3 * phi3'(u3)")
    assert program.raw.isascii()


def test_no_colour_where_none_is_wanted(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"], env={"NO_COLOR": "1"})
    program.wait_for(" 0 / 33")
    program.press("fssssss")
    program.wait_for("-0.0120694555232061")
    assert not COLOURS.search(program.raw)


def test_looks_are_remembered(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    program = terminal(["bptui", "tanh4"], env=environment)
    program.wait_for("new here? s steps forward, S back, ? shows all keys")
    program.press("4z#l")
    program.wait_for("theme: light")
    program.press("q")
    assert program.wait_exit() == 0
    left = json.loads((tmp_path / "bptui" / "state.json").read_text())
    chosen = {"theme": "light", "numbers": "4 digits, fixed", "pane": "updates", "zoomed": True, "hinted": True}
    assert chosen.items() <= left.items()
    again = terminal(["bptui", "tanh4"], env=environment)
    again.wait_for("4 updates")
    again.wait_for("q quit")
    assert "1 layers" not in again.text
    assert "new here?" not in again.text


def test_keys_of_the_settings(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "bptui").mkdir()
    (tmp_path / "bptui" / "settings.toml").write_text('[keys]\nstep = "J"\nquit = "x"\nwhat-if = "q"\n')
    program = terminal(["bptui", "tanh4"], env={"XDG_CONFIG_HOME": str(tmp_path)})
    program.wait_for("J S step")
    assert "press J for the first step" in program.text
    program.press("J")
    program.wait_for(" 1 / 33")
    program.press("x")
    assert program.wait_exit() == 0


def test_a_key_for_two_commands_is_refused(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "bptui").mkdir()
    file = tmp_path / "bptui" / "settings.toml"
    file.write_text('[keys]\nstep = "q"\n')
    program = terminal(["bptui", "tanh4"], env={"XDG_CONFIG_HOME": str(tmp_path)}, columns=200)
    assert program.wait_exit() == 2
    assert program.text.startswith(f"{file}:2: keys.step: ")
    assert "quit" in program.text


def test_the_equation_is_copied_by_the_terminals_own_sequence(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    program.press("fssssssy")
    program.wait_for("handed to the terminal")
    (copied,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", program.raw)
    sentence = base64.b64decode(copied).decode()
    assert sentence == "δ₃ = ∂L/∂a₃ · φ₃′(u₃) = -9.00067 × 0.00134095 = -0.0120694555232061"


def test_the_mouse_points(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")

    def click(column: int, row: int) -> None:
        program.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")

    click(4, 6)  # the third layer
    program.wait_for("›3 tanh")
    click(3, 24)  # s in the last line
    program.wait_for(" 1 / 33")
    line = program.lines[22]
    click(line.index("━") + 40, 23)  # the end of the bar
    program.wait_for(" 33 / 33")


def test_no_mouse_over_ssh_unless_asked_for(terminal: Callable[..., Terminal]) -> None:
    over_ssh = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22", "COLORTERM": None}
    for options, listens in (([], False), (["--mouse"], True)):
        program = terminal(["bptui", "tanh4", *options], env=over_ssh)
        program.wait_for("q quit")
        assert (b"\x1b[?1000h" in program.raw) == listens


def test_the_hint_waits_for_the_debugger(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    program = terminal(["bptui"], env=environment)
    program.wait_for("Four layers, one tanh")
    program.press("?")
    program.wait_for("enter opens")
    program.press("q")
    assert program.wait_exit() == 0
    program = terminal(["bptui"], env=environment)
    program.wait_for("Four layers, one tanh")
    program.press("\r")
    program.wait_for("new here?")


def test_a_state_that_fits_nothing_is_no_obstacle(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "bptui").mkdir()
    state = {"picture": "none", "pane": "picture", "zoomed": True, "theme": "mauve", "numbers": "", "hinted": True}
    (tmp_path / "bptui" / "state.json").write_text(json.dumps(state))
    program = terminal(["bptui", "tanh4"], env={"XDG_STATE_HOME": str(tmp_path)})
    program.wait_for("1 layers")
    program.press("o")
    program.wait_for("6 network")
