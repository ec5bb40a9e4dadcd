"""Normalisation: each column, or each row, gets mean 0 and variance 1, then a scale and a shift that are learnt."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from ..jacobian import Array, Shape, Structure, check_size, counted, numbered, vec
from .arrange import no_derivative
from .elementwise import local
from .op import Op, OptionError, Rule, ShapeError
from .softmax import check_rows


class Normalised(Structure, frozen=True, gc=False, eq=False):
    """Of y = γ ⊙ x̂ + β with x̂ = (x - μ)/√(σ² + ε), μ and σ² over `axes`: both depend on every cell of x there."""

    x_hat: Array
    gamma: Array
    deviation: Array
    axes: tuple[int, ...]
    product: ClassVar[str] = "(γ ⊙ {g} - mean(γ ⊙ {g}) - {d} ⊙ mean(γ ⊙ {g} ⊙ {d}))/√(σ² + ε)"

    @property
    def cells(self) -> int:
        """How many cells share one mean and one variance."""
        return self.x_hat.size // self.deviation.size

    @property
    def words(self) -> str:
        n, groups = self.cells, self.deviation.size
        each = f", each of {groups:,} {'columns' if 0 in self.axes else 'rows'} by itself" if groups > 1 else ""
        return f"γ/√(σ² + ε) ⊙ (I - 1 1ᵀ/{n} - n nᵀ/{n}), n the normalised {counted(n, 'cell')}{each}"

    def pull_back(self, upstream: Array) -> Array:
        h, x_hat = self.gamma * upstream, self.x_hat
        along = (h * x_hat).mean(axis=self.axes, keepdims=True)
        downstream: Array = (h - h.mean(axis=self.axes, keepdims=True) - x_hat * along) / self.deviation
        return downstream

    def matrix(self) -> Array:
        x_hat, shape = vec(self.x_hat), self.x_hat.shape
        check_size(x_hat.size, x_hat.size)
        group = vec(np.broadcast_to(numbered(self.deviation.shape), shape))
        together = group[:, np.newaxis] == group
        jacobian = np.eye(x_hat.size) - together * (1.0 + np.outer(x_hat, x_hat)) / self.cells
        scaled: Array = vec(np.broadcast_to(self.gamma / self.deviation, shape))[:, np.newaxis] * jacobian
        return scaled

    @property
    def shown(self) -> Array:
        return self.x_hat


def statistics(x: Array, axes: tuple[int, ...] = ()) -> tuple[Array, Array]:
    """Mean and biased variance over `axes`, which stay with length 1; over all but the first if none are given."""
    axes = axes or tuple(range(1, x.ndim))
    mean = x.mean(axis=axes, keepdims=True)
    return mean, np.square(x - mean).mean(axis=axes, keepdims=True)


def layer_norm(x: Shape, gamma: Shape, beta: Shape, *, epsilon: float = 1e-5) -> Op:
    """γ ⊙ x̂ + β, with mean and variance of each column (Ba, Kiros, Hinton 2016, eq. 3; arXiv:1607.06450)."""
    check_rows(x)
    return _normalise("layer_norm", x, gamma, beta, (0,), epsilon)


def batch_norm(x: Shape, gamma: Shape, beta: Shape, *, epsilon: float = 1e-5) -> Op:
    """γ ⊙ x̂ + β, with mean and variance of each row over all other axes.

    The derivative is that of Ioffe and Szegedy 2015, section 3 (arXiv:1502.03167), put together into one product.
    """
    check_rows(x)
    return _normalise("batch_norm", x, gamma, beta, tuple(range(1, len(x))), epsilon)


def batch_norm_fixed(x: Shape, gamma: Shape, beta: Shape, mean: Shape, variance: Shape, *, epsilon: float = 1e-5) -> Op:
    """Batch norm with given statistics, as in an evaluation: it is never differentiated."""
    check_rows(x)
    _check_per_row(x, gamma, beta, mean, variance)
    _check_epsilon(epsilon)
    return Op(
        name="batch_norm_fixed",
        shape=x,
        value=lambda x, gamma, beta, mean, variance: gamma * ((x - mean) / np.sqrt(variance + epsilon)) + beta,
        local=(no_derivative,) * 5,
        formula=f"{{1}} ⊙ ({{0}} - {{3}})/√({{4}} + {epsilon:g}) + {{2}}",
        derivatives=("",) * 5,
        order=(),
    )


def _normalise(name: str, x: Shape, gamma: Shape, beta: Shape, axes: tuple[int, ...], epsilon: float) -> Op:
    _check_per_row(x, gamma, beta)
    _check_epsilon(epsilon)

    def normalised(x: Array) -> tuple[Array, Array]:
        mean, variance = statistics(x, axes)
        deviation = np.sqrt(variance + epsilon)
        return (x - mean) / deviation, deviation

    def through_x(y: Array, x: Array, gamma: Array, beta: Array) -> Normalised:
        x_hat, deviation = normalised(x)
        return Normalised(x_hat, gamma, deviation, axes)

    return Op(
        name=name,
        shape=x,
        value=lambda x, gamma, beta: gamma * normalised(x)[0] + beta,
        local=(through_x, local(lambda y, x, gamma, beta: normalised(x)[0], gamma, x), local(1.0, beta, x)),
        formula=f"{{1}} ⊙ ({{0}} - μ)/√(σ² + {epsilon:g}) + {{2}}",
        derivatives=("normalised({0})", "normalised({0})", "1"),
        order=(1, 2, 0),
    )


def _check_per_row(x: Shape, *others: Shape) -> None:
    wanted = (x[0], *(1 for _ in x[1:]))
    if any(shape != wanted for shape in others):
        raise ShapeError(f"one number for each row of x, {'×'.join(map(str, wanted))}")


def _check_epsilon(epsilon: float) -> None:
    if not 0.0 <= epsilon < math.inf:
        raise OptionError("epsilon is a number from 0 upwards")


RULES = (
    Rule("layer_norm", 3, layer_norm, {"epsilon": 1e-5}),
    Rule("batch_norm", 3, batch_norm, {"epsilon": 1e-5}),
    Rule("batch_norm_fixed", 5, batch_norm_fixed, {"epsilon": 1e-5}),
)
