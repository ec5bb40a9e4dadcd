"""Classifiers: softmax and cross-entropy apart, the two as one, and a sigmoid with its own."""

from __future__ import annotations

import numpy as np

from .layers import activation, back, bias, sigmoid, softmax, through_softmax, weight
from .step import Array, Line, Network, Numbers, step


def one_hot(y: Array, z: Array) -> Array:
    hot: Array = (np.arange(len(z))[:, np.newaxis] == y).astype(z.dtype)
    return hot


def apart(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """p = softmax(z), and from there every step of -Σ y log p/N by itself."""
    # fmt: off
    return Network(
        name="apart",
        lines=(
            Line("u1", "W1 @ x + b1",   lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "tanh(u1)",      lambda v: np.tanh(v.u1)),
            Line("z",  "W2 @ a1 + b2",  lambda v: v.W2 @ v.a1 + v.b2),
            Line("p",  "softmax(z)",    lambda v: softmax(v.z)),
            Line("l",  "log(p)",        lambda v: np.log(v.p)),
            Line("t",  "y * l",         lambda v: v.y * v.l),
            Line("r",  "sum(t, axis=0)", lambda v: v.t.sum(axis=0, keepdims=True)),
            Line("m",  "mean(r)",       lambda v: v.r.mean()),
            Line("L",  "-m",            lambda v: -v.m),
        ),
        steps=(
            step("m", lambda d, v: -np.ones_like(v.m)),
            step(
                "r", lambda d, v: np.full_like(v.r, d.m) / N,
                ("sum-for-mean", lambda d, v: np.full_like(v.r, d.m)),
                ("batch-twice", lambda d, v: np.full_like(v.r, d.m) / N**2),
            ),
            step("t", lambda d, v: np.ones_like(v.t) * d.r),
            step("l", lambda d, v: v.y * d.t, ("local-missing", lambda d, v: d.t)),
            step(
                "p", lambda d, v: d.l / v.p,
                ("local-missing", lambda d, v: d.l),
                ("softmax-cross-entropy", lambda d, v: (v.p - v.y) / N),
                ("softmax-cross-entropy", lambda d, v: v.p - v.y),
            ),
            step(
                "z", lambda d, v: through_softmax(v.p, d.p),
                ("softmax-cross-entropy", lambda d, v: v.p * (1 - v.p) * d.p),
                ("softmax-cross-entropy", lambda d, v: through_softmax(v.p, (v.p - v.y) / N)),
                ("sum-for-mean", lambda d, v: v.p - v.y),
                ("phi-missing", lambda d, v: d.p),
            ),
            weight("W2", "z", "a1", others=["u1"]),
            bias("b2", "z"),
            back("a1", "z", "W2"),
            activation("u1", "a1", "tanh"),
            weight("W1", "u1", "x"),
            bias("b1", "u1"),
            back("x", "u1", "W1"),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw.distribution(n2, N)},
            "parameters": {"W1": draw(n1, n0), "b1": draw(n1, 1), "W2": draw(n2, n1), "b2": draw(n2, 1)},
        },
        make=apart,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on


def fused(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """Softmax and cross-entropy in one, with classes as targets, behind a layer of relus."""
    # fmt: off
    return Network(
        name="fused",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "relu(u1)",     lambda v: np.maximum(v.u1, 0)),
            Line("z",  "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line(
                "L", "cross_entropy(z, y, reduction=mean)",
                lambda v: -(one_hot(v.y, v.z) * np.log(softmax(v.z))).sum() / N,
            ),
        ),
        steps=(
            step(
                "z", lambda d, v: (softmax(v.z) - one_hot(v.y, v.z)) / N,
                ("sum-for-mean", lambda d, v: softmax(v.z) - one_hot(v.y, v.z)),
                ("batch-twice", lambda d, v: (softmax(v.z) - one_hot(v.y, v.z)) / N**2),
                ("softmax-cross-entropy", lambda d, v: _twice_through(v.z, v.y) / N),
                ("softmax-cross-entropy", lambda d, v: _diagonal(v.z, v.y) / N),
            ),
            weight("W2", "z", "a1", others=["u1"]),
            bias("b2", "z"),
            back("a1", "z", "W2"),
            activation("u1", "a1", "relu"),
            weight("W1", "u1", "x"),
            bias("b1", "u1"),
            back("x", "u1", "W1"),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw.classes(n2, N)},
            "parameters": {"W1": draw(n1, n0), "b1": draw(n1, 1), "W2": draw(n2, n1), "b2": draw(n2, 1)},
        },
        make=fused,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on


def _twice_through(z: Array, y: Array) -> Array:
    """p - y is what comes out of the softmax; here it goes in once more."""
    p = softmax(z)
    return through_softmax(p, p - one_hot(y, z))


def _diagonal(z: Array, y: Array) -> Array:
    p = softmax(z)
    result: Array = p * (1 - p) * (p - one_hot(y, z))
    return result


def binary(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """Sigmoids, and the binary cross-entropy of each, averaged over the examples."""
    # fmt: off
    return Network(
        name="binary",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "sigmoid(u1)",  lambda v: sigmoid(v.u1)),
            Line("u2", "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line("p",  "sigmoid(u2)",  lambda v: sigmoid(v.u2)),
            Line(
                "L", "binary_cross_entropy(p, y, reduction=mean)",
                lambda v: -(v.y * np.log(v.p) + (1 - v.y) * np.log(1 - v.p)).sum() / N,
            ),
        ),
        steps=(
            step(
                "p", lambda d, v: (v.p - v.y) / (v.p * (1 - v.p)) / N,
                ("sum-for-mean", lambda d, v: (v.p - v.y) / (v.p * (1 - v.p))),
                ("batch-twice", lambda d, v: (v.p - v.y) / (v.p * (1 - v.p)) / N**2),
            ),
            activation("u2", "p", "sigmoid"),
            weight("W2", "u2", "a1", others=["u1"]),
            bias("b2", "u2"),
            back("a1", "u2", "W2"),
            activation("u1", "a1", "sigmoid"),
            weight("W1", "u1", "x"),
            bias("b1", "u1"),
            back("x", "u1", "W1"),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw.classes(2, n2 * N).reshape(n2, N)},
            "parameters": {"W1": draw(n1, n0), "b1": draw(n1, 1), "W2": draw(n2, n1), "b2": draw(n2, 1)},
        },
        make=binary,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on
