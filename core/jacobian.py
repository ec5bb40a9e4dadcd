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

    @property
    def repeats(self) -> int:
        """How many cells of the node are copies of one cell."""
        return math.prod(self.node_shape) // math.prod(self.shape)

    @property
    def words(self) -> str:
        return f"repeated {counted(self.repeats, 'time')} to fit: the sum of {counted(self.repeats, 'contribution')}"

    def pull_back(self, upstream: Array) -> Array:
        total: Array = upstream.sum(axis=self.axes, keepdims=self.shape != ())
        return total

    def matrix(self) -> Array:
        return selection(np.broadcast_to(numbered(self.shape), self.node_shape), math.prod(self.shape))

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

    @property
    def words(self) -> str:
        n = self.repeat.repeats
        return f"repeated {counted(n, 'time')}, then cell by cell: the sum of {counted(n, 'contribution')}"

    def pull_back(self, upstream: Array) -> Array:
        return self.repeat.pull_back(upstream * self.diagonal)

    def matrix(self) -> Array:
        diagonal = np.broadcast_to(self.diagonal, self.repeat.node_shape)
        return vec(diagonal)[:, np.newaxis] * self.repeat.matrix()

    @property
    def shown(self) -> Array:
        return scalar(self.diagonal)


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
    """Of a sum or a mean over all cells, or along the axes where the node has length 1: equal weights."""

    weight: float
    shape: Shape
    node_shape: Shape = ()
    product: ClassVar[str] = "{g} · {d}"

    @property
    def words(self) -> str:
        n = math.prod(self.shape) // math.prod(self.node_shape)
        kind, share = ("sum", "") if self.weight == 1.0 else ("mean", f"1/{n} of ")
        each = "each cell is " if self.node_shape else ""
        return f"{each}the {kind} of {counted(n, 'cell')}: each of them gets {share}the upstream"

    def pull_back(self, upstream: Array) -> Array:
        return np.full(self.shape, upstream * self.weight)[()]

    def matrix(self) -> Array:
        rows = math.prod(self.node_shape)
        check_size(rows, math.prod(self.shape))
        return self.weight * selection(np.broadcast_to(numbered(self.node_shape), self.shape), rows).T

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


def numbered(shape: Shape) -> Array:
    """An array of this shape that holds at each cell its place in vec."""
    return np.arange(math.prod(shape)).reshape(shape, order="F")


def selection(source: Array, columns: int) -> Array:
    """The Jacobian of copying: each cell of the node is a copy of the cell of the argument that `source` numbers."""
    check_size(source.size, columns)
    jacobian = np.zeros((source.size, columns))
    jacobian[np.arange(source.size), vec(source)] = 1.0
    return jacobian


def scalar(x: Any) -> Array:
    """Python numbers and arrays of shape () as NumPy scalars; other arrays as they are."""
    if isinstance(x, np.generic):
        return x  # type: ignore[return-value]  # it is an Array here
    return np.float64(x) if type(x) is float else np.asarray(x)[()]  # type: ignore[return-value]


def check_size(rows: int, columns: int) -> None:
    """ValueError where a Jacobian of this size is too large to be written out."""
    if rows * columns > MATRIX_LIMIT:
        raise ValueError(f"a Jacobian of {rows:,} × {columns:,} is not written out: more than {MATRIX_LIMIT:,} cells")


def counted(n: int, noun: str) -> str:
    """`1 cell`, `32 cells`."""
    return f"{n:,} {noun}{'s' * (n != 1)}"
