"""Predictions that are right are never called a mistake, and what the score says of all."""

from __future__ import annotations

import numpy as np
import pytest
from grades import PHI_MISSING, SLOPE, UPSTREAM, chapter_of, graded, shipped
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Multiply
from bptui.core.chapter import Chapter
from bptui.core.grading import Answer, Score, add, grade, parse_answer, summary


def every_cell(chapter: Chapter) -> list[tuple[int, tuple[int, ...]]]:
    return [
        (index, cell)
        for index, event in enumerate(chapter.events)
        if isinstance(event, Multiply)
        for cell in np.ndindex(event.downstream.shape)
    ]


# ---- what is right


@pytest.mark.parametrize("name", ["tanh4", "layers4", "xor", "attention", "softmax", "residual"])
@pytest.mark.parametrize("digits", [15, 6, 3, 2])
def test_what_is_right_is_right_in_as_many_digits_as_are_typed(name: str, digits: int) -> None:
    chapter = shipped(name)
    for index, cell in every_cell(chapter):
        event = chapter.events[index]
        assert isinstance(event, Multiply)
        found = grade(chapter, index, cell, parse_answer(f"{event.downstream[cell]:#.{digits}g}"))
        assert (found.right, found.as_what, found.mistake) == (True, "product", "")
        if found.expected_local is not None:
            assert event.upstream.size == 1 or event.upstream.shape == event.downstream.shape
            upstream = event.upstream[cell] if event.upstream.shape else event.upstream
            assert upstream * found.expected_local == pytest.approx(found.expected, rel=1e-12, abs=0)
            assert grade(chapter, index, cell, parse_answer(f"{found.expected_local:#.{digits}g}")).right


@given(x=st.floats(-100.0, 100.0), w=st.floats(-100.0, 100.0), off=st.floats(-0.0049, 0.0049))
@settings(max_examples=60, deadline=None)
def test_a_right_value_is_never_called_a_mistake(x: float, w: float, off: float) -> None:
    chapter = chapter_of(f"program = '''\nu = w * x\na = sigmoid(u)\nL = a^2\n'''\n[input]\nx = {x!r}\nw = {w!r}\n")
    for index, event in enumerate(chapter.events):
        if isinstance(event, Multiply):
            found = grade(chapter, index, (), Answer(float(event.downstream) * (1.0 + off)))
            assert (found.right, found.mistake) == (True, "")


def test_zero_is_not_named_a_mistake() -> None:
    chapter = chapter_of("program = '''\na = relu(u)\nL = 3 * a\n'''\n[input]\nu = -2.0\n")
    assert graded(chapter, "a", "u", (), 0.0).right
    assert graded(chapter, "a", "u", (), 3.0).mistake == PHI_MISSING
    chapter = chapter_of("program = '''\np = x * y\nL = p * 3\n'''\n[input]\nx = 0.0\ny = 2.0\n")
    assert graded(chapter, "p", "x", (), 0.0).mistake == ""


def test_only_multiplications_are_graded() -> None:
    with pytest.raises(ValueError, match="event 0 of the iteration is no multiplication"):
        grade(shipped("tanh4"), 0, (), Answer(1.0))


# ---- the score


def test_the_summary() -> None:
    right = graded(shipped("tanh4"), "a3", "u3", (), SLOPE)
    sign = graded(shipped("tanh4"), "a3", "u3", (), -SLOPE)
    missing = graded(shipped("tanh4"), "a3", "u3", (), UPSTREAM)
    other = graded(shipped("tanh4"), "a3", "u3", (), 77.7)
    score = Score()
    assert summary(score) == ["0 of 0 right"]
    for each in (right, sign, right, missing, None, missing, right, other, None):
        score = add(score, each)
    assert (score.asked, score.right, score.wrong, score.shown) == (9, 3, 4, 2)
    assert summary(score) == [
        "3 of 7 right",
        "2 × φ′ is missing: the upstream was passed on unchanged",
        "1 × the sign",
        "1 × wrong in another way",
        "2 were shown, not answered",
    ]
