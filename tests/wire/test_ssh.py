"""The debugger over a real SSH connection: `ssh -t host bptui tanh4`."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wire.figures import step_through
from wire.sshd import Sshd
from wire.terminal import Terminal

BPTUI = Path(sys.executable).with_name("bptui")  # the PATH over there is the server's
MOUSE = re.compile(rb"\x1b\[\?(9|100[0-36]|1015|1016)h")
KITTY = re.compile(rb"\x1b\[[>=]\d*(;\d+)?u")
COLOURS = re.compile(rb"\x1b\[([\d;:]*)m")
ANSI = {*range(30), *range(30, 38), 39, *range(40, 48), 49, *range(90, 98), *range(100, 108)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = Sshd(tmp_path_factory.mktemp("sshd"))
    yield sshd
    sshd.close()


@pytest.fixture
def connect(terminal: Callable[..., Terminal], server: Sshd) -> Callable[..., Terminal]:
    """Open a terminal with `ssh -t host command`; its options are the terminal's."""

    def connect_to(command: str, **options: object) -> Terminal:
        return terminal(server.command(command), **options)

    return connect_to


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_every_figure_arrives_and_so_does_the_exit_code(
    connect: Callable[..., Terminal], columns: int, rows: int
) -> None:
    session = connect(f"{BPTUI} tanh4", columns=columns, rows=rows)

    def wait_for(text: str) -> str:
        session.wait_for(text)
        return session.text

    step_through(session.press, wait_for)
    session.press("q")
    assert session.wait_exit() == 0
    assert MOUSE.search(session.raw) is None
    assert KITTY.search(session.raw) is None


def test_only_the_terminals_own_colours_are_sent(connect: Callable[..., Terminal]) -> None:
    session = connect(f"{BPTUI} tanh4")
    session.wait_for(" 0 / 33")
    for keys, seen in (("f", " 9 / 33"), ("s", " 10 / 33"), ("G", " 33 / 33"), ("?", "One step forward")):
        session.press(keys)
        session.wait_for(seen)
    codes = {int(code or 0) for match in COLOURS.findall(session.raw) for code in re.split(rb"[;:]", match)}
    assert codes - ANSI == set()  # 38 and 48 would begin a colour out of 256, or out of 16 million
    assert codes & {*range(30, 38), *range(90, 98)}  # and there are colours


def test_full_colour_and_mouse_are_used_where_the_program_runs_at_home(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "tanh4"])
    program.wait_for(" 0 / 33")
    assert b"\x1b[38;2;" in program.raw
    assert MOUSE.search(program.raw)
    assert KITTY.search(program.raw)


def test_a_word_that_is_wrong_gives_its_exit_code(connect: Callable[..., Terminal]) -> None:
    session = connect(f"{BPTUI} tahn4")
    assert session.wait_exit() == 2
    assert session.lines[0] == "tahn4: there is no such file; did you mean 'tanh4'?"


def test_ctrl_c_ends_it_with_130(connect: Callable[..., Terminal]) -> None:
    session = connect(f"{BPTUI} tanh4")
    session.wait_for(" 0 / 33")
    session.press("\x03")
    assert session.wait_exit() == 130
    assert session.screen.private_modes == {7, 25}


def test_a_dropped_line_ends_the_program_over_there(connect: Callable[..., Terminal], tmp_path: Path) -> None:
    left = tmp_path / "left"
    session = connect(f"trap '' HUP; {BPTUI} tanh4; echo $? > {left}")  # the shell stays to tell
    session.wait_for(" 0 / 33")
    session.process.kill()
    deadline = time.monotonic() + 10
    while not (left.exists() and left.read_text()):
        assert time.monotonic() < deadline, "the program is still there"
        time.sleep(0.01)
    assert left.read_text() == "129\n"
