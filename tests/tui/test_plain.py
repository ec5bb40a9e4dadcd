"""Plain lines of runs that are trained: curves, stops, and evaluations."""

import math
from pathlib import Path

import pytest

from bptui.core import Timeline, parse, read
from bptui.tui.curve import HEIGHT, curve
from bptui.tui.plain import plain_lines
from bptui.tui.setup import Setup

FOLDER = Path(__file__).parents[2] / "scenarios"
BATCH_NORM = """
program = '''
n = batch_norm(x, g, h)
L = half_squared_error(n, y)
'''
[input]
x = [[1.0, 2.0, 3.0, 6.0]]
[target]
y = [[0.0, 1.0, 0.0, 1.0]]
[parameters]
g = [1.0]
h = [0.0]
[data]
held_out = 1
[update]
rule = "momentum"
learning_rate = 0.1
iterations = 2
"""
DIVERGES = """
program = "L = (w * x)^4"
[input]
x = 3.0
[parameters]
w = 1.0
[update]
rule = "gradient_descent"
learning_rate = 1.0
iterations = 50
"""


def test_digits_end_with_the_loss_curve_and_the_accuracy_of_each_epoch() -> None:
    lines = list(plain_lines(Timeline(read(FOLDER / "digits.toml")), Setup()))
    start = next(i for i, text in enumerate(lines) if text.startswith("L over the iterations"))
    drawn = lines[start + 1 : start + 1 + HEIGHT]
    assert all("|" in text for text in drawn)
    assert sum(text.count("o") for text in drawn) > 5
    table = [text.split() for text in lines[start:] if text.endswith("%")]
    assert [int(row[0]) for row in table] == list(range(1, 14))
    assert float(table[-1][-1].rstrip("%")) >= 95.0
    assert sum(text.startswith("iteration") for text in lines) == 299


def test_an_evaluation_with_batch_norm_is_printed() -> None:
    lines = list(plain_lines(Timeline(parse(BATCH_NORM)), Setup()))
    assert sum("  evaluate  " in text for text in lines) == 4


def test_a_run_that_diverges_says_why_and_shows_how() -> None:
    lines = list(plain_lines(Timeline(parse(DIVERGES)), Setup()))
    assert any(text.startswith("stopped at position ") and " is infinite" in text for text in lines)
    assert sum("*" in text and "|" in text for text in lines[-HEIGHT - 2 :]) > 3


@pytest.mark.parametrize(
    "values",
    [[1.7e308] * 200, [1.7e308, -1.7e308], [0.0], [5.0], [math.nan, 1.0, math.inf], [1e-300, 1e300], list(range(1000))],
)
def test_any_numbers_can_be_drawn(values: list[float]) -> None:
    lines = list(curve(values))
    assert len(lines) == HEIGHT + 2
    assert any("*" in text for text in lines)


def test_what_is_not_finite_is_not_drawn() -> None:
    assert list(curve([math.nan, math.inf])) == []


def test_a_straight_line_falls_in_equal_steps() -> None:
    rows = [text.partition("|")[2] for text in curve([11.0 - i for i in range(12)])][:HEIGHT]
    columns = [row.index("*") for row in rows]
    assert columns == sorted(columns)
    assert [row.count("*") for row in rows] == [1] * HEIGHT


def test_a_quantity_that_overflows_is_named_though_the_parameter_is_finite() -> None:
    """(10²⁰⁰)² is infinite: Adagrad's sum is, and divides the step to 0."""
    text = DIVERGES.replace("(w * x)^4", "1e200 * w").replace("gradient_descent", "adagrad").replace("x = 3.0", "")
    text = text.replace("[input]\n", "")
    lines = list(plain_lines(Timeline(parse(text)), Setup()))
    said = next(text for text in lines if text.startswith("stopped at position "))
    assert "G in the update of w is infinite" in said
