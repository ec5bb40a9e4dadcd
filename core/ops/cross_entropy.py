"""Cross-entropy fused with softmax: from logits and targets to one number, as one node with one local derivative."""

from __future__ import annotations

import numpy as np

from ..jacobian import Array, Shape
from .arrange import no_derivative
from .losses import SUM, Reduction
from .op import Op, Rule, ShapeError
from .softmax import balanced, log_softmax, softmax


def cross_entropy(z: Shape, y: Shape, *, reduction: str = "sum") -> Op:
    """-Σ y log softmax(z), for logits (K, N); its derivative is softmax(z) - y (Bishop 2006, eq. 4.108, 4.109).

    The targets are distributions (K, N), or the classes themselves (1, N), which have no derivative. ShapeError where
    they are neither, OptionError for another reduction.
    """
    if len(z) != 2:
        raise ShapeError("the prediction is a matrix: one row for each class, one column for each example")
    classes, examples = z
    over = Reduction.of(reduction, z)
    if y == z:
        return _of_distributions(over)
    if y == (1, examples):
        return _of_classes(over, classes)
    raise ShapeError(f"the target is {classes}×{examples}, distributions, or 1×{examples}, classes")


def _of_distributions(over: Reduction) -> Op:
    return Op(
        name="cross_entropy",
        shape=(),
        value=lambda z, y: over.value(-(y * log_softmax(z))),
        local=(
            lambda L, z, y: over.local(_derivative(z, y)),
            lambda L, z, y: over.local(-log_softmax(z)),
        ),
        formula=over.text("-Σ {1} · log_softmax({0})"),
        derivatives=(over.text("(softmax({0}) - {1})"), over.text("-log_softmax({0})")),
        order=(0, 1),
    )


def _of_classes(over: Reduction, classes: int) -> Op:
    def one_hot(y: Array, dtype: np.dtype[np.floating]) -> Array:
        hot: Array = (np.arange(classes)[:, np.newaxis] == y).astype(dtype)
        return hot

    return Op(
        name="cross_entropy",
        shape=(),
        value=lambda z, y: over.value(-np.take_along_axis(log_softmax(z), y.astype(np.intp), axis=0)),
        local=(lambda L, z, y: over.local(_derivative(z, one_hot(y, z.dtype))), no_derivative),
        formula=over.text("-Σ log_softmax({0})[{1}]"),
        derivatives=(over.text("(softmax({0}) - onehot({1}))"), ""),
        order=(0,),
        classes={1: classes},
    )


def _derivative(z: Array, y: Array) -> Array:
    """p Σ y - y, which is p - y where the targets of each example sum to 1."""
    p = softmax(z)
    return balanced(p * y.sum(axis=0, keepdims=True) - y, p)


LOSSES = (Rule("cross_entropy", 2, cross_entropy, SUM),)
