"""Elementwise primitives: each cell of the result depends on the same cell of the arguments.

A derivative is given as a function of the value and the arguments, or as a number where it is the same everywhere.
Each is computed in the form that keeps digits and does not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import msgspec
import numpy as np

from ..jacobian import Array, Broadcast, Diagonal, Identity, LocalDerivative, Repeat, Shape
from ..notation import SHORT, number
from .op import Op, OptionError, Rule, broadcast

Derivative: TypeAlias = Callable[..., Array] | float


class Elementwise(msgspec.Struct, frozen=True, eq=False):
    """A row of a table: for each argument the derivative, and the derivative as text.

    `options` has the default of each option, and the largest that it may be; the least is 0. The functions take them
    as keywords, and in the texts {slope} stands for the option slope.
    """

    name: str
    formula: str
    value: Callable[..., Array]
    derivatives: tuple[tuple[Derivative, str], ...]
    note: str = ""
    order: tuple[int, ...] = ()
    options: Mapping[str, tuple[float, float]] = {}

    def bind(self, *shapes: Shape, **options: float) -> Op:
        """The op at these shapes; ShapeError where they do not broadcast, OptionError where an option is wrong."""
        if self.options:
            return self._given(options).bind(*shapes)
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

    def _given(self, options: Mapping[str, float]) -> Elementwise:
        """The row with its options set, in the functions and in the texts: one that has none."""
        values = {name: options.get(name, default) for name, (default, _) in self.options.items()}
        for name, value in values.items():
            most = self.options[name][1]
            if not 0.0 <= value <= most:
                raise OptionError(f"{name} is from 0 to {number(most)}")

        def written(text: str) -> str:
            for name, value in values.items():
                text = text.replace(f"{{{name}}}", number(value, SHORT))
            return text

        return msgspec.structs.replace(
            self,
            formula=written(self.formula),
            value=partial(self.value, **values),
            derivatives=tuple(
                (partial(derivative, **values) if callable(derivative) else derivative, written(text))
                for derivative, text in self.derivatives
            ),
            note=written(self.note),
            options={},
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
    """sech² x = e^−2|x| (1 + |tanh x|)²: keeps its digits where 1 − tanh² x would lose them."""
    root = 1.0 + abs(value)
    derivative: Array = np.exp(-2.0 * abs(x)) * root * root
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


def dropout(x: Shape, mask: Shape, p: float = 0.5) -> Op:
    """x ⊙ mask, where cells of the mask are 0 with probability p and else 1 / (1 − p); the mask is given."""
    if not 0.0 <= p < 1.0:
        raise OptionError("p is a probability from 0 to below 1")
    return MASKED.bind(x, mask)


MASKED = Elementwise(
    name="dropout",
    formula="{0} ⊙ {1}",
    value=lambda x, mask: x * mask,
    derivatives=((lambda y, x, mask: mask, "{1}"), (lambda y, x, mask: x, "{0}")),
    order=(0,),
)
"""Dropout: nobody asks for the derivative with respect to the mask."""


TIE = "where both are equal, the first gets the derivative 1, the second 0"

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
    Elementwise("tan",      "tan({0})",     np.tan,                      ((lambda y, x: 1.0 + y * y, "1 + tan({0})^2"),)),
    Elementwise("exp",      "exp({0})",     np.exp,                      ((lambda y, x: y, "exp({0})"),)),
    Elementwise("log",      "log({0})",     np.log,                      ((lambda y, x: 1.0 / x, "1/{0}"),)),
    Elementwise("sqrt",     "sqrt({0})",    np.sqrt,                     ((lambda y, x: 0.5 / y, "1/(2 · sqrt({0}))"),)),
    Elementwise("abs",      "abs({0})",     abs,                         ((lambda y, x: np.sign(x), "sign({0})"),), "abs′(0) is taken as 0"),
    Elementwise("maximum",  "max({0}, {1})", np.maximum,                 ((lambda z, x, y: (x >= y).astype(z.dtype), "[{0} ≥ {1}]"), (lambda z, x, y: (y > x).astype(z.dtype), "[{1} > {0}]")), TIE),
    Elementwise("minimum",  "min({0}, {1})", np.minimum,                 ((lambda z, x, y: (x <= y).astype(z.dtype), "[{0} ≤ {1}]"), (lambda z, x, y: (y < x).astype(z.dtype), "[{1} < {0}]")), TIE),
    Elementwise("tanh",     "tanh({0})",    np.tanh,                     ((tanh_derivative, "sech²({0})"),)),
    Elementwise("sigmoid",  "sigmoid({0})", sigmoid,                     ((sigmoid_derivative, "σ({0}) · σ(-{0})"),)),
    Elementwise("relu",     "relu({0})",    lambda x: np.maximum(x, 0),  ((relu_derivative, "[{0} > 0]"),), "relu′(0) is taken as 0"),
    Elementwise("identity", "identity({0})",lambda x: x,                 ((1.0, "1"),)),
)
# fmt: on

BY_NAME = {row.name: row for row in TABLE}


def rules(table: Sequence[Elementwise]) -> tuple[Rule, ...]:
    """The rules of a table."""
    return tuple(
        Rule(row.name, len(row.derivatives), row.bind, {name: default for name, (default, _) in row.options.items()})
        for row in table
    )


RULES = (*rules(TABLE), Rule("dropout", 2, dropout, {"p": 0.5}))
