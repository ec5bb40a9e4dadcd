"""Softmax and normalisation: published and exact values, digits at the ends of the range, what is refused and said."""

import math
import statistics as exact
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from laws import ANY, draw, local, vec

from bptui.core.jacobian import MATRIX_LIMIT, Array, Shape
from bptui.core.ops import RULES, ShapeError
from bptui.core.ops.normalise import statistics
from bptui.core.ops.op import OptionError
from bptui.core.ops.softmax import log_softmax, softmax

NORMS = ["layer_norm", "batch_norm"]


def column(*cells: float) -> Array:
    return np.array(cells)[:, np.newaxis]


def apply(name: str, *arguments: Any, **options: Any) -> Any:
    return RULES[name].bind(*(x.shape for x in arguments), **options).value(*arguments)


def precise(z: Array) -> list[tuple[Decimal, Decimal]]:
    """The softmax of one column and its logarithm, to 1,000 digits: more than e^-2000 needs beside 1."""
    with localcontext(prec=1000):
        exponentials = [Decimal(float(cell)).exp() for cell in z.ravel()]
        total = sum(exponentials)
        return [(cell / total, (cell / total).ln()) for cell in exponentials]


# ---- softmax --------------------------------------------------------------------------------------------------------


def test_softmax_of_a_published_example() -> None:
    """Wikipedia, "Softmax function": softmax(1, 2, 3, 4, 1, 2, 3)."""
    p = softmax(column(1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0))
    assert np.round(p.ravel(), 3).tolist() == [0.024, 0.064, 0.175, 0.475, 0.024, 0.064, 0.175]


@settings(max_examples=20, deadline=None)
@given(arrays(np.float64, (3, 1), elements=st.floats(-1000, 1000)))
def test_softmax_and_its_logarithm_keep_their_digits_over_the_whole_range(z: Array) -> None:
    expected = precise(z)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        p, log_p = softmax(z).ravel(), log_softmax(z).ravel()
    np.testing.assert_allclose(p, [float(cell) for cell, _ in expected], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(log_p, [float(cell) for _, cell in expected], rtol=1e-12, atol=1e-300)


def test_softmax_goes_along_the_first_axis_of_each_column_by_itself() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3, 2, 2, 2))
    p = softmax(z + rng.choice([-1000.0, 1000.0], size=(1, 2, 2, 2)))
    for rest in np.ndindex(2, 2, 2):
        at = (slice(None), *rest)
        np.testing.assert_allclose(p[at], np.exp(z[at]) / np.exp(z[at]).sum(), rtol=1e-12)


@pytest.mark.parametrize("gap", [40.0, 300.0])
def test_the_derivatives_keep_their_digits_where_softmax_saturates(gap: float) -> None:
    """With p = (1, s) up to s², s = e^-gap: ∂p₁/∂z₁ = s and ∂log p₁/∂z₁ = s, of which 1 - p has no digit left."""
    z, s, upstream = column(gap, 0.0), math.exp(-gap), column(1.0, 0.0)
    for name in ("softmax", "log_softmax"):
        derivative = local(RULES[name].bind((2, 1)), 0, [z])
        np.testing.assert_allclose(derivative.pull_back(upstream), column(s, -s), rtol=1e-14)
        assert derivative.matrix()[0].tolist() == pytest.approx([s, -s], rel=1e-14)


def test_the_jacobians_of_a_small_example() -> None:
    """p = (1/4, 3/4): diag(p) - p pᵀ is 3/16 (1, -1; -1, 1); I - 1 pᵀ has the row (-1/4, 1/4) below (3/4, -3/4)."""
    z = column(0.0, math.log(3.0))
    of_softmax = local(RULES["softmax"].bind((2, 1)), 0, [z])
    of_log = local(RULES["log_softmax"].bind((2, 1)), 0, [z])
    np.testing.assert_allclose(of_softmax.matrix(), np.array([[3, -3], [-3, 3]]) / 16, rtol=1e-14)
    np.testing.assert_allclose(of_log.matrix(), np.array([[3, -3], [-1, 1]]) / 4, rtol=1e-14)
    np.testing.assert_allclose(of_log.pull_back(column(1.0, 0.0)), column(0.75, -0.75), rtol=1e-14)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_what_softmax_says(name: str) -> None:
    map_ = "diag(p) - p pᵀ" if name == "softmax" else "I - 1 pᵀ"
    for columns, each in ((1, ""), (1500, ", each of 1,500 columns by itself")):
        derivative = local(RULES[name].bind((3, columns)), 0, [np.zeros((3, columns))])
        assert derivative.words == f"{map_} with p the softmax{each}"
        np.testing.assert_allclose(derivative.shown, np.full((3, columns), 1 / 3))
    with pytest.raises(ValueError, match="4,500 × 4,500"):
        derivative.matrix()


