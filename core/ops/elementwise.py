"""Elementwise primitives: each cell of the result depends on the same cell of the arguments.

A derivative is given as a function of the value and the arguments, or as a number where it is the same everywhere.
Each is computed in the form that keeps digits and does not overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec
import numpy as np

from ..jacobian import Array, Broadcast, Diagonal, Identity, LocalDerivative, Repeat, Shape
from .op import Op, Rule, broadcast

Derivative: TypeAlias = Callable[..., Array] | float


class Elementwise(msgspec.Struct, frozen=True, eq=False):
    """A row of the table below: for each argument the derivative, and the derivative as text."""

    name: str
    formula: str
    value: Callable[..., Array]
    derivatives: tuple[tuple[Derivative, str], ...]
    note: str = ""
    order: tuple[int, ...] = ()

    def bind(self, *shapes: Shape) -> Op:
        """The op at these shapes; ShapeError where they do not broadcast."""
        shape = broadcast(*shapes)
        return Op(
            name=self.name,
            shape=shape,
            value=self.value,
            local=tuple(
                local(derivative, argument, shape)
                for (derivative, _), argument in zip(self.derivatives, shapes, strict=True)
            ),
            formula=self.formula,
            derivatives=tuple(text for _, text in self.derivatives),
            order=self.order or tuple(range(len(shapes))),
            note=self.note,
        )


def local(derivative: Derivative, argument: Shape, node: Shape) -> Callable[..., LocalDerivative]:
    """The structure of an elementwise derivative, by whether the argument was repeated, and whether it is constant."""
    repeat = Repeat.of(argument, node) if argument != node else None
    if callable(derivative):
        if repeat:
            return lambda value, *arguments: Broadcast(derivative(value, *arguments), repeat)
        return lambda value, *arguments: Diagonal(derivative(value, *arguments), node)
    constant: LocalDerivative
    if derivative == 1.0:
        constant = repeat or Identity(node)
    else:
        constant = Broadcast(derivative, repeat) if repeat else Diagonal(derivative, node)
    return lambda value, *arguments: constant


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), without overflow on either side."""
    s = np.exp(-abs(x))
    value: Array = np.where(x >= 0, 1.0, s)[()] / (1.0 + s)
    return value


def sigmoid_derivative(value: Array, x: Array) -> Array:
    """σ(x) σ(−x) = s / (1 + s)² with s = e^−|x|: keeps its digits where 1 − σ would be 0."""
    s = np.exp(-abs(x))
    derivative: Array = s / (1.0 + s) ** 2
    return derivative


def tanh_derivative(value: Array, x: Array) -> Array:
    """sech² x = 4s / (1 + s)² with s = e^−2|x|: keeps its digits where 1 − tanh² x would lose them."""
    s = np.exp(-2.0 * abs(x))
    derivative: Array = 4.0 * s / (1.0 + s) ** 2
    return derivative


def power_base_derivative(value: Array, x: Array, n: Array) -> Array:
    """n xⁿ⁻¹; 0 where n is 0, also at x = 0."""
    return np.where(n == 0.0, 0.0, n * x ** np.where(n == 0.0, 1.0, n - 1.0))[()]


def power_exponent_derivative(value: Array, x: Array, n: Array) -> Array:
    """xⁿ log x; its limit 0 at x = 0 for n > 0."""
    flat = (x == 0.0) & (n > 0.0)
    return np.where(flat, 0.0, value * np.log(np.where(flat, 1.0, x)))[()]


def relu_derivative(value: Array, x: Array) -> Array:
    """1 above 0, else 0."""
    return (x > 0.0).astype(x.dtype)


# fmt: off
TABLE = (
    #           name        formula         value                        derivative for each argument, and as text
    Elementwise("add",      "{0} + {1}",    lambda x, y: x + y,          ((1.0, "1"), (1.0, "1"))),
    Elementwise("subtract", "{0} - {1}",    lambda x, y: x - y,          ((1.0, "1"), (-1.0, "-1"))),
    Elementwise("multiply", "{0} · {1}",    lambda x, y: x * y,          ((lambda z, x, y: y, "{1}"), (lambda z, x, y: x, "{0}"))),
    Elementwise("divide",   "{0} / {1}",    lambda x, y: x / y,          ((lambda z, x, y: 1.0 / y, "1/{1}"), (lambda z, x, y: -z / y, "-{0}/{1}^2"))),
    Elementwise("power",    "{0}^{1}",      lambda x, n: x ** n,         ((power_base_derivative, "{1} · {0}^({1} - 1)"), (power_exponent_derivative, "{0}^{1} · log({0})"))),
    Elementwise("negate",   "-{0}",         lambda x: -x,                ((-1.0, "-1"),)),
    Elementwise("sin",      "sin({0})",     np.sin,                      ((lambda y, x: np.cos(x), "cos({0})"),)),
    Elementwise("cos",      "cos({0})",     np.cos,                      ((lambda y, x: -np.sin(x), "-sin({0})"),)),
    Elementwise("exp",      "exp({0})",     np.exp,                      ((lambda y, x: y, "exp({0})"),)),
    Elementwise("log",      "log({0})",     np.log,                      ((lambda y, x: 1.0 / x, "1/{0}"),)),
    Elementwise("sqrt",     "sqrt({0})",    np.sqrt,                     ((lambda y, x: 0.5 / y, "1/(2 · sqrt({0}))"),)),
    Elementwise("abs",      "abs({0})",     abs,                         ((lambda y, x: np.sign(x), "sign({0})"),), "abs′(0) is taken as 0"),
    Elementwise("tanh",     "tanh({0})",    np.tanh,                     ((tanh_derivative, "sech²({0})"),)),
    Elementwise("sigmoid",  "sigmoid({0})", sigmoid,                     ((sigmoid_derivative, "σ({0}) · σ(-{0})"),)),
    Elementwise("relu",     "relu({0})",    lambda x: np.maximum(x, 0),  ((relu_derivative, "[{0} > 0]"),), "relu′(0) is taken as 0"),
    Elementwise("identity", "identity({0})",lambda x: x,                 ((1.0, "1"),)),
)
# fmt: on

BY_NAME = {row.name: row for row in TABLE}
RULES = tuple(Rule(row.name, len(row.derivatives), row.bind) for row in TABLE)
