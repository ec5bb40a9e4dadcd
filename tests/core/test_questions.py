"""Questions: what is asked before a multiplication is shown, of which cell, and what is given with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bptui.core import Multiply, Timeline, read
from bptui.core.chapter import Chapter
from bptui.core.jacobian import Array
from bptui.core.questions import choose, question

FOLDER = Path(__file__).parents[2] / "scenarios"


@cache
def shipped(name: str) -> Chapter:
    """The first iteration of a scenario that ships with it."""
    return Timeline(read(FOLDER / f"{name}.toml")).chapter(1)


def towards(chapter: Chapter, node: str, variable: str) -> int:
    """The index of the multiplication through a node to a variable."""
    found = [
        index
        for index, event in enumerate(chapter.events)
        if isinstance(event, Multiply) and (event.node.name, event.variable) == (node, variable)
    ]
    assert len(found) == 1
    return found[0]


def test_a_question_for_each_multiplication() -> None:
    for name in ("tanh4", "layers4", "xor", "attention"):
        chapter = shipped(name)
        for index, event in enumerate(chapter.events):
            asked = question(chapter, index)
            assert (asked is not None) == isinstance(event, Multiply)
            if asked is not None:
                assert asked.position == chapter.start + index + 1
                assert asked == question(chapter, index)


def test_what_is_asked_of_scalars() -> None:
    asked = question(shipped("tanh4"), 14)
    assert asked is not None
    assert asked.asks == "δ₃ = ∂L/∂a₃ · φ₃′(u₃): the local derivative φ₃′(u₃), or the product δ₃?"
    assert asked.cell == ()
    assert asked.given == (
        "a₃ = tanh(u₃)", "∂L/∂a₃ = -9.00067070026093", "u₃ = 4", "a₃ = 0.999329299739067"
    )  # fmt: skip


def test_what_is_asked_of_arrays() -> None:
    chapter = shipped("layers4")
    asked = question(chapter, towards(chapter, "u2", "W2"))
    assert asked is not None
    assert asked.asks == "∂L/∂W₂ = δ₂ a₁ᵀ: the cell [{}, {}] of the product?".format(*asked.cell)
    assert asked.cell[0] != asked.cell[1]
    assert asked.given == (
        "u₂ = W₂ a₁ + b₂",
        "δ₂ = [0.0496907; -0.0188873; -0.00180733; 0.0423804]",
        "a₁ = [0.649827; -0.336376; 0.580025; 0.0124993; 0.161085]",
    )
    asked = question(chapter, towards(chapter, "u2", "a1"))
    assert asked is not None
    column = read(FOLDER / "layers4.toml").parameters["W2"][:, asked.cell[0]]
    assert asked.given[2] == f"W₂[:, {asked.cell[0]}] = [{', '.join(f'{x:.6g}' for x in column)}]"


def test_what_takes_too_many_numbers_is_not_asked() -> None:
    chapter = shipped("digits")  # batches of 64
    assert question(chapter, towards(chapter, "u2", "W2")) is None
    assert question(chapter, towards(chapter, "u2", "b2")) is None
    assert question(chapter, towards(chapter, "a1", "u1")) is not None


@pytest.mark.parametrize(
    ("x", "fit"),
    [
        (np.array([[0.0, 0.0], [3.0, 0.0]]), lambda cell: cell == (1, 0)),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), lambda cell: cell in np.ndindex(2, 2)),
        (np.array([[5.0, 2.0, 7.0], [2.0, 5.0, 0.0]]), lambda cell: cell == (0, 2)),
        (np.array([[1e-17, 1.0, math.nan]]), lambda cell: cell == (0, 1)),
        (np.zeros((2, 3, 4)), lambda cell: cell in np.ndindex(2, 3, 4)),
        (np.float64(2.0), lambda cell: cell == ()),
        (np.array([math.nan, math.inf]), lambda cell: cell is None),
    ],
)
def test_the_cell_that_is_asked(x: Array, fit: Callable[[tuple[int, ...] | None], bool]) -> None:
    assert all(fit(choose(x, position)) for position in range(1, 50))


def test_cells_vary() -> None:
    assert len({choose(np.arange(1.0, 21.0).reshape(4, 5), position) for position in range(1, 100)}) > 10
