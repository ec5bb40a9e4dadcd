"""The steps of a run as a hand-out shows them: each event with its equation, its numbers and the notes on it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..chapter import Chapter
from ..equations import Equation, equation, quantities
from ..events import Evaluate, Event, Update
from ..notes import notes_at
from ..timeline import Timeline


class Step(msgspec.Struct, frozen=True, eq=False):
    """One event of a run: `position` counts from 1, `chapter` is its iteration.

    `behind` has the quantities between the gradient and the change of an update, `notes` what the scenario and a reader
    say here.
    """

    position: int
    chapter: Chapter
    event: Event
    equation: Equation
    behind: tuple[str, ...]
    notes: tuple[str, ...]


def steps(timeline: Timeline, first: int = 1, last: int | None = None) -> Iterator[Step]:
    """The steps from position `first` to `last`, both included; to the end without it, or to where the run stops."""
    position = first
    while position <= len(timeline) and (last is None or position <= last):
        chapter = timeline.chapter(position)
        for index in range(position - 1 - chapter.start, len(chapter.events)):
            if last is not None and position > last:
                return
            yield _step(timeline, chapter, index, position)
            position += 1


def _step(timeline: Timeline, chapter: Chapter, index: int, position: int) -> Step:
    event = chapter.events[index]
    values = {}
    if isinstance(event, Evaluate):
        values = {name: x for name in event.node.arguments if (x := timeline.value(name, position)) is not None}
    return Step(
        position=position,
        chapter=chapter,
        event=event,
        equation=equation(chapter.program, event, values, timeline.scenario.update),
        behind=tuple(quantities(event)) if isinstance(event, Update) else (),
        notes=(*notes_at(timeline, position), *timeline.noted.get(position, ())),
    )
