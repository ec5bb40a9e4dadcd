"""What an op is: a primitive bound to the shapes of its arguments."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..jacobian import Array, LocalDerivative, Shape


class Op(msgspec.Struct, frozen=True, eq=False):
    """A primitive bound to shapes: how its value is computed, its local derivatives, and both as text.

    `value(*arguments)` is the node's value; `local[i](value, *arguments)` its derivative with respect to argument i.
    In `formula` and `derivatives`, {0}, {1}, … stand for the arguments. `order` is the order in which the arguments
    get their contributions; `note` says what is chosen by convention where the derivative does not exist.
    `multiplications` is how many a matrix product does; elsewhere there are no more than cells, and it is 0.
    """

    name: str
    shape: Shape
    value: Callable[..., Array]
    local: tuple[Callable[..., LocalDerivative], ...]
    formula: str
    derivatives: tuple[str, ...]
    order: tuple[int, ...]
    note: str = ""
    multiplications: int = 0


class Rule(msgspec.Struct, frozen=True, eq=False):
    """A row of the table of rules: the name, the number of arguments, and how it is bound to their shapes."""

    name: str
    arity: int
    bind: Callable[..., Op]


class ShapeError(Exception):
    """The arguments' shapes do not fit together."""


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an elementwise result: a scalar fits everything, a 1 repeats; ShapeError where nothing fits."""
    shapes = tuple(shape for shape in shapes if shape) or ((),)
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError("they have different numbers of axes")
    result = tuple(max(axis) for axis in zip(*shapes, strict=True))
    if any(n not in (1, result[i]) for shape in shapes for i, n in enumerate(shape)):
        raise ShapeError("each axis must be equal, or 1")
    return result
