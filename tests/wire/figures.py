"""The figures of the course text's example, and how they are read off a screen that steps through it."""

import math
import re
from collections.abc import Callable

STEPS = 33
"""u, a of four layers and L; the loss, A to D of three layers, A to C of the first; W and b of four layers."""

FIGURES = {
    9: [("L", "40.5060365272678")],
    11: [("δ₄", "-9.00067070026093")],
    12: [("∂L/∂W₄", "-8.99463394807370")],
    15: [("φ₃′(u₃)", "0.00134095068302590"), ("δ₃", "-0.0120694555232061")],
    16: [("∂L/∂W₃", "-0.0482778220928243")],
    19: [("δ₂", "-0.0120694555232061")],
    23: [("δ₁", "-0.0241389110464122")],
    32: [("W₄", "1.89946339480737")],
}
"""Position: the name on the screen and the value, to 15 significant digits; φ₃ is tanh."""

LAST_DIGITS = 1e-14
"""Relative: tanh differs by some units in the last place from one library to another."""


def read(text: str, name: str) -> float:
    """The number at the end of `name = … = number`, which may go on over lines that begin with a sign of equality."""
    rows = step_pane(text)
    pattern = re.compile(rf"(local +)?{re.escape(name)} [=←] ")
    first = next((index for index, row in enumerate(rows) if pattern.match(row)), None)
    assert first is not None, f"{name} is not on this screen:\n{text}"
    equation = rows[first]
    for row in rows[first + 1 :]:
        if not row.startswith("= "):
            break
        equation = row
    return float(equation.split()[-1])


def step_pane(text: str) -> list[str]:
    """The rows below the heading of the step, and left of that of a picture, where one stands beside it."""
    rows = text.splitlines()
    top = next((index for index, row in enumerate(rows) if re.match(r" 2 .* ─", row)), None)
    assert top is not None, f"there is no step on this screen:\n{text}"
    picture = re.search(r"  6 .* ─", rows[top])
    return [row[: picture.start() if picture else None].strip() for row in rows[top + 1 :]]


def check(text: str, position: int) -> None:
    """Compare the figures of this position with those on the screen."""
    for name, expected in FIGURES.get(position, []):
        figure = read(text, name)
        assert math.isclose(figure, float(expected), rel_tol=LAST_DIGITS), (
            f"{name} is {figure}, not {expected}:\n{text}"
        )


def step_through(press: Callable[[str], None], wait_for: Callable[[str], str]) -> None:
    """Forward to the end, back to the beginning, forward again, one step at a time; `wait_for` returns the screen."""
    wait_for(f" 0 / {STEPS}")
    forward = [("s", position) for position in range(1, STEPS + 1)]
    back = [("S", position) for position in range(STEPS - 1, -1, -1)]
    for key, position in forward + back + forward:
        press(key)
        check(wait_for(f" {position} / {STEPS}"), position)
