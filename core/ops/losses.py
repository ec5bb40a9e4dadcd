"""Losses: from a prediction and a target to one number."""

from __future__ import annotations

from ..jacobian import Array, Diagonal, Row, Shape
from .op import Op, Rule, ShapeError


def half_squared_error(z: Shape, y: Shape) -> Op:
    """½ Σ (z - y)² over all components; its derivative is z - y."""
    if z != y:
        raise ShapeError("prediction and target must have the same shape")
    if z:
        value, local = _half_sum_of_squares, (lambda L, z, y: Row(z - y), lambda L, z, y: Row(y - z))
    else:
        value, local = _half_square, (lambda L, z, y: Diagonal(z - y, ()), lambda L, z, y: Diagonal(y - z, ()))
    return Op(
        name="half_squared_error",
        shape=(),
        value=value,
        local=local,
        formula="½({0} - {1})²" if not z else "½‖{0} - {1}‖²",
        derivatives=("({0} - {1})", "({1} - {0})"),
        order=(0, 1),
    )


def _half_square(z: Array, y: Array) -> Array:
    difference = z - y
    return difference * difference * 0.5


def _half_sum_of_squares(z: Array, y: Array) -> Array:
    difference = z - y
    return (difference * difference).sum() * 0.5  # type: ignore[no-any-return]


LOSSES = (Rule("half_squared_error", 2, half_squared_error),)
