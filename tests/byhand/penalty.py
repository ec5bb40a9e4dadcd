"""A regression with a penalty on its weights, in its second iteration."""

from __future__ import annotations

import numpy as np

from .layers import activation, back, bias, half_squares, sigmoid, squares_averaged
from .step import Line, Mistake, Network, Numbers, Step, step


def penalised(draw: Numbers, n0: int, n1: int, n2: int, N: int) -> Network:
    """J = L + λ (½ ‖W1‖² + ½ ‖W2‖²); the gradients are those behind one step of gradient descent."""
    # fmt: off
    return Network(
        name="penalised",
        lines=(
            Line("u1", "W1 @ x + b1",  lambda v: v.W1 @ v.x + v.b1),
            Line("a1", "sigmoid(u1)",  lambda v: sigmoid(v.u1)),
            Line("z",  "W2 @ a1 + b2", lambda v: v.W2 @ v.a1 + v.b2),
            Line("L",  "half_squared_error(z, y, reduction=mean)", lambda v: half_squares(v.z, v.y) / N),
            Line("P1", "l2(W1)",       lambda v: (v.W1**2).sum() / 2),
            Line("P2", "l2(W2)",       lambda v: (v.W2**2).sum() / 2),
            Line("P",  "P1 + P2",      lambda v: v.P1 + v.P2),
            Line("R",  "lam * P",      lambda v: v.lam * v.P),
            Line("J",  "L + R",        lambda v: v.L + v.R),
        ),
        steps=(
            step("R", lambda d, v: np.ones_like(v.R)),
            step("P", lambda d, v: v.lam * d.R, ("local-missing", lambda d, v: d.R)),
            step("P2", lambda d, v: d.P),
            step("P1", lambda d, v: d.P),
            step("L", lambda d, v: np.ones_like(v.L)),
            squares_averaged("z", "y"),
            _weight("W2", "P2", "z", "a1"),
            bias("b2", "z", _not_reset("b2", "z")),
            back("a1", "z", "W2", updated=True),
            activation("u1", "a1", "sigmoid"),
            _weight("W1", "P1", "u1", "x"),
            bias("b1", "u1", _not_reset("b1", "u1")),
            back("x", "u1", "W1", updated=True),
        ),
        tables={
            "input": {"x": draw(n0, N)},
            "target": {"y": draw(n2, N)},
            "constants": {"lam": np.array(0.3)},
            "parameters": {"W1": draw(n1, n0), "b1": draw(n1, 1), "W2": draw(n2, n1), "b2": draw(n2, 1)},
        },
        rate=0.4,
        iteration=2,
        make=penalised,
        sizes=(n0, n1, n2, N),
    )
    # fmt: on


def _weight(W: str, P: str, u: str, a: str) -> Step:
    """Two contributions: λ W, and du aᵀ."""
    return step(
        W,
        lambda d, v: d[P] * v[W] + d[u] @ v[a].T,
        ("regulariser-forgotten", lambda d, v: d[u] @ v[a].T),
        ("regulariser-doubled", lambda d, v: 2 * d[P] * v[W] + d[u] @ v[a].T),
        ("path-forgotten", lambda d, v: d[P] * v[W]),
        ("mean-for-sum", lambda d, v: d[P] * v[W] + d[u] @ v[a].T / v[a].shape[1]),
        ("not-reset", lambda d, v: v.before[W] + d[P] * v[W] + d[u] @ v[a].T),
    )


def _not_reset(b: str, u: str) -> Mistake:
    return "not-reset", lambda d, v: v.before[b] + d[u].sum(axis=1, keepdims=True)
