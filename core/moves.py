"""Where the next steps lie: the position that each way of moving leads to from a position."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from .chapter import Chapter
from .timeline import Timeline

Move: TypeAlias = Callable[[Timeline, int], int]


def next_line(timeline: Timeline, position: int) -> int:
    """To the first event of the next layer, or line of the program."""
    if position >= len(timeline):
        return len(timeline)
    chapter = timeline.chapter(position + 1)
    starts = (chapter.start + index + 1 for index in chapter.lines)
    return next((start for start in starts if start > position), min(chapter.end + 1, len(timeline)))


def previous_line(timeline: Timeline, position: int) -> int:
    """To the first event of this layer or line; from there, to that of the one before."""
    return _previous(timeline, position, lambda chapter: chapter.lines)


def phase_end(timeline: Timeline, position: int) -> int:
    """To the last event of this phase; from there, to that of the next."""
    if position >= len(timeline):
        return len(timeline)
    chapter = timeline.chapter(position + 1)
    ends = [*chapter.phases[1:], len(chapter.events)]
    return next(chapter.start + end for end in ends if chapter.start + end > position)


def phase_start(timeline: Timeline, position: int) -> int:
    """To the first event of this phase; from there, to that of the one before."""
    return _previous(timeline, position, lambda chapter: chapter.phases)


def next_iteration(timeline: Timeline, position: int) -> int:
    """To the first event of the next iteration; to the end where there is none."""
    if position == 0:
        return min(1, len(timeline))
    number = timeline.calendar.iteration(position - 1) + 1
    return timeline.calendar.start(number) + 1 if number < timeline.scenario.iterations else len(timeline)


def previous_iteration(timeline: Timeline, position: int) -> int:
    """To the first event of this iteration; from there, to that of the one before."""
    if position < 2:
        return 0
    return timeline.calendar.start(timeline.calendar.iteration(position - 2)) + 1


MOVES: Mapping[str, Move] = {
    "step": lambda timeline, position: position + 1,
    "step_back": lambda timeline, position: position - 1,
    "line": next_line,
    "line_back": previous_line,
    "phase": phase_end,
    "phase_back": phase_start,
    "iteration": next_iteration,
    "iteration_back": previous_iteration,
    "first": lambda timeline, position: 0,
    "last": lambda timeline, position: len(timeline),
}
"""The position that each way of moving leads to, from a position; where there is none, the nearest is meant."""


def _previous(timeline: Timeline, position: int, runs: Callable[[Chapter], Sequence[int]]) -> int:
    if position < 2:
        return 0
    chapter = timeline.chapter(position - 1)
    starts = runs(chapter)
    return chapter.start + starts[bisect_left(starts, position - 1 - chapter.start) - 1] + 1
