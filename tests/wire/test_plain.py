"""Without a terminal, or with a dumb one, the trace comes as plain lines."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from wire.command import bptui
from wire.terminal import Terminal

FIRST = "Four layers, one tanh"
STEPS = 33
LAST = ["W₄ ← 1.89946339480737", "b₄ ← 0.900067070026093"]


def test_the_trace_of_tanh4(tmp_path: Path) -> None:
    done = bptui("tanh4", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == FIRST
    assert [int(line.split()[0]) for line in lines[1 : STEPS + 1]] == list(range(1, STEPS + 1))
    assert re.fullmatch(r" 9  forward +L = ½\(z - y\)² += ½\(0\.999329 - 10\)² += 40\.5060365272678", lines[9])
    assert re.fullmatch(r"15  backward  A  δ₃ = ∂L/∂a₃ · φ₃′\(u₃\) += .* = -0\.0120694555232061", lines[15])
    assert lines[STEPS + 2] == "L = 40.5060365272678"
    assert lines[-2:] == LAST


def test_the_columns_are_aligned(tmp_path: Path) -> None:
    lines = bptui("tanh4", home=tmp_path).stdout.splitlines()[1 : STEPS + 1]
    assert len({tuple(match.start() for match in re.finditer(r"  = ", line)) for line in lines}) == 1


def test_a_formula_on_the_spot(tmp_path: Path) -> None:
    done = bptui("--expr", "sin(x^2)", "x=1.5", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    last = done.stdout.splitlines()[-2:]
    assert last == ["z = 0.778073196887921", "∂z/∂x = -1.88452086816822"]  # sin 2.25 and 3 cos 2.25


def test_the_values_of_a_formula_may_stand_anywhere(tmp_path: Path) -> None:
    done = bptui("x=3", "--expr", "x*y", "--plain", "y=-4", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == ["z = -12", "∂z/∂x = -4", "∂z/∂y = 3"]


def test_a_trace_that_stops(tmp_path: Path) -> None:
    (tmp_path / "stops.toml").write_text('program = """\nu = x - 1\nv = log(u)\nz = v^2\n"""\n[input]\nx = 1.0\n')
    done = bptui("stops.toml", "--plain", home=tmp_path)
    assert (done.returncode, done.stderr) == (6, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]  # the forward pass, up to the logarithm of 0
    assert re.fullmatch(r"2  forward +v = log\(u\) += log\(0\) += -inf", lines[2])
    assert "stopped at position 2" in lines[-1]


ASCII_ONLY = [
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
]


@pytest.mark.parametrize("env", ASCII_ONLY)
def test_a_terminal_of_ascii_gets_escapes(tmp_path: Path, env: Mapping[str, str]) -> None:
    done = bptui("tanh4", home=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert done.stdout.splitlines()[-2] == r"W\u2084 \u2190 1.89946339480737"


@pytest.mark.parametrize("env", [{"LANG": "C"}, {"LANG": ""}, {"NO_COLOR": "1"}, {"LC_ALL": "no_SUCH.locale"}])
def test_other_environments_get_the_lines(tmp_path: Path, env: Mapping[str, str]) -> None:
    done = bptui("tanh4", home=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == LAST


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (["bptui", "tanh4", "--plain"], {}),
        (["bptui", "--plain", "tanh4"], {}),
        (["bptui", "tanh4"], {"TERM": "dumb"}),
        (["sh", "-c", "bptui tanh4 | cat"], {}),
        (["sh", "-c", "bptui tanh4 < /dev/null"], {}),
    ],
    ids=["--plain", "--plain first", "TERM=dumb", "to a pipe", "from no terminal"],
)
def test_plain_lines_in_a_terminal(
    terminal: Callable[..., Terminal], argv: list[str], env: dict[str, str | None]
) -> None:
    program = terminal(argv, columns=120, rows=50, env=env)
    assert program.wait_exit() == 0
    assert program.lines[0] == FIRST
    assert [line for line in program.lines if line][-2:] == LAST
    assert b"\x1b" not in program.raw


@pytest.mark.parametrize(
    "env",
    [{"NO_COLOR": "1"}, {"LANG": "C"}, {"TERM": "vt100", "COLORTERM": None}, {"TERM": None}, *ASCII_ONLY],
)
def test_the_screen_opens_in_poor_terminals_too(terminal: Callable[..., Terminal], env: dict[str, str | None]) -> None:
    program = terminal(["bptui", "tanh4"], env=env)
    program.wait_for(" 0 / 33")
    program.press("s")
    program.wait_for(" 1 / 33")
    program.press("q")
    assert program.wait_exit() == 0
