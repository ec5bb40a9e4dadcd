"""Ops whose cells are copies of their arguments' cells: nothing is computed, cells only change their places.

What is copied gets its upstream back where it came from; a cell that is copied more than once gets the sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any, ClassVar, TypeAlias

import numpy as np

from ..jacobian import Array, LocalDerivative, Shape, Structure, check_size, counted, numbered, selection
from .op import Op, OptionError, Rule, ShapeError

Ranges: TypeAlias = tuple[tuple[int | None, int | None], ...]
Region: TypeAlias = tuple[slice, ...]


class Transposed(Structure, frozen=True, gc=False, eq=False):
    """Of xᵀ, for x of this shape."""

    shape: Shape
    product: ClassVar[str] = "({g})ᵀ"
    words: ClassVar[str] = "transposed: the upstream is transposed back"

    def pull_back(self, upstream: Array) -> Array:
        return upstream.T

    def matrix(self) -> Array:
        return selection(numbered(self.shape).T, math.prod(self.shape))


class Reshaped(Structure, frozen=True, gc=False, eq=False):
    """Of the same cells in another shape."""

    shape: Shape
    node_shape: Shape
    product: ClassVar[str] = "reshape({g})"
    words: ClassVar[str] = "the same cells in another shape: the upstream is reshaped back"

    def pull_back(self, upstream: Array) -> Array:
        return upstream.reshape(self.shape)[()]

    def matrix(self) -> Array:
        return selection(numbered(self.shape).reshape(self.node_shape), math.prod(self.shape))


class Sliced(Structure, frozen=True, gc=False, eq=False):
    """Of x[region], for x of this shape."""

    shape: Shape
    region: Region
    product: ClassVar[str] = "scatter({g})"

    @property
    def words(self) -> str:
        cells = math.prod(self.shape)
        return f"{_size(self.region):,} of {counted(cells, 'cell')}: they get the upstream, all others 0"

    def pull_back(self, upstream: Array) -> Array:
        downstream = np.zeros(self.shape, upstream.dtype)
        downstream[self.region] = upstream
        return downstream

    def matrix(self) -> Array:
        return selection(numbered(self.shape)[self.region], math.prod(self.shape))


class Part(Structure, frozen=True, gc=False, eq=False):
    """Of an array with respect to what stands in one region of it."""

    region: Region
    node_shape: Shape
    product: ClassVar[str] = "part of {g}"

    @property
    def words(self) -> str:
        cells = math.prod(self.node_shape)
        return f"{_size(self.region):,} of the node's {counted(cells, 'cell')}: that part of the upstream"

    def pull_back(self, upstream: Array) -> Array:
        return upstream[self.region]

    def matrix(self) -> Array:
        rows = math.prod(self.node_shape)
        check_size(rows, _size(self.region))
        return selection(numbered(self.node_shape)[self.region], rows).T


class Select(Structure, frozen=True, gc=False, eq=False):
    """Of cells picked one by one: `index` has for each cell of the node a cell of the argument, in row-major order."""

    index: Array
    shape: Shape
    product: ClassVar[str] = "scatter({g})"

    @property
    def words(self) -> str:
        picked, times = np.unique(self.index, return_counts=True)
        most = times.max()
        share = f"the sum of up to {most:,} contributions" if most > 1 else "the upstream"
        return f"{picked.size:,} of {counted(math.prod(self.shape), 'cell')}: they get {share}, all others 0"

    def pull_back(self, upstream: Array) -> Array:
        downstream = np.zeros(math.prod(self.shape), upstream.dtype)
        np.add.at(downstream, self.index.ravel(), upstream.ravel())
        return downstream.reshape(self.shape)[()]

    def matrix(self) -> Array:
        columns = numbered(self.shape).ravel()
        return selection(columns[self.index], columns.size)


def transpose(x: Shape) -> Op:
    """xᵀ of a matrix."""
    if len(x) != 2:
        raise ShapeError("only a matrix is transposed: rows and columns")
    return _copying("transpose", x[::-1], lambda x: x.T, "{0}ᵀ", Transposed(x))


def reshape(x: Shape, shape: tuple[Any, ...] = (-1, 1)) -> Op:
    """The same cells in row-major order; one -1 stands for what is left."""
    target = _target(math.prod(x), shape)
    formula = f"reshape({{0}}, shape=[{', '.join(map(str, target))}])"
    return _copying("reshape", target, lambda x: x.reshape(target)[()], formula, Reshaped(x, target))


def slice_of(x: Shape, ranges: Ranges = ()) -> Op:
    """x[start:stop, …] as in Python; all axes stay, and those that have no range stay whole."""
    if len(ranges) > len(x):
        raise ShapeError(f"{counted(len(x), 'range')} at the most, one for each axis" if x else "a scalar has no parts")
    bounds = [*ranges, *[(None, None)] * (len(x) - len(ranges))]
    region = tuple(slice(*slice(*pair).indices(n)) for pair, n in zip(bounds, x, strict=True))
    shape = tuple(max(one.stop - one.start, 0) for one in region)
    for axis, n in enumerate(shape):
        if not n:
            raise ShapeError(f"nothing is left of axis {axis}: its indices are 0 to {x[axis] - 1}")
    written = ", ".join(":".join("" if n is None else str(n) for n in pair) for pair in bounds)
    return _copying("slice", shape, lambda x: x[region], f"{{0}}[{written}]", Sliced(x, region))


def concatenate(*shapes: Shape, axis: int = 0) -> Op:
    """The arguments one behind the other along an axis; their other axes must be equal."""
    axes = {len(shape) for shape in shapes}
    if len(axes) > 1 or axes == {0}:
        raise ShapeError("all must have the same number of axes, two at least")
    axis = checked_axis(axis, *axes)
    before, behind = shapes[0][:axis], shapes[0][axis + 1 :]
    if any((shape[:axis], shape[axis + 1 :]) != (before, behind) for shape in shapes):
        raise ShapeError(f"they must be equally long along every axis but {axis}")
    ends = list(accumulate(shape[axis] for shape in shapes))
    node = (*before, ends[-1], *behind)
    whole = tuple(slice(0, n) for n in before)
    regions = [
        (*whole, slice(end - shape[axis], end), *(slice(0, n) for n in behind))
        for end, shape in zip(ends, shapes, strict=True)
    ]
    names = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return _copying(
        "concatenate",
        node,
        lambda *arguments: np.concatenate(arguments, axis=axis),
        f"concatenate({names}, axis={axis})",
        *(Part(region, node) for region in regions),
    )


def embedding(E: Shape, ids: Shape) -> Op:
    """The columns of E, (features, words), that `ids`, (1, N), name: (features, N)."""
    if len(E) != 2 or len(ids) != 2 or ids[0] != 1:
        raise ShapeError("the table has one column for each word, the ids are one row of column numbers")
    features, words = E
    rows = words * np.arange(features)[:, np.newaxis]
    return Op(
        name="embedding",
        shape=(features, ids[1]),
        value=lambda E, ids: E.take(ids[0].astype(int), axis=1),
        local=(lambda e, E, ids: Select(rows + ids.astype(int), E.shape), no_derivative),
        formula="{0}[:, {1}]",
        derivatives=("1", ""),
        order=(0,),
        held=features * ids[1],
        classes={1: words},
    )


def no_derivative(*arguments: Array) -> LocalDerivative:
    """Stands where an argument of indices has no derivative."""
    raise TypeError("indices have no derivative")


def checked_axis(axis: Any, axes: int) -> int:
    """The axis counted from the front; OptionError where an array with so many axes does not have it."""
    if not axes:
        raise OptionError("a scalar has no axes; leave the axis out")
    if type(axis) is not int or not -axes <= axis < axes:
        raise OptionError(f"axis is a whole number from 0 to {axes - 1}, or counted from the end from -1 to -{axes}")
    return axis % axes


def _target(cells: int, shape: tuple[Any, ...]) -> Shape:
    """The shape with its -1 replaced; OptionError where it is no shape, ShapeError where the cells do not fill it."""
    if len(shape) == 1 or len(shape) > 4:
        raise OptionError("shape has 2 to 4 axes; a column is [n, 1], a scalar []")
    if any(type(n) is not int or n < -1 or n == 0 for n in shape) or shape.count(-1) > 1:
        raise OptionError("shape has whole numbers above 0; one of them may be -1: as many as are left")
    given = math.prod(n for n in shape if n > 0)
    target = tuple(cells // given if n == -1 else n for n in shape)
    if math.prod(target) != cells:
        raise ShapeError(f"the new shape must hold {counted(cells, 'cell')}, no more and no less")
    return target


def _size(region: Region) -> int:
    return math.prod(one.stop - one.start for one in region)


def _copying(name: str, shape: Shape, value: Callable[..., Array], formula: str, *derivatives: LocalDerivative) -> Op:
    """An op whose local derivatives are the same at every value."""
    return Op(
        name=name,
        shape=shape,
        value=value,
        local=tuple(_always(derivative) for derivative in derivatives),
        formula=formula,
        derivatives=("1",) * len(derivatives),
        order=tuple(range(len(derivatives))),
    )


def _always(derivative: LocalDerivative) -> Callable[..., LocalDerivative]:
    return lambda value, *arguments: derivative


RULES = (
    Rule("transpose", 1, transpose),
    Rule("reshape", 1, reshape, {"shape": (-1, 1)}),
    Rule("slice", 1, slice_of, {"ranges": ()}),
    Rule("concatenate", 2, concatenate, {"axis": 0}, most=16),
    Rule("embedding", 2, embedding),
)
