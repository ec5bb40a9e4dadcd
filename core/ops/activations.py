"""Activation functions that are made of others, each in the form that keeps digits and does not overflow.

The tails matter: far from 0 a product of a large and a small factor must not become large times (1 − 1).
"""

from __future__ import annotations

import math

import numpy as np

from ..jacobian import Array
from .elementwise import Elementwise, relu_derivative, rules, sigmoid, sigmoid_derivative


def softplus(x: Array) -> Array:
    """log(1 + eˣ) = log1p(e^−|x|) + max(x, 0)."""
    value: Array = np.log1p(np.exp(-abs(x))) + np.maximum(x, 0)
    return value


def leaky_relu_derivative(value: Array, x: Array, slope: float) -> Array:
    """1 above 0, else the slope."""
    above = relu_derivative(value, x)
    derivative: Array = above + slope * (1.0 - above)
    return derivative


def elu(x: Array, alpha: float) -> Array:
    """x above 0, else α (eˣ − 1): Clevert, Unterthiner & Hochreiter 2016."""
    value: Array = np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))
    return value


def elu_derivative(value: Array, x: Array, alpha: float) -> Array:
    """1 above 0, else α eˣ."""
    above = relu_derivative(value, x)
    derivative: Array = above + (1.0 - above) * alpha * np.exp(np.minimum(x, 0))
    return derivative


def normal_cdf(x: Array) -> Array:
    """Φ(x) = ½ erfc(−x / √2), which keeps its digits in the lower tail, where ½ (1 + erf) would be 0.

    NumPy has no erf. The C library's is right to the last digit or two and costs about 50 ns a cell; a rational
    approximation in NumPy that is as good on all of the axis would be a page of constants. Cells pass through a
    memoryview, so that there are never as many Python numbers as cells.
    """
    t = np.ravel(x * -math.sqrt(0.5))
    erfc = np.fromiter(map(math.erfc, memoryview(t)), t.dtype, t.size)  # type: ignore[arg-type]
    value: Array = 0.5 * erfc.reshape(x.shape)[()]
    return value


def gelu_derivative(value: Array, x: Array) -> Array:
    """Φ(x) + x Φ′(x), with Φ′(x) = e^−x²/2 / √(2π)."""
    density = np.exp(-0.5 * x * x) * (1.0 / math.sqrt(2.0 * math.pi))
    derivative: Array = normal_cdf(x) + x * density
    return derivative


def doubled(x: Array) -> Array:
    """w = 2 √(2/π) (x + 0.044715 x³): ½ (1 + tanh(w/2)) is σ(w), and that keeps its digits where 1 + tanh is 0."""
    w: Array = math.sqrt(8.0 / math.pi) * x * (1.0 + 0.044715 * x * x)
    return w


def gelu_tanh_derivative(value: Array, x: Array) -> Array:
    """σ(w) + x w′ σ(w) σ(−w)."""
    w = doubled(x)
    slope = math.sqrt(8.0 / math.pi) * (1.0 + 3.0 * 0.044715 * x * x)
    derivative: Array = sigmoid(w) + x * slope * sigmoid_derivative(w, w)
    return derivative


def silu_derivative(value: Array, x: Array) -> Array:
    """σ(x) (1 + x σ(−x))."""
    derivative: Array = sigmoid(x) * (1.0 + x * sigmoid(-x))
    return derivative


TABLE = (
    Elementwise("softplus", "log(1 + exp({0}))", softplus, ((lambda y, x: sigmoid(x), "σ({0})"),)),
    Elementwise(
        name="leaky_relu",
        formula="max({0}, {slope} · {0})",
        value=lambda x, slope: np.maximum(x, slope * x),
        derivatives=((leaky_relu_derivative, "[{0} > 0] + {slope} · [{0} ≤ 0]"),),
        note="leaky_relu′(0) is taken as {slope}",
        options={"slope": (0.01, 1.0)},
    ),
    Elementwise(
        name="elu",
        formula="max({0}, 0) + {alpha} · (exp(min({0}, 0)) - 1)",
        value=elu,
        derivatives=((elu_derivative, "[{0} > 0] + {alpha} · exp({0}) · [{0} ≤ 0]"),),
        note="elu′(0) is taken as {alpha}",
        options={"alpha": (1.0, 1000.0)},
    ),
    Elementwise("gelu", "{0} · Φ({0})", lambda x: x * normal_cdf(x), ((gelu_derivative, "Φ({0}) + {0} · Φ′({0})"),)),
    Elementwise(  # Hendrycks & Gimpel 2016
        name="gelu_tanh",
        formula="0.5 · {0} · (1 + tanh(√(2/π) · ({0} + 0.044715 · {0}^3)))",
        value=lambda x: x * sigmoid(doubled(x)),
        derivatives=(
            (gelu_tanh_derivative, "σ(w) + {0} · w′ · σ(w) · σ(-w) with w = √(8/π) · ({0} + 0.044715 · {0}^3)"),
        ),
    ),
    Elementwise("silu", "{0} · σ({0})", lambda x: x * sigmoid(x), ((silu_derivative, "σ({0}) · (1 + {0} · σ(-{0}))"),)),
)

RULES = rules(TABLE)
