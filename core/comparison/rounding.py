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

from ..jacobian import Array, Broadcast, Diagonal, LocalDerivative
from ..ops import ACTIVATIONS
from ..ops.losses import Reduced
from ..ops.normalise import Normalised
from ..ops.softmax import Columnwise
from .truth import Gradients, Link, Truth, local_at

PASSES = 6
UNITS = 4.0
"""Units in the last place that each number is off by, as a standard deviation."""
SAFETY = 12.0
"""How many times as far as the farthest of these passes a right one may be off."""


class Rounding(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What rounding can do in a pass that is computed with this relative precision.

    `units` has for some variables half a unit of the last digit that the reader has written, in the gradient's shape.
    """

    truth: Truth
    precision: float
    units: Mapping[str, Array] = {}

    def tolerance(self, held: Gradients, expected: Gradients) -> dict[str, float]:
        """For each variable how far any cell may be off, where these gradients are the reader's."""
        farthest = dict.fromkeys(self.truth.links, 0.0)
        with np.errstate(all="ignore"):
            for seed, links in enumerate(self._passes):
                rng = np.random.default_rng((seed, 1))
                for variable, found in self._formed(rng, links, held).items():
                    off = float(np.max(np.abs(found - expected[variable])))
                    if off < np.inf:  # a pass that has left the range in which a rule is defined says nothing
                        farthest[variable] = max(farthest[variable], off)
            return {
                variable: SAFETY * off + 2.0 * float(np.max(self.units.get(variable, 0.0)))
                for variable, off in farthest.items()
            }

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
            values = self._values(np.random.default_rng((seed, 0)))
            passes.append(
                {
                    variable: [msgspec.structs.replace(link, local=local_at(link, values)) for link in incoming]
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
            values[node.name] = value + np.abs(value) * self._noise(rng, value.shape)
        return values

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return rng.normal(0.0, UNITS * self.precision, shape)


def _scale(link: Link, upstream: Array) -> Array | float:
    """The size of the terms that cancel within a rule: of 1 - a², of p - y, of Σ p g against g, of what has mean 0."""
    local: LocalDerivative = link.local
    match local:
        case Diagonal() | Broadcast() if link.node.op.name in ACTIVATIONS and not upstream.shape:
            return abs(float(upstream))
        case Diagonal() if link.node.op.name in ACTIVATIONS:
            return np.abs(upstream)
        case Reduced() if link.node.op.name.startswith(("cross_entropy", "binary_cross_entropy")):
            n = local.gradient.shape[-1] if local.over.startswith("the mean") else 1
            return abs(float(upstream)) / n
        case Diagonal() if link.node.op.name == "binary_cross_entropy_logits":
            return abs(float(upstream))
        case Columnwise():
            return float(np.max(np.abs(upstream)))
        case Normalised():
            return float(np.max(np.abs(local.gamma * upstream / local.deviation)))
    return 0.0
