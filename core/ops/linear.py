"""The matrix product, the affine map, and sums: where cells meet."""

from __future__ import annotations

import math

from ..jacobian import Identity, Linear, Outer, Repeat, Row, Shape, Total
from .elementwise import BY_NAME, Elementwise
from .op import Op, Rule, ShapeError, broadcast

SCALED = Elementwise(
    name="affine",
    formula="{0} · {1} + {2}",
    value=lambda W, a, b: W * a + b,
    derivatives=((lambda u, W, a, b: a, "{1}"), (lambda u, W, a, b: W, "{0}"), (1.0, "1")),
    order=(0, 2, 1),
)
"""The affine map where W or a is a scalar: it multiplies."""


def matmul(W: Shape, a: Shape) -> Op:
    """W a: a matrix product; where either is a scalar, a multiplication."""
    if not W or not a:
        return BY_NAME["multiply"].bind(W, a)
    rows, columns = _product(W, a)
    return Op(
        name="matmul",
        shape=(rows, columns),
        value=lambda W, a: W @ a,
        local=(lambda y, W, a: Outer(a, rows), lambda y, W, a: Linear(W, columns)),
        formula="{0} {1}",
        derivatives=("{1}", "{0}"),
        order=(0, 1),
        multiplications=rows * W[1] * columns,
    )


def affine(W: Shape, a: Shape, b: Shape) -> Op:
    """W a + b as one node; backward in the order of the course text: W, b, a."""
    if not W or not a:
        return SCALED.bind(W, a, b)
    rows, columns = _product(W, a)
    shape = (rows, columns)
    if broadcast(shape, b) != shape:
        raise ShapeError(f"the sum of W a, {rows}×{columns}, and b must have the shape of W a")
    bias = Identity(shape) if b == shape else Repeat.of(b, shape)
    return Op(
        name="affine",
        shape=shape,
        value=lambda W, a, b: W @ a + b,
        local=(
            lambda u, W, a, b: Outer(a, rows),
            lambda u, W, a, b: Linear(W, columns),
            lambda u, W, a, b: bias,
        ),
        formula="{0} {1} + {2}",
        derivatives=("{1}", "{0}", "1"),
        order=(0, 2, 1),
        multiplications=rows * W[1] * columns,
    )


def dot(x: Shape, y: Shape) -> Op:
    """Σ xᵢ yᵢ over all cells of two arrays of one shape."""
    if x != y:
        raise ShapeError("both must have the same shape")
    return Op(
        name="dot",
        shape=(),
        value=lambda x, y: (x * y).sum(),
        local=(lambda s, x, y: Row(y), lambda s, x, y: Row(x)),
        formula="dot({0}, {1})",
        derivatives=("{1}", "{0}"),
        order=(0, 1),
    )


def total(x: Shape) -> Op:
    """The sum of all cells."""
    derivative = Total(1.0, x)
    return Op(
        name="sum",
        shape=(),
        value=lambda x: x.sum(),
        local=(lambda s, x: derivative,),
        formula="sum({0})",
        derivatives=("1",),
        order=(0,),
    )


def mean(x: Shape) -> Op:
    """The mean of all cells."""
    n = math.prod(x)
    derivative = Total(1.0 / n, x)
    return Op(
        name="mean",
        shape=(),
        value=lambda x: x.sum() / n,
        local=(lambda m, x: derivative,),
        formula="mean({0})",
        derivatives=(f"1/{n}",),
        order=(0,),
    )


def _product(W: Shape, a: Shape) -> Shape:
    """(rows of W, columns of a), if they can be multiplied."""
    if len(W) != 2 or len(a) != 2:
        raise ShapeError("a matrix product takes two matrices")
    if W[1] != a[0]:
        raise ShapeError(f"the first has {W[1]} columns, the second {a[0]} rows; they must be equal")
    return W[0], a[1]


RULES = (
    Rule("matmul", 2, matmul),
    Rule("affine", 3, affine),
    Rule("dot", 2, dot),
    Rule("sum", 1, total),
    Rule("mean", 1, mean),
)
