"""What an op is: a primitive bound to the shapes of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from ..jacobian import Array, LocalDerivative, Shape

Option: TypeAlias = float | int | str | tuple[Any, ...]
"""What an option of a function may be given as: a number, a word, or a list of them."""


class Op(msgspec.Struct, frozen=True, eq=False):
    """A primitive bound to shapes: how its value is computed, its local derivatives, and both as text.

    `value(*arguments)` is the node's value; `local[i](value, *arguments)` its derivative with respect to argument i.
    In `formula` and `derivatives`, {0}, {1}, … stand for the arguments. `order` is the order in which the arguments
    get their contributions: one that has no derivative, as the classes of a cross-entropy, is not in it. `note` says
    what is chosen by convention where the derivative does not exist. `classes` has for each argument that holds
    indices how many there are to choose from: its cells must be whole, and from 0 to one less.
    `multiplications` is how many a matrix product does; elsewhere there are no more than cells, and it is 0.
    `held` is how many cells its local derivatives make, beyond those of the arguments and the value.
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
    held: int = 0
    classes: Mapping[int, int] = {}


class Rule(msgspec.Struct, frozen=True, eq=False):
    """A row of the table of rules: the name, how many arguments, and how it is bound to their shapes.

    `bind(*shapes, **options)` raises ShapeError where shapes do not fit, OptionError where an option is wrong.
    `options` has the default of each option, which is of the type that is asked for; `most` is the largest number of
    arguments where it is not `arity`.
    """

    name: str
    arity: int
    bind: Callable[..., Op]
    options: Mapping[str, Option] = {}
    most: int = 0


class ShapeError(Exception):
    """The arguments' shapes do not fit together."""


class OptionError(Exception):
    """An option of a function is not one of those that there are; says what would be right."""


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an elementwise result: a scalar fits everything, a 1 repeats; ShapeError where nothing fits."""
    shapes = tuple(shape for shape in shapes if shape) or ((),)
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError("they have different numbers of axes")
    result = tuple(max(axis) for axis in zip(*shapes, strict=True))
    if any(n not in (1, result[i]) for shape in shapes for i, n in enumerate(shape)):
        raise ShapeError("each axis must be equal, or 1")
    return result
