"""The dot product behind one cell of a downstream: upstream cells times a column of the Jacobian, with its numbers.

downstream = Jᵀ · upstream, so the downstream's cell c is the sum over all cells r of the node of upstream[r] · J[r, c].
Of most structures it is known which cells of a column can be other than 0; of the others J is written out.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np

from .events import Accumulate
from .jacobian import Array, Broadcast, Diagonal, Identity, LocalDerivative, Repeat, Row, Shape, Total, numbered, vec
from .ops.linear import Linear, Outer

Cell: TypeAlias = tuple[int, ...]
Region: TypeAlias = tuple[slice, ...]

MOST_TERMS = 64
"""Terms that are listed."""
ALL = slice(None)


class Term(msgspec.Struct, frozen=True):
    """One product of the sum: the upstream's cell, its number, the local derivative's, and the two multiplied."""

    cell: Cell
    upstream: float
    local: float
    product: float


class Terms(msgspec.Struct, frozen=True):
    """What adds up to one cell of a downstream: the terms listed, and `rest`, the sum of `more` that are not.

    `zeros` terms are left out, as the local derivative is 0 there. `total` is the cell of the downstream itself.
    """

    listed: tuple[Term, ...]
    more: int
    rest: float
    zeros: int
    total: float


def terms(local: LocalDerivative, upstream: Array, downstream: Array, cell: Cell) -> Terms:
    """The terms of one cell of `downstream`, which is local.pull_back(upstream), in the order of vec.

    ValueError with its size where the Jacobian would have to be written out and is too large for that.
    """
    region, entries = _column(local, upstream.shape, downstream.shape, cell)
    seen = np.asarray(upstream[region])
    factors, entries = vec(seen), vec(np.broadcast_to(entries, seen.shape))
    places = vec(np.asarray(numbered(upstream.shape)[region]))
    total = float(downstream[cell])
    # 0 times infinity is not a number: where the total is not finite, such a term may be why
    kept = np.flatnonzero((entries != 0.0) | ~(np.isfinite(factors) | np.isfinite(total)))
    with np.errstate(all="ignore"):
        products = factors * entries
        listed = tuple(
            Term(cell_at(int(places[i]), upstream.shape), float(factors[i]), float(entries[i]), float(products[i]))
            for i in kept[:MOST_TERMS]
        )
        rest = float(products[kept[MOST_TERMS:]].sum())
    return Terms(listed, len(kept) - len(listed), rest, len(entries) - len(kept), total)


def accumulated(event: Accumulate, cell: Cell) -> Terms:
    """What adds up to one cell of a total: that cell of each contribution, times 1, in the order of arrival."""
    cells = [float(contribution[cell]) for contribution in event.contributions]
    listed = tuple(Term(cell, x, 1.0, x) for x in cells[:MOST_TERMS])
    return Terms(listed, len(cells) - len(listed), sum(cells[MOST_TERMS:]), 0, float(event.total[cell]))


def cell_at(place: int, shape: Shape) -> Cell:
    """The cell that stands at a place in vec."""
    return tuple(int(i) for i in np.unravel_index(place, shape, order="F"))


def _column(local: LocalDerivative, node: Shape, argument: Shape, cell: Cell) -> tuple[Region, Array | float]:
    """A column of the Jacobian: the region of the node outside of which it is 0, and what it is inside."""
    match local:
        case Identity():
            return _at(cell), 1.0
        case Diagonal():
            return _at(cell), np.broadcast_to(local.diagonal, local.shape)[_at(cell)]
        case Repeat():
            return _copies(local, cell), 1.0
        case Broadcast():
            region = _copies(local.repeat, cell)
            return region, np.broadcast_to(local.diagonal, node)[region]
        case Row():
            return (), float(local.gradient[cell])
        case Total():  # a scalar node has one region for all
            return _at(tuple(min(i, n - 1) for i, n in zip(cell, node, strict=False))), local.weight
        case Linear():
            i, n = cell
            return (ALL, slice(n, n + 1)), local.W[:, i : i + 1]
        case Outer():
            i, k = cell
            return (slice(i, i + 1), ALL), local.a[k : k + 1, :]
    column = local.matrix()[:, int(np.asarray(numbered(argument))[cell])]
    return (ALL,) * len(node), column.reshape(node, order="F")


def _at(cell: Cell) -> Region:
    return tuple(slice(i, i + 1) for i in cell)


def _copies(repeat: Repeat, cell: Cell) -> Region:
    """The cells of the node that are copies of one cell of the argument."""
    axes = range(len(repeat.node_shape))
    return tuple(ALL if axis in repeat.axes else slice(cell[axis], cell[axis] + 1) for axis in axes)
