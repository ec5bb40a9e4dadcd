"""The arithmetic of quantities, made once from the tree into a function that reads it wherever it is asked for.

What a name stands for is given by whoever asks: at an event of an iteration for a condition, at a position for a watch.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from ..jacobian import Array, scalar
from ..notation import norm
from .tree import Apply, Binary, Cell, Gradient, Number, Quantity, Value, Word

_Where = TypeVar("_Where")
Reading: TypeAlias = Callable[[_Where, int], Array | None]
"""What a quantity is at a place; None where it is not known there."""
Leaf: TypeAlias = Value | Gradient | Word

# fmt: off
_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "-":    operator.neg,
    "abs":  abs,
    "norm": lambda x: scalar(norm(x)),
    "min":  lambda x: x.min(),
    "max":  lambda x: x.max(),
    "mean": lambda x: x.mean(),
}
_OPERATORS: dict[str, Callable[[Array, Array], Array]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
# fmt: on


def reading(quantity: Quantity, leaf: Callable[[Leaf], Reading[_Where]]) -> Reading[_Where]:
    """The function that reads a quantity; `leaf` gives that of a name."""
    match quantity:
        case Number(value):
            number: Array = value  # type: ignore[assignment]
            return lambda where, index: number
        case Apply(function, of):
            return _applied(_FUNCTIONS[function], reading(of, leaf))
        case Binary(sign, left, right):
            return _combined(_OPERATORS[sign], reading(left, leaf), reading(right, leaf))
        case Cell(of, at):
            return _picked(reading(of, leaf), at)
        case _:
            return leaf(quantity)


def fit(a: Array, b: Array) -> bool:
    """Whether two quantities can stand on both sides of a sign: of equal shapes, or one of them a scalar."""
    return a.shape == b.shape or not a.shape or not b.shape


def _applied(function: Callable[[Array], Array], of: Reading[_Where]) -> Reading[_Where]:
    def read(where: _Where, index: int) -> Array | None:
        x = of(where, index)
        return None if x is None else function(x)

    return read


def _picked(of: Reading[_Where], at: tuple[int, ...]) -> Reading[_Where]:
    def read(where: _Where, index: int) -> Array | None:
        x = of(where, index)
        if x is None or len(at) != x.ndim or any(i >= n for i, n in zip(at, x.shape, strict=True)):
            return None
        cell: Array = x[at]
        return cell

    return read


def _combined(sign: Callable[[Array, Array], Array], left: Reading[_Where], right: Reading[_Where]) -> Reading[_Where]:
    def read(where: _Where, index: int) -> Array | None:
        a, b = left(where, index), right(where, index)
        return sign(a, b) if a is not None and b is not None and fit(a, b) else None

    return read
