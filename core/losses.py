"""The loss of every iteration that has been derived, of which a curve is drawn when their events are gone."""

from __future__ import annotations

import math

import numpy as np

from .chapter import Chapter
from .events import result
from .jacobian import Array
from .scenario import Scenario

MOST = 100_000
"""Losses that are kept; of a longer run every second iteration's, or every third's, …"""


class Losses:
    """By iteration the output, and that of the held-out examples; of a branch from iteration `first` on.

    Only those of every `every`-th iteration are kept.
    """

    def __init__(self, scenario: Scenario, base: Losses | None, first: int) -> None:
        self.every = math.ceil(scenario.iterations / MOST)
        self._base, self._first = base, math.ceil(first / self.every)
        self._own = np.full((2, math.ceil(scenario.iterations / self.every)), np.nan)
        self._at = [node.name for node in scenario.program.nodes].index(scenario.program.output)

    @property
    def known(self) -> Array:
        """A row of losses, and one of those of the held-out examples; NaN where none has been derived."""
        if self._base is None:
            return self._own
        return np.hstack([self._base.known[:, : self._first], self._own[:, self._first :]])

    def add(self, chapter: Chapter) -> None:
        """Remember what an iteration came to, as far as it has come."""
        index, between = divmod(chapter.number, self.every)
        if not between and self._at < len(chapter.events):
            self._own[0, index] = result(chapter.events[self._at])
        if chapter.events and chapter.events[-1].phase == "evaluate" and chapter.program.output in chapter.held_out:
            self._own[1, index] = result(chapter.events[chapter.held_out[chapter.program.output]])
