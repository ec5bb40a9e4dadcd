"""Multiplications of a first iteration and the grades of answers to them, with the worked example by hand."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

from bptui.core import Multiply, Timeline, parse, read
from bptui.core.chapter import Chapter
from bptui.core.grading import Grade, grade, parse_answer

FOLDER = Path(__file__).parents[1] / "scenarios"

PHI_MISSING = "φ′ is missing: the upstream was passed on unchanged"

A = math.tanh(4.0)
SLOPE = 1.0 / math.cosh(4.0) ** 2
UPSTREAM = A - 10.0
"""The worked example: u₃ = 4, a₃ = tanh 4, L = ½ (a₃ - 10)²."""


@cache
def shipped(name: str) -> Chapter:
    """The first iteration of a scenario that ships with it."""
    return Timeline(read(FOLDER / f"{name}.toml")).chapter(1)


def chapter_of(text: str) -> Chapter:
    return Timeline(parse(text)).chapter(1)


def towards(chapter: Chapter, node: str, variable: str) -> int:
    """The index of the multiplication through a node to a variable."""
    found = [
        index
        for index, event in enumerate(chapter.events)
        if isinstance(event, Multiply) and (event.node.name, event.variable) == (node, variable)
    ]
    assert len(found) == 1
    return found[0]


def graded(chapter: Chapter, node: str, variable: str, cell: tuple[int, ...], x: float) -> Grade:
    """The grade of x with six digits."""
    return grade(chapter, towards(chapter, node, variable), cell, parse_answer(f"{x:#.6g}"))
