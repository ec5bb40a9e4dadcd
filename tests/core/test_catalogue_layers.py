"""Mistakes with another layer, new weights, the batch and the statistics, on whole arrays worked out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from grades import formation, places, written

from bptui.core.jacobian import Array, scalar
from bptui.core.mistakes import Formation, candidates

RNG = np.random.default_rng(11)
N = 4
X, Y = RNG.uniform(-1, 1, (3, N)), RNG.uniform(-1, 1, (3, N))
W1, W2, W3, B1, B2, B3 = (RNG.uniform(-1, 1, shape) for shape in [(3, 3)] * 3 + [(3, 1)] * 3)

U1 = W1 @ X + B1
A1 = np.tanh(U1)
U2 = W2 @ A1 + B2
A2 = 1 / (1 + np.exp(-U2))
U3 = W3 @ A2 + B3
A3 = np.tanh(U3)
DA3 = (A3 - Y) / N
D3 = DA3 * (1 - A3**2)
DA2 = W3.T @ D3
D2 = DA2 * A2 * (1 - A2)
DA1 = W2.T @ D2
D1 = DA1 * (1 - A1**2)
"""Three layers and the mean of ½ ‖a₃ - y‖² over four examples."""

THREE = """u1 = W1 @ x + b1
a1 = tanh(u1)
u2 = W2 @ a1 + b2
a2 = sigmoid(u2)
u3 = W3 @ a2 + b3
a3 = tanh(u3)
L = half_squared_error(a3, y, reduction=mean)"""


def three(variable: str, **more: dict[str, tuple[Array, ...]]) -> Formation:
    parameters = {"W1": W1, "b1": B1, "W2": W2, "b2": B2, "W3": W3, "b3": B3}
    return formation(written(THREE, input={"x": X}, target={"y": Y}, parameters=parameters), variable, **more)


def sigmoid_slope(u: Array) -> Array:
    slope: Array = np.exp(-u) / (1 + np.exp(-u)) ** 2
    return slope


@pytest.mark.parametrize(
    ("mistake", "variable", "wrong", "detail"),
    [
        ("phi-of-another-layer", "u3", DA3 * (1 - A1**2), "tanh′(u₁)"),
        ("phi-of-another-layer", "u3", DA3 * sigmoid_slope(U3), "sigmoid′(u₃)"),
        ("phi-of-another-layer", "u3", DA3 * sigmoid_slope(U2), "sigmoid′(u₂)"),
        ("phi-of-another-layer", "u3", DA3 * (1 - np.tanh(U2) ** 2), "tanh′(u₂)"),
        ("phi-of-another-layer", "u2", DA2 * sigmoid_slope(U1), "sigmoid′(u₁)"),
        ("phi-of-another-layer", "u2", DA2 * sigmoid_slope(A1), "sigmoid′(a₁)"),
        ("input-of-another-layer", "W3", D3 @ A1.T, "a₁ instead of a₂"),
        ("input-of-another-layer", "W3", D3 @ U2.T, "u₂ instead of a₂"),
        ("input-of-another-layer", "W2", D2 @ X.T, "x instead of a₁"),
        ("weights-of-another-layer", "a1", W3.T @ D2, "W₃ instead of W₂"),
        ("weights-of-another-layer", "a2", W1.T @ D3, "W₁ instead of W₃"),
        ("bias-not-summed", "b2", D2, ""),
        ("bias-broadcast", "b2", np.full((3, 1), D2.sum()), "the total in every cell"),
        ("bias-broadcast", "b2", D2.sum(), "the total as one number"),
        ("bias-broadcast", "b3", D3.sum(axis=1, keepdims=True) * np.ones((1, N)), "the sum once for every example"),
        ("batch-twice", "W2", D2 @ A1.T / N, ""),
        ("batch-twice", "a3", DA3 / N, ""),
        ("batch-missing", "W2", D2 @ A1.T * N, ""),
        ("batch-missing", "b3", D3.sum(axis=1, keepdims=True) * N, ""),
    ],
)
def test_mistakes_in_a_batch_of_three_layers(mistake: str, variable: str, wrong: Array, detail: str) -> None:
    assert places(three(variable), mistake, wrong) == [(0, detail)]


def test_the_activation_before_it_comes_first() -> None:
    details = [each.detail for each in candidates(three("W3")) if each.mistake.id == "input-of-another-layer"]
    assert details[:2] == ["u₂ instead of a₂", "u₃ instead of a₂"]


def test_the_updated_weights() -> None:
    new, other = W3 - 0.1, W3 + 0.25
    found = three("a2", updated={"W3": (new, other), "W2": (W2,)})
    assert places(found, "updated-weights", new.T @ D3) == [(0, "the new W₃")]
    assert places(found, "updated-weights", other.T @ D3) == [(0, "the new W₃")]
    assert "updated-weights" not in {each.mistake.id for each in candidates(three("a2"))}


def test_where_a_weight_scales() -> None:
    chapter = written("v = w1 * x\nz = w2 * v\nL = z^2", input={"x": 3.0}, parameters={"w1": 0.5, "w2": 7.0})
    dz = 2 * 7.0 * 0.5 * 3.0
    assert places(formation(chapter, "w2"), "input-of-another-layer", dz * 3.0) == [(0, "x instead of v")]
    assert places(formation(chapter, "v"), "weights-of-another-layer", dz * 0.5) == [(0, "w₁ instead of w₂")]
    updated = {"w2": (scalar(6.5),)}
    assert places(formation(chapter, "v", updated), "updated-weights", dz * 6.5) == [(0, "the new w₂")]


def test_where_the_loss_is_a_sum_there_is_no_one_over_n() -> None:
    for variable in ("u", "W"):
        program = "u = W @ x\nL = half_squared_error(u, y)"
        chapter = written(program, input={"x": X}, target={"y": Y}, parameters={"W": W1})
        ids = {each.mistake.id for each in candidates(formation(chapter, variable))}
        assert not ids & {"batch-twice", "batch-missing"}


def test_a_mean_that_is_written_out_has_one_over_n() -> None:
    chapter = written("u = W @ x\nL = mean(u^2)", input={"x": X}, parameters={"W": W1})
    right = 2 * W1 @ X / X.size @ X.T
    assert places(formation(chapter, "W"), "batch-missing", right * N) == [(0, "")]
    assert places(formation(chapter, "W"), "batch-twice", right / N) == [(0, "")]


def test_a_bias_of_one_example_is_summed_over_its_units() -> None:
    program = "u = W @ x + b\nL = half_squared_error(u, y)"
    x, y = X[:, :1], Y[:, :1]
    delta = W1 @ x + B1 - y
    found = formation(written(program, input={"x": x}, target={"y": y}, parameters={"W": W1, "b": B1}), "b")
    assert places(found, "bias-broadcast", np.full((3, 1), delta.sum())) == [(0, "the total in every cell")]
    assert places(found, "bias-broadcast", delta.sum()) == [(0, "the total as one number")]
    assert not places(found, "bias-not-summed", delta)


# ---- normalisation and convolution


@pytest.mark.parametrize(("norm", "axis"), [("layer_norm", 0), ("batch_norm", 1)])
def test_statistics_taken_as_constants(norm: str, axis: int) -> None:
    gamma = np.array([[1.5], [-0.5], [2.0]])
    chapter = written(f"v = {norm}(x, g, c)\nL = dot(v, y)", "wrt = ['x']", input={"x": X, "y": Y, "g": gamma, "c": B1})
    found = formation(chapter, "x")
    deviation = np.sqrt(X.var(axis=axis, keepdims=True) + 1e-5)
    h, x_hat = gamma * Y, (X - X.mean(axis=axis, keepdims=True)) / deviation
    mean, along = h.mean(axis=axis, keepdims=True), (h * x_hat).mean(axis=axis, keepdims=True)
    assert np.allclose(found.gradient, (h - mean - x_hat * along) / deviation)
    assert places(found, "statistics-constant", h / deviation) == [(0, "both")]
    assert places(found, "statistics-constant", (h - mean) / deviation) == [(0, "the variance")]
    assert places(found, "statistics-constant", (h - x_hat * along) / deviation) == [(0, "the mean")]


def test_kernels_turned_around() -> None:
    """Each sum by itself: the images get g through W, the kernels the windows that they saw."""
    x, W, g = RNG.uniform(-1, 1, (2, 4, 4, 2)), RNG.uniform(-1, 1, (3, 2, 2, 2)), RNG.uniform(-1, 1, (3, 3, 3, 2))
    values = {"X": x.reshape(8, -1), "F": W.reshape(6, -1), "G": g.reshape(9, -1)}
    program = """x = reshape(X, shape=[2, 4, 4, 2])
W = reshape(F, shape=[3, 2, 2, 2])
g = reshape(G, shape=[3, 3, 3, 2])
L = dot(conv2d(x, W), g)"""
    chapter = written(program, "wrt = ['X', 'F']", input=values)
    to_x, to_x_turned, to_W = np.zeros_like(x), np.zeros_like(x), np.zeros_like(W)
    for o, c, i, j, a, b in np.ndindex(3, 2, 2, 2, 3, 3):
        to_x[c, a + i, b + j] += W[o, c, i, j] * g[o, a, b]
        to_x_turned[c, a + i, b + j] += W[o, c, 1 - i, 1 - j] * g[o, a, b]
        to_W[o, c, i, j] += x[c, a + i, b + j] @ g[o, a, b]
    assert np.allclose(formation(chapter, "x").gradient, to_x)
    assert np.allclose(formation(chapter, "W").gradient, to_W)
    assert places(formation(chapter, "x"), "kernel-turned", to_x_turned) == [(0, "")]
    assert places(formation(chapter, "W"), "kernel-turned", to_W[:, :, ::-1, ::-1]) == [(0, "")]
