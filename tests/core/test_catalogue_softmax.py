"""Softmax and cross-entropy combined wrongly, with the Jacobian of softmax written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from grades import formation, places, written

from bptui.core.jacobian import Array
from bptui.core.mistakes import Formation, candidates

RNG = np.random.default_rng(3)
N = 4
Z = RNG.uniform(-1, 1, (3, N))
CLASSES = np.array([[2, 0, 1, 2]])
Y = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], float)
P = np.exp(Z) / np.exp(Z).sum(axis=0)
S, T = 1 / (1 + np.exp(-Z)), np.array([[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 0]], float)
"""Probabilities by softmax with one class for each example, and by the sigmoid with a target for each cell."""

MISTAKE = "softmax-cross-entropy"


def through_softmax(g: Array) -> Array:
    """(diag(p) - p pᵀ) g, example by example."""
    return np.column_stack([(np.diag(p) - np.outer(p, p)) @ column for p, column in zip(P.T, g.T, strict=True)])


def of(variable: str, program: str, target: Array = Y) -> Formation:
    return formation(written(program, "wrt = ['z']", input={"z": Z}, target={"y": target}), variable)


@pytest.mark.parametrize(("reduction", "n"), [("sum", 1), ("mean", N)])
@pytest.mark.parametrize("target", [Y, CLASSES], ids=["distributions", "classes"])
def test_fused(reduction: str, n: int, target: Array) -> None:
    found = of("z", f"L = cross_entropy(z, y, reduction={reduction})", target)
    assert np.allclose(found.gradient, (P - Y) / n)
    [(at, detail)] = places(found, MISTAKE, through_softmax(P - Y) / n)
    assert (at, detail) == (0, "the Jacobian of softmax applied to p - y")
    assert places(found, MISTAKE, -Y / P / n) == [(0, "-y/p, the gradient at p")]
    assert places(found, MISTAKE, P * (1 - P) * (P - Y) / n) == [(0, "p (1 - p) times p - y")]


PARTS = {
    "by log": "p = softmax(z)\nL = -sum(y * log(p))",
    "by dot": "p = softmax(z)\nL = -dot(y, log(p))",
    "mean": f"p = softmax(z)\nL = -dot(y, log(p))/{N}",
}


@pytest.mark.parametrize("parts", PARTS)
def test_in_parts(parts: str) -> None:
    n = N if parts == "mean" else 1
    at_p, at_z = of("p", PARTS[parts]), of("z", PARTS[parts])
    assert np.allclose(at_p.gradient, -Y / P / n)
    assert np.allclose(at_z.gradient, (P - Y) / n)
    assert places(at_p, MISTAKE, P - Y) == [(0, "p - y at p")]
    assert places(at_p, MISTAKE, (P - Y) / N) == [(0, f"(p - y)/{N} at p")]
    assert places(at_z, MISTAKE, through_softmax(P - Y)) == [(0, "the Jacobian applied to p - y")]
    assert places(at_z, MISTAKE, -Y / P / n * P * (1 - P)) == [(0, "p (1 - p) as the Jacobian")]


def test_the_logarithm_of_softmax() -> None:
    program = "l = log_softmax(z)\nL = -dot(y, l)"
    assert places(of("l", program), MISTAKE, P - Y) == [(0, "p - y at l")]
    assert places(of("z", program), MISTAKE, -Y * (1 - P)) == [(0, "1 - p as the Jacobian")]
    assert places(of("z", program), MISTAKE, through_softmax(-Y)) == [(0, "the Jacobian of softmax")]
    assert np.allclose(of("z", program).gradient, P - Y)
    assert not places(of("z", program), MISTAKE, P - Y)


def test_the_probability_of_the_right_class() -> None:
    """One example as in the scenario `softmax`: L = -log(pᵀ y)."""
    z, y = Z[:, :1], Y[:, :1]
    chapter = written("p = softmax(z)\nL = -log(dot(p, y))", "wrt = ['z']", input={"z": z}, target={"y": y})
    assert places(formation(chapter, "p"), MISTAKE, P[:, :1] - y) == [(0, "p - y at p")]


@pytest.mark.parametrize(("reduction", "n"), [("sum", 1), ("mean", N)])
def test_the_sigmoid(reduction: str, n: int) -> None:
    fused = of("z", f"L = binary_cross_entropy_logits(z, y, reduction={reduction})", T)
    assert np.allclose(fused.gradient, (S - T) / n)
    assert places(fused, MISTAKE, S * (1 - S) * (S - T) / n) == [(0, "p (1 - p) times p - y")]
    assert places(fused, MISTAKE, (S - T) / (S * (1 - S)) / n) == [(0, "the gradient at p")]
    assert places(fused, MISTAKE, -T / S / n) == [(0, "-y/p")]
    parts = f"p = sigmoid(z)\nL = binary_cross_entropy(p, y, reduction={reduction})"
    at_p, at_z = of("p", parts, T), of("z", parts, T)
    assert np.allclose(at_p.gradient, (S - T) / (S * (1 - S)) / n)
    assert [at for at, _ in places(at_p, MISTAKE, (S - T) / n)] == [0]
    assert [at for at, _ in places(at_z, MISTAKE, S * (1 - S) * (S - T) / n)] == [0]
    assert places(at_p, MISTAKE, (S - T) / N) == [(0, f"(p - y)/{N} at p")]


def test_two_logarithms_meet_at_the_probabilities() -> None:
    program = "p = sigmoid(z)\nL = -sum(y * log(p) + (1 - y) * log(1 - p))"
    found = of("p", program, T)
    assert len(found.multiplications) == 2
    assert places(found, MISTAKE, S - T) == [(None, "p - y at p")]


def test_other_losses_are_no_cross_entropy() -> None:
    softmax, sigmoid = (f"p = {phi}(z)\nL = squared_error(p, y)" for phi in ("softmax", "sigmoid"))
    for found in (of("p", softmax), of("p", sigmoid), of("z", sigmoid)):
        assert MISTAKE not in {each.mistake.id for each in candidates(found)}
    details = [each.detail for each in candidates(of("z", softmax)) if each.mistake.id == MISTAKE]
    assert details == ["p (1 - p) as the Jacobian"]
    assert places(of("z", softmax), MISTAKE, 2 * (P - Y) * P * (1 - P)) == [(0, "p (1 - p) as the Jacobian")]
