"""The way through the backward pass with the reader's numbers: what is passed on, and what should come of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np

from ..jacobian import Array
from .regions import changed, confirmed
from .rounding import Rounding, largest
from .truth import Gradients, Truth, formed

ROUNDED = 64.0
"""Units in the last place of what a mistaken formula gives, by which a number may be off it."""


class Sweep(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The gradients in the order of the backward pass, where those of `held` are passed on as they are.

    These are the reader's, `given`; and of missing ones those that a mistake explains.
    """

    truth: Truth
    given: Gradients
    rounding: Rounding
    held: Gradients

    @cached_property
    def _formed(self) -> tuple[Gradients, Gradients]:
        return formed(self.truth.links, self.truth.start, self.held)

    @property
    def passed(self) -> Gradients:
        """What each variable passes on to those behind it."""
        return self._formed[0]

    @property
    def expected(self) -> Gradients:
        """What the true rule makes of what is passed on to each variable."""
        return self._formed[1]

    @cached_property
    def tolerance(self) -> dict[str, Array]:
        """How far off each cell may be."""
        return self.rounding.tolerance(self.held, self.expected)

    @cached_property
    def wrong(self) -> tuple[str, ...]:
        """The reader's numbers that do not come of their own upstreams."""
        return tuple(name for name in self.given if not self.is_right(name))

    @cached_property
    def confirmed(self) -> set[str]:
        """The missing variables that right numbers behind them show to be right."""
        return confirmed(self.truth.links, self.held, set(self.given).difference(self.wrong))

    def is_right(self, variable: str) -> bool:
        """Whether the reader's number is what the true rule makes of its upstream."""
        return is_near(self.given[variable], self.expected[variable], self.tolerance[variable])

    def holding(self, variable: str, gradient: Array) -> Sweep:
        """The same with another gradient that is passed on."""
        return msgspec.structs.replace(self, held={**self.held, variable: gradient})

    def is_product(self, variable: str, mistaken: Array, expected: Array | None = None) -> bool:
        """Whether the reader's number is that of a mistaken formula, but for rounding.

        `expected` is what is right where the upstream is another one: what can be lost grows with it.
        """
        tolerance = self.tolerance[variable]
        if expected is not None and (before := largest(self.expected[variable])):
            tolerance = tolerance * max(largest(expected) / before, 1.0)
        slack = ROUNDED * self.rounding.precision + 4.0 * self._coarseness
        return is_near(self.given[variable], mistaken, tolerance + slack * largest(mistaken))

    def wrong_with(self, place: str, gradient: Array, behind: Sequence[str]) -> list[str]:
        """The numbers that would not come of their upstreams if this were what a place passes on to those behind it."""
        expected = changed(self.truth.links, self.passed, self.held, behind, {place: gradient})
        elsewhere = [name for name in self.wrong if name not in expected]
        here = [name for name in expected if name in self.given]
        return elsewhere + [name for name in here if not self.is_product(name, expected[name], expected[name])]

    @cached_property
    def _coarseness(self) -> float:
        """The largest unit of a last digit, relative to the size of what was written; 0 where all digits are there."""
        units = self.rounding.units
        parts = [largest(unit) / max(largest(self.given[name]), largest(unit)) for name, unit in units.items()]
        return max(parts, default=0.0)


def is_near(x: Array, y: Array, tolerance: Array) -> bool:
    """Whether two arrays have one shape, and no cell is off by more than its tolerance.

    Where the tolerance is that of another shape, its largest cell counts.
    """
    if x.shape != y.shape:
        return False
    allowed = tolerance if tolerance.shape == x.shape else np.max(tolerance)
    return not bool(np.any(np.abs(x - y) > allowed))
