"""Looking through a run, forward and backward: jobs that say how far they are after each iteration.

A job is a generator: whoever runs it may stop between two iterations, and loses nothing but the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from .chapter import Arrived, Chapter
from .equations import description
from .events import Accumulate, Evaluate, Event, Multiply, result
from .jacobian import Array
from .notation import symbol
from .program import Program
from .timeline import Timeline
from .tokens import NAME


class Progress(NamedTuple):
    """How many iterations of how many have been looked through."""

    done: int
    of: int


ROUNDING = 16.0
"""Units in the last place of the largest cell within which two values are the same."""

Answer = TypeVar("Answer")
Job: TypeAlias = Generator[Progress, None, Answer]
Finder: TypeAlias = Callable[[Chapter], Sequence[int]]
"""The indices, in order, of the events of an iteration that are looked for."""


def go(timeline: Timeline, position: int) -> Job[int]:
    """Derive what lies before a position; the answer is the position, or where the run stops before it."""
    target = min(max(position, 0), len(timeline))
    number = timeline.calendar.iteration(max(target, 1) - 1)
    if not timeline.holds(number) and (first := timeline.starts(number)[-1]) < number:
        for chapter in timeline.walk(number - 1, number - 1):
            yield Progress(max(chapter.number - first, 0), number - first)
    return timeline.reach(target)


def following(timeline: Timeline, position: int, find: Finder) -> Job[int | None]:
    """The next position at which something is found; None where there is none."""
    here = timeline.chapter(position + 1)
    for index in find(here):
        if here.start + index + 1 > position:
            return here.start + index + 1
    last = timeline.scenario.iterations - 1
    if here.number < last and here.end < len(timeline):
        for chapter in timeline.walk(here.number + 1, last):
            if chapter.number > here.number and (found := find(chapter)):
                return chapter.start + found[0] + 1
            yield Progress(max(chapter.number - here.number, 0), last - here.number)
    return None


def preceding(timeline: Timeline, position: int, find: Finder) -> Job[int | None]:
    """The last position before this one at which something is found; None where there is none.

    It goes back from one iteration that can be derived by itself to the one before, and forward between them.
    """
    here = timeline.chapter(position)
    for index in reversed(find(here)):
        if here.start + index + 1 < position:
            return here.start + index + 1
    before = here.number
    for start in reversed(timeline.starts(here.number - 1)):
        found = None
        for chapter in timeline.walk(start, before - 1):
            if indices := find(chapter):
                found = chapter.start + indices[-1] + 1
            yield Progress(here.number - before + chapter.number - start + 1, here.number)
        if found is not None:
            return found
        before = start
    return None


def counts(timeline: Timeline, finders: Sequence[Finder]) -> Job[list[int]]:
    """How often each of them finds something in the iterations that have been derived."""
    last = max(timeline.furthest, 0)
    totals = [0] * len(finders)
    for chapter in timeline.walk(0, last):
        totals = [total + len(find(chapter)) for total, find in zip(totals, finders, strict=True)]
        yield Progress(chapter.number + 1, last + 1)
    return totals


# ---- what is looked for


def matching(words: str) -> Finder:
    """The events whose formula or names have these words in them, written as text or as the textbook writes it."""
    shown = re.sub(NAME, lambda match: symbol(match[0]), words)
    wanted = {form for word in (words.casefold(), shown.casefold()) if (form := "".join(word.split()))}
    known: dict[tuple[object, ...], bool] = {}

    def matches(program: Program, event: Event) -> bool:
        key = _identity(program, event)
        if key not in known:
            text = "".join(description(program, event).casefold().split())
            known[key] = any(form in text for form in wanted)
        return known[key]

    return lambda chapter: [i for i, event in enumerate(chapter.events) if matches(chapter.program, event)]


def concerning(names: Sequence[str]) -> Finder:
    """The events that bring a value, a contribution to a gradient, or an update of one of these variables."""
    wanted = frozenset(names)
    return lambda chapter: [i for i, event in enumerate(chapter.events) if subject(event) in wanted]


def differing(run: Timeline) -> Finder:
    """The events whose result is not that of the run."""
    last = run.scenario.iterations - 1
    ahead: Iterator[Chapter] = iter(())
    number = -1  # of the iteration that `ahead` gives next

    def of_the_run(wanted: int) -> Chapter:
        nonlocal ahead, number
        if run.holds(wanted):
            return run.chapter_of(wanted)
        if number != wanted:
            ahead = run.walk(wanted, last)
        found = next((chapter for chapter in ahead if chapter.number >= wanted), None)
        number = wanted + 1
        return found or run.chapter_of(wanted)

    def find(chapter: Chapter) -> list[int]:
        other = of_the_run(chapter.number)
        if other.number != chapter.number:  # it had stopped before
            return list(range(len(chapter.events)))
        pairs = enumerate(zip_longest(chapter.events, other.events[: len(chapter.events)]))
        return [i for i, (ours, theirs) in pairs if theirs is None or not same(result(ours), result(theirs))]

    return find


def same(x: Array | Arrived | None, y: Array | Arrived | None) -> bool:
    """Whether two values are equal in every cell, but for rounding; NaN is NaN here."""
    if isinstance(x, Arrived | None) or isinstance(y, Arrived | None):
        return type(x) is type(y) and x == y
    if x.shape != y.shape:
        return False
    if x is y or np.array_equal(x, y, equal_nan=True):
        return True
    with np.errstate(all="ignore"):
        slack = ROUNDING * float(np.finfo(x.dtype).eps) * float(np.max(np.abs(x)))
        return bool(np.max(np.abs(x - y)) <= slack < np.inf)


def subject(event: Event) -> str:
    """The variable whose value, gradient or update an event brings."""
    match event:
        case Evaluate():
            return event.node.name
        case Multiply() | Accumulate():
            return event.variable
    return event.parameter


def _identity(program: Program, event: Event) -> tuple[object, ...]:
    """What makes an event the same one in another iteration."""
    match event:
        case Evaluate():
            return Evaluate, event.node
        case Multiply():
            return Multiply, event.node, event.argument
    return type(event), program, subject(event)
