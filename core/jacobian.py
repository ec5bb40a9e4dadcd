"""Local derivatives as linear maps.

The derivative of a node with respect to one argument is a linear map with a known structure. `pull_back` is the product
that backpropagation does, downstream = Jᵀ · upstream. `matrix` writes the Jacobian J out: a row for each cell of the
node, a column for each cell of the argument, both in column-major order (vec). The law that binds the two is
unvec(matrix().T @ vec(upstream)) = pull_back(upstream).

`product` says in symbols what `pull_back` does ({d} the derivative, {g} the upstream); `words` names the structure.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Protocol, TypeAlias

import msgspec
import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
"""An array, or a NumPy scalar: it has the same attributes, and the shape `()`."""
Shape: TypeAlias = tuple[int, ...]

MATRIX_LIMIT = 1_000_000
"""Cells of the largest Jacobian that is written out."""


class LocalDerivative(Protocol):
    """What every structure can do."""

    product: ClassVar[str]

    @property
    def words(self) -> str:
        """What kind of map it is, with the numbers of what it sums over."""

    def pull_back(self, upstream: Array) -> Array:
        """The downstream Jᵀ · upstream, in the argument's shape."""

    def matrix(self) -> Array:
        """The Jacobian written out; ValueError with its size where it has more than MATRIX_LIMIT cells."""

    def stays_finite(self, upstream: Array, downstream: Array) -> bool:
        """Whether every cell of the downstream is finite, by the cheapest way to know."""

    @property
    def shown(self) -> Array:
        """The numbers that define the map."""


class Structure(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The base of the structures: a record that is cheap to make, 0.1 µs. What it does is what most of them do."""

    def stays_finite(self, upstream: Array, downstream: Array) -> bool:
        return is_finite(downstream)

    @property
    def shown(self) -> Array:
        return scalar(1.0)


class Identity(Structure, frozen=True, gc=False, eq=False):
    """Of y = x + …: nothing changes."""

    shape: Shape
    product: ClassVar[str] = "{g} · {d}"
    words: ClassVar[str] = "the identity: the upstream passes unchanged"

    def pull_back(self, upstream: Array) -> Array:
        return upstream

    def matrix(self) -> Array:
        n = math.prod(self.shape)
        check_size(n, n)
        return np.eye(n)


class Diagonal(Structure, frozen=True, gc=False, eq=False):
    """Of an elementwise function: each cell of the node depends on the same cell of the argument."""

    diagonal: Array | float
    shape: Shape
    product: ClassVar[str] = "{g} ⊙ {d}"
    words: ClassVar[str] = "diagonal: cell by cell"

    def pull_back(self, upstream: Array) -> Array:
        return upstream * self.diagonal

    def matrix(self) -> Array:
        n = math.prod(self.shape)
        check_size(n, n)
        return np.diag(vec(np.broadcast_to(self.diagonal, self.shape)))

    @property
    def shown(self) -> Array:
        return scalar(self.diagonal)


class Repeat(Structure, frozen=True, gc=False, eq=False):
    """Of y = x + … where x was repeated to fit, as a bias is for each example: its gradient is a sum."""

    node_shape: Shape
    shape: Shape
    axes: tuple[int, ...]
    product: ClassVar[str] = "Σ {g}"
    words: ClassVar[str] = "repeated to fit: the contributions of all repeats are summed"

    def pull_back(self, upstream: Array) -> Array:
        total: Array = upstream.sum(axis=self.axes, keepdims=self.shape != ())
        return total

    def matrix(self) -> Array:
        rows, columns = math.prod(self.node_shape), math.prod(self.shape)
        check_size(rows, columns)
        source = np.broadcast_to(np.arange(columns).reshape(self.shape, order="F"), self.node_shape)
        jacobian = np.zeros((rows, columns))
        jacobian[np.arange(rows), vec(source)] = 1.0
        return jacobian

    @classmethod
    def of(cls, shape: Shape, node_shape: Shape) -> Repeat:
        """How an argument of this shape is repeated to fit the node: along its axes of length 1, a scalar along all."""
        axes = tuple(i for i in range(len(node_shape)) if not shape or shape[i] == 1)
        return cls(node_shape, shape, axes)


class Broadcast(Structure, frozen=True, gc=False, eq=False):
    """Of an elementwise function whose argument was repeated to fit: cell by cell, then a sum over the repeats."""

    diagonal: Array | float
    repeat: Repeat
    product: ClassVar[str] = "Σ ({g} ⊙ {d})"
    words: ClassVar[str] = "repeated, then cell by cell: the contributions of all repeats are summed"

    def pull_back(self, upstream: Array) -> Array:
        return self.repeat.pull_back(upstream * self.diagonal)

    def matrix(self) -> Array:
        diagonal = np.broadcast_to(self.diagonal, self.repeat.node_shape)
        return vec(diagonal)[:, np.newaxis] * self.repeat.matrix()

    @property
    def shown(self) -> Array:
        return scalar(self.diagonal)


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
    words: ClassVar[str] = "an outer product: each weight sees its own upstream cell and its own input"

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


class Row(Structure, frozen=True, gc=False, eq=False):
    """Of a scalar node: its gradient, a Jacobian of one row."""

    gradient: Array
    product: ClassVar[str] = "{g} · {d}"
    words: ClassVar[str] = "one row: the node is a scalar"

    def pull_back(self, upstream: Array) -> Array:
        return upstream * self.gradient

    def matrix(self) -> Array:
        check_size(1, self.gradient.size)
        return vec(self.gradient).reshape(1, -1)

    @property
    def shown(self) -> Array:
        return self.gradient


class Total(Structure, frozen=True, gc=False, eq=False):
    """Of a sum or a mean over all cells: the same weight for each of them."""

    weight: float
    shape: Shape
    product: ClassVar[str] = "{g} · {d}"
    words: ClassVar[str] = "one row of equal weights: every cell gets the same"

    def pull_back(self, upstream: Array) -> Array:
        return np.full(self.shape, upstream * self.weight)[()]

    def matrix(self) -> Array:
        columns = math.prod(self.shape)
        check_size(1, columns)
        return np.full((1, columns), self.weight)

    @property
    def shown(self) -> Array:
        return scalar(self.weight)


def is_finite(x: Array) -> bool:
    """Whether no cell is NaN or infinite.

    A sum of squares is finite only if every cell is, and BLAS has it sooner than isfinite looks at each; where it
    overflows although every cell is finite, isfinite decides.
    """
    if type(x) is np.ndarray:
        return math.isfinite(np.vdot(x, x)) or bool(np.isfinite(x).all())
    return math.isfinite(x)


def vec(x: Array) -> Array:
    """All cells in column-major order, as the rows and columns of a Jacobian are."""
    return x.reshape(-1, order="F")


def scalar(x: Any) -> Array:
    """Python numbers and arrays of shape () as NumPy scalars; other arrays as they are."""
    return np.asarray(x)[()]


def check_size(rows: int, columns: int) -> None:
    """ValueError where a Jacobian of this size is too large to be written out."""
    if rows * columns > MATRIX_LIMIT:
        raise ValueError(f"a Jacobian of {rows:,} × {columns:,} is not written out: more than {MATRIX_LIMIT:,} cells")
