"""What one session does, others do not see; what it may use is bounded, and so is the class."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from wire.frontdoor import closed, in_terminal
from wire.serving import CLOCK, ON_Y, PATIENCE, RESTORED, Serving, wait_until
from wire.terminal import Terminal

from bptui.tui.sources import shipped

CRASHED = "a fault in bptui has ended this session; join again to go on where you were"
USED_UP = "this session used more memory or processor time than it may; join again to go on where you were"
LITTLE = "from bptui.tui.classroom import caps\ncaps.PROCESSOR, caps.MEMORY = 1, 64 << 20\n"
"""Python after which a session may use little."""
LONG = 3 * PATIENCE
"""Seconds in which a session that others come before has a second of the processor."""
HUGE = 4_000_000_000
NO_KEYS = (
    b"\xff" * 2000,
    bytes(range(128, 256)) * 8,
    b"\x1b[1114112u",
    b"\x1b[" + b"9" * 3000,
    b"\x1b[<0;9999999;9999999M",
    b"\x1b[48;999999;999999;1;1t",
    b"\x1b[?2026;2$y",
    b"\x1b[200~" + b"s" * 3000 + b"\x1b[201~",
    b"\x1b]0;title\x07",
    b"\x1bP" + b"x" * 3000,
)
"""Bytes that no key sends, and sequences that are broken, or larger than any terminal sends."""


class Class(NamedTuple):
    """A teacher, two students, and the process of the first student's session."""

    serving: Serving
    join: Callable[..., Terminal]
    teacher: Terminal
    ada: Terminal
    bob: Terminal
    session: int


Hold = Callable[..., Class]


@pytest.fixture
def hold(tmp_path: Path, terminal: Callable[..., Terminal]) -> Iterator[Hold]:
    """Begin a class that is at step 5; the terminals stay open when ssh has left."""
    with ExitStack() as opened:

        def begin(*arguments: str, before: str = "") -> Class:
            serving = opened.enter_context(Serving(tmp_path / "server", "tanh4", *arguments, before=before))
            join = partial(serving.join, terminal, is_kept=True, columns=120, rows=40)
            teacher = join("Ms Ray", "teacher")
            others = serving.sessions()
            ada = join("ada")
            (session,) = set(serving.sessions()) - set(others)
            held = Class(serving, join, teacher, ada, join("bob"), session)
            teacher.press("s" * 5)
            for each in (teacher, ada, held.bob):
                each.wait_for(" 5 / 33", PATIENCE)
            return held

        yield begin


def assert_goes_on(held: Class) -> None:
    """The others see nothing of it, and go on."""
    for key, shows in (("s", " 6 / 33"), ("S", " 5 / 33")):
        held.teacher.press(key)
        for each in (held.teacher, held.bob):
            each.wait_for(shows, PATIENCE)


def assert_told(client: Terminal, why: str, timeout: float = PATIENCE) -> None:
    """Why the session has ended is all that is left of it in the terminal."""
    left = "left with 1, the terminal is as before"
    client.wait_for(left, timeout)
    assert [line for line in client.lines if line] == [why, left]
    assert client.screen.private_modes == RESTORED


def after(client: Terminal, key: str) -> str:
    """The screen some time after a key; what has come before it may have made it another one."""
    client.press(key)
    client.settle(0.1)
    return client.text


@pytest.mark.parametrize(
    ("number", "why"), [(signal.SIGSEGV, CRASHED), (signal.SIGABRT, CRASHED), (signal.SIGKILL, USED_UP)]
)
def test_a_session_that_is_killed_is_not_seen_by_others(hold: Hold, number: int, why: str) -> None:
    held = hold()
    held.ada.press("S")
    held.ada.wait_for(" 4 / 33", PATIENCE)
    held.ada.wait_for("off the track", PATIENCE)
    os.kill(held.session, number)
    assert_told(held.ada, why)
    assert_goes_on(held)
    wait_until(lambda: "left name=ada" in held.serving.journal)
    again = held.join("ada", shows=" 4 / 33")
    again.press("=")
    again.wait_for(" 5 / 33", PATIENCE)


def test_a_fault_in_a_session_is_told_and_kept_without_what_it_says(hold: Hold) -> None:
    held = hold(before=ON_Y.format('raise ValueError("what was typed")'))
    held.ada.press("y")
    assert_told(held.ada, CRASHED)
    assert_goes_on(held)
    assert "fault name=ada what=ValueError\n" in held.serving.journal
    assert "typed" not in held.serving.journal


def test_an_endless_loop_ends_its_own_session_only(hold: Hold) -> None:
    held = hold(before=LITTLE + ON_Y.format("while True: pass"))
    held.ada.press("y")
    assert_goes_on(held)
    assert_told(held.ada, USED_UP, LONG)
    assert_goes_on(held)


