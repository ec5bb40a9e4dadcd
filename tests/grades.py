"""Multiplications of a first iteration, the grades of answers to them, and where mistakes are found in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from bptui.core import Multiply, Timeline, parse, read
from bptui.core.chapter import Chapter
from bptui.core.grading import Grade, grade, parse_answer
from bptui.core.jacobian import Array
from bptui.core.mistakes import Formation, Multiplication, Run, candidates

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


def formation(
    chapter: Chapter,
    variable: str,
    updated: Mapping[str, tuple[Array, ...]] = {},
    earlier: Mapping[str, tuple[Array, ...]] = {},
) -> Formation:
    """How an iteration forms the gradient of a variable."""
    names = [*chapter.given, *chapter.parameters, *chapter.program.by_name]
    run = Run(chapter.program, {name: chapter.value(name) for name in names}, updated, earlier)
    events = [event for event in chapter.events if isinstance(event, Multiply) and event.variable == variable]
    return Formation(
        variable,
        tuple(Multiplication(e.node, e.argument, e.local, e.upstream, e.downstream, run) for e in events),
        run,
    )


def places(found: Formation, mistake: str, gradient: object) -> list[tuple[int | None, str]]:
    """Where a mistake is made that comes to a gradient, with what more is said of it."""
    wanted = np.asarray(gradient, float)
    return [
        (candidate.at, candidate.detail)
        for candidate in candidates(found)
        if candidate.mistake.id == mistake
        and candidate.gradient.shape == wanted.shape
        and np.allclose(candidate.gradient, wanted, rtol=1e-9, atol=1e-12)
    ]


def written(program: str, settings: str = "", **groups: Mapping[str, object]) -> Chapter:
    """The first iteration of a program with its values, by [input], [target], …"""
    lines = [settings, f"program = '''\n{program}\n'''"]
    for group, values in groups.items():
        lines += [f"[{group}]", *(f"{name} = {np.asarray(x, float).tolist()}" for name, x in values.items())]
    return chapter_of("\n".join(lines))