# ---- normalisation --------------------------------------------------------------------------------------------------


def test_a_normalised_list_of_1_to_4() -> None:
    """Mean 5/2, biased variance 5/4: the cells are -3, -1, 1, 3 over √5; then γ = 2 and β = 1."""
    x, expected = column(1.0, 2.0, 3.0, 4.0), 2 * column(-3.0, -1.0, 1.0, 3.0) / math.sqrt(5) + 1
    gamma, beta = np.full((4, 1), 2.0), np.ones((4, 1))
    np.testing.assert_allclose(apply("layer_norm", x, gamma, beta, epsilon=0.0), expected, rtol=1e-14)
    np.testing.assert_allclose(apply("batch_norm", x.T, gamma[:1], beta[:1], epsilon=0.0), expected.T, rtol=1e-14)
    np.testing.assert_allclose(
        apply("batch_norm", x.T, gamma[:1], beta[:1], epsilon=3.75), (x.T - 2.5) * 2 / 5**0.5 + 1
    )


def test_epsilon_is_1e_5_if_nothing_else_is_said() -> None:
    """Where all cells are equal only ε is left: a step of 1 in γ x̂ costs √ε."""
    for name in NORMS:
        J = local(RULES[name].bind((2, 2), (2, 1), (2, 1)), 0, [np.zeros((2, 2)), *[np.ones((2, 1))] * 2]).matrix()
        assert J[0, 0] == pytest.approx(0.5 / math.sqrt(1e-5))


@given(arrays(np.float64, (2, 3, 2, 2), elements=st.floats(-1000, 1000)))
def test_statistics_are_those_of_each_row(x: Array) -> None:
    mean, variance = statistics(x)
    assert mean.shape == variance.shape == (2, 1, 1, 1)
    for row in range(2):
        cells = x[row].ravel().tolist()
        assert mean[row].item() == pytest.approx(exact.fmean(cells), rel=1e-12, abs=1e-11)
        assert variance[row].item() == pytest.approx(float(exact.pvariance(cells)), rel=1e-9, abs=1e-11)


def test_with_its_own_statistics_the_fixed_batch_norm_is_batch_norm() -> None:
    rng = np.random.default_rng(1)
    x, gamma, beta = rng.normal(3.0, 2.0, (2, 3, 4, 5)), rng.normal(size=(2, 1, 1, 1)), rng.normal(size=(2, 1, 1, 1))
    fixed = apply("batch_norm_fixed", x, gamma, beta, *statistics(x))
    np.testing.assert_allclose(fixed, apply("batch_norm", x, gamma, beta), rtol=1e-13)
    assert apply("batch_norm_fixed", *(np.full((1, 1), cell) for cell in (7.0, 3.0, 1.0, 5.0, 4.0)), epsilon=0.0) == 4.0
    assert RULES["batch_norm_fixed"].bind((1, 1), *[(1, 1)] * 4).order == ()


@pytest.mark.parametrize("name", NORMS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_normalisation_is_pulled_back_to_rounding_at_any_value(name: str, data: st.DataObject) -> None:
    """Relative to what is added up: where terms cancel, as for two cells, few digits are left in any form."""
    shape, per_row, axis = (3, 4), (3, 1), 0 if name == "layer_norm" else 1
    x, gamma, beta, upstream = (draw(data, s, ANY) for s in (shape, per_row, per_row, shape))
    derivative = local(RULES[name].bind(shape, per_row, per_row), 0, [x, gamma, beta])
    h, x_hat = abs(gamma * upstream), abs(derivative.shown)
    added = h + h.mean(axis, keepdims=True) + x_hat * (h * x_hat).mean(axis, keepdims=True)
    allowed = 1e-14 * added / np.sqrt(x.var(axis, keepdims=True) + 1e-5) + 1e-300
    downstream = derivative.pull_back(upstream)
    expected = derivative.matrix().T @ vec(upstream)
    assert (abs(vec(downstream) - expected) <= vec(allowed)).all()


@pytest.mark.parametrize(("name", "axes"), [("layer_norm", (0,)), ("batch_norm", (1, 2, 3))])
def test_no_gradient_goes_where_a_normalisation_sees_nothing(name: str, axes: tuple[int, ...]) -> None:
    """Adding to all cells, and with ε = 0 stretching them, changes nothing: the gradient is orthogonal to both."""
    rng = np.random.default_rng(2)
    x, gamma, upstream = rng.normal(size=(4, 3, 2, 2)), rng.normal(size=(4, 1, 1, 1)), rng.normal(size=(4, 3, 2, 2))
    op = RULES[name].bind(x.shape, gamma.shape, gamma.shape, epsilon=0.0)
    downstream = local(op, 0, [x, gamma, gamma]).pull_back(upstream)
    assert abs(downstream).min() > 1e-6
    np.testing.assert_allclose(downstream.sum(axis=axes), 0.0, atol=1e-13)
    np.testing.assert_allclose((downstream * x).sum(axis=axes), 0.0, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "shape", "cells", "each", "summed"),
    [
        ("layer_norm", (3, 5), "3 cells", ", each of 5 columns by itself", 5),
        ("layer_norm", (3, 1), "3 cells", "", 1),
        ("batch_norm", (3, 5), "5 cells", ", each of 3 rows by itself", 5),
        ("batch_norm", (1, 2, 2, 1), "4 cells", "", 4),
        ("batch_norm", (3, 2, 2, 5), "20 cells", ", each of 3 rows by itself", 20),
    ],
)
def test_a_normalisation_says_over_how_many_cells(name: str, shape: Shape, cells: str, each: str, summed: int) -> None:
    per_row = (shape[0], *(1 for _ in shape[1:]))
    op = RULES[name].bind(shape, per_row, per_row)
    arguments = [np.random.default_rng(0).normal(size=s) for s in (shape, per_row, per_row)]
    n = cells.split()[0]
    said = f"γ/√(σ² + ε) ⊙ (I - 1 1ᵀ/{n} - n nᵀ/{n}), n the normalised {cells}{each}"
    assert local(op, 0, arguments).words == said
    if summed > 1:
        assert all(f"the sum of {summed} contributions" in local(op, i, arguments).words for i in (1, 2))
    upstream = np.ones(shape)
    np.testing.assert_array_equal(local(op, 2, arguments).pull_back(upstream), np.full(per_row, float(summed)))