def test_work_that_takes_too_long_ends_its_own_session_only(hold: Hold, tmp_path: Path) -> None:
    """To the end of a training of a million iterations."""
    xor = shipped()["xor"].read_text()
    (tmp_path / "long.toml").write_text(xor.replace("iterations = 100", "iterations = 1000000"))
    held = hold("../long.toml", before=LITTLE)
    held.ada.press("R")
    held.ada.wait_for("▶ tanh4", PATIENCE)
    held.ada.press("f")
    held.ada.wait_for(" / 1000000", PATIENCE)
    held.ada.press("G")
    assert_goes_on(held)
    assert_told(held.ada, USED_UP, LONG)
    assert_goes_on(held)


def test_memory_is_bounded_for_each_session(hold: Hold) -> None:
    held = hold(before=LITTLE + ON_Y.format("self.hoard = [bytearray(1 << 20) for _ in range(1 << 20)]"))
    held.ada.press("y")
    assert_told(held.ada, USED_UP)
    assert_goes_on(held)


def test_a_session_that_stands_still_holds_up_nobody_and_catches_up(hold: Hold) -> None:
    held = hold()
    os.kill(held.session, signal.SIGSTOP)
    assert_goes_on(held)
    held.teacher.press("G")
    held.bob.wait_for(" 33 / 33", PATIENCE)
    os.kill(held.session, signal.SIGCONT)
    held.ada.wait_for(" 33 / 33", PATIENCE)


def test_nothing_is_written_from_a_session(hold: Hold, tmp_path: Path) -> None:
    """Neither by the commands that write elsewhere, nor if there were another way to a file."""
    leak = tmp_path / "leak"
    held = hold(before=ON_Y.format(f"__import__('pathlib').Path({str(leak)!r}).write_text('secret')"))
    files = sorted(held.serving.folder.rglob("*"))
    held.teacher.press("r")
    held.teacher.wait_for("only the server records", PATIENCE)
    held.teacher.press("x")
    held.teacher.wait_for("what if", PATIENCE)
    held.teacher.press("W3 = 0.5\r")
    held.bob.wait_for("what if: W₃ = 0.5", PATIENCE)
    held.teacher.press("X")
    held.teacher.wait_for("drop it: back to the run", PATIENCE)
    assert "write" not in held.teacher.text
    held.teacher.press("w")
    held.teacher.press("d")
    held.bob.wait_for(lambda screen: "what if:" not in screen, PATIENCE)
    assert sorted(held.serving.folder.rglob("*")) == files
    held.ada.press("y")
    assert_told(held.ada, CRASHED)
    assert "fault name=ada what=OSError\n" in held.serving.journal
    assert leak.read_bytes() == b""


def test_bytes_that_are_no_keys_end_nothing(hold: Hold) -> None:
    held = hold()
    for typed in NO_KEYS:
        held.ada.press(typed)
        held.ada.press("\x1b\x1b\x1b")  # whatever was opened is closed
        wait_until(lambda: " 0 / 33" in after(held.ada, "0"), f"she is at the beginning, after {typed[:20]!r}")
        assert_goes_on(held)
        held.ada.press("=")
        held.ada.wait_for(" 5 / 33", PATIENCE)
        held.ada.wait_for("following Ms Ray", PATIENCE)
    assert "what=" not in held.serving.journal


async def test_a_window_of_4_000_000_000_columns(hold: Hold) -> None:
    held = hold()
    client = await held.serving.connect("eve")
    process = await in_terminal(client, (HUGE, HUGE))
    async with asyncio.timeout(PATIENCE):
        await process.stdout.readuntil(b"following")
    assert_goes_on(held)
    for size in ((HUGE, HUGE), (0, 0), (1, 1), (HUGE, 1), (1, HUGE), (2**31, 2**16)) * 20:
        process.change_terminal_size(*size)
    process.change_terminal_size(80, 24)
    process.stdin.write(b"S")
    async with asyncio.timeout(PATIENCE):
        await process.stdout.readuntil(b"off the track")
    assert_goes_on(held)
    await closed(client)


# ---- bounds of the class


def test_who_types_nothing_for_long_is_told_if_the_class_stands_still(hold: Hold) -> None:
    held = hold(before=CLOCK)
    for hours, shows in ((1.5, " 6 / 33"), (3, " 7 / 33")):
        held.serving.at(hours)
        held.teacher.press("s")
        for each in (held.teacher, held.ada, held.bob):
            each.wait_for(shows, PATIENCE)
    held.serving.at(4.5)
    held.bob.press("S")
    held.bob.wait_for(" 6 / 33", PATIENCE)
    held.serving.at(5.5)
    for each in (held.ada, held.teacher):
        assert_told(each, "nothing was typed for 2 hours")
    held.bob.press("=")
    held.bob.wait_for(" 7 / 33", PATIENCE)


def test_a_full_class_says_so_and_has_a_seat_for_a_teacher(hold: Hold) -> None:
    held = hold("--most", "2")
    late = held.join("dee", shows="left with")
    assert_told(late, "the class is full: 2 are here; try again later")
    held.join("Mr Lee", "teacher", shows="following Ms Ray")
    held.ada.press("q")
    held.ada.wait_for("left with 0", PATIENCE)
    wait_until(lambda: "left name=ada" in held.serving.journal)
    held.join("dee")
    assert_goes_on(held)
