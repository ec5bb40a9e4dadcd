"""Mistakes in predictions, worked out here in NumPy, get their names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from grades import FOLDER, PHI_MISSING, SLOPE, UPSTREAM, A, chapter_of, graded, shipped, towards

from bptui.core import Multiply, read
from bptui.core.grading import Answer, grade
from bptui.core.jacobian import Array
from bptui.core.mistakes import CATALOGUE

LOCAL_MISSING = "the local derivative is missing: the upstream was passed on unchanged"
AT_A = "φ′ taken at a instead of u"
ACTIVATION = "the activation instead of its derivative"
TRANSPOSE = "a transpose is missing or too much"
MEAN, SUM = "mean instead of sum", "sum instead of mean"
OTHER = "the derivative with respect to the other argument"
ADDED = "added where the chain rule multiplies"
DIVIDED = "divided instead of multiplied"


# ---- the worked example: u₃ = 4, a₃ = tanh 4, L = ½ (a₃ - 10)²


@pytest.mark.parametrize(
    ("x", "name"),
    [
        (UPSTREAM, PHI_MISSING),
        (-UPSTREAM * SLOPE, "the sign"),
        (-SLOPE, "the sign"),
        (UPSTREAM / math.cosh(A) ** 2, AT_A),
        (1.0 / math.cosh(A) ** 2, AT_A),
        (UPSTREAM * A, ACTIVATION),  # 0.07% from the upstream alone: the nearest is named
        (2.0 * UPSTREAM * SLOPE, "a factor of 2"),
        (0.5 * SLOPE, "a factor of ½"),
        (UPSTREAM / SLOPE, DIVIDED),
        (123.0, ""),
    ],
)
def test_mistakes_through_tanh(x: float, name: str) -> None:
    found = graded(shipped("tanh4"), "a3", "u3", (), x)
    assert found.mistake == name
    assert not found.right
    assert found.as_what == ""
    assert found.expected == pytest.approx(UPSTREAM * SLOPE, rel=1e-12)
    assert found.expected_local == pytest.approx(SLOPE, rel=1e-12)


def test_the_rule_that_applies() -> None:
    assert graded(shipped("tanh4"), "a3", "u3", (), 1.0).rule == ("δ₃ = ∂L/∂a₃ · φ₃′(u₃)\nφ₃′(u₃) = sech²(u₃)")
    assert graded(shipped("layers4"), "u2", "W2", (0, 1), 1.0).rule == (
        "∂L/∂W₂ = δ₂ a₁ᵀ\n∂u₂/∂W₂ = a₁; an outer product: each weight sees its own upstream cell and its own input"
    )


def test_the_local_derivative_and_the_product_are_both_right() -> None:
    chapter = shipped("tanh4")
    assert graded(chapter, "a3", "u3", (), UPSTREAM * SLOPE).as_what == "product"
    assert graded(chapter, "a3", "u3", (), SLOPE).as_what == "local derivative"
    assert graded(chapter, "u4", "W4", (), A).as_what == "local derivative"


PRODUCT = "program = '''\np = x * y\nq = p / r\nL = sin(q)\n'''\n[input]\nx = 3.0\ny = 7.0\nr = 5.0\n"


@pytest.mark.parametrize(
    ("node", "variable", "x", "name"),
    [
        ("p", "x", math.cos(4.2) / 5 * 3, OTHER),
        ("p", "y", math.cos(4.2) / 5 * 7, OTHER),
        ("p", "x", 3.0, OTHER),
        ("p", "x", math.cos(4.2) / 5, LOCAL_MISSING),
        ("p", "x", math.cos(4.2) / 5 + 7, ADDED),
        ("p", "x", math.cos(4.2) / 5 / 7, DIVIDED),
        ("q", "r", math.cos(4.2) * 21 / 25, "the sign"),
        ("q", "p", math.cos(4.2) * -21 / 25, OTHER),
        ("L", "q", math.sin(4.2), ACTIVATION),
    ],
)
def test_mistakes_of_scalars(node: str, variable: str, x: float, name: str) -> None:
    assert graded(chapter_of(PRODUCT), node, variable, (), x).mistake == name


# ---- matrices: 4 - 5 - 4 - 3 - 2 units


def layers4() -> dict[str, Array]:
    """The values and gradients of the scenario, by hand."""
    scenario = read(FOLDER / "layers4.toml")
    p, x, y = scenario.parameters, scenario.given["x"], scenario.given["y"]
    found: dict[str, Array] = {**p}
    found["u1"] = p["W1"] @ x + p["b1"]
    found["a1"] = np.tanh(found["u1"])
    found["u2"] = p["W2"] @ found["a1"] + p["b2"]
    found["a2"] = 1 / (1 + np.exp(-found["u2"]))
    found["u3"] = p["W3"] @ found["a2"] + p["b3"]
    found["a3"] = np.tanh(found["u3"])
    found["d4"] = p["W4"] @ found["a3"] + p["b4"] - y
    found["da3"] = p["W4"].T @ found["d4"]
    found["d3"] = found["da3"] * (1 - found["a3"] ** 2)
    found["da2"] = p["W3"].T @ found["d3"]
    found["d2"] = found["da2"] * found["a2"] * (1 - found["a2"])
    return found


def sigmoid_slope(x: float) -> float:
    return math.exp(-x) / (1 + math.exp(-x)) ** 2


@pytest.mark.parametrize("cell", [(0, 0), (1, 0), (2, 0), (3, 0)])
def test_mistakes_through_a_layer_of_sigmoids(cell: tuple[int, int]) -> None:
    v = layers4()
    upstream, u, a = float(v["da2"][cell]), float(v["u2"][cell]), float(v["a2"][cell])
    right = upstream * sigmoid_slope(u)
    for x, name in [
        (right, ""),
        (sigmoid_slope(u), ""),
        (upstream, PHI_MISSING),
        (-right, "the sign"),
        (upstream * sigmoid_slope(a), AT_A),
        (upstream * a, ACTIVATION),
        (2 * right, "a factor of 2"),
        (right / 2, "a factor of ½"),
        (upstream + sigmoid_slope(u), ADDED),
        (upstream / sigmoid_slope(u), DIVIDED),
    ]:
        found = graded(shipped("layers4"), "a2", "u2", cell, x)
        assert (found.mistake, found.right) == (name, name == "")
        assert found.expected == pytest.approx(right, rel=1e-9)


def test_transposed_outer_product() -> None:
    v = layers4()
    product = v["d2"] @ v["a1"].T
    for cell in [(0, 1), (2, 3), (3, 2)]:
        found = graded(shipped("layers4"), "u2", "W2", cell, float(product[cell]))
        assert (found.as_what, found.expected_local) == ("product", None)
        assert graded(shipped("layers4"), "u2", "W2", cell, float(product.T[cell])).mistake == TRANSPOSE


SQUARE = "program = '''\nu = W @ a\nL = half_squared_error(u, y)\n'''\n[input]\na = [1.0, -2.0, 0.5]\n"
SQUARE += "[target]\ny = [0.3, 0.2, -0.7]\n[parameters]\nW = [[2, 3, 5], [7, 11, 13], [17, 19, 23]]\n"


def test_a_matrix_that_was_not_transposed() -> None:
    chapter = chapter_of("wrt = ['W', 'a']\n" + SQUARE)
    W = np.array([[2.0, 3, 5], [7, 11, 13], [17, 19, 23]])
    upstream = W @ [[1.0], [-2], [0.5]] - [[0.3], [0.2], [-0.7]]
    for cell in [(0, 0), (1, 0), (2, 0)]:
        assert graded(chapter, "u", "a", cell, float((W.T @ upstream)[cell])).right
        assert graded(chapter, "u", "a", cell, float((W @ upstream)[cell])).mistake == TRANSPOSE
        assert graded(chapter, "u", "a", cell, float(upstream[cell])).mistake == LOCAL_MISSING


def test_a_transposed_node() -> None:
    chapter = shipped("attention")
    index = towards(chapter, "S·1", "K")
    event = chapter.events[index]
    assert isinstance(event, Multiply)
    for cell in [(0, 1), (1, 0)]:
        assert grade(chapter, index, cell, Answer(float(event.upstream[cell[::-1]]))).right
        assert grade(chapter, index, cell, Answer(float(event.upstream[cell]))).mistake == TRANSPOSE


# ---- a batch: three outputs, five examples

BATCH = "program = '''\nu = W @ x + b\nL = squared_error(u, y{reduction})\n'''\n"
BATCH += "[input]\nx = [[1, 2, -1, 0.5, 3], [0.2, -1, 4, 2, 1]]\n"
BATCH += "[target]\ny = [[1, 0, 0.5, 2, 1], [0, 1, 1, 3, -2], [2, -1, 0.25, 1, 4]]\n"
BATCH += "[parameters]\nW = [[0.5, -1], [2, 0.3], [-0.7, 1.1]]\nb = [0.1, 0.2, -0.3]\n"


def errors() -> tuple[Array, Array]:
    """2 (u - y), the derivative of the sum, and x."""
    x = np.array([[1, 2, -1, 0.5, 3], [0.2, -1, 4, 2, 1]])
    y = np.array([[1, 0, 0.5, 2, 1], [0, 1, 1, 3, -2], [2, -1, 0.25, 1, 4]])
    return 2 * (np.array([[0.5, -1], [2, 0.3], [-0.7, 1.1]]) @ x + [[0.1], [0.2], [-0.3]] - y), x


def test_the_mean_of_a_loss_that_is_summed() -> None:
    chapter, (e, x) = chapter_of(BATCH.format(reduction="")), errors()
    for divisor in (5, 3, 15):  # the examples, the components, all cells
        assert graded(chapter, "L", "u", (1, 2), e[1, 2] / divisor).mistake == MEAN
    assert graded(chapter, "L", "u", (1, 2), e[1, 2] * 5).mistake == ""
    assert graded(chapter, "L", "u", (1, 2), e[1, 2] / 2).mistake == "a factor of ½"
    assert graded(chapter, "u", "b", (1, 0), e[1].sum()).right
    assert graded(chapter, "u", "b", (1, 0), e[1].mean()).mistake == MEAN
    assert graded(chapter, "u", "W", (2, 1), e[2] @ x[1]).right
    assert graded(chapter, "u", "W", (2, 1), e[2] @ x[1] / 5).mistake == MEAN


def test_the_sum_of_a_loss_that_is_a_mean() -> None:
    chapter, (e, _) = chapter_of(BATCH.format(reduction=", reduction=mean")), errors()
    assert graded(chapter, "L", "u", (0, 3), e[0, 3] / 5).right
    assert graded(chapter, "L", "u", (0, 3), e[0, 3]).mistake == SUM
    assert graded(chapter, "L", "u", (0, 3), e[0, 3] / 15).mistake == MEAN


@pytest.mark.parametrize(("reduction", "weight", "wrong", "name"), [("sum", 1, 1 / 4, MEAN), ("mean", 1 / 4, 1, SUM)])
def test_sums_and_means_of_cells(reduction: str, weight: float, wrong: float, name: str) -> None:
    text = f"program = '''\ns = {reduction}(x)\nL = s * 7\n'''\n[input]\nx = [1.0, 2.0, 4.0, 8.0]\n"
    assert graded(chapter_of(text), "s", "x", (2, 0), 7 * weight).right
    assert graded(chapter_of(text), "s", "x", (2, 0), 7 * wrong).mistake == name


def test_every_name_of_the_catalogue_is_met_above() -> None:
    met = {PHI_MISSING, LOCAL_MISSING, AT_A, ACTIVATION, TRANSPOSE, MEAN, SUM, OTHER, ADDED, DIVIDED}
    assert {name for name, _ in CATALOGUE} == met | {"the sign", "a factor of 2", "a factor of ½"}
