"""Networks with a part of its own: layer normalisation, a gate, attention."""

from __future__ import annotations

import numpy as np

from .layers import (
    activation,
    back,
    bias,
    half_squares,
    sigmoid,
    softmax,
    squares_averaged,
    squares_summed,
    through_softmax,
    weight,
)
from .step import Array, Line, Network, Numbers, Step, meeting, step

EPSILON = 1e-5


def normalised(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """Two layers, each normalised over its units before its activation."""
    # fmt: off
    return Network(
        name="normalised",
        lines=(
            Line("u1", "W1 @ x + b1",               lambda v: v.W1 @ v.x + v.b1),
            Line("n1", "layer_norm(u1, g1, beta1)", lambda v: v.g1 * hat(v.u1) + v.beta1),
            Line("a1", "sigmoid(n1)",               lambda v: sigmoid(v.n1)),
            Line("u2", "W2 @ a1 + b2",              lambda v: v.W2 @ v.a1 + v.b2),
            Line("n2", "layer_norm(u2, g2, beta2)", lambda v: v.g2 * hat(v.u2) + v.beta2),
            Line("z",  "tanh(n2)",                  lambda v: np.tanh(v.n2)),
            Line("L",  "half_squared_error(z, y)",  lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            squares_summed("z", "y"),
            activation("n2", "z", "tanh"),
            *_through_norm("u2", "n2", "g2", "beta2"),
            weight("W2", "u2", "a1", others=["n1", "u1"]),
            bias("b2", "u2"),
            back("a1", "u2", "W2"),
            activation("n1", "a1", "sigmoid", others=["u1"]),
            *_through_norm("u1", "n1", "g1", "beta1"),
            weight("W1", "u1", "x"),
            bias("b1", "u1"),
            back("x", "u1", "W1"),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw(n2, N)},
            "parameters": {
                "W1": draw(n1, n0), "b1": draw(n1, 1), "g1": draw(n1, 1) + 1, "beta1": draw(n1, 1),
                "W2": draw(n2, n1), "b2": draw(n2, 1), "g2": draw(n2, 1) + 1, "beta2": draw(n2, 1),
            },
        },
        make=normalised,
        sizes=(n0, n1, n2, N),
        smallest=3,
    )
    # fmt: on


def deviation(u: Array) -> Array:
    sigma: Array = np.sqrt(u.var(axis=0) + EPSILON)
    return sigma


def hat(u: Array) -> Array:
    result: Array = (u - u.mean(axis=0)) / deviation(u)
    return result


def _through_norm(u: str, n: str, gamma: str, beta: str) -> list[Step]:
    """n = γ ⊙ û + β: mean and deviation of a column depend on all its cells."""

    def right(h: Array, u: Array) -> Array:
        along: Array = (h - h.mean(axis=0) - hat(u) * (h * hat(u)).mean(axis=0)) / deviation(u)
        return along

    return [
        step(
            gamma,
            lambda d, v: (d[n] * hat(v[u])).sum(axis=1, keepdims=True),
            ("local-missing", lambda d, v: d[n].sum(axis=1, keepdims=True)),
            ("mean-for-sum", lambda d, v: (d[n] * hat(v[u])).mean(axis=1, keepdims=True)),
            ("bias-not-summed", lambda d, v: d[n] * hat(v[u])),
        ),
        bias(beta, n),
        step(
            u,
            lambda d, v: right(v[gamma] * d[n], v[u]),
            ("statistics-constant", lambda d, v: v[gamma] * d[n] / deviation(v[u])),
            ("local-missing", lambda d, v: d[n]),
        ),
    ]


def gated(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """A gate g = σ(u) lets a part of c = tanh(s) through, cell by cell."""
    # fmt: off
    return Network(
        name="gated",
        lines=(
            Line("u", "W @ x + b", lambda v: v.W @ v.x + v.b),
            Line("g", "sigmoid(u)", lambda v: sigmoid(v.u)),
            Line("s", "U @ x + e", lambda v: v.U @ v.x + v.e),
            Line("c", "tanh(s)",   lambda v: np.tanh(v.s)),
            Line("a", "g * c",     lambda v: v.g * v.c),
            Line("z", "V @ a + f", lambda v: v.V @ v.a + v.f),
            Line("L", "half_squared_error(z, y, reduction=mean)", lambda v: half_squares(v.z, v.y) / N),
        ),
        steps=(
            squares_averaged("z", "y"),
            weight("V", "z", "a", others=["c", "g"]),
            bias("f", "z"),
            back("a", "z", "V"),
            step("g", lambda d, v: d.a * v.c, ("local-missing", lambda d, v: d.a)),
            step("c", lambda d, v: d.a * v.g, ("local-missing", lambda d, v: d.a)),
            activation("s", "c", "tanh", others=["u"]),
            weight("U", "s", "x"),
            bias("e", "s"),
            activation("u", "g", "sigmoid", others=["s"]),
            weight("W", "u", "x"),
            bias("b", "u"),
            meeting(
                "x", [lambda d, v: v.U.T @ d.s, lambda d, v: v.W.T @ d.u],
                ("weights-of-another-layer", lambda d, v: v.U.T @ (d.s + d.u)),
                ("weights-of-another-layer", lambda d, v: v.W.T @ (d.s + d.u)),
            ),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw(n2, N)},
            "parameters": {
                "W": draw(n1, n0), "b": draw(n1, 1), "U": draw(n1, n0), "e": draw(n1, 1),
                "V": draw(n2, n1), "f": draw(n2, 1),
            },
        },
        make=gated,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on


def attention(draw: Numbers, n: int, k: int, m: int, T: int) -> Network:
    """One head: each of T tokens, the columns of X, asks the others by its query; the answers are values."""
    # fmt: off
    return Network(
        name="attention",
        lines=(
            Line("Q", "Wq @ X",     lambda v: v.Wq @ v.X),
            Line("K", "Wk @ X",     lambda v: v.Wk @ v.X),
            Line("V", "Wv @ X",     lambda v: v.Wv @ v.X),
            Line("KT", "K.T",       lambda v: v.K.T),
            Line("G", "KT @ Q",     lambda v: v.KT @ v.Q),
            Line("S", "G / r",      lambda v: v.G / v.r),
            Line("P", "softmax(S)", lambda v: softmax(v.S)),
            Line("Z", "V @ P",      lambda v: v.V @ v.P),
            Line("L", "half_squared_error(Z, Y)", lambda v: half_squares(v.Z, v.Y)),
        ),
        steps=(
            squares_summed("Z", "Y"),
            back("P", "Z", "V"),
            step(
                "S", lambda d, v: through_softmax(v.P, d.P),
                ("softmax-cross-entropy", lambda d, v: v.P * (1 - v.P) * d.P),
                ("phi-missing", lambda d, v: d.P),
            ),
            step("G", lambda d, v: d.S / v.r, ("local-missing", lambda d, v: d.S)),
            step("KT", lambda d, v: d.G @ v.Q.T, ("transpose", lambda d, v: d.G.T @ v.Q.T)),
            step("Q", lambda d, v: v.K @ d.G, ("transpose", lambda d, v: v.K @ d.G.T)),
            step("V", lambda d, v: d.Z @ v.P.T, ("transpose", lambda d, v: d.Z @ v.P)),
            weight("Wv", "V", "X"),
            step("K", lambda d, v: d.KT.T),
            weight("Wk", "K", "X"),
            weight("Wq", "Q", "X"),
            meeting(
                "X", [lambda d, v: v.Wv.T @ d.V, lambda d, v: v.Wk.T @ d.K, lambda d, v: v.Wq.T @ d.Q],
                ("weights-of-another-layer", lambda d, v: v.Wv.T @ d.V + v.Wq.T @ d.K + v.Wq.T @ d.Q),
                ("weights-of-another-layer", lambda d, v: v.Wv.T @ d.V + v.Wq.T @ d.K + v.Wk.T @ d.Q),
            ),
        ),
        tables={
            "input": {"X": draw(n, T)},
            "target": {"Y": draw(m, T)},
            "constants": {"r": np.sqrt(np.array(float(k + 1)))},
            "parameters": {"Wq": draw(k, n), "Wk": draw(k, n), "Wv": draw(m, n)},
        },
        make=attention,
        sizes=(n, k, m, T),
    )
    # fmt: on
