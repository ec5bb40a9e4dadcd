"""Whatever arrives on the keyboard's line, and whatever happens to the window, the program goes on."""

import termios
from collections.abc import Callable

import pytest
from wire.terminal import Terminal

NOISE = {
    "no UTF-8": [b"\xff\xfe\xc0\x80", b"\xe2\x88", b"\xe2\x88\xce\xb4", b"\x9b31Z", b"\x1b[M\xff\xff\xff", b"\0\0"],
    "beyond Unicode": [
        b"\x1b[1114112u",
        b"\x1b[1114112;5u",
        b"\x1b[97;1;1114112u",
        b"\x1b[99999999999999999999u",
        b"\x1b[55296u",
        b"\x1b[97::;;:u",
    ],
    "unfinished": [b"\x1b[1;", b"\x1b[<1;2", b"\x1b[" + b"9" * 100 + b"u"],
    "answers to no question": [
        b"\x1b[?1;2c",  # "q", "?" and "g" in such an answer are no commands
        b"\x1b[1;2q",
        b"\x1b[>41;354g",
        b"\x1b[O\x1b[I",
        b"\x1b[9999999;9999999R",
        b"\x1b[<0;99999;99999M",
        b"\x1b[48;5000;5000;50000;50000t",
    ],
    "much": [b"\x1b[200~" + b"q\n\xff" * 350_000 + b"\x1b[201~", b"Z" * 5_000],
    "ctrl+z": [b"\x1a"],
}


@pytest.mark.parametrize("noises", NOISE.values(), ids=NOISE)
def test_noise_is_survived(terminal: Callable[..., Terminal], noises: list[bytes]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    for position, noise in enumerate(noises, start=1):
        program.press(noise)
        program.press("\x1b[B")  # selects a row; it ends what was unfinished
        program.press("s")
        program.wait_for(f" {position} / 33", timeout=30)
    program.press("q")
    assert program.wait_exit() == 0


def test_what_is_pasted_into_the_prompt_is_harmless(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    program.press("g")
    program.wait_for("go to: 12")
    for pasted in ("δ\u202e[/\x07", "a\x9bb", "δ\u202e[/\x07" * 20_000):
        program.press(b"\x1b[200~" + pasted.encode() + b"\x1b[201~\xff")
    program.press("qq\r")
    program.wait_for("nothing is called")
    assert "\u202e" not in program.raw.decode()
    assert "\x9b" not in program.raw.decode()
    program.press("\x1b")
    program.wait_for(lambda text: "nothing is called" not in text)
    program.press("s")
    program.wait_for(" 1 / 33")


@pytest.mark.parametrize("size", [500, 5000])
def test_a_gigantic_window_is_drawn_on_in_part(terminal: Callable[..., Terminal], size: int) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    termios.tcsetwinsize(program._master, (size, size))
    program.press("s")
    program.settle(0.3)
    program.resize(80, 24)
    program.press("s")
    program.wait_for(" 2 / 33")
    program.wait_for("q quit")


@pytest.mark.parametrize(
    ("key", "shown"),
    [("", "q quit"), ("?", "One step forward"), ("g", "go to: 12"), (":", "Search for commands")],
    ids=["debugger", "help", "go to", "palette"],
)
def test_the_window_changes_in_every_state(terminal: Callable[..., Terminal], key: str, shown: str) -> None:
    program = terminal(["bptui", "layers4"])
    program.wait_for("q quit")
    program.press(key)
    program.wait_for(shown)
    for columns, rows in [(120, 40), (1, 1), (60, 20), (200, 10), (20, 100), (300, 100), (59, 19), (80, 24)]:
        program.resize(columns, rows)
        program.settle(0.05)
    if key:
        program.wait_for(shown)
        program.press("\x1b")
        program.wait_for(lambda text: shown not in text)
    program.press("s")
    program.wait_for(" 1 / 33")


def test_a_screen_that_is_not_touched_writes_nothing(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    program.press("s")
    program.wait_for(" 1 / 33")
    program.settle(0.5)
    written = len(program.raw)
    program.settle(2)
    assert len(program.raw) == written
