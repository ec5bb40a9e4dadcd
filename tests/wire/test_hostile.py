"""Labels with control characters appear as visible text, and never reach the terminal as they are."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import FORBIDDEN, LABEL, SHOWN, STOLEN, scenario, toml
from wire.command import bptui
from wire.terminal import Terminal

FILE = "a\x1b[31m\u202eb[b].toml"
FILE_SHOWN = r"a\x1b[31m\u202eb[b].toml"
POINTER = re.compile("\x1b]22;[a-z]*\x07")  # the shape of the mouse's pointer: a sequence of the screen's own


def assert_harmless(text: str) -> None:
    for stolen in (*FORBIDDEN, *STOLEN):
        assert stolen not in text


def test_on_the_screen(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(scenario(LABEL, LABEL + "\n" + LABEL[::-1]))
    program = terminal(["bptui", str(tmp_path / FILE)], columns=200, rows=40)
    program.wait_for(" 0 / 2")
    first, *below = program.lines
    assert SHOWN in first
    assert first.endswith(FILE_SHOWN)
    assert any(SHOWN in line for line in below)
    for key, shown in (("s", " 1 / 2"), ("?", "One step forward")):
        program.press(key)
        program.wait_for(shown)
    program.press("q")
    program.wait_for(lambda text: "One step forward" not in text)
    program.press("q")
    assert program.wait_exit() == 0
    assert_harmless(POINTER.sub("", program.raw.decode()))


def test_in_plain_lines(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(scenario(LABEL, LABEL))
    done = bptui(FILE, "--plain", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == SHOWN
    assert "\x1b" not in done.stdout
    assert_harmless(done.stdout)


@pytest.mark.parametrize(
    "text",
    [
        f"{toml(LABEL)} = 1",
        f"title = 'x'\n[input]\n{toml(LABEL)} = 1.0",
        f"[input]\nx = {toml(LABEL)}",
        f"program = {toml(LABEL)}",
        f"program = {toml('z = ' + LABEL)}",
        f"[input]\nx = 1.0\n[[layer]]\nW = 1.0\nactivation = {toml(LABEL)}",
        f"program = 'z = x'\noutput = {toml(LABEL)}\n[input]\nx = 1.0",
        f"program = 'z = x'\nwrt = [{toml(LABEL)}]\n[input]\nx = 1.0",
        f"program = 'z = x'\ndtype = {toml(LABEL)}\n[input]\nx = 1.0",
        f"title = '{LABEL}'",
    ],
)
def test_in_errors(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    done = bptui(FILE, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(FILE_SHOWN + ":")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert_harmless(done.stderr)


@pytest.mark.parametrize("arguments", [(LABEL,), ("--" + LABEL,), ("--expr", LABEL), ("--expr", "x", LABEL)])
def test_on_the_command_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = bptui(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert_harmless(done.stderr)
