"""The steps of a layer u = W a + b, a = φ(u), and of the losses behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .step import Array, Formula, Mistake, Step, step

Function = Callable[[Array], Array]


class Activation(NamedTuple):
    """φ, and its derivative from u and from a."""

    phi: Function
    derivative: Callable[[Array, Array], Array]


def sigmoid(u: Array) -> Array:
    s: Array = 1 / (1 + np.exp(-u))
    return s


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=0))
    p: Array = e / e.sum(axis=0)
    return p


def through_softmax(p: Array, dp: Array) -> Array:
    """Its Jacobian, diag(p) - p pᵀ, applied to each column."""
    dz: Array = p * (dp - (p * dp).sum(axis=0))
    return dz


ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": Activation(np.tanh, lambda u, a: 1 - a * a),
    "sigmoid": Activation(sigmoid, lambda u, a: a * (1 - a)),
    "relu": Activation(lambda u: np.maximum(u, 0), lambda u, a: (u > 0).astype(u.dtype)),
}


def activation(u: str, a: str, phi: str, *, others: Sequence[str] = ()) -> Step:
    """du = φ′(u) ⊙ da; `others` are pre-activations of other layers."""
    f, derivative = ACTIVATIONS[phi]
    mistakes: list[Mistake] = [
        ("phi-missing", lambda d, v: d[a]),
        ("activation-for-phi", lambda d, v: d[a] * v[a]),
    ]
    if phi != "relu":  # of which the slope at a is that at u
        mistakes.append(("phi-at-a", lambda d, v: derivative(v[a], f(v[a])) * d[a]))

    def at(other: str) -> Formula:
        return lambda d, v: derivative(v[other], f(v[other])) * d[a]

    mistakes += [("phi-of-another-layer", at(other)) for other in others]
    return step(u, lambda d, v: derivative(v[u], v[a]) * d[a], *mistakes)


def weight(W: str, u: str, a: str, *more: Mistake, square: bool = False, others: Sequence[str] = ()) -> Step:
    """dW = du aᵀ, a sum over the examples; `others` are inputs of other layers, or not yet through φ."""

    def product(a: str) -> Formula:
        return lambda d, v: d[u] @ v[a].T

    mistakes: list[Mistake] = [("mean-for-sum", lambda d, v: d[u] @ v[a].T / v[a].shape[1])]
    if square:
        mistakes.append(("transpose", lambda d, v: (d[u] @ v[a].T).T))
    mistakes += [("input-of-another-layer", product(other)) for other in others]
    return step(W, product(a), *mistakes, *more)


def bias(b: str, u: str, *more: Mistake) -> Step:
    """db: the sum of du over the examples."""
    return step(
        b,
        lambda d, v: d[u].sum(axis=1, keepdims=True),
        ("bias-not-summed", lambda d, v: d[u]),
        ("bias-broadcast", lambda d, v: np.full_like(v[b], d[u].sum())),
        ("mean-for-sum", lambda d, v: d[u].mean(axis=1, keepdims=True)),
        *more,
    )


def back(a: str, u: str, W: str, *, square: bool = False, others: Sequence[str] = (), updated: bool = False) -> Step:
    """da = Wᵀ du; `others` are weights of other layers, `updated` says that W has learnt already."""

    def product(W: str) -> Formula:
        return lambda d, v: v[W].T @ d[u]

    mistakes: list[Mistake] = [("weights-of-another-layer", product(other)) for other in others]
    if square:
        mistakes.append(("transpose", lambda d, v: v[W] @ d[u]))
    if updated:
        mistakes.append(("updated-weights", lambda d, v: (v[W] - v.rate * d[W]).T @ d[u]))
    return step(a, product(W), *mistakes)


def squares_summed(z: str, y: str) -> Step:
    """Of ½ ‖z - y‖²."""
    return step(
        z,
        lambda d, v: v[z] - v[y],
        ("mean-for-sum", lambda d, v: (v[z] - v[y]) / v[z].shape[1]),
    )


def squares_averaged(z: str, y: str) -> Step:
    """Of ½ ‖z - y‖²/N."""
    return step(
        z,
        lambda d, v: (v[z] - v[y]) / v[z].shape[1],
        ("sum-for-mean", lambda d, v: v[z] - v[y]),
        ("batch-twice", lambda d, v: (v[z] - v[y]) / v[z].shape[1] ** 2),
    )


def half_squares(z: Array, y: Array) -> Array:
    total: Array = 0.5 * ((z - y) ** 2).sum()
    return total
