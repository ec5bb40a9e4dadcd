"""Elementwise ops with options, and those whose tails are easily lost, beside arithmetic with 800 digits."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import local

from bptui.core.ops import ACTIVATIONS, RULES
from bptui.core.ops.op import OptionError

DIGITS = 800
"""Φ(−37) is 10⁻³⁰⁰, and the difference of two such numbers that are close together is still to have digits."""
STEP = Decimal("1e-40")


def arctan_inverse(n: int) -> Decimal:
    """arctan(1/n) by its power series."""
    return sum(((-1) ** k / (Decimal(n) ** (2 * k + 1) * (2 * k + 1)) for k in range(DIGITS)), Decimal(0))


@cache
def pi() -> Decimal:
    """Machin's formula."""
    return 16 * arctan_inverse(5) - 4 * arctan_inverse(239)


def normal_cdf(x: Decimal) -> Decimal:
    """½ + Φ′(x) (x + x³/3 + x⁵/(3·5) + …)."""
    term = total = x
    n = 1
    while abs(term) > Decimal(f"1e-{DIGITS}"):
        n += 2
        term *= x * x / n
        total += term
    return Decimal("0.5") + total * (-x * x / 2).exp() / (2 * pi()).sqrt()


def gelu_tanh(x: Decimal) -> Decimal:
    inner = (2 / pi()).sqrt() * (x + Decimal("0.044715") * x**3)
    return x / 2 * (1 + (1 - (-2 * inner).exp()) / (1 + (-2 * inner).exp()))


EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "tanh": lambda x: 1 - 2 / (1 + (2 * x).exp()),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: (1 + x.exp()).ln(),
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else x.exp() - 1,
    "gelu": lambda x: x * normal_cdf(x),
    "gelu_tanh": gelu_tanh,
    "silu": lambda x: x / (1 + (-x).exp()),
}
POINTS = (-700.0, -37.0, -20.0, -5.0, -1.5, -0.3, -1e-3, -1e-9, 1e-300, 1e-9, 1e-3, 0.3, 1.5, 5.0, 20.0, 37.0, 700.0)


@pytest.mark.parametrize(
    ("name", "x"), [(name, x) for name in EXACT for x in POINTS if not ("gelu" in name and abs(x) > 100)]
)
def test_values_and_derivatives_keep_their_digits(name: str, x: float) -> None:
    with localcontext() as context:
        context.prec = DIGITS
        exact = EXACT[name](Decimal(x))
        slope = (EXACT[name](Decimal(x) + STEP) - EXACT[name](Decimal(x) - STEP)) / (2 * STEP)
        if x == 1e-300 and name in ("leaky_relu", "elu"):
            slope = Decimal(1)  # the step would go across the kink
    op = RULES[name].bind(())
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = op.value(np.float64(x))
        derivative = local(op, 0, [np.float64(x)]).shown
    assert float(value) == pytest.approx(float(exact), rel=1e-12, abs=1e-320)
    assert float(derivative) == pytest.approx(float(slope), rel=1e-12, abs=1e-320)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softplus", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu"])
def test_at_a_thousand_they_are_the_line_that_they_go_to(name: str, dtype: type) -> None:
    below, slope = {"leaky_relu": (-10.0, 0.01), "elu": (-1.0, 0.0)}.get(name, (0.0, 0.0))
    op = RULES[name].bind((2, 1))
    x = np.array([[-1000.0], [1000.0]], dtype=dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, derivative = op.value(x), local(op, 0, [x]).shown
    np.testing.assert_array_equal(value, np.array([[below], [1000.0]], dtype))
    np.testing.assert_array_equal(derivative, np.array([[slope], [1.0]], dtype))


@pytest.mark.parametrize("name", ["softplus", "gelu", "gelu_tanh", "silu"])
@given(x=st.floats(-1000, 1000))
def test_f_of_x_less_f_of_minus_x_is_x(name: str, x: float) -> None:
    """So the slopes on both sides add up to 1."""
    op = RULES[name].bind(())
    here, there = np.float64(x), np.float64(-x)
    assert float(op.value(here) - op.value(there)) == pytest.approx(x, rel=1e-14, abs=1e-15)
    slopes = local(op, 0, [here]).shown + local(op, 0, [there]).shown
    assert float(slopes) == pytest.approx(1.0, rel=1e-12)


@given(x=st.floats(-1.5, 1.5))
def test_the_slope_of_tan_is_one_over_cos_squared(x: float) -> None:
    derivative = local(RULES["tan"].bind(()), 0, [np.float64(x)]).shown
    assert float(derivative) == pytest.approx(1 / math.cos(x) ** 2, rel=1e-13)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=5), st.booleans())
