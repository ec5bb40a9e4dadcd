"""How mathematics is written as text: symbols, numbers, shapes and arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np

from .jacobian import Array, Shape

# fmt: off
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}
# fmt: on
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_NUMBERED = re.compile(r"([^\W\d]+)(\d+)")

EXACT = 15
"""Significant digits of a result: as many as a float64 always holds."""
SHORT = 6
"""Significant digits of a number that only stands in a formula."""


@cache
def symbol(name: str) -> str:
    """A name as the textbook writes it: `u3` is u₃, `theta_g` is θ_g; a node's inner name `z·1` stays as it is."""
    head, underscore, tail = name.partition("_")
    if match := _NUMBERED.fullmatch(head):
        stem, digits = match.groups()
        head = _GREEK.get(stem, stem) + digits.translate(_SUBSCRIPTS)
    return _GREEK.get(head, head) + underscore + tail


def superscript(exponent: str) -> str:
    """A whole number, raised: `-12` is ⁻¹²."""
    return exponent.translate(_SUPERSCRIPTS)


def number(x: float, digits: int = EXACT) -> str:
    """A real number in at most `digits` significant digits, without trailing zeros."""
    return f"{x:.{digits}g}"


def shape_text(shape: Shape) -> str:
    """A shape as it is said: `3×4`, or `a scalar`."""
    return "×".join(map(str, shape)) if shape else "a scalar"


def array(x: Array, digits: int = EXACT, most: int = 12, text: Callable[[float], str] | None = None) -> str:
    """A value on one line: a number; up to `most` cells with `;` between rows; else its shape and Frobenius norm.

    `text` writes a number in another way than in `digits` significant digits.
    """
    write = text or (lambda cell: number(cell, digits))
    if x.ndim == 0:
        return write(float(x))
    if x.size > most or x.ndim > 2:
        return f"[{shape_text(x.shape)}, ‖·‖ = {write(norm(x))}]"
    return "[" + "; ".join(", ".join(write(float(cell)) for cell in row) for row in x) + "]"


def norm(x: Array) -> float:
    """The Frobenius norm, scaled by the largest cell so that it overflows only where the norm itself does."""
    largest = float(np.max(np.abs(x)))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.sum(np.square(np.asarray(x, dtype=np.float64) / largest))))


def log_norm(x: Array) -> float:
    """log₁₀‖x‖, also where ‖x‖ itself would overflow; -inf where it is 0, inf where a cell is NaN or infinite."""
    largest = float(np.max(np.abs(x)))
    if not 0.0 < largest < math.inf:
        return -math.inf if largest == 0.0 else math.inf  # a NaN comes of an infinity, and stands with it
    return math.log10(largest) + math.log10(norm(x / largest))
