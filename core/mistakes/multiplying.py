"""Mistakes in one multiplication of the chain rule, made by what stands in it; predictions know them too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from ..jacobian import Array, Broadcast, Diagonal, Repeat, Total
from ..ops import RULES
from ..ops.arrange import Transposed
from ..ops.linear import Linear, Outer
from ..ops.losses import Reduced
from ..ops.pooling import Averaged, Chosen
from .records import Multiplication, Wrong, factors


def without_slope(m: Multiplication) -> Iterator[Wrong]:
    """The upstream, as if φ were linear."""
    if m.beside is not None and m.is_activation:
        yield Wrong(m.beside)


def unchanged(m: Multiplication) -> Iterator[Wrong]:
    """The upstream, as if the local derivative were 1; of a mean that is the sum, which has a name of its own."""
    if m.beside is not None and not m.is_activation and not isinstance(m.local, Total):
        yield Wrong(m.beside)
    match m.local:
        case Broadcast(diagonal=diagonal, repeat=repeat) if np.any(diagonal != -1.0):  # else it is the sign
            yield Wrong(repeat.pull_back(m.upstream))
        case Averaged() | Chosen():
            yield Wrong(_spread(m))


def times(factor: float) -> Callable[[Multiplication], Iterator[Wrong]]:
    """What is right times a factor."""

    def scaled(m: Multiplication) -> Iterator[Wrong]:
        yield Wrong(factor * m.downstream, None if m.factors is None else factor * m.factors)

    return scaled


def slope_at_value(m: Multiplication) -> Iterator[Wrong]:
    """φ′(a) in place of φ′(u)."""
    if m.is_activation and isinstance(m.local, Diagonal):
        slope = m.node.op.local[0](m.node.op.value(m.value), m.value)
        yield from with_factors(m, factors(slope, m.downstream))


def value_for_slope(m: Multiplication) -> Iterator[Wrong]:
    """a in place of φ′(u)."""
    if m.is_activation and isinstance(m.local, Diagonal):
        yield from with_factors(m, m.value)


def transposed(m: Multiplication) -> Iterator[Wrong]:
    """A factor, the product or the upstream the other way round, where the shapes allow it."""
    if m.downstream.ndim == 2 and not isinstance(m.local, Transposed):
        yield Wrong(m.downstream.T)
    match m.local:
        case Transposed():
            yield Wrong(m.upstream)
        case Linear(W=W):
            if W.shape[1] == m.upstream.shape[0]:
                yield Wrong(W @ m.upstream)
            if W.shape[0] == m.upstream.shape[1]:
                yield Wrong(W.T @ m.upstream.T)
        case Outer(a=a):
            if m.upstream.shape[1] == a.shape[0]:
                yield Wrong(m.upstream @ a)
            if m.upstream.shape[0] == a.shape[1]:
                yield Wrong(m.upstream.T @ a.T)


def mean_for_sum(m: Multiplication) -> Iterator[Wrong]:
    """A mean over the examples, the components, or all of them, where they are summed."""
    counts: tuple[int, ...] = ()
    match m.local:
        case Outer(a=a):
            counts = (a.shape[1],)
        case Repeat(repeats=repeats) | Broadcast(repeat=Repeat(repeats=repeats)):
            counts = (repeats,)
        case Total(weight=1.0):
            counts = (m.downstream.size // m.upstream.size,)
        case Reduced() as local:
            cells, examples = m.downstream.size, m.downstream.shape[-1]
            counts = (cells // examples,) if local.is_mean else (examples, cells // examples, cells)
    for n in counts:
        yield Wrong(m.downstream / n)


def sum_for_mean(m: Multiplication) -> Iterator[Wrong]:
    """A sum over the examples, where their mean is taken."""
    match m.local:
        case Total(weight=weight):
            yield Wrong(m.downstream / weight)
        case Reduced() as local if local.is_mean:
            yield Wrong(m.downstream * m.downstream.shape[-1])


def for_other_argument(m: Multiplication) -> Iterator[Wrong]:
    """The derivative of the same node with respect to another argument of the same shape."""
    for position in m.node.op.order:
        if position != m.argument and m.arguments[position].shape == m.downstream.shape:
            local = m.node.op.local[position](m.value, *m.arguments)
            product = local.pull_back(m.upstream)
            yield Wrong(product, factors(local, product))


def added(m: Multiplication) -> Iterator[Wrong]:
    """upstream + local derivative."""
    if m.beside is not None and m.factors is not None:
        yield Wrong(m.beside + m.factors)


def divided(m: Multiplication) -> Iterator[Wrong]:
    """upstream / local derivative."""
    if m.beside is not None and m.factors is not None:
        yield Wrong(m.beside / m.factors)


def with_factors(m: Multiplication, wrong: Array | None, detail: str = "") -> Iterator[Wrong]:
    """The product with a wrong local derivative, a number for each cell, and that alone."""
    if wrong is not None and m.beside is not None:
        yield Wrong(m.beside * wrong, wrong, detail)


def _spread(m: Multiplication) -> Array:
    """The upstream in every cell of each window of a pool: the sum of the windows that a cell is in."""
    options = next(each.options for each in m.run.program.assignments if each.name == m.node.name)
    mean = RULES["mean_pool"].bind(m.downstream.shape, **options).local[0](m.value, *m.arguments)
    assert isinstance(mean, Averaged)
    return math.prod(mean.windows.size) * mean.pull_back(m.upstream)
