"""What is right and yet worth a word: digits that saturation, float32 or few decimals have lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core import parse
from bptui.core.comparison.compare import compare, compared
from bptui.core.comparison.reading import read_own
from bptui.core.comparison.records import Comparison

TANH = "1 - a² loses digits where a = tanh saturates; sech²(u) keeps them"
SIGMOID = "a (1 - a) loses digits where a = sigmoid saturates; σ(u) σ(-u) keeps them"
SINGLE = "the numbers are float32's where the scenario has float64, and compared to its rounding"
DIGITS = "the numbers are written with few digits, and compared as far as they go"


def scenario(phi: str, u: float, dtype: str = "float64") -> str:
    return f"dtype = '{dtype}'\nprogram = '''\na = {phi}(u)\nL = c * a\n'''\n[parameters]\nu = {u}\nc = 3.0\n"


def textbook(phi: str, u: float, dtype: type) -> dict[str, Any]:
    """dL/du with φ′ as it is written from a: the small difference of large numbers where a is nearly 1."""
    x, one = dtype(u), dtype(1.0)
    a = np.tanh(x) if phi == "tanh" else one / (one + np.exp(-x))
    return {"da": dtype(3.0), "du": dtype(3.0) * (one - a * a if phi == "tanh" else a * (one - a)), "dc": a}


def remarks(found: Comparison) -> list[str]:
    assert found.is_right
    return [remark for each in found.judgements if each.variable == "u" for remark in each.remarks]


@pytest.mark.parametrize(
    ("phi", "u", "dtype", "said"),
    [
        ("tanh", 18.0, np.float64, TANH),
        ("tanh", -18.0, np.float64, TANH),
        ("tanh", 12.0, np.float32, TANH),
        ("sigmoid", 34.0, np.float64, SIGMOID),
        ("sigmoid", 24.0, np.float32, SIGMOID),
    ],
)
def test_the_textbooks_form_is_right_where_it_saturates_with_a_remark(
    phi: str, u: float, dtype: type, said: str
) -> None:
    own = textbook(phi, u, dtype)
    with np.errstate(all="ignore"):
        true = 3.0 / np.cosh(u) ** 2 if phi == "tanh" else 3.0 * np.exp(-u) / (1 + np.exp(-u)) ** 2
    assert abs(float(own["du"]) - true) > 1e-3 * true  # digits are lost
    assert remarks(compare(parse(scenario(phi, u)), own)) == [said]


@pytest.mark.parametrize(("phi", "u"), [("tanh", 2.0), ("tanh", 12.0), ("sigmoid", 5.0), ("sigmoid", -34.0)])
def test_where_few_digits_are_lost_nothing_is_said(phi: str, u: float) -> None:
    """At u = 12 float64 still has six digits of 1 - a²; sigmoid loses none on its left side."""
    found = compare(parse(scenario(phi, u)), textbook(phi, u, np.float64))
    assert remarks(found) == []
    assert found.remarks == ()


def test_the_form_that_keeps_its_digits_has_no_remark() -> None:
    kept = {"da": 3.0, "du": 3.0 / np.cosh(18.0) ** 2}
    assert remarks(compare(parse(scenario("tanh", 18.0)), kept)) == []


def test_a_mistake_is_found_though_tanh_saturates_elsewhere() -> None:
    found = compare(parse(scenario("tanh", 18.0)), {"da": -3.0, "du": -3.0 / np.cosh(18.0) ** 2})
    assert [each.variable for each in found.findings] == ["a"]


def test_float32_is_remarked_where_the_scenario_has_float64() -> None:
    own = textbook("tanh", 0.7, np.float32)
    assert compare(parse(scenario("tanh", 0.7)), own).remarks == (SINGLE,)
    assert compare(parse(scenario("tanh", 0.7, "float32")), own).remarks == ()
    assert compare(parse(scenario("tanh", 0.7)), textbook("tanh", 0.7, np.float64)).remarks == ()


@pytest.mark.parametrize(("digits", "said"), [(4, (DIGITS,)), (6, (DIGITS,)), (17, ())])
def test_few_digits_in_a_file_are_remarked(digits: int, said: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    own = {name: float(f"{x:.{digits}g}") for name, x in textbook("tanh", 0.7, np.float64).items()}
    path.write_text(json.dumps(own))
    found = compared(parse(scenario("tanh", 0.7)), read_own(str(path), 100))
    assert found.is_right
    assert found.remarks == said


def test_few_digits_do_not_hide_a_mistake(tmp_path: Path) -> None:
    own = textbook("tanh", 0.7, np.float64)
    path = tmp_path / "own.json"
    path.write_text(json.dumps({name: round(float(x * (2 if name == "du" else 1)), 4) for name, x in own.items()}))
    found = compared(parse(scenario("tanh", 0.7)), read_own(str(path), 100))
    assert [(each.variable, each.mistakes[0].mistake.id) for each in found.findings] == [("u", "factor-2")]
    assert found.remarks == (DIGITS,)