def test_either_argument_of_maximum_and_minimum_gets_all(pairs: list[tuple[float, float]], equal: bool) -> None:
    x, y = (np.array(cells).reshape(-1, 1) for cells in zip(*pairs, strict=True))
    y = x if equal else y
    for name, chosen in (("maximum", max), ("minimum", min)):
        op = RULES[name].bind(x.shape, y.shape)
        assert op.value(x, y).ravel().tolist() == [chosen(a, b) for a, b in zip(x.flat, y.flat, strict=True)]
        first, second = (local(op, i, [x, y]).shown for i in (0, 1))
        assert first.ravel().tolist() == [float(chosen(a, b) == a) for a, b in zip(x.flat, y.flat, strict=True)]
        np.testing.assert_array_equal(first + second, np.ones(x.shape))
        assert "the first gets the derivative" in op.note


# ---- options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "formula", "derivative", "note"),
    [
        ("leaky_relu", {}, "max({0}, 0.01 · {0})", "[{0} > 0] + 0.01 · [{0} ≤ 0]", "leaky_relu′(0) is taken as 0.01"),
        ("leaky_relu", {"slope": 0.2}, "max({0}, 0.2 · {0})", "[{0} > 0] + 0.2 · [{0} ≤ 0]", "is taken as 0.2"),
        ("elu", {}, "1 · (exp(min({0}, 0)) - 1)", "[{0} > 0] + 1 · exp({0}) · [{0} ≤ 0]", "elu′(0) is taken as 1"),
        ("elu", {"alpha": 1.5}, "1.5 · (exp(min({0}, 0)) - 1)", "+ 1.5 · exp({0})", "elu′(0) is taken as 1.5"),
    ],
)
def test_options_stand_in_the_texts_as_numbers(
    name: str, options: dict[str, float], formula: str, derivative: str, note: str
) -> None:
    op = RULES[name].bind((2, 1), **options)
    assert formula in op.formula
    assert derivative in op.derivatives[0]
    assert note in op.note
    assert float(local(op, 0, [np.zeros((2, 1))]).shown[0, 0]) == float(op.note.rpartition(" ")[2])  # as it says


@pytest.mark.parametrize(
    ("name", "options", "x", "value", "slope"),
    [
        ("leaky_relu", {"slope": 0.25}, -8.0, -2.0, 0.25),
        ("leaky_relu", {"slope": 0.25}, 8.0, 8.0, 1.0),
        ("leaky_relu", {"slope": 0.0}, -8.0, 0.0, 0.0),
        ("leaky_relu", {"slope": 1.0}, -8.0, -8.0, 1.0),
        ("elu", {"alpha": 2.0}, -math.log(4), -1.5, 0.5),
        ("elu", {"alpha": 2.0}, 3.0, 3.0, 1.0),
        ("elu", {"alpha": 0.0}, -3.0, 0.0, 0.0),
    ],
)
def test_options_change_the_function(
    name: str, options: dict[str, float], x: float, value: float, slope: float
) -> None:
    op = RULES[name].bind((), **options)
    assert float(op.value(np.float64(x))) == pytest.approx(value, rel=1e-15)
    assert float(local(op, 0, [np.float64(x)]).shown) == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "option", "value", "hint"),
    [
        *(("leaky_relu", "slope", x, "slope is from 0 to 1") for x in (-0.1, 1.1, math.nan, math.inf, -math.inf)),
        *(("elu", "alpha", x, "alpha is from 0 to 1000") for x in (-1.0, 1000.5, math.nan, math.inf)),
        *(("dropout", "p", x, "from 0 to below 1") for x in (-0.1, 1.0, math.nan, math.inf)),
    ],
)
def test_options_out_of_range(name: str, option: str, value: float, hint: str) -> None:
    with pytest.raises(OptionError, match=hint):
        RULES[name].bind(*[(2, 1)] * RULES[name].arity, **{option: value})


def test_dropout_multiplies_by_a_mask_that_gets_no_derivative() -> None:
    op = RULES["dropout"].bind((2, 2), (2, 2), p=0.75)
    x, mask = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[4.0, 0.0], [0.0, 4.0]])
    np.testing.assert_array_equal(op.value(x, mask), [[4.0, 0.0], [0.0, 16.0]])
    np.testing.assert_array_equal(local(op, 0, [x, mask]).pull_back(x), [[4.0, 0.0], [0.0, 16.0]])
    assert op.order == (0,)


def test_every_activation_of_a_layer_is_a_function_of_one_argument() -> None:
    assert {name: RULES[name].arity for name in ACTIVATIONS} == dict.fromkeys(ACTIVATIONS, 1)


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_any_order_of_memory_will_do(name: str) -> None:
    rows: Any = np.linspace(-3.0, 3.0, 24).reshape(2, 3, 4, 1)
    columns = np.asfortranarray(rows)
    op = RULES[name].bind(rows.shape)
    np.testing.assert_array_equal(op.value(columns), op.value(rows))
    np.testing.assert_array_equal(op.value(rows[:, ::-1]), op.value(rows)[:, ::-1])
