"""The catalogue as a whole; and the mistakes in one multiplication, on whole arrays worked out here in NumPy."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from grades import FOLDER, chapter_of, formation, places, shipped, written
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bptui.core.jacobian import Array
from bptui.core.mistakes import Formation, candidates
from bptui.core.mistakes.catalogue import ALONE, FORMED, NAMES

RNG = np.random.default_rng(7)
X, Y = RNG.uniform(-1, 1, (3, 4)), RNG.uniform(-1, 1, (2, 4))
W1, B1 = RNG.uniform(-1, 1, (3, 3)), RNG.uniform(-1, 1, (3, 1))
W2, B2 = RNG.uniform(-1, 1, (2, 3)), RNG.uniform(-1, 1, (2, 1))

U1 = W1 @ X + B1
A1 = np.tanh(U1)
U2 = W2 @ A1 + B2
D2 = U2 - Y
DA1 = W2.T @ D2
SLOPE1 = 1 - A1**2
D1 = DA1 * SLOPE1
"""Two layers and the sum of ½ (u₂ - y)² over four examples."""

TWO = "u1 = W1 @ x + b1\na1 = tanh(u1)\nu2 = W2 @ a1 + b2\nL = half_squared_error(u2, y)"


def two(variable: str, program: str = TWO, settings: str = "") -> Formation:
    parameters = {"W1": W1, "b1": B1, "W2": W2, "b2": B2}
    return formation(written(program, settings, input={"x": X}, target={"y": Y}, parameters=parameters), variable)


# ---- the table


def test_every_row_has_a_name_and_one_function() -> None:
    assert set(NAMES) == set(ALONE) | set(FORMED)
    assert not set(ALONE) & set(FORMED)
    assert len(set(NAMES.values())) == len(NAMES)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_no_row_fails_and_nothing_right_is_called_a_mistake(path: Path) -> None:
    chapter = shipped(path.stem)
    order = list(NAMES)
    for variable in chapter.program.uses:
        found = formation(chapter, variable)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = list(candidates(found))
        assert made
        rows = [order.index(candidate.mistake.id) for candidate in made]
        assert rows == sorted(rows)
        for candidate in made:
            assert candidate.mistake.name == NAMES[candidate.mistake.id]
            assert not np.array_equal(candidate.gradient, found.gradient)
            assert np.isfinite(candidate.gradient).all()
            assert candidate.at is None or 0 <= candidate.at < len(found.multiplications)


@given(u=st.floats(-300, 300), y=st.floats(-1e300, 1e300))
@settings(max_examples=40, deadline=None)
def test_what_overflows_is_left_out(u: float, y: float) -> None:
    chapter = chapter_of(f"program = '''\na = exp(u)\nL = a * y\n'''\nwrt = ['u']\n[input]\nu = {u!r}\ny = {y!r}\n")
    assume(len(chapter.program.uses) == len(chapter.completed))  # else the run itself stopped
    before = np.geterr()
    for variable in chapter.completed:
        for candidate in candidates(formation(chapter, variable)):
            assert np.isfinite(candidate.gradient)
            assert np.geterr() == before


# ---- one multiplication


@pytest.mark.parametrize(
    ("mistake", "variable", "wrong"),
    [
        ("phi-missing", "u1", DA1),
        ("sign", "u1", -D1),
        ("sign", "W1", -D1 @ X.T),
        ("phi-at-a", "u1", DA1 * (1 - np.tanh(A1) ** 2)),
        ("activation-for-phi", "u1", DA1 * A1),
        ("transpose", "W1", (D1 @ X.T).T),
        ("transpose", "W2", (D2 @ A1.T).T),
        ("transpose", "a1", (W2.T @ D2).T),
        ("mean-for-sum", "u2", D2 / 4),
        ("mean-for-sum", "u2", D2 / 8),
        ("mean-for-sum", "W2", D2 @ A1.T / 4),
        ("mean-for-sum", "b1", D1.mean(axis=1, keepdims=True)),
        ("factor-2", "a1", 2 * DA1),
        ("factor-half", "u2", D2 / 2),
        ("other-argument", "u2", Y - U2),
        ("added", "u1", DA1 + SLOPE1),
        ("divided", "u1", DA1 / SLOPE1),
    ],
)
def test_mistakes_in_one_multiplication(mistake: str, variable: str, wrong: Array) -> None:
    assert places(two(variable), mistake, wrong) == [(0, "")]


def test_the_local_derivative_is_missing() -> None:
    chapter = written("v = u * w\nL = sum(v^2)", "wrt = ['u']", input={"u": X[:, :1], "w": X[:, 1:2]})
    v = X[:, :1] * X[:, 1:2]
    assert places(formation(chapter, "u"), "local-missing", 2 * v) == [(0, "")]
    assert places(formation(chapter, "u"), "divided", 2 * v / X[:, 1:2]) == [(0, "")]
    square = written("v = W @ u\nL = sum(v^2)", "wrt = ['u']", input={"u": X[:, :1]}, constants={"W": W1})
    assert places(formation(square, "u"), "local-missing", 2 * W1 @ X[:, :1]) == [(0, "")]
    assert places(formation(square, "u"), "transpose", W1 @ (2 * W1 @ X[:, :1])) == [(0, "")]


def test_the_upstream_is_transposed() -> None:
    """Scores of attention, which are square: S = Kᵀ Q of three tokens."""
    q, k, y = (RNG.uniform(-1, 1, shape) for shape in [(2, 3), (2, 3), (3, 3)])
    program = "T = K.T\nS = T @ Q\nL = half_squared_error(S, y)"
    chapter = written(program, "wrt = ['Q', 'K']", input={"Q": q, "K": k}, target={"y": y})
    ds = k.T @ q - y
    assert places(formation(chapter, "Q"), "transpose", k @ ds.T) == [(0, "")]
    assert places(formation(chapter, "T"), "transpose", ds.T @ q.T) == [(0, "")]
    assert places(formation(chapter, "K"), "transpose", ds @ q.T) == [(0, "")]


def test_the_scale_is_missing_in_what_is_summed_over_the_examples() -> None:
    gamma = np.array([[1.5], [-0.5], [2.0]])
    chapter = written("v = x * g\nL = half_squared_error(v, y)", "wrt = ['g']", input={"x": X, "g": gamma, "y": X**2})
    dv = gamma * X - X**2
    assert places(formation(chapter, "g"), "local-missing", dv.sum(axis=1, keepdims=True)) == [(0, "")]


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_a_pool_that_gives_all_to_each_cell(pool: str) -> None:
    program = f"i = reshape(x, shape=[1, 4, 4, 2])\nm = {pool}_pool(i, size=2)\nL = sum(m^2)"
    image = RNG.uniform(-1, 1, (16, 2))
    blocks = image.reshape(1, 2, 2, 2, 2, 2)
    upstream = 2 * getattr(blocks, pool)(axis=(2, 4))
    found = formation(written(program, input={"x": image}), "i")
    assert places(found, "local-missing", upstream.repeat(2, axis=1).repeat(2, axis=2)) == [(0, "")]


def test_a_mean_that_is_a_sum() -> None:
    found = two("u2", TWO.replace("y)", "y, reduction=mean)"))
    assert np.allclose(found.gradient, D2 / 4)
    assert places(found, "sum-for-mean", D2) == [(0, "")]
    total = formation(written("L = mean(x)", input={"x": X}), "x")
    assert places(total, "sum-for-mean", np.ones((3, 4))) == [(0, "")]
    assert places(total, "mean-for-sum", np.full((3, 4), 1 / 12)) == []
    assert places(formation(written("L = sum(x)", input={"x": X}), "x"), "mean-for-sum", np.full((3, 4), 1 / 12))
