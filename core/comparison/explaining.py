"""Which mistake explains a wrong number: the catalogue is tried at each place where it may have been made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..mistakes import Candidate, candidates
from .regions import behind, between
from .sweep import Sweep, is_near

MOST_TRIED = 100
"""Variables at which the catalogue is tried for one wrong number: those nearest to it."""


class Explanation(NamedTuple):
    """A mistake in the formation of a variable, and which of the reader's numbers come of it."""

    variable: str
    candidate: Candidate
    explains: tuple[str, ...]


def places(sweep: Sweep, variable: str) -> list[str]:
    """The variables at one of which the mistake behind a wrong number is, from the loss on; that itself is the last."""
    found = between(sweep.truth.links, sweep.held, variable)
    return [name for name in found if name not in sweep.confirmed]


def best(sweep: Sweep, variable: str, where: Sequence[str]) -> list[Explanation]:
    """The mistakes that explain most of the reader's numbers, the nearest to the loss first; empty where none does."""
    found = list(_explanations(sweep, variable, where[-MOST_TRIED:]))
    most = max((len(each.explains) for each in found), default=0)
    return [each for each in found if len(each.explains) == most]


def _explanations(sweep: Sweep, variable: str, where: Sequence[str]) -> Iterator[Explanation]:
    """The mistakes that give the reader's number, and make no other number wrong that was right."""
    for place in where:
        if not sweep.truth.links[place]:  # of the output, and of what it does not depend on, nothing is multiplied
            continue
        names = behind(sweep.truth.links, sweep.held, place)
        for candidate in candidates(sweep.truth.formation(place, sweep.passed)):
            gradient, right = candidate.gradient, sweep.expected[place]
            if is_near(gradient, right, sweep.tolerance[place]):
                continue
            if place == variable:
                if sweep.is_product(variable, gradient):
                    yield Explanation(place, candidate, (variable,))
            elif gradient.shape == right.shape:
                still = sweep.wrong_with(place, gradient, names)
                if variable not in still and set(still).issubset(sweep.wrong):
                    yield Explanation(place, candidate, tuple(name for name in sweep.wrong if name not in still))
