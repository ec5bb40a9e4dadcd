"""The Jacobian beside the product that backpropagation does: written out for everything, or for one chosen example.

Examples are the last axis, and vec is column-major: the cells of one example stand next to each other.
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec
import numpy as np

from .events import Multiply
from .jacobian import MATRIX_LIMIT, Array, LocalDerivative, Shape, check_size, numbered, vec
from .ops.linear import Linear

SLACK = 64.0
"""By how many roundings of the largest sum of absolute terms two ways to the same number may differ."""


class Both(msgspec.Struct, frozen=True, eq=False):
    """The two ways from an upstream to a downstream, for everything or for one example.

    `rows` and `columns` are the places in vec that the cells have which the matrix is about, of the node and of the
    argument. `written` is matrix.T @ upstream, `pulled` what `pull_back` says for the same cells, both in vec;
    `difference` is the largest between them, and they agree where it is no more than rounding.
    """

    rows: range
    columns: range
    matrix: Array
    upstream: Array
    written: Array
    pulled: Array
    difference: float
    agree: bool


def examples(event: Multiply) -> int:
    """How many examples can be chosen from: the columns of the node; 1 where it has only one axis, or none."""
    shape = event.upstream.shape
    return shape[-1] if len(shape) > 1 else 1


def block(local: LocalDerivative, node: Shape, argument: Shape, example: int | None = None) -> Array:
    """The Jacobian: of all cells, or of the node's cells in one example with respect to what they depend on.

    That is the same example of the argument where the map is one from example to example, else all of its cells.
    ValueError with its size where it has more than MATRIX_LIMIT cells, before anything is allocated.
    """
    if example is None:
        return local.matrix()
    rows, columns = _places(local, node, argument, example)
    check_size(len(rows), len(columns))
    if isinstance(local, Linear):
        return local.W
    if math.prod(node) * math.prod(argument) <= MATRIX_LIMIT:
        return local.matrix()[rows.start : rows.stop, columns.start : columns.stop]
    matrix = np.empty((len(rows), len(columns)))
    for i, place in enumerate(rows):  # a row of J is what comes back from a 1 in one cell of the node
        unit = (numbered(node) == place).astype(np.float64)
        matrix[i] = vec(local.pull_back(unit))[columns.start : columns.stop]
    return matrix


@lru_cache(maxsize=2)  # while it is scrolled it is asked for again and again
def both(event: Multiply, example: int | None = None) -> Both:
    """The Jacobian's transpose times the upstream, and the product that backpropagation does in its place.

    ValueError with its size where the Jacobian is too large to be written out.
    """
    local, node, argument = event.local, event.upstream.shape, event.downstream.shape
    with np.errstate(all="ignore"):
        matrix = block(local, node, argument, example)
        rows, columns = _places(local, node, argument, example)
        upstream = vec(np.asarray(event.upstream))[rows.start : rows.stop]
        pulled = event.downstream if example is None else local.pull_back(_only(event.upstream, example))
        pulled = vec(np.asarray(pulled))[columns.start : columns.stop]
        written = matrix.T @ upstream
        difference = float(np.max(np.abs(written - pulled)))
        size = float(np.max(np.abs(matrix.T) @ np.abs(upstream)))
    agree = difference <= SLACK * float(np.finfo(event.downstream.dtype).eps) * size
    return Both(rows, columns, matrix, upstream, written, pulled, difference, agree)


def _places(local: LocalDerivative, node: Shape, argument: Shape, example: int | None) -> tuple[range, range]:
    """Where in vec the cells stand that a block is about."""
    rows, columns = range(math.prod(node)), range(math.prod(argument))
    if example is None or len(node) < 2:
        return rows, columns
    if len(argument) > 1 and argument[-1] == node[-1] and _stays_in(local, node, example):
        columns = _of_example(argument, example)
    return _of_example(node, example), columns


def _of_example(shape: Shape, example: int) -> range:
    cells = math.prod(shape[:-1])
    return range(example * cells, (example + 1) * cells)


def _stays_in(local: LocalDerivative, node: Shape, example: int) -> bool:
    """Whether what one example sends back arrives in that example alone.

    The downstream is a sum of rows of J. With weights that have nothing to do with each other it is 0 outside of the
    example only where each of the rows is.
    """
    weights = np.random.default_rng(0).uniform(1.0, 2.0, node)
    with np.errstate(all="ignore"):
        downstream = local.pull_back(_only(weights, example))
    outside = np.delete(downstream, example, axis=-1)
    return not np.any(outside)


def _only(x: Array, example: int) -> Array:
    """x in one example, 0 in all others; a scalar or a list is one example."""
    if x.ndim < 2:
        return x
    only = np.zeros_like(x)
    only[..., example] = x[..., example]
    return only
