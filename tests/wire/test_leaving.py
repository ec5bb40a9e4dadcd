"""Every way out gives the terminal back as it was, with the right exit code."""

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from wire.terminal import Terminal

FRESH = {7, 25}
"""The modes of a fresh terminal: lines wrap, the cursor is shown; no mouse, no pasting, no alternate screen."""
KEEPER = [sys.executable, str(Path(__file__).with_name("keeper.py"))]
PUSH, POP = re.compile(rb"\x1b\[>\d+u"), re.compile(rb"\x1b\[<u")  # the kitty protocol's keyboard modes

FAULTY = """
import sys
from bptui.tui import cli, step

title = step.title

def faulty(moment):
    if moment.position == 2:
        raise ValueError("no \\x1b[31msuch\\u202e title")
    return title(moment)

step.title = faulty
sys.exit(cli.main(["tanh4"]))
"""


@pytest.fixture
def kept(terminal: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Open the debugger, or another program, in a terminal that stays open after it."""

    def open_kept(*argv: str, **options: object) -> Terminal:
        opened = terminal([*KEEPER, *(argv or ("bptui", "tanh4"))], **options)
        opened.wait_for(" 0 / 33")
        return opened

    return open_kept


def process_id(opened: Terminal) -> int:
    return int((opened.home / "pid").read_text())


def assert_restored(opened: Terminal, code: int) -> None:
    """The program has left with this code, and nothing remains of it in its terminal."""
    opened.wait_for("left with")
    assert opened.text.strip() == f"left with {code}, the terminal is as before"
    assert opened.screen.private_modes == FRESH
    assert len(PUSH.findall(opened.raw)) == len(POP.findall(opened.raw))


def test_q(kept: Callable[..., Terminal]) -> None:
    opened = kept()
    opened.press("q")
    assert_restored(opened, 0)


@pytest.mark.parametrize(
    ("key", "shown"),
    [("s", " 1 / 33"), ("G", " 33 / 33"), ("?", "One step forward"), ("g", "go to: 12"), (":", "Search for commands")],
    ids=["step", "end", "help", "go to", "palette"],
)
def test_ctrl_c_in_every_state(kept: Callable[..., Terminal], key: str, shown: str) -> None:
    opened = kept()
    opened.press(key)
    opened.wait_for(shown)
    opened.press("\x03")
    assert_restored(opened, 130)


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)]
)
def test_a_signal(kept: Callable[..., Terminal], signum: int, code: int) -> None:
    opened = kept()
    opened.press("s")
    opened.wait_for(" 1 / 33")
    os.kill(process_id(opened), signum)
    assert_restored(opened, code)
    assert (opened.home / "errors").read_text() == ""


def test_a_fault_of_ours_is_said_in_one_line(kept: Callable[..., Terminal]) -> None:
    opened = kept(sys.executable, "-c", FAULTY)
    opened.press("s")
    opened.wait_for(" 1 / 33")
    opened.press("s")
    assert_restored(opened, 1)
    expected = r"bptui: a fault in bptui: ValueError: no \x1b[31msuch\u202e title" + "\n"
    assert (opened.home / "errors").read_text() == expected


@pytest.mark.parametrize("keys", ["", "ssss", "?", "g"], ids=["idle", "drawing", "help", "goto"])
def test_the_terminal_vanishes(terminal: Callable[..., Terminal], keys: str) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    program.press(keys)
    program.close_master()
    assert program.process.wait(2) == 129


def test_the_terminal_vanishes_while_the_signal_is_ignored(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["sh", "-c", "trap '' HUP; bptui tanh4; echo $? > left"])
    program.wait_for(" 0 / 33")
    program.close_master()
    program.process.wait(2)
    assert (program.home / "left").read_text() == "129\n"


@pytest.mark.parametrize("signum", [signal.SIGTSTP, signal.SIGSTOP])
def test_it_can_be_stopped_and_goes_on(kept: Callable[..., Terminal], signum: int) -> None:
    opened = kept()
    opened.press("s")
    opened.wait_for(" 1 / 33")
    before = opened.text
    os.kill(process_id(opened), signum)
    opened.wait_for("asleep")
    assert opened.screen.private_modes == FRESH or signum == signal.SIGSTOP  # which nobody is asked about
    os.kill(process_id(opened), signal.SIGCONT)
    opened.wait_for(lambda text: text == before)
    opened.press("s")
    opened.wait_for(" 2 / 33")
    opened.press("q")
    opened.wait_for("left with 0, the terminal is as before")
    assert opened.screen.private_modes == FRESH
