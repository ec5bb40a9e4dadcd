"""Breakpoints and watches on the command line."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from wire.command import bptui
from wire.terminal import Terminal

QUADRATIC = """
program = "L = (w - 3)^2"
[parameters]
w = 0.0
[update]
rule = "gradient_descent"
learning_rate = 0.1
iterations = 50
"""
"""3 - w shrinks to 0.8 of itself in each iteration."""


@pytest.mark.parametrize("option", ["--break", "--watch"])
@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["", "--plain"])
@pytest.mark.parametrize(
    "wrong", ["los <", "|", "", "grad(x)", "u9", "\x1b[31m", "δ\u202e3", "(" * 5_000, "1e999 < u3"]
)
def test_a_wrong_one_is_said_in_one_line(tmp_path: Path, option: str, plain: tuple[str, ...], wrong: str) -> None:
    done = bptui("tanh4", option, wrong, *plain, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{option}: ")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 300
    assert done.stderr.rstrip("\n").isprintable()


def test_what_would_be_right_is_said(tmp_path: Path) -> None:
    done = bptui("tanh4", "--break", "los < 1", "--plain", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--break: 'los': nothing is called 'los'; did you mean 'loss'?\n"


@pytest.mark.parametrize("option", ["--break", "--watch"])
def test_one_without_a_value(tmp_path: Path, option: str) -> None:
    done = bptui("tanh4", option, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert option in done.stderr


def test_hits_are_listed(tmp_path: Path) -> None:
    """tanh4: u₃ is the fifth value; the way back begins at 10, and δ₃ is its sixth step; W₃ moves in the thirtieth."""
    done = bptui("tanh4", "--plain", "--break", "u3", "--break=nan", "--break", "W3", "--watch", "a3", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-5:] == [
        "",
        "breakpoint u3: 2 hits at 5, 15",
        "breakpoint nan: 0 hits",
        "breakpoint W3: 2 hits at 16, 30",
        "watch a3 = 0.999329",
    ]


def test_one_that_is_given_twice_hits_once(tmp_path: Path) -> None:
    done = bptui("tanh4", "--break", "delta3", "--break", "delta3", home=tmp_path)
    assert "breakpoint delta3: 1 hit at 15" in done.stdout.splitlines()


def test_many_hits_are_listed_in_part(tmp_path: Path) -> None:
    (tmp_path / "quadratic.toml").write_text(QUADRATIC)
    done = bptui("quadratic.toml", "--break", "L < 1e-3", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    small = [k for k in range(50) if 9 * 0.64**k < 1e-3]
    line = next(line for line in done.stdout.splitlines() if line.startswith("breakpoint "))
    assert line.startswith(f"breakpoint L < 1e-3: {len(small)} hits at ")
    assert line.endswith(f", … {len(small) - 20} more")


def test_those_of_the_scenario_come_first(tmp_path: Path) -> None:
    (tmp_path / "quadratic.toml").write_text('breakpoints = ["iteration 2"]\nwatches = ["w"]\n' + QUADRATIC)
    done = bptui("quadratic.toml", "--break", "nan", "--watch", "rate", home=tmp_path)
    said = [line.split(" = ")[0].split(":")[0] for line in done.stdout.splitlines()[-4:]]
    assert said == ["breakpoint iteration 2", "breakpoint nan", "watch w", "watch rate"]


def test_a_formula_has_them_too(tmp_path: Path) -> None:
    done = bptui("--expr", "sin(x^2)", "x=1.5", "--break", "backward", "--watch", "grad(x)", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == ["breakpoint backward: 1 hit at 3", "watch grad(x) = -1.88452"]


# ---- in a terminal


def vanishing_first() -> int:
    """The position of the first product below 1e-4: layers of one unit, w = 1, b = 0, sigmoid but for the last."""
    a = [1.0]
    for _ in range(19):
        a.append(1 / (1 + math.exp(-a[-1])))
    position, delta = 42, a[-1]  # z is the last activation, y is 0
    slopes = [value * (1 - value) for value in a[1:]] + [1.0]
    for layer in reversed(range(20)):
        delta *= slopes[layer]
        for step, product in enumerate((delta, delta * a[layer], delta, delta), start=1):
            if product < 1e-4:
                return position + step
        position += 4
    raise AssertionError("no product is that small")


def test_a_screen_runs_to_where_the_product_vanishes(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "vanishing", "--break", "|product| < 1e-4", "--watch", "loss"])
    program.wait_for(" 0 / 161")
    assert "watch loss = ·" in program.text
    program.press("c")
    program.wait_for("● |product| < 1e-4")
    first = vanishing_first()
    assert f" {first} / 161  ● |product| < 1e-4" in program.text
    program.press("S")
    program.wait_for(f" {first - 1} / 161")
    program.press("G")
    program.wait_for(" 161 / 161")
    program.press("C")
    program.wait_for(" 121 / 161")  # ∂L/∂b₁, the last of the way back
    program.press("B")
    program.wait_for("r remove")
    program.press("q")
    program.wait_for("q quit")
    program.press("q")
    assert program.wait_exit() == 0


def test_a_wrong_one_opens_no_screen(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["bptui", "vanishing", "--break", "|product| <"])
    assert program.wait_exit() == 2
    assert next(line for line in program.lines if line).startswith("--break: ")
    assert b"\x1b" not in program.raw
