"""Losses: from a prediction and a target to one number; and the penalties on parameters that are added to it.

A loss is summed over components; then `reduction` says whether it is summed or averaged over the examples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
import numpy as np

from ..jacobian import Array, Diagonal, LocalDerivative, Row, Shape, counted
from ..notation import SHORT, number
from .elementwise import sigmoid
from .op import Op, Option, OptionError, Rule, ShapeError

Function: TypeAlias = Callable[[Array, Array], Array]
SUM: Mapping[str, Option] = {"reduction": "sum"}


class Reduced(Row, frozen=True, gc=False, eq=False):
    """Of a scalar node that is a sum or a mean; `over` says of how many examples or cells."""

    over: str

    @property
    def is_mean(self) -> bool:
        """Whether it is a mean over examples."""
        return self.over.startswith("the mean")

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"one row: the node is a scalar, {self.over}"


class Reduction(msgspec.Struct, frozen=True):
    """How a loss becomes one number: a sum divided by n, and that in words."""

    n: int
    over: str

    @classmethod
    def of(cls, word: str, shape: Shape) -> Reduction:
        """Of a prediction of this shape, a scalar being one example; OptionError for other words than sum and mean."""
        examples = shape[-1] if shape else 1
        if word == "sum":
            return cls(1, f"the sum over {counted(examples, 'example')}")
        if word == "mean":
            return cls(examples, f"the mean over {counted(examples, 'example')}: each gets 1/{examples}")
        raise OptionError('reduction is "sum" or "mean"')

    def value(self, terms: Array) -> Array:
        """All terms in one number."""
        total = terms.sum() if terms.shape else terms
        return total if self.n == 1 else total / self.n

    def local(self, gradient: Array) -> LocalDerivative:
        """From the gradient of the sum."""
        if not gradient.shape:
            return Diagonal(gradient, ())
        return Reduced(gradient if self.n == 1 else gradient / self.n, self.over)

    def text(self, formula: str) -> str:
        """From the formula of the sum."""
        return formula if self.n == 1 else f"{formula}/{self.n}"


class Pointwise(msgspec.Struct, frozen=True, eq=False):
    """A row of the table below: a loss with one term for each cell of the prediction z and the target y.

    `derivatives` are those of a term with respect to z and to y, and as text; `sum_formula` is the formula of arrays.
    """

    name: str
    formula: str
    sum_formula: str
    term: Function
    derivatives: tuple[tuple[Function, str], tuple[Function, str]]
    note: str = ""

    def bind(self, z: Shape, y: Shape, *, reduction: str = "sum") -> Op:
        """The op at this shape; ShapeError where the two differ, OptionError for another reduction."""
        if z != y:
            raise ShapeError("prediction and target must have the same shape")
        over = Reduction.of(reduction, z)
        (for_z, z_text), (for_y, y_text) = self.derivatives
        return Op(
            name=self.name,
            shape=(),
            value=(lambda z, y: over.value(self.term(z, y))) if z else self.term,
            local=(lambda L, z, y: over.local(for_z(z, y)), lambda L, z, y: over.local(for_y(z, y))),
            formula=over.text(self.sum_formula) if z else self.formula,
            derivatives=(over.text(z_text), over.text(y_text)),
            order=(0, 1),
            note=self.note,
        )


def half_square(z: Array, y: Array) -> Array:
    """½ (z - y)²."""
    difference = z - y
    half: Array = 0.5 * difference * difference
    return half


def square(z: Array, y: Array) -> Array:
    """(z - y)²."""
    difference = z - y
    whole: Array = difference * difference
    return whole


def bernoulli(p: Array, y: Array) -> Array:
    """The negative log-likelihood of y under the probability p, which is inside 0 to 1."""
    likelihood: Array = y * np.log(p) + (1.0 - y) * np.log1p(-p)
    return -likelihood


def bernoulli_logits(u: Array, y: Array) -> Array:
    """softplus(u) - y u, which is `bernoulli` with p = σ(u), without overflow."""
    loss: Array = np.maximum(u, 0.0) - y * u + np.log1p(np.exp(-abs(u)))
    return loss


def bernoulli_logits_derivative(u: Array, y: Array) -> Array:
    """σ(u) - y; as (1 - y) - σ(-u) above 0, where σ(u) is nearly 1 and y often just that."""
    small = sigmoid(-abs(u))
    return np.where(u > 0.0, (1.0 - y) - small, small - y)[()]


def huber(z: Shape, y: Shape, *, reduction: str = "sum", delta: float = 1.0) -> Op:
    """½ d² up to |d| = δ, from there on straight, with d = z - y (Huber 1964); ½ d² is c (d - ½ c) with c = d."""
    if not 0.0 < delta < math.inf:
        raise OptionError("delta is a number above 0")

    def clipped(z: Array, y: Array) -> Array:
        difference: Array = np.clip(z - y, -delta, delta)
        return difference

    def term(z: Array, y: Array) -> Array:
        c = clipped(z, y)
        return c * ((z - y) - 0.5 * c)

    d = number(delta, SHORT)
    formula = f"huber({{0}} - {{1}}, δ={d})"
    loss = Pointwise(
        "huber",
        formula,
        f"Σ {formula}",
        term,
        (
            (clipped, f"clip({{0}} - {{1}}, -{d}, {d})"),
            (lambda z, y: clipped(y, z), f"clip({{1}} - {{0}}, -{d}, {d})"),
        ),
    )
    return loss.bind(z, y, reduction=reduction)


TABLE = (
    Pointwise(
        "half_squared_error",
        "½({0} - {1})²",
        "½‖{0} - {1}‖²",
        half_square,
        ((lambda z, y: z - y, "({0} - {1})"), (lambda z, y: y - z, "({1} - {0})")),
    ),
    Pointwise(
        "squared_error",
        "({0} - {1})²",
        "‖{0} - {1}‖²",
        square,
        ((lambda z, y: 2.0 * (z - y), "2 · ({0} - {1})"), (lambda z, y: 2.0 * (y - z), "2 · ({1} - {0})")),
    ),
    Pointwise(
        "absolute_error",
        "|{0} - {1}|",
        "Σ |{0} - {1}|",
        lambda z, y: abs(z - y),
        ((lambda z, y: np.sign(z - y), "sign({0} - {1})"), (lambda z, y: np.sign(y - z), "sign({1} - {0})")),
        "where prediction and target are equal, the derivative is taken as 0",
    ),
    Pointwise(
        "binary_cross_entropy",
        "-({1} · log({0}) + (1 - {1}) · log(1 - {0}))",
        "-Σ ({1} · log({0}) + (1 - {1}) · log(1 - {0}))",
        bernoulli,
        (
            (lambda p, y: (p - y) / (p * (1.0 - p)), "({0} - {1})/({0} · (1 - {0}))"),
            (lambda p, y: np.log1p(-p) - np.log(p), "log((1 - {0})/{0})"),
        ),
    ),
    Pointwise(
        "binary_cross_entropy_logits",
        "softplus({0}) - {1} · {0}",
        "Σ (softplus({0}) - {1} · {0})",
        bernoulli_logits,
        ((bernoulli_logits_derivative, "(σ({0}) - {1})"), (lambda u, y: -u, "-{0}")),
    ),
    Pointwise(
        "hinge",
        "max(0, 1 - {1} · {0})",
        "Σ max(0, 1 - {1} · {0})",
        lambda z, y: np.maximum(1.0 - y * z, 0.0),
        (
            (lambda z, y: np.where(y * z < 1.0, -y, 0.0)[()], "-{1} · [{1} · {0} < 1]"),
            (lambda z, y: np.where(y * z < 1.0, -z, 0.0)[()], "-{0} · [{1} · {0} < 1]"),
        ),
        "where target times prediction is 1, the derivative is taken as 0",
    ),
)


def l2(W: Shape) -> Op:
    """½ Σ W², the penalty of weight decay."""
    return _penalty("l2", W, lambda W: 0.5 * W * W, "½ · {0}^2", "½‖{0}‖²", lambda W: W, "{0}")


def l1(W: Shape) -> Op:
    """Σ |W|."""
    note = "where a weight is 0, the derivative is taken as 0"
    return _penalty("l1", W, abs, "|{0}|", "Σ |{0}|", np.sign, "sign({0})", note)


def _penalty(
    name: str,
    W: Shape,
    term: Callable[[Array], Array],
    formula: str,
    sum_formula: str,
    derivative: Callable[[Array], Array],
    text: str,
    note: str = "",
) -> Op:
    over = Reduction(1, f"the sum over {counted(math.prod(W), 'weight')}")
    return Op(
        name=name,
        shape=(),
        value=lambda W: over.value(term(W)),
        local=(lambda L, W: over.local(derivative(W)),),
        formula=sum_formula if W else formula,
        derivatives=(text,),
        order=(0,),
        note=note,
    )


LOSSES = (
    *(Rule(row.name, 2, row.bind, SUM) for row in TABLE),
    Rule("huber", 2, huber, {**SUM, "delta": 1.0}),
)
PENALTIES = (Rule("l2", 1, l2), Rule("l1", 1, l1))
