"""Mistakes where something is shared: a bias and a mean by examples, statistics by cells, kernels by positions.

Here u = W a + b and δ = ∂L/∂u.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..jacobian import Array, Broadcast, Identity, Repeat
from ..ops import LOSSES
from ..ops.convolution import Convolved, Shared
from ..ops.normalise import Normalised
from ..program import Program
from .records import Multiplication, Wrong

# ---- a bias, and the loss, by the examples


def not_summed(m: Multiplication) -> Iterator[Wrong]:
    """δ of every example by itself."""
    if (summands := _summands(m)) is not None:
        yield Wrong(summands)


def summed_over_everything(m: Multiplication) -> Iterator[Wrong]:
    """The total of δ over all cells, in every cell and as one number; the right sum, once for every example."""
    if (summands := _summands(m)) is not None:
        if m.downstream.size > 1:
            total = summands.sum()
            yield Wrong(np.full_like(m.downstream, total), None, "the total in every cell")
            yield Wrong(total, None, "the total as one number")
        yield Wrong(np.broadcast_to(m.downstream, summands.shape), None, "the sum once for every example")


def divided_by_batch(m: Multiplication) -> Iterator[Wrong]:
    """1/N once more, where the loss has it."""
    if n := batch_size(m.run.program):
        yield Wrong(m.downstream / n)


def multiplied_by_batch(m: Multiplication) -> Iterator[Wrong]:
    """N times what is right, where the loss has 1/N."""
    if n := batch_size(m.run.program):
        yield Wrong(m.downstream * n)


def batch_size(program: Program) -> int | None:
    """N, how many examples the prediction has, where the loss is a mean; None where it is none."""
    for each in reversed(program.assignments):
        is_mean = each.op in LOSSES and each.options.get("reduction") == "mean"
        if is_mean or (each.op == "mean" and not program.shape(each.name)):
            shape = program.shape(each.arguments[0])
            return shape[-1] if shape else None
    return None


def _summands(m: Multiplication) -> Array | None:
    """What is added up to the gradient of something that is the same for every example."""
    match m.local:
        case Repeat():
            return m.upstream
        case Broadcast(diagonal=diagonal):
            return m.upstream * diagonal
        case Identity() if m.run.is_parameter(m.variable):  # a batch of one
            return m.upstream
    return None


# ---- normalisation and convolution


def constant_statistics(m: Multiplication) -> Iterator[Wrong]:
    """γ ⊙ g/√(σ² + ε), as if μ and σ² did not depend on x; and with one of them taken so."""
    if isinstance(m.local, Normalised):
        h, x_hat, axes = m.local.gamma * m.upstream, m.local.x_hat, m.local.axes
        through_mean = h.mean(axis=axes, keepdims=True)
        through_variance = x_hat * (h * x_hat).mean(axis=axes, keepdims=True)
        yield Wrong(h / m.local.deviation, None, "both")
        yield Wrong((h - through_mean) / m.local.deviation, None, "the variance")
        yield Wrong((h - through_variance) / m.local.deviation, None, "the mean")


def turned(m: Multiplication) -> Iterator[Wrong]:
    """The kernels, or their gradient, with rows and columns from last to first."""
    match m.local:
        case Convolved(W=W, windows=windows):
            yield Wrong(Convolved(W[:, :, ::-1, ::-1], windows).pull_back(m.upstream))
        case Shared():
            yield Wrong(m.downstream[:, :, ::-1, ::-1])
