"""Losses: from a prediction and a target to one number."""

from __future__ import annotations

from ..jacobian import Array, Diagonal, LocalDerivative, Row, Shape
from .op import Op, Rule, ShapeError


def half_squared_error(z: Shape, y: Shape) -> Op:
    """½ Σ (z - y)² over all components; its derivative is z - y."""
    if z != y:
        raise ShapeError("prediction and target must have the same shape")
    return Op(
        name="half_squared_error",
        shape=(),
        value=_half_sum_of_squares if z else _half_square,
        local=(
            lambda L, z, y: _gradient(z - y),
            lambda L, z, y: _gradient(y - z),
        ),
        formula="½‖{0} - {1}‖²" if z else "½({0} - {1})²",
        derivatives=("({0} - {1})", "({1} - {0})"),
        order=(0, 1),
    )


def _gradient(difference: Array) -> LocalDerivative:
    return Row(difference) if difference.shape else Diagonal(difference, ())


def _half_square(z: Array, y: Array) -> Array:
    difference = z - y
    square: Array = difference * difference * 0.5
    return square


def _half_sum_of_squares(z: Array, y: Array) -> Array:
    difference = z - y
    half_sum: Array = (difference * difference).sum() * 0.5
    return half_sum


LOSSES = (Rule("half_squared_error", 2, half_squared_error),)
