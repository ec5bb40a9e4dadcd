"""The local derivatives of all cases with what comes in and goes out, and multiplications of scenarios that ship."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from laws import Case, local

from bptui.core import Multiply, Timeline, read
from bptui.core.chapter import Chapter
from bptui.core.jacobian import Array, LocalDerivative, Shape

FOLDER = Path(__file__).parents[1] / "scenarios"

W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
A = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
G = np.array([[1.0, 2.0], [3.0, -1.0]])
"""u = W a of two examples, and ∂L/∂u."""


def maps(case: Case) -> Iterator[tuple[LocalDerivative, Array, Array, int]]:
    """Of a case each local derivative, an upstream and the downstream, at numbers where every op is defined."""
    rng = np.random.default_rng(len(str(case)))
    op = case.bind()
    arguments = [
        (rng.integers(0, op.classes[i], shape).astype(float) if i in op.classes else rng.uniform(0.2, 0.9, shape))
        for i, shape in enumerate(case.shapes)
    ]
    arguments = [np.asarray(argument)[()] for argument in arguments]
    upstream = np.asarray(rng.uniform(-1.0, 1.0, op.shape))[()]
    for position in op.order:
        derivative = local(op, position, arguments)
        yield derivative, upstream, derivative.pull_back(upstream), position


def places(shape: Shape) -> Array:
    """The number of each cell in column-major order, counted one by one."""
    numbers = np.zeros(shape, int)
    for place, index in enumerate(np.ndindex(shape[::-1])):
        numbers[index[::-1]] = place
    return numbers


def chapter(name: str) -> Chapter:
    return Timeline(read(FOLDER / f"{name}.toml")).chapter(1)


def through(chapter: Chapter, node: str, argument: int) -> Multiply:
    return next(
        event
        for event in chapter.events
        if isinstance(event, Multiply) and (event.node.name, event.argument) == (node, argument)
    )
