"""Layers one behind another: of one unit each, with a batch, and of equal sizes."""

from __future__ import annotations

import numpy as np

from .layers import activation, back, bias, half_squares, sigmoid, squares_averaged, squares_summed, weight
from .step import Line, Network, Numbers, Step, step


def scalars(draw: Numbers) -> Network:
    """Four layers of one unit: u = w a + b, a = tanh(u)."""
    inputs = {1: "x", 2: "a1", 3: "a2", 4: "a3"}
    names = [f"{kind}{n}" for n in inputs for kind in ("w", "b")]
    # fmt: off
    return Network(
        name="scalars",
        lines=(
            Line("u1", "w1*x + b1",  lambda v: v.w1 * v.x + v.b1),
            Line("a1", "tanh(u1)",   lambda v: np.tanh(v.u1)),
            Line("u2", "w2*a1 + b2", lambda v: v.w2 * v.a1 + v.b2),
            Line("a2", "tanh(u2)",   lambda v: np.tanh(v.u2)),
            Line("u3", "w3*a2 + b3", lambda v: v.w3 * v.a2 + v.b3),
            Line("a3", "tanh(u3)",   lambda v: np.tanh(v.u3)),
            Line("u4", "w4*a3 + b4", lambda v: v.w4 * v.a3 + v.b4),
            Line("z",  "tanh(u4)",   lambda v: np.tanh(v.u4)),
            Line("L",  "half_squared_error(z, y)", lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            step("z", lambda d, v: v.z - v.y),
            *_scalar_layer("u4", "w4", "b4", "a3", "z",  "w3", "a2", "u3"),
            *_scalar_layer("u3", "w3", "b3", "a2", "a3", "w4", "a1", "u2"),
            *_scalar_layer("u2", "w2", "b2", "a1", "a2", "w1", "a3", "u1"),
            *_scalar_layer("u1", "w1", "b1", "x",  "a1", "w2", "a1", "u2"),
        ),
        tables={
            "input": {"x": draw() + 0.5},
            "target": {"y": draw() + 3.0},
            "parameters": {name: draw() / 2 + 0.7 for name in names},
        },
        rate=0.5,
        make=scalars,
    )
    # fmt: on


def _scalar_layer(u: str, w: str, b: str, a: str, out: str, w_other: str, a_other: str, u_other: str) -> list[Step]:
    return [
        activation(u, out, "tanh", others=[u_other]),
        step(
            w,
            lambda d, v: d[u] * v[a],
            ("local-missing", lambda d, v: d[u]),
            ("input-of-another-layer", lambda d, v: d[u] * v[a_other]),
        ),
        step(b, lambda d, v: d[u]),
        step(
            a,
            lambda d, v: v[w] * d[u],
            ("local-missing", lambda d, v: d[u]),
            ("weights-of-another-layer", lambda d, v: v[w_other] * d[u]),
            ("updated-weights", lambda d, v: (v[w] - v.rate * d[w]) * d[u]),
        ),
    ]


def perceptron(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """Two layers of different sizes, a sigmoid and a tanh; the loss is summed."""
    # fmt: off
    return Network(
        name="perceptron",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "sigmoid(u1)",  lambda v: sigmoid(v.u1)),
            Line("u2", "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line("z",  "tanh(u2)",     lambda v: np.tanh(v.u2)),
            Line("L",  "half_squared_error(z, y)", lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            squares_summed("z", "y"),
            activation("u2", "z", "tanh"),
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
            "target": {"y": draw(n2, N)},
            "parameters": {"W1": draw(n1, n0), "b1": draw(n1, 1), "W2": draw(n2, n1), "b2": draw(n2, 1)},
        },
        make=perceptron,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on


def square(draw: Numbers, n: int, N: int) -> Network:
    """Three layers of n units with n inputs, where whatever is transposed or exchanged still fits; it learns."""
    # fmt: off
    return Network(
        name="square",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "tanh(u1)",     lambda v: np.tanh(v.u1)),
            Line("u2", "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line("a2", "tanh(u2)",     lambda v: np.tanh(v.u2)),
            Line("u3", "W3 @ a2 + b3", lambda v: v.W3 @ v.a2 + v.b3),
            Line("z",  "tanh(u3)",     lambda v: np.tanh(v.u3)),
            Line("L",  "half_squared_error(z, y, reduction=mean)", lambda v: half_squares(v.z, v.y) / N),
        ),
        steps=(
            squares_averaged("z", "y"),
            activation("u3", "z", "tanh", others=["u2", "u1"]),
            weight("W3", "u3", "a2", square=True, others=["u2", "a1", "z"]),
            bias("b3", "u3"),
            back("a2", "u3", "W3", square=True, others=["W2", "W1"], updated=True),
            activation("u2", "a2", "tanh", others=["u3", "u1"]),
            weight("W2", "u2", "a1", square=True, others=["u1", "x", "a2"]),
            bias("b2", "u2"),
            back("a1", "u2", "W2", square=True, others=["W1", "W3"], updated=True),
            activation("u1", "a1", "tanh", others=["u2"]),
            weight("W1", "u1", "x", square=True, others=["a1"]),
            bias("b1", "u1"),
            back("x", "u1", "W1", square=True, others=["W2"], updated=True),
        ),
        tables={
            "input": {"x": draw(n, N)},
            "target": {"y": draw(n, N)},
            "parameters": {name: draw(n, 1 if name[0] == "b" else n) for name in ("W1", "b1", "W2", "b2", "W3", "b3")},
        },
        rate=0.5,
        make=square,
        sizes=(n, N),
    )
    # fmt: on
