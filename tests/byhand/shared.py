"""Where contributions meet: tied weights, a way around a layer, and the same weights in each step of time."""

from __future__ import annotations

import numpy as np

from .layers import activation, back, bias, half_squares, squares_summed, weight
from .step import Formula, Line, Network, Numbers, Step, meeting, step


def tied(draw: Numbers, n: int, N: int) -> Network:
    """An autoencoder z = Wᵀ tanh(W x + b) + c that has as many units as inputs: W is used twice, once transposed."""
    # fmt: off
    return Network(
        name="tied",
        lines=(
            Line("u", "W @ x + b",   lambda v: v.W @ v.x + v.b),
            Line("a", "tanh(u)",     lambda v: np.tanh(v.u)),
            Line("V", "W.T",         lambda v: v.W.T),
            Line("z", "V @ a + c",   lambda v: v.V @ v.a + v.c),
            Line("L", "half_squared_error(z, y)", lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            squares_summed("z", "y"),
            weight("V", "z", "a", square=True, others=["u", "x"]),
            bias("c", "z"),
            back("a", "z", "V", square=True),
            activation("u", "a", "tanh", others=["z"]),
            meeting(
                "W", [lambda d, v: d.V.T, lambda d, v: d.u @ v.x.T],
                ("transpose", lambda d, v: d.V + d.u @ v.x.T),
                ("transpose", lambda d, v: d.V.T + (d.u @ v.x.T).T),
                ("input-of-another-layer", lambda d, v: d.V.T + d.u @ v.a.T),
            ),
            bias("b", "u"),
            back("x", "u", "W", square=True),
        ),
        tables={
            "input": {"x": draw(n, N)},
            "target": {"y": draw(n, N)},
            "parameters": {"W": draw(n, n), "b": draw(n, 1), "c": draw(n, 1)},
        },
        make=tied,
        sizes=(n, N),
    )
    # fmt: on


def residual(draw: Numbers, n: int, k: int, N: int) -> Network:
    """Two blocks a ← a + tanh(W a + b), and a linear layer."""
    # fmt: off
    return Network(
        name="residual",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("f1", "tanh(u1)",     lambda v: np.tanh(v.u1)),
            Line("a1", "x + f1",       lambda v: v.x + v.f1),
            Line("u2", "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line("f2", "tanh(u2)",     lambda v: np.tanh(v.u2)),
            Line("a2", "a1 + f2",      lambda v: v.a1 + v.f2),
            Line("z",  "V @ a2 + c",   lambda v: v.V @ v.a2 + v.c),
            Line("L",  "half_squared_error(z, y)", lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            squares_summed("z", "y"),
            weight("V", "z", "a2", others=["a1", "f2"]),
            bias("c", "z"),
            back("a2", "z", "V"),
            step("f2", lambda d, v: d.a2),
            activation("u2", "f2", "tanh", others=["u1"]),
            weight("W2", "u2", "a1", square=True, others=["x", "f1"]),
            bias("b2", "u2"),
            meeting(
                "a1", [lambda d, v: d.a2, lambda d, v: v.W2.T @ d.u2],
                ("transpose", lambda d, v: d.a2 + v.W2 @ d.u2),
                ("weights-of-another-layer", lambda d, v: d.a2 + v.W1.T @ d.u2),
            ),
            step("f1", lambda d, v: d.a1),
            activation("u1", "f1", "tanh", others=["u2"]),
            weight("W1", "u1", "x", square=True, others=["a1"]),
            bias("b1", "u1"),
            meeting(
                "x", [lambda d, v: d.a1, lambda d, v: v.W1.T @ d.u1],
                ("transpose", lambda d, v: d.a1 + v.W1 @ d.u1),
                ("weights-of-another-layer", lambda d, v: d.a1 + v.W2.T @ d.u1),
            ),
        ),
        tables={
            "input": {"x": draw(n, N)},
            "target": {"y": draw(k, N)},
            "parameters": {
                "W1": draw(n, n), "b1": draw(n, 1), "W2": draw(n, n), "b2": draw(n, 1),
                "V": draw(k, n), "c": draw(k, 1),
            },
        },
        make=residual,
        sizes=(n, k, N),
    )
    # fmt: on


TIMES = (3, 2, 1)
"""In the order of the backward pass."""


def recurrent(draw: Numbers, m: int, n: int, k: int, N: int) -> Network:
    """h_t = tanh(W h_(t-1) + U x_t + b) for t = 1, 2, 3, and a linear layer behind the last."""
    # fmt: off
    return Network(
        name="recurrent",
        lines=(
            *(line for t in reversed(TIMES) for line in _one_time(t)),
            Line("z", "V @ h3 + c", lambda v: v.V @ v.h3 + v.c),
            Line("L", "half_squared_error(z, y)", lambda v: half_squares(v.z, v.y)),
        ),
        steps=(
            squares_summed("z", "y"),
            weight("V", "z", "h3", others=["h2", "u3"]),
            bias("c", "z"),
            back("h3", "z", "V"),
            *_through_time(3, others=["u2"]),
            *_through_time(2, others=["u1", "u3"]),
            *_through_time(1, others=["u2"]),
            meeting(
                "W", [_part("v", "h", t, before=1) for t in TIMES],
                ("transpose", lambda d, v: sum(d[f"v{t}"] @ v[f"h{t - 1}"].T for t in TIMES).T),
                ("input-of-another-layer", lambda d, v: sum(d[f"v{t}"] @ v[f"h{t}"].T for t in TIMES)),
                ("mean-for-sum", lambda d, v: sum(d[f"v{t}"] @ v[f"h{t - 1}"].T for t in TIMES) / N),
            ),
            meeting(
                "U", [_part("s", "x", t) for t in TIMES],
                ("input-of-another-layer", lambda d, v: sum(d[f"s{t}"] for t in TIMES) @ v.x1.T),
                ("mean-for-sum", lambda d, v: sum(d[f"s{t}"] @ v[f"x{t}"].T for t in TIMES) / N),
            ),
            meeting(
                "b", [_bias_part(t) for t in TIMES],
                ("bias-not-summed", lambda d, v: d.u3 + d.u2 + d.u1),
                ("bias-broadcast", lambda d, v: np.full_like(v.b, (d.u3 + d.u2 + d.u1).sum())),
                ("mean-for-sum", lambda d, v: (d.u3 + d.u2 + d.u1).mean(axis=1, keepdims=True)),
            ),
            back("h0", "v1", "W", square=True),
        ),
        tables={
            "input": {"x1": draw(m, N), "x2": draw(m, N), "x3": draw(m, N), "h0": draw(n, N)},
            "target": {"y": draw(k, N)},
            "parameters": {"W": draw(n, n), "U": draw(n, m), "b": draw(n, 1), "V": draw(k, n), "c": draw(k, 1)},
        },
        make=recurrent,
        sizes=(m, n, k, N),
    )
    # fmt: on


def _one_time(t: int) -> list[Line]:
    # fmt: off
    return [
        Line(f"v{t}", f"W @ h{t - 1}",   lambda v: v.W @ v[f"h{t - 1}"]),
        Line(f"s{t}", f"U @ x{t}",       lambda v: v.U @ v[f"x{t}"]),
        Line(f"r{t}", f"v{t} + s{t}",    lambda v: v[f"v{t}"] + v[f"s{t}"]),
        Line(f"u{t}", f"r{t} + b",       lambda v: v[f"r{t}"] + v.b),
        Line(f"h{t}", f"tanh(u{t})",     lambda v: np.tanh(v[f"u{t}"])),
    ]
    # fmt: on


def _through_time(t: int, others: list[str]) -> list[Step]:
    steps = [
        activation(f"u{t}", f"h{t}", "tanh", others=others),
        step(f"r{t}", lambda d, v: d[f"u{t}"]),
        step(f"s{t}", lambda d, v: d[f"r{t}"]),
        step(f"v{t}", lambda d, v: d[f"r{t}"]),
    ]
    return steps if t == 1 else [*steps, back(f"h{t - 1}", f"v{t}", "W", square=True)]


def _part(u: str, a: str, t: int, before: int = 0) -> Formula:
    return lambda d, v: d[f"{u}{t}"] @ v[f"{a}{t - before}"].T


def _bias_part(t: int) -> Formula:
    return lambda d, v: d[f"u{t}"].sum(axis=1, keepdims=True)
