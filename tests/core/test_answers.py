"""Answers as they are typed: the numbers that they are, what is none, and how far off they may be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core.grading import Answer, parse_answer

# ---- what is typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0.0121", -0.0121),
        ("1.3e-3", 0.0013),
        ("1/4", 0.25),
        ("2*3", 6.0),
        ("4^2", 16.0),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("4**2", 16.0),
        ("-9.0*0.00134", -0.01206),
        ("−0.5", -0.5),
        ("0,5", 0.5),
        ("0,5 × 0,25", 0.125),
        ("+3", 3.0),
        ("  ( 1 + 2 ) / 4 ", 0.75),
        ("3 − −2", 5.0),
    ],
)
def test_what_people_type(text: str, value: float) -> None:
    assert parse_answer(text).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing is typed"),
        ("x", "'x' is not a number"),
        ("tanh(4)", "tanh is not arithmetic"),
        ("1/0", "1/0 is not a finite number"),
        ("(-8)^0.5", "is not a finite number"),
        ("1e999", "1e999 is not finite in float64"),
        ("nan", "'nan' is not a number"),
        ("1,000,000", "is not expected here"),
        ("1 2", "'2' is not expected here"),
        ("(1", "the line ends too early"),
        ("1[0]", "slice is not arithmetic"),
        ("1\x1b[2J", r"'\\x1b' is not expected here"),
        ("1" * 81, "an answer of 81 characters; 80 at the most"),
    ],
)
def test_what_is_no_answer(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("^", r"\^").replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_answer(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=90) | st.text("0123456789.,eE+-*/^()[]= xT'\"@", max_size=90))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_finite_number_or_a_value_error(text: str) -> None:
    said = ""
    answer = Answer(0.0)
    try:
        answer = parse_answer(text)
    except ValueError as error:
        said = str(error)
    assert said.isprintable()
    assert math.isfinite(answer.value)
    assert 0.0 <= answer.tolerance <= 0.051 * abs(answer.value)


# ---- how far off


def test_how_far_an_answer_may_be_off() -> None:
    assert parse_answer("0.0013").fits(0.00134095)  # rounded to two digits
    assert not parse_answer("0.0014").fits(0.00134095)
    assert not parse_answer("0.00130").fits(0.00134095)  # three digits, and the last is wrong
    assert not parse_answer("0.001").fits(0.00134095)  # one digit says too little
    assert parse_answer("0.010").fits(0.0104)
    assert not parse_answer("0.01").fits(0.0104)
    assert parse_answer("100.4").fits(100.0)
    assert not parse_answer("100.6").fits(100.0)
    assert parse_answer("0.12").fits(0.125)  # half way: up or down
    assert parse_answer("0.13").fits(0.125)
    assert not parse_answer("13/10").fits(1.34)  # of a calculation only the value counts


def test_zero_is_right_for_zero_alone() -> None:
    for text in ("0", "0.000", "-0.0", "0.1 + 0.2 - 0.3"):
        assert parse_answer(text).fits(0.0)
        assert not parse_answer(text).fits(1e-13)
    assert not parse_answer("1e-11").fits(0.0)
    assert not parse_answer("0.01").fits(0.0)
