"""The common mistakes in a multiplication of the chain rule: what a reader who makes one of them gets.

Each row of the catalogue has a name and what comes out at one cell: of the product, and of the local derivative where
that is one number there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
import numpy as np

from .chapter import Chapter
from .events import Multiply
from .jacobian import Array, Broadcast, Diagonal, Identity, LocalDerivative, Repeat, Row, Total
from .ops import ACTIVATIONS
from .ops.arrange import Transposed
from .ops.linear import Linear, Outer
from .ops.losses import Reduced

Cell: TypeAlias = tuple[int, ...]


class AtCell(msgspec.Struct, frozen=True, eq=False):
    """A multiplication at one cell of its product, with the values of the node and its arguments.

    `upstream` is the upstream's cell in the same place, None where its shape has none. `local` is the local derivative
    where it is one number at this cell, else None; then product = upstream × local.
    """

    event: Multiply
    value: Array
    arguments: tuple[Array, ...]
    cell: Cell
    product: float
    upstream: float | None
    local: float | None

    @property
    def is_activation(self) -> bool:
        """Whether the node is a = φ(u)."""
        return self.event.node.op.name in ACTIVATIONS


def at_cell(chapter: Chapter, event: Multiply, cell: Cell) -> AtCell:
    """The multiplication `event` of an iteration at a cell of its product; IndexError where there is no such cell."""
    shape, local = event.downstream.shape, local_at(event.local, event.downstream, cell)
    beside = local is not None or event.upstream.shape == shape
    return AtCell(
        event=event,
        value=chapter.value(event.node.name),
        arguments=tuple(chapter.value(name) for name in event.node.arguments),
        cell=cell,
        product=float(event.downstream[cell]),
        upstream=float(np.broadcast_to(event.upstream, shape)[cell]) if beside else None,
        local=local,
    )


def local_at(local: LocalDerivative, downstream: Array, cell: Cell) -> float | None:
    """The one number that the upstream is multiplied with at a cell; None where it is a sum of several products."""
    match local:
        case Identity() | Diagonal() | Row() | Total():
            return float(np.broadcast_to(local.shown, downstream.shape)[cell])
    return None


# ---- what comes out; nothing where a mistake cannot be made


def unchanged(at: AtCell) -> Iterator[float]:
    """The upstream, as if the local derivative were 1; of a mean that is the sum, which has a name of its own."""
    if at.upstream is not None and not at.is_activation and not isinstance(at.event.local, Total):
        yield at.upstream


def without_slope(at: AtCell) -> Iterator[float]:
    """The upstream, as if φ were linear."""
    if at.upstream is not None and at.is_activation:
        yield at.upstream


def times(factor: float) -> Callable[[AtCell], Iterator[float]]:
    """What is right times a factor."""

    def scaled(at: AtCell) -> Iterator[float]:
        yield factor * at.product
        if at.local is not None:
            yield factor * at.local

    return scaled


def slope_at_value(at: AtCell) -> Iterator[float]:
    """φ′(a) in place of φ′(u)."""
    if at.is_activation and isinstance(at.event.local, Diagonal):
        op = at.event.node.op
        with np.errstate(all="ignore"):
            wrong = op.local[0](op.value(at.value), at.value)
        yield from _with_local(at, local_at(wrong, at.event.downstream, at.cell))


def value_for_slope(at: AtCell) -> Iterator[float]:
    """a in place of φ′(u)."""
    if at.is_activation and isinstance(at.event.local, Diagonal):
        yield from _with_local(at, float(at.value[at.cell]))


def transposed(at: AtCell) -> Iterator[float]:
    """A factor, or the product, the other way round, where the shapes allow it."""
    upstream, downstream = at.event.upstream, at.event.downstream
    match at.event.local:
        case Transposed():
            yield from _cell(upstream, at.cell)
        case Linear(W=W):
            yield from _cell(downstream.T, at.cell)
            if W.shape[1] == upstream.shape[0]:
                yield from _cell(W @ upstream, at.cell)
        case Outer(a=a):
            yield from _cell(downstream.T, at.cell)
            if upstream.shape[1] == a.shape[0]:
                yield from _cell(upstream @ a, at.cell)


def mean_for_sum(at: AtCell) -> Iterator[float]:
    """A mean over the examples, the components, or all of them, where they are summed."""
    counts: tuple[int, ...] = ()
    match at.event.local:
        case Outer(a=a):
            counts = (a.shape[1],)
        case Repeat(repeats=repeats) | Broadcast(repeat=Repeat(repeats=repeats)):
            counts = (repeats,)
        case Total(weight=1.0):
            counts = (at.event.downstream.size // at.event.upstream.size,)
        case Reduced() as local:
            cells, examples = at.event.downstream.size, at.event.downstream.shape[-1]
            counts = (cells // examples,) if _is_mean(local) else (examples, cells // examples, cells)
    for n in counts:
        yield at.product / n


def sum_for_mean(at: AtCell) -> Iterator[float]:
    """A sum over the examples, where their mean is taken."""
    match at.event.local:
        case Total(weight=weight):
            yield at.product / weight
        case Reduced() as local if _is_mean(local):
            yield at.product * at.event.downstream.shape[-1]


def for_other_argument(at: AtCell) -> Iterator[float]:
    """The derivative of the same node with respect to another argument of the same shape."""
    node = at.event.node
    for position in node.op.order:
        if position != at.event.argument and at.arguments[position].shape == at.event.downstream.shape:
            with np.errstate(all="ignore"):
                local = node.op.local[position](at.value, *at.arguments)
                downstream = local.pull_back(at.event.upstream)
            yield from _cell(downstream, at.cell)
            if (other := local_at(local, downstream, at.cell)) is not None:
                yield other


def added(at: AtCell) -> Iterator[float]:
    """upstream + local derivative."""
    if at.upstream is not None and at.local is not None:
        yield at.upstream + at.local


def divided(at: AtCell) -> Iterator[float]:
    """upstream / local derivative."""
    if at.upstream is not None and at.local:
        yield at.upstream / at.local


CATALOGUE: tuple[tuple[str, Callable[[AtCell], Iterator[float]]], ...] = (
    # name, most likely first                                                what comes out
    ("φ′ is missing: the upstream was passed on unchanged",                   without_slope),
    ("the local derivative is missing: the upstream was passed on unchanged", unchanged),
    ("the sign",                                                              times(-1.0)),
    ("φ′ taken at a instead of u",                                            slope_at_value),
    ("the activation instead of its derivative",                              value_for_slope),
    ("a transpose is missing or too much",                                    transposed),
    ("mean instead of sum",                                                   mean_for_sum),
    ("sum instead of mean",                                                   sum_for_mean),
    ("a factor of 2",                                                         times(2.0)),
    ("a factor of ½",                                                         times(0.5)),
    ("the derivative with respect to the other argument",                     for_other_argument),
    ("added where the chain rule multiplies",                                 added),
    ("divided instead of multiplied",                                         divided),
)  # fmt: skip


def _with_local(at: AtCell, wrong: float | None) -> Iterator[float]:
    """The product with a wrong local derivative, and that alone."""
    if wrong is not None and at.upstream is not None:
        yield at.upstream * wrong
        yield wrong


def _cell(x: Array, cell: Cell) -> Iterator[float]:
    """The cell, if x has it."""
    if x.ndim == len(cell) and all(i < n for i, n in zip(cell, x.shape, strict=True)):
        yield float(x[cell])


def _is_mean(local: Reduced) -> bool:
    return local.over.startswith("the mean")
