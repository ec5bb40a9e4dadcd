"""The timeline that a log is compared with."""

from __future__ import annotations

from ...chapter import Chapter
from ...timeline import Timeline
from ...training import State

MOST_STATES = 256
"""States that are kept for edits and predictions further back; beyond that every other one is dropped."""
MOST_STATE_BYTES = 8 << 20
"""Bytes of these states."""


class Following(Timeline):
    """A timeline that is followed from its start to its end, of which little is kept.

    Its next iteration can be made to start from what a log has recorded.
    """

    def go_on(self, number: int, state: State) -> None:
        """Let an iteration start from this state."""
        with self._lock:
            self._latest = number, state
            if number in self._states:
                self._states[number] = state

    def _remember(self, chapter: Chapter, after: State | None) -> None:
        super()._remember(chapter, after)
        with self._lock:
            if after and len(self._states) > max(min(MOST_STATES, MOST_STATE_BYTES // after.nbytes), 2):
                self._stride *= 2
                self._states = {n: x for n, x in self._states.items() if n == self.first or n % self._stride == 0}

    def _keep(self, chapter: Chapter) -> None:
        with self._lock:
            self._chapters = {chapter.number: chapter}