def test_the_formulas_have_the_number_epsilon() -> None:
    op = RULES["layer_norm"].bind((3, 5), (3, 1), (3, 1), epsilon=0.001)
    assert op.formula == "{1} ⊙ ({0} - μ)/√(σ² + 0.001) + {2}"
    assert op.derivatives == ("normalised({0})", "normalised({0})", "1")
    fixed = RULES["batch_norm_fixed"].bind((3, 5), *[(3, 1)] * 4)
    assert fixed.formula == "{1} ⊙ ({0} - {3})/√({4} + 1e-05) + {2}"


# ---- what is refused, and dtypes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes", "hint"),
    [
        ("softmax", [()], "not a scalar"),
        ("log_softmax", [()], "not a scalar"),
        ("layer_norm", [(), (), ()], "not a scalar"),
        ("batch_norm", [(), (), ()], "not a scalar"),
        ("layer_norm", [(3, 5), (3, 5), (3, 1)], "one number for each row of x, 3×1"),
        ("batch_norm", [(3, 5), (3, 1), (1, 5)], "one number for each row of x, 3×1"),
        ("batch_norm", [(3, 2, 2, 5), (3, 1), (3, 1)], "one number for each row of x, 3×1×1×1"),
        ("batch_norm_fixed", [(3, 5), (3, 1), (3, 1), (3, 1), ()], "one number for each row of x, 3×1"),
    ],
)
def test_shapes_that_do_not_fit(name: str, shapes: list[Shape], hint: str) -> None:
    with pytest.raises(ShapeError, match=hint):
        RULES[name].bind(*shapes)


@pytest.mark.parametrize("epsilon", [-1e-9, math.inf, math.nan])
@pytest.mark.parametrize("name", [*NORMS, "batch_norm_fixed"])
def test_epsilon_is_not_negative(name: str, epsilon: float) -> None:
    with pytest.raises(OptionError, match="from 0 upwards"):
        RULES[name].bind((3, 5), *[(3, 1)] * (RULES[name].arity - 1), epsilon=epsilon)


@pytest.mark.parametrize(
    ("name", "others"),
    [("softmax", 0), ("log_softmax", 0), ("layer_norm", 2), ("batch_norm", 2), ("batch_norm_fixed", 4)],
)
def test_float32_stays_float32(name: str, others: int) -> None:
    arguments = [np.random.default_rng(0).random(shape, dtype=np.float32) for shape in ((3, 4), *[(3, 1)] * others)]
    op = RULES[name].bind(*(x.shape for x in arguments))
    value = op.value(*arguments)
    assert value.dtype == np.float32
    assert [op.local[i](value, *arguments).pull_back(value).dtype for i in op.order] == [np.float32] * len(op.order)


def test_a_large_softmax_is_written_out_up_to_the_limit() -> None:
    n = math.isqrt(MATRIX_LIMIT)
    J = local(RULES["softmax"].bind((n, 1)), 0, [np.zeros((n, 1))]).matrix()
    assert J[0, 0] == pytest.approx(1 / n - 1 / n**2)
    assert J.sum(axis=1) == pytest.approx(np.zeros(n), abs=1e-15)
