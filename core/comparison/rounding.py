"""How far a right backward pass may be off: measured, by passes in which every number is a little wrong.

A reader's pass rounds other numbers, in another order and perhaps in float32, and may use another form of the same
rule, as 1 - tanh² for sech². So the true rules are followed again a few times with every value, local derivative and
upstream off by some units in the last place, at random (stochastic arithmetic: Vignes 1993; Parker 1997). What these
passes differ by shows how much rounding can do at each gradient, where terms cancel as well as where they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec
import numpy as np

from ..jacobian import Array, Broadcast, Diagonal
from ..ops import ACTIVATIONS
from ..ops.losses import Reduced
from ..ops.normalise import Normalised
from ..ops.softmax import Columnwise
from ..program import Node
from .truth import Gradients, Link, Truth, derivative_at

NORMS = ("layer_norm", "batch_norm")
"""The ops in whose values the digits of a large mean are lost."""
PASSES = 6
UNITS = 4.0
"""Units in the last place that each number is off by, as a standard deviation."""
OTHERS = 0.01
"""Part of the farthest cell of an array that each of its cells is given too."""
PRECISIONS = tuple(np.finfo(dtype) for dtype in (np.float64, np.float32, np.float16))
SAFETY = 12.0
"""How many times as far as the farthest of these passes a right one may be off."""


class Rounding(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What rounding can do in a pass that is computed with this relative precision.

    `units` has for some variables half a unit of the last digit that the reader has written, in the gradient's shape.
    """

    truth: Truth
    precision: float
    units: Mapping[str, Array] = {}

    def tolerance(self, held: Gradients, expected: Gradients) -> dict[str, Array]:
        """For each variable how far each cell may be off, where these gradients are the reader's."""
        farthest = {variable: np.zeros(x.shape) for variable, x in expected.items()}
        with np.errstate(all="ignore"):
            for seed, links in enumerate(self._passes):
                rng = np.random.default_rng((seed, 1))
                for variable, found in self._formed(rng, links, held).items():
                    off = np.abs(found - expected[variable])
                    off = np.where(off < np.inf, off, 0.0)  # what has left the range of a rule says nothing
                    farthest[variable] = np.maximum(farthest[variable], off)
            return {variable: self._allowed(variable, x, expected[variable]) for variable, x in farthest.items()}

    def _allowed(self, variable: str, farthest: Array, expected: Array) -> Array:
        """What a cell may be off, from the farthest that it was: a little more where others were farther."""
        unit = self.units.get(variable, 0.0)
        written = unit if np.shape(unit) == farthest.shape else float(np.max(unit))
        least = UNITS * self.precision * np.abs(expected) + self.smallest
        allowed: Array = SAFETY * (farthest + OTHERS * np.max(farthest) + least) + 2.0 * written
        return allowed

    @property
    def smallest(self) -> float:
        """Below which the precision has no numbers, or few digits of them."""
        return next(float(info.tiny) for info in PRECISIONS if float(info.eps) >= self.precision)

    def _formed(self, rng: np.random.Generator, links: Mapping[str, list[Link]], held: Gradients) -> Gradients:
        """What the rules make of upstreams that are a little off."""
        passed: dict[str, Array] = {}
        found: dict[str, Array] = {}
        for variable, incoming in links.items():
            total = self.truth.start[variable] if not incoming else None
            for link in incoming:
                upstream = passed[link.node.name]
                contribution = link.local.pull_back(upstream)
                scale = _scale(link, upstream)
                contribution = contribution + self._noise(rng, contribution.shape) * (np.abs(contribution) + scale)
                total = contribution if total is None else total + contribution
            assert total is not None
            found[variable] = total
            if variable in held and held[variable].shape == total.shape:
                total = held[variable]
                if variable in self.units:
                    total = total + self.units[variable] * rng.uniform(-1.0, 1.0, total.shape)
            passed[variable] = total + np.abs(total) * self._noise(rng, total.shape)
        return found

    @cached_property
    def _passes(self) -> list[dict[str, list[Link]]]:
        """The local derivatives at values that are a little off."""
        passes = []
        for seed in range(PASSES):
            rng = np.random.default_rng((seed, 0))
            values = self._values(rng)
            passes.append(
                {
                    variable: [self._blurred(rng, link, values) for link in incoming]
                    for variable, incoming in self.truth.links.items()
                }
            )
        return passes

    def _values(self, rng: np.random.Generator) -> dict[str, Array]:
        """A forward pass in which every number is a little off, but for what is given as a whole number.

        That is the same in every precision, and as a class or an exponent it may not be another one.
        """
        program, true = self.truth.program, self.truth.run.values
        values = {
            name: x + np.abs(x) * self._noise(rng, x.shape) * (x != np.round(x))
            for name, x in true.items()
            if name not in program.by_name
        }
        for node in program.nodes:
            value = node.op.value(*(values[name] for name in node.arguments))
            scale = np.abs(value)
            if node.op.name in NORMS:
                scale = scale + np.abs(values[node.arguments[1]]) * _terms(node, values)
            values[node.name] = value + scale * self._noise(rng, value.shape)
        return values

    def _blurred(self, rng: np.random.Generator, link: Link, values: Mapping[str, Array]) -> Link:
        """The link at other values; the x̂ of a norm is off by what the terms that cancel in it have lost."""
        local = derivative_at(link, values)
        if link.node.op.name in NORMS:
            blur = _terms(link.node, values) * self._noise(rng, values[link.node.name].shape)
            match local:
                case Normalised():
                    local = msgspec.structs.replace(local, x_hat=local.x_hat + blur)
                case Diagonal() | Broadcast() if link.argument == 1:
                    local = msgspec.structs.replace(local, diagonal=local.diagonal + blur)
        return msgspec.structs.replace(link, local=local)

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return rng.normal(0.0, UNITS * self.precision, shape)


def _terms(node: Node, values: Mapping[str, Array]) -> Array:
    """The size of the two terms of x̂ = (x - μ)/σ in a norm: where x is far from 0 little is left of their digits."""
    x, *others = (values[name] for name in node.arguments)
    local = node.op.local[0](x, x, *others)  # which does not look at the value
    assert isinstance(local, Normalised)
    terms: Array = largest(x) / local.deviation
    return terms


def largest(x: Array) -> float:
    """The largest cell, without its sign."""
    return float(np.max(np.abs(x)))


def _scale(link: Link, upstream: Array) -> Array | float:
    """The size of the terms that cancel within a rule: of 1 - a², of p - y, of Σ p g against g, of what has mean 0."""
    match local := link.local:
        case Diagonal() if link.node.op.name in ACTIVATIONS:
            return np.abs(upstream)
        case Reduced() if link.node.op.name.startswith(("cross_entropy", "binary_cross_entropy")):
            n = local.gradient.shape[-1] if local.is_mean else 1
            return abs(float(upstream)) / n
        case Diagonal() if link.node.op.name == "binary_cross_entropy_logits":
            return abs(float(upstream))
        case Columnwise():
            return float(np.max(np.abs(upstream)))
        case Normalised():
            return float(np.max(np.abs(local.gamma * upstream / local.deviation)))
    return 0.0
