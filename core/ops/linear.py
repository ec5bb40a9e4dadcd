"""The matrix product, the affine map, sums and maxima: where cells meet."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..jacobian import Array, Identity, Repeat, Row, Shape, Structure, Total, check_size, is_finite
from .arrange import Select, checked_axis
from .elementwise import BY_NAME, Elementwise
from .op import Op, Rule, ShapeError, broadcast


class Linear(Structure, frozen=True, gc=False, eq=False):
    """Of W a with respect to a, (n, N): the matrix W itself, once for each column."""

    W: Array
    columns: int
    product: ClassVar[str] = "{d}ᵀ {g}"
    words: ClassVar[str] = "the matrix itself: going back multiplies by its transpose"

    def pull_back(self, upstream: Array) -> Array:
        return self.W.T @ upstream

    def matrix(self) -> Array:
        check_size(*(n * self.columns for n in self.W.shape))
        return np.kron(np.eye(self.columns), self.W)

    @property
    def shown(self) -> Array:
        return self.W


class Outer(Structure, frozen=True, gc=False, eq=False):
    """Of W a with respect to W, (rows, n): the gradient is an outer product, summed over the columns of a."""

    a: Array
    rows: int
    product: ClassVar[str] = "{g} {d}ᵀ"

    @property
    def words(self) -> str:
        columns = self.a.shape[1]
        summed = f", the sum of {columns:,} columns" if columns > 1 else ""
        return f"an outer product: each weight sees its own upstream cell and its own input{summed}"

    def pull_back(self, upstream: Array) -> Array:
        return upstream @ self.a.T

    def stays_finite(self, upstream: Array, downstream: Array) -> bool:
        # By Cauchy and Schwarz no cell is above ‖upstream‖ ‖a‖, and these two are much smaller than the downstream.
        return math.isfinite(np.vdot(upstream, upstream) * np.vdot(self.a, self.a)) or is_finite(downstream)

    def matrix(self) -> Array:
        n, columns = self.a.shape
        check_size(self.rows * columns, self.rows * n)
        return np.kron(self.a.T, np.eye(self.rows))

    @property
    def shown(self) -> Array:
        return self.a


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


def total(x: Shape, axis: int | str = "all") -> Op:
    """The sum of all cells, or along one axis, which then has length 1."""
    shape, along, option = _reduced(x, axis)
    derivative = Total(1.0, x, shape)
    return Op(
        name="sum",
        shape=shape,
        value=lambda x: x.sum(**along),
        local=(lambda s, x: derivative,),
        formula=f"sum({{0}}{option})",
        derivatives=("1",),
        order=(0,),
    )


def mean(x: Shape, axis: int | str = "all") -> Op:
    """The mean of all cells, or along one axis, which then has length 1."""
    shape, along, option = _reduced(x, axis)
    n = math.prod(x) // math.prod(shape)
    derivative = Total(1.0 / n, x, shape)
    return Op(
        name="mean",
        shape=shape,
        value=lambda x: x.sum(**along) / n,
        local=(lambda m, x: derivative,),
        formula=f"mean({{0}}{option})",
        derivatives=(f"1/{n}",),
        order=(0,),
    )


def largest(x: Shape, axis: int | str = "all") -> Op:
    """The largest of all cells, or along one axis, which then has length 1."""
    shape, along, option = _reduced(x, axis)
    formula = f"max({{0}}{option})"

    def first_largest(m: Array, x: Array) -> Select:
        place = x.argmax(**along)
        cells = np.arange(x.size).reshape(x.shape)
        return Select(np.take_along_axis(cells, place, along["axis"]) if along else place, x.shape)

    return Op(
        name="max",
        shape=shape,
        value=lambda x: x.max(**along),
        local=(first_largest,),
        formula=formula,
        derivatives=(f"[{{0}} = {formula}]",),
        order=(0,),
        note="where cells are equally large, the first one gets the derivative",
        held=math.prod(shape),
    )


def _reduced(x: Shape, axis: int | str) -> tuple[Shape, dict[str, Any], str]:
    """The shape that a reduction leaves, what NumPy is to be told, and the option as text."""
    if axis == "all":
        return (), {}, ""
    axis = checked_axis(axis, len(x))
    return (*x[:axis], 1, *x[axis + 1 :]), {"axis": axis, "keepdims": True}, f", axis={axis}"


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
    Rule("sum", 1, total, {"axis": "all"}),
    Rule("mean", 1, mean, {"axis": "all"}),
    Rule("max", 1, largest, {"axis": "all"}),
)
